//! Real tables of every kind, written by real engines.
//!
//! [`SUPPORTED`] are tables that Weir serves, [`UNSUPPORTED`] are tables that it must refuse by name. A fixture has
//! its feature active in the data: a real `-U`, a file of an older schema, a deletion vector that deletes something.

mod append;
mod evolution;
mod history;
mod keys;
mod layout;
mod partitions;
mod random;
mod types;
mod unsupported;

use super::error::Error;
use super::{Java, Load, PyPaimon, TableAt};

pub use self::random::RandomTable;
pub use self::unsupported::{UNSUPPORTED, Unsupported};

/// The engines that make fixtures.
#[derive(Clone, Copy, Debug)]
pub struct Engines {
    /// Java Paimon.
    pub java: &'static Java,
    /// pypaimon.
    pub python: &'static PyPaimon,
}

impl Engines {
    /// The engines that all tests of this process share.
    ///
    /// # Panics
    /// When one of them cannot be started.
    pub fn shared() -> Self {
        Self { java: Java::shared(), python: PyPaimon::shared() }
    }

    /// Writes two more commits of random rows, the same ones into every table of the same schema.
    pub fn write_more(&self, table: &TableAt) -> Result<(), Error> {
        for seed in [1001, 1002] {
            self.java.generate(table, 60, &Load::seeded(seed).distinct(40))?;
        }
        Ok(())
    }
}

/// How to make one table.
type Make = fn(&Engines, &TableAt) -> Result<(), Error>;

/// A table that Weir serves.
#[derive(Clone, Copy, Debug)]
pub struct Fixture {
    /// Its name, also of the table.
    pub name: &'static str,
    /// What pypaimon cannot do with it.
    pub python_reads: PythonReads,
    /// Whether its rows have a primary key.
    pub has_key: bool,
    make: Make,
}

/// What pypaimon can read of a fixture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PythonReads {
    /// All of it, as Java does.
    Everything,
    /// Only what needs no merging as Java does.
    OnlyCompacted,
    /// Nothing.
    Nothing,
}

impl Fixture {
    const fn new(name: &'static str, make: Make) -> Self {
        Self { name, python_reads: PythonReads::Everything, has_key: true, make }
    }

    const fn append(name: &'static str, make: Make) -> Self {
        Self { has_key: false, ..Self::new(name, make) }
    }

    const fn python_reads(self, python_reads: PythonReads) -> Self {
        Self { python_reads, ..self }
    }

    /// Makes the table.
    pub fn make(&self, engines: &Engines, table: &TableAt) -> Result<(), Error> {
        (self.make)(engines, table)
    }
}

/// Tables that Weir inspects, compacts and expires.
pub const SUPPORTED: &[Fixture] = &[
    Fixture::new("scalar_types", types::scalar_types),
    Fixture::new("nanoseconds", types::nanoseconds).python_reads(PythonReads::OnlyCompacted),
    Fixture::new("wide_values", types::wide_values),
    Fixture::new("integer_keys", keys::integers),
    Fixture::new("string_keys", keys::strings),
    Fixture::new("decimal_keys", keys::decimals),
    Fixture::new("timestamp_keys", keys::timestamps),
    Fixture::new("date_keys", keys::dates),
    Fixture::new("binary_keys", keys::binary),
    Fixture::new("composite_keys", keys::composite),
    Fixture::new("partitioned_by_string", partitions::by_string),
    Fixture::new("partitioned_by_date", partitions::by_date),
    Fixture::new("partitioned_by_integers", partitions::by_integers),
    Fixture::new("blank_partitions", partitions::blank),
    Fixture::new("row_kinds", history::row_kinds),
    Fixture::new("many_runs", history::many_runs),
    Fixture::new("compacted_by_java", history::compacted_by_java),
    Fixture::new("references", history::references),
    Fixture::new("overwritten", history::overwritten),
    Fixture::new("disjoint_files", history::disjoint_files),
    Fixture::new("changed_columns", evolution::changed_columns),
    Fixture::new("widened_columns", evolution::widened_columns),
    Fixture::new("codecs", layout::codecs),
    Fixture::new("no_dictionary", layout::no_dictionary),
    Fixture::new("many_row_groups", layout::many_row_groups),
    Fixture::new("second_page_version", layout::second_page_version),
    Fixture::new("thin_files", layout::thin_files),
    Fixture::new("statistics_modes", layout::statistics_modes),
    Fixture::new("merged_manifests", layout::merged_manifests),
    Fixture::new("named_paths", layout::named_paths),
    Fixture::new("written_by_pypaimon", layout::written_by_pypaimon),
    Fixture::append("append_scalar_types", types::append_scalar_types),
    Fixture::append("append_nanoseconds", types::append_nanoseconds),
    Fixture::append("append_partitioned", append::partitioned),
    Fixture::append("append_null_partitions", append::null_partitions),
    Fixture::append("append_ordered_buckets", append::ordered_buckets),
    Fixture::append("append_unordered_buckets", append::unordered_buckets),
    Fixture::append("append_rolled_files", append::rolled_files),
    Fixture::append("append_changed_columns", append::changed_columns),
    Fixture::append("append_compacted_by_java", append::compacted_by_java),
    Fixture::append("append_history", append::history),
    Fixture::append("append_codecs", append::codecs),
    Fixture::append("append_by_pypaimon", append::written_by_pypaimon),
];
