//! What forbids expiry.

use super::Refusal;
use crate::options::TableOptions;

pub(super) fn refusals(options: &TableOptions) -> Vec<Refusal> {
    let _ = options;
    Vec::new()
}
