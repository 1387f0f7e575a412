//! A history as a seed decides it.

use fastrand::Rng;

/// What happens to a table.
#[derive(Clone, Debug)]
pub(crate) enum Step {
    /// Upserts and deletes of random keys, as one commit to `main`.
    Write(u64),
    /// The same to a branch, if there is one.
    WriteToBranch(u64),
    /// Java compacts, fully or as universal compaction decides.
    Compact { full: bool },
    /// A partition is replaced.
    Overwrite(u64),
    /// A partition is emptied.
    DropPartition(u64),
    /// Weir compacts, where it compacts such tables.
    CompactByWeir,
    /// Weir compacts manifests.
    CompactManifests,
    /// Back to one of the snapshots, by Weir or by Java.
    Rollback { index: usize, by_weir: bool },
    /// A tag of one of the snapshots.
    Tag(usize),
    /// `weir delete-tag` of one of the tags.
    DeleteTag(usize),
    /// A branch from one of the tags.
    Branch(usize),
    /// A consumer that reads on from one of the snapshots.
    Consumer(usize),
    /// A consumer is done.
    DropConsumer,
    /// `weir expire-snapshots` that keeps so many, at most so many at once.
    ExpireSnapshots { keep: usize, at_once: usize },
    /// `weir expire-changelogs` that keeps so many.
    ExpireChangelogs { keep: usize },
}

/// A table and what happens to it.
#[derive(Clone, Debug)]
pub(crate) struct History {
    pub(crate) seed: u64,
    /// `changelog-producer`.
    pub(crate) producer: &'static str,
    /// Whether changelogs outlive their snapshots.
    pub(crate) is_decoupled: bool,
    /// Whether consumers hold back changelogs only.
    pub(crate) changelog_only: bool,
    /// Whether compactions write deletion vectors.
    pub(crate) deletion_vectors: bool,
    /// Manifests are merged once there are so many.
    pub(crate) merge_manifests: usize,
    pub(crate) steps: Vec<Step>,
}

impl History {
    /// The history of a seed.
    pub(crate) fn of(seed: u64) -> Self {
        let random = &mut Rng::with_seed(seed);
        let producer = ["none", "none", "input", "lookup", "full-compaction"][random.usize(..5)];
        let is_decoupled = random.u8(..3) > 0;
        let steps = random.usize(12..30);
        Self {
            seed,
            producer,
            is_decoupled,
            changelog_only: is_decoupled && random.u8(..3) == 0,
            deletion_vectors: matches!(producer, "none" | "lookup") && random.u8(..3) == 0,
            merge_manifests: [2, 5, 30][random.usize(..3)],
            steps: (0..steps).map(|_| step(random)).collect(),
        }
    }

    /// The history for people, who repeat it by its seed.
    pub(crate) fn describe(&self) -> String {
        format!("WEIR_SEED={}: {self:#?}", self.seed)
    }
}

fn step(random: &mut Rng) -> Step {
    match random.u8(..100) {
        0..40 => Step::Write(random.u64(..)),
        40..45 => Step::WriteToBranch(random.u64(..)),
        45..53 => Step::Compact { full: random.bool() },
        53..56 => Step::CompactByWeir,
        56 => Step::CompactManifests,
        57..61 => Step::Overwrite(random.u64(..)),
        61..64 => Step::DropPartition(random.u64(..)),
        64..67 => Step::Rollback { index: random.usize(..), by_weir: random.bool() },
        67..73 => Step::Tag(random.usize(..)),
        73..77 => Step::DeleteTag(random.usize(..)),
        77..79 => Step::Branch(random.usize(..)),
        79..82 => Step::Consumer(random.usize(..)),
        82..84 => Step::DropConsumer,
        84..94 => Step::ExpireSnapshots { keep: random.usize(1..6), at_once: random.usize(1..9) },
        _ => Step::ExpireChangelogs { keep: random.usize(1..9) },
    }
}
