//! Weir's services on real tables, judged by Java Paimon and pypaimon.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a scenario that cannot go on has failed"
)]

mod oracles;
mod place;
