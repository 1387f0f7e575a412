use std::sync::Arc;

use super::keys::UserOrder;
use crate::Result;
use crate::leaf::Leaf;
use crate::spec::MergeSpec;

/// The output columns that decide a merge.
pub(crate) struct PlanColumns {
    /// All leaves of the output.
    pub(crate) leaves: Arc<[Leaf]>,
    /// Key columns, most significant first.
    pub(crate) key: Vec<usize>,
    /// Columns of the user's order.
    pub(crate) order_by: Vec<usize>,
    pub(crate) order: Option<UserOrder>,
    pub(crate) sequence: usize,
    pub(crate) kind: usize,
    /// All of them, ascending.
    pub(crate) all: Vec<usize>,
}

impl PlanColumns {
    pub(crate) fn new(spec: &MergeSpec, leaves: &Arc<[Leaf]>) -> Result<Self> {
        let order: Vec<(Leaf, bool)> =
            spec.order_by.iter().map(|order| (leaves[order.column].clone(), order.descending)).collect();
        let order_by: Vec<usize> = spec.order_by.iter().map(|order| order.column).collect();
        let mut all = [spec.key.as_slice(), &order_by, &[spec.sequence, spec.kind]].concat();
        all.sort_unstable();
        all.dedup();
        Ok(Self {
            leaves: Arc::clone(leaves),
            key: spec.key.clone(),
            order_by,
            order: UserOrder::new(&order)?,
            sequence: spec.sequence,
            kind: spec.kind,
            all,
        })
    }

    /// The leaves of the key.
    pub(crate) fn key_leaves(&self) -> Vec<Leaf> {
        self.key.iter().map(|column| self.leaves[*column].clone()).collect()
    }
}
