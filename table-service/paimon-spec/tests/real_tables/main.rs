//! Reads the metadata of tables that Java Paimon 1.4.2 and pypaimon 2.1.0 wrote.
//!
//! The programs that made the tables lie beside them in `fixtures`.

#![expect(clippy::unwrap_used, clippy::panic, reason = "helpers of tests fail the test")]

mod fixture;
mod java;
mod pypaimon;
