//! Real engines that write, read and judge the tables of tests: Java Paimon and pypaimon.
//!
//! Each runs as one process that answers requests for many tables. Both spell rows as the same canonical text, so
//! [`Rows`] of one can be compared with [`Rows`] of the other.

mod definition;
mod error;
pub mod fixtures;
mod generator;
mod install;
mod java;
mod judgement;
mod metadata;
mod process;
mod py_paimon;
mod rows;
mod schema_change;
mod stream;
mod table_at;
mod warehouse;

pub use self::definition::TableDefinition;
pub use self::error::Error;
pub use self::generator::{Generator, Load};
pub use self::install::{java_oracle, python_oracle};
pub use self::java::{Expiry, Java, JavaHeap, PartitionReading, Writer};
pub use self::judgement::Judgement;
pub use self::metadata::{LiveFile, References, SnapshotSummary, TagSummary};
pub use self::py_paimon::PyPaimon;
pub use self::rows::{Digest, Row, RowKind, Rows, WriterReport};
pub use self::schema_change::SchemaChange;
pub use self::stream::Stream;
pub use self::table_at::{Storage, TableAt, Version};
pub use self::warehouse::Warehouse;
