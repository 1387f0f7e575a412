//! Reading input files: footers once, then byte ranges as plan and column tasks need them, then
//! decoding from memory.

mod bytes;
mod decoder;
mod fetch;
mod footer;
mod guard;
mod input;
mod int96;
mod pages;
mod places;
mod ranges;
mod run;

pub(crate) use decoder::ColumnDecoder;
pub(crate) use fetch::Fetched;
pub(crate) use input::{OpenInput, USUAL_PAGE};
pub(crate) use run::{CONCURRENT_READS, Run, open_runs};
