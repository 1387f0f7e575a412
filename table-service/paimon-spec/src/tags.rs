//! Tags as pure data: the times in a tag file, and the names of automatic tags.
//!
//! Paimon reckons with wall times here. Where only the length of time matters they are *local milliseconds*:
//! milliseconds between 1970-01-01T00:00 and a wall time, without regard to any zone.

mod period;
mod times;
mod zone;

pub use period::TagPeriod;
pub use zone::{local_millis, parse_time_zone};
