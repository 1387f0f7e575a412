//! The engine against a row-at-a-time merge, over files in memory.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::ref_option,
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_sign_loss,
    reason = "test data is small and known, and a test fails by panicking"
)]

mod boundaries;
mod bounded;
mod column;
mod copying;
mod failures;
mod foreign;
mod input;
mod layout;
mod memory;
mod merging;
mod outcome;
mod properties;
mod random;
mod reference;
mod splicing;
mod table;
