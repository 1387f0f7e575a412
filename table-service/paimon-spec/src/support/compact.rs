//! What forbids compaction by its option (format §16).

use super::{Refusal, columns, newer, shared};
use crate::options::{ChangelogProducer, ExternalPathStrategy, Key, MergeEngine, TableOptions, keys};
use crate::schema::{BucketMode, TableSchema};

const WAIT: &str = "compact the table with Paimon's own compaction";

/// Options that forbid compaction when they are true.
const FLAGS: [(Key<bool>, &str); 8] = [
    (keys::DELETION_VECTORS_ENABLED, "compaction must look rows up and rewrite the deletion vectors"),
    (keys::FORCE_LOOKUP, "compaction must look up the older rows"),
    (keys::ROW_TRACKING_ENABLED, "rewritten files must keep the rows' identities"),
    (keys::DATA_EVOLUTION_ENABLED, "the columns of a row are spread over files"),
    (keys::CLUSTERING_INCREMENTAL, "files must stay clustered"),
    (keys::PK_CLUSTERING_OVERRIDE, "files are not sorted by the primary key"),
    (keys::CHAIN_TABLE_ENABLED, "deletes must be kept for the other branches of the chain"),
    (keys::QUERY_AUTH_ENABLED, "rows and columns may only be read with the catalog's consent"),
];

/// Options that forbid compaction when they are set to anything.
const PRESENCE: [(&str, &str); 8] = [
    ("scan.fallback-snapshot-branch", "the table is part of a chain, where deletes must be kept"),
    ("scan.fallback-delta-branch", "the table is part of a chain, where deletes must be kept"),
    ("blob-field", "blobs live in files of their own"),
    ("blob-descriptor-field", "blobs live in files of their own"),
    ("blob-external-storage-field", "blobs live in files of their own"),
    ("vector-field", "vectors may live in files of their own"),
    ("vector.file.format", "vectors live in files of their own"),
    ("variant.shreddingSchema", "variants are split over columns"),
];

/// Codecs that Java reads in Parquet files.
const CODECS: [&str; 7] = ["zstd", "snappy", "gzip", "lz4", "lz4_raw", "none", "uncompressed"];

pub(super) fn refusals(schema: &TableSchema, options: &TableOptions) -> Vec<Refusal> {
    let mut refusals = shared::refusals(schema, options);
    refusals.extend(bucket(schema, options));
    refusals.extend(merge_engine(options));
    refusals.extend(changelog_producer(options));
    refusals.extend(
        FLAGS
            .iter()
            .filter(|(key, _)| options.get(key).is_ok_and(|on| on))
            .map(|(key, reason)| Refusal::of_value(key, "true", reason, WAIT)),
    );
    refusals.extend(PRESENCE.iter().filter_map(|(name, reason)| {
        let value = options.text(name)?;
        Some(Refusal::new(format!("{name} = {value}"), *reason, WAIT))
    }));
    refusals.extend(file_formats(options));
    refusals.extend(codecs(options));
    refusals.extend(external_paths(options));
    refusals.extend(shared_shredding(options));
    refusals.extend(file_indexes(schema, options));
    refusals.extend(columns::refusals(schema, options));
    refusals.extend(newer::refusals(options));
    refusals
}

fn bucket(schema: &TableSchema, options: &TableOptions) -> Option<Refusal> {
    let bucket = options.get(&keys::BUCKET).ok()?;
    let refuse = |reason: &str| Some(Refusal::of_value(&keys::BUCKET, bucket, reason, WAIT));
    match schema.bucket_mode(bucket) {
        Ok(BucketMode::HashFixed | BucketMode::BucketUnaware) => None,
        Ok(BucketMode::HashDynamic) => refuse("dynamic buckets keep an index of their keys"),
        Ok(BucketMode::KeyDynamic) => refuse("keys move between partitions and buckets"),
        Ok(BucketMode::Postpone) => refuse("rows must be moved from the staging bucket to their own"),
        Err(error) => Some(Refusal::of_unreadable(&error)),
    }
}

