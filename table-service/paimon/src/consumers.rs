//! Consumers: how far streaming readers have come, and what they hold back.
//!
//! A consumer's file names the next snapshot that its reader will read; snapshots and changelogs from there on stay. One
//! whose reader is gone holds them for ever, so there is a list of what each blocks, a way to move or remove one, and an
//! expiry by idle time (maintenance §2).

mod expire;
mod lag;
mod list;
mod reset;
mod state;

pub use expire::{ExpireConsumers, ExpireConsumersOutcome, ExpireConsumersReport};
pub use lag::ConsumerLag;
pub use list::{ConsumerView, ListConsumers, ListConsumersReport};
pub use reset::{ResetConsumer, ResetConsumerOutcome, ResetConsumerReport};
