//! Options that are one of a few words.

use super::OptionValue;
use crate::error::{Error, Result};

/// Defines an enum whose variants are the words of an option; case does not matter, as in Paimon.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $word:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum $name { $($(#[$variant_doc])* $variant,)+ }

        impl $name {
            /// The word as Paimon writes it.
            pub fn word(self) -> &'static str {
                match self { $(Self::$variant => $word,)+ }
            }
        }

        impl OptionValue for $name {
            fn parse(text: &str) -> Result<Self> {
                [$(Self::$variant),+]
                    .into_iter()
                    .find(|value| value.word().eq_ignore_ascii_case(text.trim()))
                    .ok_or_else(|| Error::invalid(format!("known values are {}", [$($word),+].join(", "))))
            }
        }
    };
}

words! {
    /// What kind of table this is: option `type`.
    TableType {
        /// A Paimon table.
        Table = "table",
        /// A table of files in a plain format.
        FormatTable = "format-table",
        /// A table that a query defines; stored as a Paimon table.
        MaterializedTable = "materialized-table",
        /// A table of a Lance data set.
        LanceTable = "lance-table",
        /// A table that lists objects.
        ObjectTable = "object-table",
        /// A table in Iceberg's format.
        IcebergTable = "iceberg-table",
    }
}

words! {
    /// How rows of one key become one: option `merge-engine`.
    MergeEngine {
        /// The last row wins.
        Deduplicate = "deduplicate",
        /// Later rows fill in columns.
        PartialUpdate = "partial-update",
        /// Columns are aggregated.
        Aggregation = "aggregation",
        /// The first row wins.
        FirstRow = "first-row",
    }
}

words! {
    /// Where the changelog of a table comes from: option `changelog-producer`.
    ChangelogProducer {
        /// There is none.
        None = "none",
        /// Writers write their input again.
        Input = "input",
        /// Full compactions compare old and new.
        FullCompaction = "full-compaction",
        /// Compactions look up the old value.
        Lookup = "lookup",
    }
}

words! {
    /// Which value of the sequence field is the later: option `sequence.field.sort-order`.
    SortOrder {
        /// The greater one.
        Ascending = "ascending",
        /// The lesser one.
        Descending = "descending",
    }
}

words! {
    /// How a row finds its bucket: option `bucket-function.type`.
    BucketFunction {
        /// Murmur3 of the bucket key row.
        Default = "default",
        /// An integer modulo the number of buckets.
        Mod = "mod",
        /// Hive's hash.
        Hive = "hive",
    }
}

words! {
    /// Where new data files go: option `data-file.external-paths.strategy`.
    ExternalPathStrategy {
        /// Into the table's directory.
        None = "none",
        /// Over the external paths in turn.
        RoundRobin = "round-robin",
        /// To the external paths of one file system.
        SpecificFs = "specific-fs",
        /// Over the external paths with random directories.
        EntropyInject = "entropy-inject",
        /// Over the external paths by weight.
        Weighted = "weighted",
    }
}

words! {
    /// How eagerly level 0 is looked up: option `lookup-compact`.
    LookupCompact {
        /// At every compaction.
        Radical = "radical",
        /// When enough runs have gathered, or at an interval.
        Gentle = "gentle",
    }
}

words! {
    /// Where writers learn the next sequence number: option `write.sequence-number-init-mode`.
    SequenceInitMode {
        /// From the bucket's files.
        Scan = "scan",
        /// From a property of the snapshot.
        Snapshot = "snapshot",
    }
}

words! {
    /// How a writer expires snapshots: option `snapshot.expire.execution-mode`.
    ExpireExecutionMode {
        /// Within the commit.
        Sync = "sync",
        /// In a thread of its own.
        Async = "async",
    }
}

words! {
    /// When tags are made: option `tag.automatic-creation`.
    TagCreationMode {
        /// Never.
        None = "none",
        /// By the clock.
        ProcessTime = "process-time",
        /// By the snapshots' watermark.
        Watermark = "watermark",
        /// At the end of a batch job.
        Batch = "batch",
    }
}

words! {
    /// How often tags are made: option `tag.creation-period`.
    TagCreationPeriod {
        /// Every day.
        Daily = "daily",
        /// Every hour.
        Hourly = "hourly",
        /// Every two hours.
        TwoHours = "two-hours",
    }
}

words! {
    /// How a tag's period is written in its name: option `tag.period-formatter`.
    TagPeriodFormatter {
        /// `2026-11-20 13`.
        WithDashes = "with_dashes",
        /// `20261120 13`.
        WithoutDashes = "without_dashes",
        /// `2026112013`.
        WithoutDashesAndSpaces = "without_dashes_and_spaces",
    }
}

words! {
    /// Where Iceberg metadata is kept beside the table: option `metadata.iceberg.storage`.
    IcebergStorage {
        /// Nowhere.
        Disabled = "disabled",
        /// In the table's directory.
        TableLocation = "table-location",
        /// In a Hadoop catalog.
        HadoopCatalog = "hadoop-catalog",
        /// In a Hive catalog.
        HiveCatalog = "hive-catalog",
        /// In a REST catalog.
        RestCatalog = "rest-catalog",
    }
}