fn merge_engine(options: &TableOptions) -> Option<Refusal> {
    let reason = match options.get(&keys::MERGE_ENGINE).ok()? {
        MergeEngine::Deduplicate => return None,
        MergeEngine::PartialUpdate => "rows are put together from the columns of several",
        MergeEngine::Aggregation => "rows are aggregated",
        MergeEngine::FirstRow => "compaction must look up whether a key is there already",
    };
    let value = options.text(keys::MERGE_ENGINE.name()).unwrap_or_default();
    Some(Refusal::of_value(&keys::MERGE_ENGINE, value, reason, WAIT))
}

fn changelog_producer(options: &TableOptions) -> Option<Refusal> {
    match options.get(&keys::CHANGELOG_PRODUCER).ok()? {
        ChangelogProducer::None | ChangelogProducer::Input => None,
        other => Some(Refusal::of_value(
            &keys::CHANGELOG_PRODUCER,
            other.word(),
            "compaction must write the changelog",
            WAIT,
        )),
    }
}

fn file_formats(options: &TableOptions) -> Vec<Refusal> {
    let default = options.get(&keys::FILE_FORMAT).map(|format| (keys::FILE_FORMAT.name().to_owned(), format));
    formats_and_codecs(
        default.ok(),
        options.get(&keys::FILE_FORMAT_PER_LEVEL).ok(),
        keys::FILE_FORMAT_PER_LEVEL.name(),
    )
    .filter(|(_, format)| !format.eq_ignore_ascii_case("parquet"))
    .map(|(feature, format)| {
        Refusal::new(format!("{feature} = {format}"), "only Parquet files are written", WAIT)
    })
    .collect()
}

fn codecs(options: &TableOptions) -> Vec<Refusal> {
    let default =
        options.get(&keys::FILE_COMPRESSION).map(|codec| (keys::FILE_COMPRESSION.name().to_owned(), codec));
    let per_level = options.get(&keys::FILE_COMPRESSION_PER_LEVEL).ok();
    formats_and_codecs(default.ok(), per_level, keys::FILE_COMPRESSION_PER_LEVEL.name())
        .filter(|(_, codec)| !CODECS.contains(&codec.to_ascii_lowercase().as_str()))
        .map(|(feature, codec)| {
            Refusal::new(
                format!("{feature} = {codec}"),
                "the released Java does not read the codec, or it is unknown",
                format!("choose one of {}", CODECS.join(", ")),
            )
        })
        .collect()
}

/// The default and the values by level, each with the option that says so.
fn formats_and_codecs(
    default: Option<(String, String)>,
    per_level: Option<std::collections::BTreeMap<String, String>>,
    per_level_name: &str,
) -> impl Iterator<Item = (String, String)> {
    let per_level = per_level.unwrap_or_default().into_iter();
    default
        .into_iter()
        .chain(per_level.map(move |(level, value)| (format!("{per_level_name} {level}"), value)))
}

fn external_paths(options: &TableOptions) -> Option<Refusal> {
    let strategy = options.get(&keys::DATA_FILE_EXTERNAL_PATHS_STRATEGY).ok()?;
    if strategy == ExternalPathStrategy::None || !options.is_set(keys::DATA_FILE_EXTERNAL_PATHS.name()) {
        return None;
    }
    Some(Refusal::of_value(
        &keys::DATA_FILE_EXTERNAL_PATHS_STRATEGY,
        strategy.word(),
        "new files must be placed outside the table",
        WAIT,
    ))
}

/// File indexes of append tables. Readers of primary-key tables need the merged row and gain little from an index; those
/// of append tables would have to read every file again.
fn file_indexes(schema: &TableSchema, options: &TableOptions) -> Vec<Refusal> {
    if schema.has_primary_key() {
        return Vec::new();
    }
    options
        .iter()
        .filter(|(name, _)| name.starts_with("file-index.") && name.ends_with(".columns"))
        .map(|(name, columns)| {
            Refusal::new(
                format!("{name} = {columns}"),
                "the indexes of rewritten files must be rebuilt",
                WAIT,
            )
        })
        .collect()
}

fn shared_shredding(options: &TableOptions) -> Vec<Refusal> {
    options
        .field_options("map.storage-layout")
        .filter(|(_, layout)| !layout.eq_ignore_ascii_case("default"))
        .map(|(column, layout)| {
            Refusal::new(
                format!("fields.{column}.map.storage-layout = {layout}"),
                "the map is stored in columns of its own",
                WAIT,
            )
        })
        .collect()
}
