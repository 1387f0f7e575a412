//! Object storage for table services.
//!
//! A [`Location`] (URI or path) is opened as a [`Storage`]: every path below it is relative to the table's root.
//! What table services need beyond plain reads and writes lives here once: put-if-absent whose unclear answers
//! are resolved by reading back ([`Storage::create`]), a probe for stores that ignore the condition, deletes that
//! report each key, uploads of unknown size, and a count of every request.
//!
//! Error texts are made here and never repeat a store's response, which may echo credentials.

mod create;
mod delete;
mod directory;
mod error;
pub mod faults;
mod local;
mod location;
mod meter;
mod open;
mod probe;
mod relocate;
mod staging;
mod storage;
mod upload;

pub use create::Create;
pub use error::{Error, ErrorKind, Result};
pub use location::{Location, Scheme};
pub use meter::Requests;
pub use relocate::Relocation;
pub use staging::{StagedObject, Staging};
pub use storage::{FileInfo, Listing, Storage};
pub use upload::Upload;
