//! Every option that maintenance reads, with the default of the released Java (format §17).

use std::collections::BTreeMap;
use std::time::Duration;

use super::{
    BucketFunction, ChangelogProducer, ExpireExecutionMode, ExternalPathStrategy, IcebergStorage, Key,
    LookupCompact, MemorySize, MergeEngine, OptionalKey, SequenceInitMode, SortOrder, TableOptions,
    TableType, TagCreationMode, TagCreationPeriod, TagPeriodFormatter,
};
use crate::error::Result;
use crate::manifest::Compression;
use crate::stats::StatsMode;

macro_rules! keys {
    ($($(#[$doc:meta])* $id:ident: $value:ty = $name:literal $(| $older:literal)* $(=> $default:literal)?;)+) => {
        $(keys!(@one $(#[$doc])* $id: $value = $name [$($older)*] $($default)?);)+

        /// Reads every option that this release knows and returns what could not be read.
        pub fn unreadable(options: &TableOptions) -> Vec<crate::Error> {
            let checks: &[fn(&TableOptions) -> Result<()>] = &[$(|options| keys!(@check options $id $($default)?)),+];
            checks.iter().filter_map(|check| check(options).err()).collect()
        }

        /// Whether this release reads an option.
        pub fn is_known(name: &str) -> bool {
            [$($name $(, $older)*),+].contains(&name)
        }
    };
    (@one $(#[$doc:meta])* $id:ident: $value:ty = $name:literal [$($older:literal)*] $default:literal) => {
        $(#[$doc])*
        pub const $id: Key<$value> = Key::new($name, &[$($older),*], $default);
    };
    (@one $(#[$doc:meta])* $id:ident: $value:ty = $name:literal [$($older:literal)*]) => {
        $(#[$doc])*
        pub const $id: OptionalKey<$value> = OptionalKey::new($name, &[$($older),*]);
    };
    (@check $options:ident $id:ident $default:literal) => { $options.get(&$id).map(drop) };
    (@check $options:ident $id:ident) => { $options.find(&$id).map(drop) };
}

keys! {
    /// What kind of table this is.
    TYPE: TableType = "type" => "table";
    /// Number of buckets; −1 dynamic, −2 postponed.
    BUCKET: i32 = "bucket" => "-1";
    /// Columns by which rows find their bucket.
    BUCKET_KEY: Vec<String> = "bucket-key";
    /// How rows find their bucket.
    BUCKET_FUNCTION: BucketFunction = "bucket-function.type" => "default";
    /// Whether rows of a bucketed append table are read in the order of writing.
    BUCKET_APPEND_ORDERED: bool = "bucket-append-ordered" => "true";
    /// Whether primary key columns may be null.
    PRIMARY_KEY_NULLABLE: bool = "primary-key.nullable" => "false";
    /// The branch that a table handle stands for.
    BRANCH: String = "branch" => "main";

    /// Format of new data files.
    FILE_FORMAT: String = "file.format" => "parquet";
    /// Format of new data files by level.
    FILE_FORMAT_PER_LEVEL: BTreeMap<String, String> = "file.format.per.level" => "";
    /// Codec of new data files.
    FILE_COMPRESSION: String = "file.compression" => "zstd";
    /// Codec of new data files by level.
    FILE_COMPRESSION_PER_LEVEL: BTreeMap<String, String> = "file.compression.per.level" => "";
    /// Level of the codec zstd.
    FILE_COMPRESSION_ZSTD_LEVEL: i32 = "file.compression.zstd-level" => "1";
    /// Size of a Parquet row group or an ORC stripe.
    FILE_BLOCK_SIZE: MemorySize = "file.block-size";
    /// Prefix of data file names.
    DATA_FILE_PREFIX: String = "data-file.prefix" => "data-";
    /// Prefix of changelog file names.
    CHANGELOG_FILE_PREFIX: String = "changelog-file.prefix" => "changelog-";
    /// Format of changelog files.
    CHANGELOG_FILE_FORMAT: String = "changelog-file.format";
    /// Codec of changelog files.
    CHANGELOG_FILE_COMPRESSION: String = "changelog-file.compression";
    /// Statistics of changelog files.
    CHANGELOG_FILE_STATS_MODE: StatsMode = "changelog-file.stats-mode";
    /// Directory between the table's root and the partitions.
    DATA_FILE_PATH_DIRECTORY: String = "data-file.path-directory";
    /// Whether file names say their codec.
    FILE_SUFFIX_INCLUDE_COMPRESSION: bool = "file.suffix.include.compression" => "false";
    /// Directories outside the table for data files.
    DATA_FILE_EXTERNAL_PATHS: Vec<String> = "data-file.external-paths";
    /// How the external directories are used.
    DATA_FILE_EXTERNAL_PATHS_STRATEGY: ExternalPathStrategy = "data-file.external-paths.strategy" => "none";
    /// Whether files of primary-key tables leave out the key columns.
    DATA_FILE_THIN_MODE: bool = "data-file.thin-mode" => "false";
    /// Size at which a new file is started.
    TARGET_FILE_SIZE: MemorySize = "target-file-size";
    /// Whether index files lie in the bucket directories.
    INDEX_FILE_IN_DATA_FILE_DIR: bool = "index-file-in-data-file-dir" => "false";
    /// Directory of global index files.
    GLOBAL_INDEX_EXTERNAL_PATH: String = "global-index.external-path";

    /// Format of manifests.
    MANIFEST_FORMAT: String = "manifest.format" => "avro";
    /// Codec of manifests.
    MANIFEST_COMPRESSION: Compression = "manifest.compression" => "zstd";
    /// Size at which a new manifest is started.
    MANIFEST_TARGET_FILE_SIZE: MemorySize = "manifest.target-file-size" => "8 mb";
    /// Size of changed manifests at which all are merged.
    MANIFEST_FULL_COMPACTION_THRESHOLD_SIZE: MemorySize = "manifest.full-compaction-threshold-size" => "16 mb";
    /// Number of small manifests at which they are merged.
    MANIFEST_MERGE_MIN_COUNT: i32 = "manifest.merge-min-count" => "30";
    /// Whether delete entries leave out the statistics.
    MANIFEST_DELETE_FILE_DROP_STATS: bool = "manifest.delete-file-drop-stats" => "false";

    /// Directory name of null and blank partition values.
    PARTITION_DEFAULT_NAME: String = "partition.default-name" => "__DEFAULT_PARTITION__";
    /// Whether partition directories write values as Java's `toString` does.
    PARTITION_LEGACY_NAME: bool = "partition.legacy-name" => "true";

    /// How rows of one key become one.
    MERGE_ENGINE: MergeEngine = "merge-engine" => "deduplicate";
    /// Whether deletes are ignored.
    IGNORE_DELETE: bool = "ignore-delete" | "first-row.ignore-delete" | "deduplicate.ignore-delete"
        | "partial-update.ignore-delete" => "false";
    /// Columns that say which row is later.
    SEQUENCE_FIELD: Vec<String> = "sequence.field";
    /// Which value of the sequence field is the later.
    SEQUENCE_FIELD_SORT_ORDER: SortOrder = "sequence.field.sort-order" => "ascending";
    /// Whether a row's sequence number is its snapshot.
    SEQUENCE_SNAPSHOT_ORDERING: bool = "sequence.snapshot-ordering" => "false";
    /// Where writers learn the next sequence number.
    SEQUENCE_INIT_MODE: SequenceInitMode = "write.sequence-number-init-mode" => "scan";
    /// Where the changelog comes from.
    CHANGELOG_PRODUCER: ChangelogProducer = "changelog-producer" => "none";
    /// Full compaction after this many commits.
    FULL_COMPACTION_DELTA_COMMITS: i32 = "full-compaction.delta-commits";
    /// Whether deletions are bitmaps beside the files.
    DELETION_VECTORS_ENABLED: bool = "deletion-vectors.enabled" => "false";
    /// Whether compaction must look up older rows.
    FORCE_LOOKUP: bool = "force-lookup" => "false";
    /// How eagerly level 0 is looked up.
    LOOKUP_COMPACT: LookupCompact = "lookup-compact" => "radical";
    /// Greatest number of commits between two gentle lookups.
    LOOKUP_COMPACT_MAX_INTERVAL: i32 = "lookup-compact.max-interval";
    /// How long a row lives.
    RECORD_LEVEL_EXPIRE_TIME: Duration = "record-level.expire-time";
    /// The column that says how old a row is.
    RECORD_LEVEL_TIME_FIELD: String = "record-level.time-field";
    /// Whether rows keep an identity.
    ROW_TRACKING_ENABLED: bool = "row-tracking.enabled" => "false";
    /// Whether files may hold some of the columns.
    DATA_EVOLUTION_ENABLED: bool = "data-evolution.enabled" => "false";
    /// Columns by which append tables are clustered.
    CLUSTERING_COLUMNS: Vec<String> = "clustering.columns";
    /// Whether clustering works in steps.
    CLUSTERING_INCREMENTAL: bool = "clustering.incremental" => "false";
    /// Whether primary-key files are clustered rather than sorted by key.
    PK_CLUSTERING_OVERRIDE: bool = "pk-clustering-override" => "false";
    /// Whether partitions hold differences to earlier ones.
    CHAIN_TABLE_ENABLED: bool = "chain-table.enabled" => "false";
    /// Whether reads need the catalog's consent.
    QUERY_AUTH_ENABLED: bool = "query-auth.enabled" => "false";
    /// Where Iceberg metadata is kept.
    ICEBERG_STORAGE: IcebergStorage = "metadata.iceberg.storage" => "disabled";
    /// Classes that writers call after a commit.
    COMMIT_CALLBACKS: Vec<String> = "commit.callbacks" => "";
    /// Whether commits wait until another system sees them.
    VISIBILITY_CALLBACK_ENABLED: bool = "visibility-callback.enabled" => "false";

    /// Sorted runs at which compaction starts.
    NUM_SORTED_RUN_COMPACTION_TRIGGER: i32 = "num-sorted-run.compaction-trigger" => "5";
    /// Sorted runs at which writers wait.
    NUM_SORTED_RUN_STOP_TRIGGER: i32 = "num-sorted-run.stop-trigger";
    /// Number of levels.
    NUM_LEVELS: i32 = "num-levels";
    /// Size of newer runs, in percent of the oldest, at which all are merged.
    COMPACTION_MAX_SIZE_AMPLIFICATION_PERCENT: i32 = "compaction.max-size-amplification-percent" => "200";
    /// Difference in size, in percent, within which runs are merged.
    COMPACTION_SIZE_RATIO: i32 = "compaction.size-ratio" => "1";
    /// First hour of the quiet time; −1 for none.
    COMPACTION_OFFPEAK_START_HOUR: i32 = "compaction.offpeak.start.hour" => "-1";
    /// Last hour of the quiet time; −1 for none.
    COMPACTION_OFFPEAK_END_HOUR: i32 = "compaction.offpeak.end.hour" => "-1";
    /// The size ratio in the quiet time.
    COMPACTION_OFFPEAK_RATIO: i32 = "compaction.offpeak-ratio" => "0";
    /// Time after which all runs are merged.
    COMPACTION_OPTIMIZATION_INTERVAL: Duration = "compaction.optimization-interval";
    /// Size of a bucket below which all runs are merged.
    COMPACTION_TOTAL_SIZE_THRESHOLD: MemorySize = "compaction.total-size-threshold";
    /// Size of the newer runs above which all runs are merged.
    COMPACTION_INCREMENTAL_SIZE_THRESHOLD: MemorySize = "compaction.incremental-size-threshold";
    /// Whether level 0 is always included.
    COMPACTION_FORCE_UP_LEVEL_0: bool = "compaction.force-up-level-0" => "false";
    /// Whether full compaction rewrites every file.
    COMPACTION_FORCE_REWRITE_ALL_FILES: bool = "compaction.force-rewrite-all-files" => "false";
    /// What opening a file counts for in bytes when files are put together.
    SOURCE_SPLIT_OPEN_FILE_COST: MemorySize = "source.split.open-file-cost" => "4 mb";
    /// Least number of files that compaction of append tables merges.
    COMPACTION_MIN_FILE_NUM: i32 = "compaction.min.file-num" => "5";
    /// Greatest number of files in one compaction.
    COMPACTION_FILE_NUM_LIMIT: i32 = "compaction.file-num-limit" => "100000";
    /// Share of deleted rows from which an append file is rewritten.
    COMPACTION_DELETE_RATIO_THRESHOLD: f64 = "compaction.delete-ratio-threshold" => "0.2";
    /// Share of the target size below which a file is small.
    COMPACTION_SMALL_FILE_RATIO: f64 = "compaction.small-file-ratio" => "0.7";
    /// Whether writers leave compaction and expiry to others.
    WRITE_ONLY: bool = "write-only" | "write.compaction-skip" => "false";

    /// How often a commit is tried again.
    COMMIT_MAX_RETRIES: i32 = "commit.max-retries" => "10";
    /// Least wait between two attempts.
    COMMIT_MIN_RETRY_WAIT: Duration = "commit.min-retry-wait" => "10 ms";
    /// Greatest wait between two attempts.
    COMMIT_MAX_RETRY_WAIT: Duration = "commit.max-retry-wait" => "10 s";
    /// How long a commit is tried.
    COMMIT_TIMEOUT: Duration = "commit.timeout";
    /// What stands before the commit user's name.
    COMMIT_USER_PREFIX: String = "commit.user-prefix";

    /// Statistics of data files.
    METADATA_STATS_MODE: StatsMode = "metadata.stats-mode" => "truncate(16)";
    /// Statistics of data files by level.
    METADATA_STATS_MODE_PER_LEVEL: BTreeMap<String, String> = "metadata.stats-mode.per.level" => "";
    /// Whether columns without statistics are left out.
    METADATA_STATS_DENSE_STORE: bool = "metadata.stats-dense-store" => "true";
    /// How many columns have statistics; −1 for all.
    METADATA_STATS_KEEP_FIRST_N_COLUMNS: i32 = "metadata.stats-keep-first-n-columns" => "-1";

    /// Snapshots that always stay.
    SNAPSHOT_NUM_RETAINED_MIN: i32 = "snapshot.num-retained.min" => "10";
    /// Snapshots above which the oldest go at any age.
    SNAPSHOT_NUM_RETAINED_MAX: i32 = "snapshot.num-retained.max" => "2147483647";
    /// How long snapshots stay.
    SNAPSHOT_TIME_RETAINED: Duration = "snapshot.time-retained" => "1 h";
    /// Snapshots that one expiry removes at most.
    SNAPSHOT_EXPIRE_LIMIT: i32 = "snapshot.expire.limit" => "50";
    /// How writers expire snapshots.
    SNAPSHOT_EXPIRE_EXECUTION_MODE: ExpireExecutionMode = "snapshot.expire.execution-mode" => "sync";
    /// Whether expiry removes empty directories.
    SNAPSHOT_CLEAN_EMPTY_DIRECTORIES: bool = "snapshot.clean-empty-directories"
        | "snapshot.expire.clean-empty-directories" => "false";
    /// Changelogs that always stay.
    CHANGELOG_NUM_RETAINED_MIN: i32 = "changelog.num-retained.min";
    /// Changelogs above which the oldest go at any age.
    CHANGELOG_NUM_RETAINED_MAX: i32 = "changelog.num-retained.max";
    /// How long changelogs stay.
    CHANGELOG_TIME_RETAINED: Duration = "changelog.time-retained";
    /// After how long without progress consumers are dropped.
    CONSUMER_EXPIRATION_TIME: Duration = "consumer.expiration-time";
    /// Whether consumers hold back changelogs only.
    CONSUMER_CHANGELOG_ONLY: bool = "consumer.changelog-only" => "false";
    /// When tags are made.
    TAG_AUTOMATIC_CREATION: TagCreationMode = "tag.automatic-creation" => "none";
    /// How often tags are made.
    TAG_CREATION_PERIOD: TagCreationPeriod = "tag.creation-period" => "daily";
    /// How long after a period its tag is made.
    TAG_CREATION_DELAY: Duration = "tag.creation-delay" => "0 ms";
    /// How a tag's period is written.
    TAG_PERIOD_FORMATTER: TagPeriodFormatter = "tag.period-formatter" => "with_dashes";
    /// Tags above which the oldest go.
    TAG_NUM_RETAINED_MAX: i32 = "tag.num-retained-max";
    /// How long tags stay.
    TAG_DEFAULT_TIME_RETAINED: Duration = "tag.default-time-retained";
    /// Whether tags whose time is over are deleted.
    TAG_TIME_EXPIRE_ENABLED: bool = "tag.time-expire-enabled" => "true";
    /// How often tags are made, of any length; instead of the period.
    TAG_CREATION_PERIOD_DURATION: Duration = "tag.creation-period-duration";
    /// Whether periods without a snapshot get the snapshots that follow, one each.
    TAG_AUTOMATIC_COMPLETION: bool = "tag.automatic-completion" => "false";
    /// Whether a tag has a success file.
    TAG_CREATE_SUCCESS_FILE: bool = "tag.create-success-file" => "false";
    /// Classes that are told about tags.
    TAG_CALLBACKS: Vec<String> = "tag.callbacks" => "";
    /// Column of the metastore's partitions that stand for tags.
    METASTORE_TAG_TO_PARTITION: String = "metastore.tag-to-partition";
    /// Zone of process times; the writer's own when not set.
    SINK_PROCESS_TIME_ZONE: String = "sink.process-time-zone";
    /// Zone of watermarks.
    SINK_WATERMARK_TIME_ZONE: String = "sink.watermark-time-zone" => "UTC";
    /// How long partitions stay.
    PARTITION_EXPIRATION_TIME: Duration = "partition.expiration-time";
    /// What tells how old a partition is; an unknown word names a class of the user's.
    PARTITION_EXPIRATION_STRATEGY: String = "partition.expiration-strategy" => "values-time";
    /// Partitions that one expiry drops at most.
    PARTITION_EXPIRATION_MAX_NUM: i32 = "partition.expiration-max-num" => "100";
    /// Partitions that one commit of an expiry drops; all when not set.
    PARTITION_EXPIRATION_BATCH_SIZE: i32 = "partition.expiration-batch-size";
    /// How partition values are put together to a time.
    PARTITION_TIMESTAMP_PATTERN: String = "partition.timestamp-pattern";
    /// How the time is written.
    PARTITION_TIMESTAMP_FORMATTER: String = "partition.timestamp-formatter";
    /// Whether days and times out of range are no time.
    PARTITION_TIMESTAMP_FORMAT_STRICT: bool = "partition.timestamp-format.strict" => "false";
    /// What is done when a partition is complete.
    PARTITION_MARK_DONE_ACTION: Vec<String> = "partition.mark-done-action" => "success-file";
    /// Whether the catalog has an entry of its own for each partition.
    METASTORE_PARTITIONED_TABLE: bool = "metastore.partitioned-table" => "false";
}
