//! Services on a small table on local disk, with faults at every storage call and rivals at the table.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod changelogs;
mod consumers;
mod expiry;
mod faults;
mod hints;
mod hooked;
mod manifests;
mod merging;
mod orphans;
mod owners;
mod partitions;
mod parts;
mod picking;
mod portions;
mod races;
mod rollback;
mod table;
mod tags;
mod uploads;
mod verification;
mod watched;
