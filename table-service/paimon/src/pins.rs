//! Who pins what: how many bytes each tag, branch, consumer and the retention itself hold back.
//!
//! ```text
//! references, snapshots ─► ledger: every file with the set of roots that reach it ─► decide (pure): what would go
//!                                                                                     without each pin
//! ```
//!
//! A pin's bytes are exactly those that an expiry with the table's options would free more if the pin were gone. Files
//! that two pins hold are freed by neither alone; they are told as shared. The ledger is read from manifests only, each
//! once; what metadata does not tell the size of is looked up.

mod decide;
mod ledger;
mod root_sets;
mod sizes;
mod walk;
mod what_if;

use serde::Serialize;
use weir_paimon_spec::Snapshot;
use weir_paimon_spec::options::keys;
use weir_paimon_spec::support::Purpose;

use crate::expiry::{Hold, Retention};
use crate::table::References;
use crate::{Result, Table};

use decide::Roots;
use ledger::Ledger;
use sizes::Sizes;

pub use what_if::WhatIf;

/// What keeps files alive that the newest snapshot does not need.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub enum PinKind {
    /// A tag of `main`.
    Tag,
    /// A branch with its snapshots, tags and changelogs.
    Branch,
    /// A consumer that has yet to read snapshots that are old enough to go.
    Consumer,
    /// The number and age of snapshots that the table's options keep.
    Retention,
    /// Changelogs that outlive their snapshots.
    Changelogs,
}

/// One pin, and what would go without it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Pin {
    /// What it is.
    pub kind: PinKind,
    /// Name of the tag, branch or consumer; empty for the others.
    pub name: String,
    /// Snapshots of `main` that would expire without it.
    pub snapshots: usize,
    /// What it alone holds back.
    #[serde(flatten)]
    pub alone: Totals,
    /// Bytes that it holds back together with other pins.
    pub shared_bytes: u64,
}

/// Number and size of files.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Totals {
    /// Number of files.
    pub files: u64,
    /// Their size in bytes.
    pub bytes: u64,
}

/// Who pins what in a table.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Pins {
    /// Everything that any root reaches, roots included.
    pub total: Totals,
    /// What the newest snapshot needs.
    pub latest: Totals,
    /// What an expiry with the table's options would free now.
    pub expirable: Totals,
    /// Snapshots that it would remove.
    pub expirable_snapshots: usize,
    /// The pins, those that hold back most first.
    pub pins: Vec<Pin>,
}

/// The answer to a question about what would go.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Gain {
    /// Snapshots that would go, beyond those that go anyway.
    pub snapshots: usize,
    /// Files that would go, beyond those that go anyway.
    #[serde(flatten)]
    pub freed: Totals,
    /// What an expiry with the table's options would free now.
    pub expirable: Totals,
    /// Why no more would go.
    pub held_by: String,
}

/// References that a question leaves out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Without {
    /// Names of tags of `main`.
    pub tags: Vec<String>,
    /// Names of branches.
    pub branches: Vec<String>,
    /// Names of consumers of `main`.
    pub consumers: Vec<String>,
}

/// A table's roots and every file that they reach: what questions are answered from.
#[derive(Debug)]
pub struct PinsView {
    snapshots: Vec<Snapshot>,
    references: References,
    due_tag: Option<Hold>,
    /// Whether consumers hold snapshots back, not only changelogs.
    consumers_count: bool,
    roots: Roots,
    ledger: Ledger,
}

impl PinsView {
    /// Reads all roots and what they reach. A table whose expiry Weir refuses is
    /// [`ErrorKind::Unsupported`](crate::ErrorKind::Unsupported): what would go is not known.
    pub async fn read(table: &Table, references: References) -> Result<Self> {
        table.require_support(Purpose::Expire)?;
        let snapshots = table.snapshots(&table.snapshot_ids().await?).await?;
        let is_decoupled = table.options().is_changelog_decoupled()?;
        let consumers_count = !(is_decoupled && table.options().get(&keys::CONSUMER_CHANGELOG_ONLY)?);
        let roots = Roots::of(&snapshots, &references, is_decoupled);
        let sizes = Sizes::list(table, &references).await?;
        let ledger = walk::read(table, &snapshots, &references, &roots, &sizes).await?;
        let due_tag = Hold::of_due_tag(table.options(), &snapshots, &references)?;
        Ok(Self { snapshots, references, due_tag, consumers_count, roots, ledger })
    }

    /// What each pin holds back from an expiry that keeps what `retention` says.
    pub fn pins(&self, retention: &Retention, now_millis: i64) -> Pins {
        let groups = self.ledger.groups();
        let answer = decide::Answer { groups: &groups, roots: &self.roots };
        let base = self.expirable(retention, &Without::default());
        let mut pins: Vec<Pin> = self
            .questions(retention, now_millis)
            .into_iter()
            .map(|(kind, name, leaving)| Pin {
                kind,
                name,
                snapshots: self.roots.count_snapshots(&leaving) - self.roots.count_snapshots(&base),
                alone: answer.freed(&base, &leaving),
                shared_bytes: answer.shared_bytes(&base, &leaving),
            })
            .collect();
        pins.sort_by(|a, b| {
            b.alone.bytes.cmp(&a.alone.bytes).then_with(|| (a.kind, &a.name).cmp(&(b.kind, &b.name)))
        });
        Pins {
            total: answer.total(),
            latest: answer.reached_by_latest(),
            expirable: answer.freed(&decide::Leaving::default(), &base),
            expirable_snapshots: self.roots.count_snapshots(&base),
            pins,
        }
    }

    /// What an expiry that keeps what `retention` says would free without some references, beyond what one that keeps
    /// what `usual` says frees.
    fn gain(&self, usual: &Retention, retention: &Retention, without: &Without) -> Gain {
        let groups = self.ledger.groups();
        let answer = decide::Answer { groups: &groups, roots: &self.roots };
        let base = self.expirable(usual, &Without::default());
        let leaving = self.expirable(retention, without).and(&base);
        Gain {
            snapshots: self.roots.count_snapshots(&leaving) - self.roots.count_snapshots(&base),
            freed: answer.freed(&base, &leaving),
            expirable: answer.freed(&decide::Leaving::default(), &base),
            held_by: self
                .bound(retention, &without.consumers)
                .map(|(_, held_by)| held_by)
                .unwrap_or_default(),
        }
    }
}
