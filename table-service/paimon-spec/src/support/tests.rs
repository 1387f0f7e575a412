use super::*;

/// A primary-key table with fixed buckets, one partition column and every scalar type in its value.
fn schema(changes: &[(&str, &str)]) -> TableSchema {
    let types = [
        "BOOLEAN",
        "TINYINT",
        "SMALLINT",
        "INT",
        "BIGINT",
        "FLOAT",
        "DOUBLE",
        "DECIMAL(38, 2)",
        "CHAR(3)",
        "STRING",
        "BINARY(2)",
        "BYTES",
        "DATE",
        "TIME(3)",
        "TIMESTAMP(9)",
        "TIMESTAMP(6) WITH LOCAL TIME ZONE",
    ];
    let mut fields = vec![
        serde_json::json!({"id": 0, "name": "pt", "type": "DATE NOT NULL"}),
        serde_json::json!({"id": 1, "name": "id", "type": "BIGINT NOT NULL"}),
    ];
    fields.extend(
        types
            .iter()
            .enumerate()
            .map(|(i, text)| serde_json::json!({"id": i + 2, "name": format!("c{i}"), "type": text})),
    );
    let mut json = serde_json::json!({
        "version": 3, "id": 0, "fields": fields, "highestFieldId": 99, "partitionKeys": ["pt"],
        "primaryKeys": ["pt", "id"], "options": {"bucket": "4"}, "timeMillis": 0
    });
    for (member, value) in changes {
        json[member] = serde_json::from_str(value).unwrap();
    }
    TableSchema::parse(json.to_string().as_bytes()).unwrap()
}

fn refused(schema: &TableSchema, overrides: &[(&str, &str)], purpose: Purpose) -> Vec<String> {
    let options = TableOptions::new(schema.options.clone()).with_overrides(overrides.iter().copied());
    check(schema, &options, purpose)
        .into_iter()
        .map(|refusal| {
            assert!(!refusal.reason.is_empty() && !refusal.remedy.is_empty(), "{refusal:?}");
            refusal.feature
        })
        .collect()
}

fn with_column(data_type: &str) -> TableSchema {
    let fields = format!(
        r#"[{{"id":0,"name":"pt","type":"DATE NOT NULL"}},{{"id":1,"name":"id","type":"BIGINT NOT NULL"}},
            {{"id":2,"name":"v","type":{data_type}}}]"#
    );
    schema(&[("fields", fields.as_str())])
}

#[test]
fn accepts_every_scalar_type_for_every_purpose() {
    for purpose in [Purpose::Inspect, Purpose::Compact, Purpose::Expire, Purpose::Tag] {
        assert!(refused(&schema(&[]), &[], purpose).is_empty());
    }
}

#[test]
fn accepts_what_compaction_implements() {
    for (name, value) in [
        ("type", "materialized-table"),
        ("merge-engine", "deduplicate"),
        ("ignore-delete", "true"),
        ("deduplicate.ignore-delete", "true"),
        ("sequence.field", "c3,c9"),
        ("sequence.field.sort-order", "descending"),
        ("rowkind.field", "c9"),
        ("ignore-update-before", "true"),
        ("write.sequence-number-init-mode", "scan"),
        ("sequence.snapshot-ordering", "false"),
        ("changelog-producer", "none"),
        ("changelog-producer", "input"),
        ("changelog-producer.row-deduplicate", "true"),
        ("deletion-vectors.enabled", "false"),
        ("deletion-vectors.merge-on-read", "FALSE"),
        ("bucket", "1"),
        ("row-tracking.enabled", "false"),
        ("scan.fallback-branch", "b"),
        ("file.format", "Parquet"),
        ("file.format.per.level", "0:parquet,5:parquet"),
        ("file.compression", "snappy"),
        ("file.compression.per.level", "0:lz4,5:zstd"),
        ("data-file.thin-mode", "true"),
        ("data-file.path-directory", "data"),
        ("data-file.prefix", "d-"),
        ("file.suffix.include.compression", "true"),
        ("data-file.external-paths", "s3://elsewhere/x"),
        ("data-file.external-paths.strategy", "none"),
        ("index-file-in-data-file-dir", "true"),
        ("partition.legacy-name", "false"),
        ("metadata.stats-mode", "none"),
        ("metadata.stats-dense-store", "false"),
        ("manifest.delete-file-drop-stats", "true"),
        ("manifest.format", "avro"),
        ("manifest-sort.enabled", "true"),
        ("file-index.bloom-filter.columns", "c3"),
        ("lookup.remote-file.enabled", "true"),
        ("record-level.expire-time", "7 d"),
        ("compaction.force-rewrite-all-files", "true"),
        ("metadata.iceberg.storage", "disabled"),
        ("commit.callbacks", "org.example.Callback"),
        ("visibility-callback.enabled", "true"),
        ("query-auth.enabled", "false"),
        ("snapshot.ignore-empty-commit", "true"),
        ("partition.expiration-time", "7 d"),
        ("write-only", "true"),
        ("branch", "main"),
        ("target-file-row-num", "1000"),
        ("compaction.small-file-ratio", "0.5"),
        ("some.unknown.option", "whatever"),
    ] {
        assert_eq!(
            refused(&schema(&[]), &[(name, value)], Purpose::Compact),
            Vec::<String>::new(),
            "{name} = {value}"
        );
    }
}

#[test]
fn refuses_options_of_compaction_by_name() {
    for (name, value) in [
        ("merge-engine", "partial-update"),
        ("merge-engine", "aggregation"),
        ("merge-engine", "first-row"),
        ("sequence.field", "nowhere"),
        ("sequence.snapshot-ordering", "true"),
        ("write.sequence-number-init-mode", "snapshot"),
        ("changelog-producer", "full-compaction"),
        ("changelog-producer", "lookup"),
        ("deletion-vectors.enabled", "true"),
        ("deletion-vectors.merge-on-read", "true"),
        ("force-lookup", "true"),
        ("bucket", "-1"),
        ("bucket", "-2"),
        ("bucket", "0"),
        ("row-tracking.enabled", "true"),
        ("data-evolution.enabled", "true"),
        ("data-evolution.row-sidecar.enabled", "true"),
        ("clustering.incremental", "true"),
        ("pk-clustering-override", "true"),
        ("chain-table.enabled", "true"),
        ("scan.fallback-snapshot-branch", "snapshot"),
        ("scan.fallback-delta-branch", "delta"),
        ("pk-vector.index.columns", "c3"),
        ("pk-btree.index.columns", "c3"),
        ("pk-bitmap.index.columns", "c3"),
        ("pk-multivalue.index.columns", "c3"),
        ("pk-full-text.index.columns", "c3"),
        ("blob-field", "c11"),
        ("blob-descriptor-field", "c11"),
        ("blob-external-storage-field", "c11"),
        ("blob-view-field", "c11"),
        ("blob-compaction.enabled", "true"),
        ("vector-field", "c11"),
        ("vector.file.format", "lance"),
        ("variant.shreddingSchema", "{}"),
        ("fields.m.map.storage-layout", "shared-shredding"),
        ("file.format", "orc"),
        ("file.compression", "brotli"),
        ("data-file.external-paths.strategy", "round-robin"),
        ("primary-key.nullable", "true"),
        ("postpone.merge-on-read", "true"),
        ("metadata.iceberg.storage", "table-location"),
        ("query-auth.enabled", "true"),
        ("branch", "b"),
    ] {
        let overrides = [(name, value), ("data-file.external-paths", "s3://elsewhere/x")];
        let refused = refused(&schema(&[]), &overrides, Purpose::Compact);
        assert!(refused.len() == 1 && refused[0].starts_with(name), "{name} = {value}: {refused:?}");
    }
}

#[test]
fn refuses_formats_and_codecs_of_a_level() {
    let overrides = [("file.format.per.level", "0:avro,5:parquet"), ("file.compression.per.level", "0:lzo")];
    assert_eq!(
        refused(&schema(&[]), &overrides, Purpose::Compact),
        ["file.format.per.level 0 = avro", "file.compression.per.level 0 = lzo"]
    );
}

#[test]
fn refuses_columns_that_are_not_scalar() {
    for (data_type, name) in [
        (r#""VARIANT""#, "VARIANT"),
        (r#""BLOB""#, "BLOB"),
        (r#""GEOMETRY(OGC:CRS84)""#, "GEOMETRY"),
        (r#""GEOGRAPHY""#, "GEOGRAPHY"),
        (r#"{"type":"VECTOR","element":"FLOAT","length":3}"#, "VECTOR"),
        (r#"{"type":"ARRAY","element":"INT"}"#, "ARRAY"),
        (r#"{"type":"MAP","key":"INT","value":"INT"}"#, "MAP"),
        (r#"{"type":"MULTISET","element":"INT"}"#, "MULTISET"),
        (r#"{"type":"ROW","fields":[]}"#, "ROW"),
    ] {
        let table = with_column(data_type);
        assert_eq!(refused(&table, &[], Purpose::Compact), [format!("column v of type {name}")]);
        assert!(refused(&table, &[], Purpose::Expire).is_empty());
        let ordered = refused(&table, &[("sequence.field", "v")], Purpose::Compact);
        assert!(ordered.contains(&"sequence.field = v".to_owned()), "{ordered:?}");
    }
}

#[test]
fn refuses_floating_point_keys() {
    for name in ["FLOAT", "DOUBLE"] {
        let fields = format!(
            r#"[{{"id":0,"name":"pt","type":"DATE NOT NULL"}},{{"id":1,"name":"id","type":"{name} NOT NULL"}}]"#
        );
        let table = schema(&[("fields", fields.as_str())]);
        assert_eq!(refused(&table, &[], Purpose::Compact), [format!("primary key id of type {name}")]);
        assert!(refused(&table, &[], Purpose::Expire).is_empty());
    }
}

#[test]
fn accepts_append_tables_with_and_without_buckets() {
    for options in [
        r#"{"bucket":"-1"}"#,
        r#"{"bucket":"3","bucket-key":"id"}"#,
        r#"{"bucket":"3","bucket-key":"id","bucket-append-ordered":"false"}"#,
    ] {
        let append = schema(&[("primaryKeys", "[]"), ("options", options)]);
        for purpose in [Purpose::Compact, Purpose::Expire] {
            assert_eq!(refused(&append, &[], purpose), Vec::<String>::new(), "{options}");
        }
    }
}

#[test]
fn refuses_features_of_append_tables_by_name() {
    let append = schema(&[("primaryKeys", "[]"), ("options", r#"{"bucket":"-1"}"#)]);
    for (name, value) in [
        ("bucket", "-2"),
        ("deletion-vectors.enabled", "true"),
        ("row-tracking.enabled", "true"),
        ("data-evolution.enabled", "true"),
        ("clustering.incremental", "true"),
        ("file-index.bloom-filter.columns", "c3"),
        ("file-index.bitmap.columns", "c3,c4"),
        ("file.format", "orc"),
    ] {
        let refused = refused(&append, &[(name, value)], Purpose::Compact);
        assert!(refused.len() == 1 && refused[0].starts_with(name), "{name} = {value}: {refused:?}");
    }
}

#[test]
fn refuses_moving_keys() {
    let moving = schema(&[("primaryKeys", r#"["id"]"#), ("options", r#"{"bucket":"-1"}"#)]);
    assert_eq!(refused(&moving, &[], Purpose::Compact), ["bucket = -1"]);
}

#[test]
fn refuses_tags_that_something_else_must_follow() {
    for (name, value) in [
        ("tag.callbacks", "com.example.Callback"),
        ("metastore.tag-to-partition", "dt"),
        ("metadata.iceberg.storage", "table-location"),
    ] {
        assert_eq!(refused(&schema(&[]), &[(name, value)], Purpose::Tag), [format!("{name} = {value}")]);
    }
    assert_eq!(refused(&schema(&[]), &[("tag.callbacks", "")], Purpose::Tag), Vec::<String>::new());
}

#[test]
fn refuses_other_kinds_of_tables_for_every_purpose() {
    for purpose in [Purpose::Inspect, Purpose::Compact, Purpose::Expire, Purpose::Tag] {
        for kind in ["format-table", "object-table", "lance-table", "iceberg-table"] {
            assert_eq!(refused(&schema(&[]), &[("type", kind)], purpose), [format!("type = {kind}")]);
        }
        assert_eq!(refused(&schema(&[]), &[("type", "quantum-table")], purpose), ["type = 'quantum-table'"]);
        for format in ["orc", "parquet"] {
            let refused = refused(&schema(&[]), &[("manifest.format", format)], purpose);
            assert_eq!(refused, [format!("manifest.format = {format}")]);
        }
    }
}

#[test]
fn refuses_values_that_cannot_be_read() {
    let overrides =
        [("merge-engine", "newest-wins"), ("num-levels", "many"), ("metadata.stats-mode", "some")];
    for purpose in [Purpose::Compact, Purpose::Expire] {
        assert_eq!(
            refused(&schema(&[]), &overrides, purpose),
            ["merge-engine = 'newest-wins'", "num-levels = 'many'", "metadata.stats-mode = 'some'"]
        );
    }
    assert!(refused(&schema(&[]), &overrides, Purpose::Inspect).is_empty());
}

#[test]
fn accepts_expiry_of_tables_whose_changelogs_outlive_their_snapshots() {
    for (name, value) in [("changelog.time-retained", "2 h"), ("changelog.num-retained.min", "11")] {
        assert!(refused(&schema(&[]), &[(name, value)], Purpose::Expire).is_empty(), "{name} = {value}");
    }
    let impossible = [("snapshot.num-retained.min", "0")];
    assert_eq!(refused(&schema(&[]), &impossible, Purpose::Expire), ["snapshot.num-retained"]);
}

#[test]
fn accepts_expiry_of_tables_that_compaction_refuses() {
    for (name, value) in [
        ("merge-engine", "aggregation"),
        ("changelog-producer", "lookup"),
        ("deletion-vectors.enabled", "true"),
        ("bucket", "-2"),
        ("row-tracking.enabled", "true"),
        ("file.format", "orc"),
        ("query-auth.enabled", "true"),
    ] {
        assert!(refused(&schema(&[]), &[(name, value)], Purpose::Expire).is_empty(), "{name} = {value}");
    }
}

#[test]
fn refuses_expiry_of_branches_iceberg_tables_and_bad_retention() {
    for (name, value) in [
        ("branch", "b"),
        ("metadata.iceberg.storage", "hive-catalog"),
        ("snapshot.num-retained.min", "0"),
        ("snapshot.num-retained.max", "3"),
        ("snapshot.time-retained", "soon"),
    ] {
        let refused = refused(&schema(&[]), &[(name, value)], Purpose::Expire);
        assert!(refused.len() == 1 && refused[0].starts_with(&name[..6]), "{name} = {value}: {refused:?}");
    }
}

#[test]
fn refuses_partitions_whose_directory_is_not_known() {
    for (data_type, legacy, accepted) in [
        ("BYTES", "true", false),
        ("BYTES", "false", true),
        ("TIMESTAMP(3) WITH LOCAL TIME ZONE", "true", true),
        ("TIMESTAMP(3) WITH LOCAL TIME ZONE", "false", false),
    ] {
        let fields = format!(
            r#"[{{"id":0,"name":"pt","type":"{data_type}"}},{{"id":1,"name":"id","type":"BIGINT NOT NULL"}}]"#
        );
        let table = schema(&[("fields", fields.as_str())]);
        for purpose in [Purpose::Compact, Purpose::Expire] {
            let refused = refused(&table, &[("partition.legacy-name", legacy)], purpose);
            assert_eq!(refused.is_empty(), accepted, "{data_type} {legacy}: {refused:?}");
        }
    }
}

#[test]
fn refuses_partition_expiry_where_others_would_not_follow() {
    for (name, value) in [
        ("metastore.partitioned-table", "true"),
        ("partition.expiration-strategy", "custom"),
        ("chain-table.enabled", "true"),
        ("commit.callbacks", "a.Class"),
        ("write.sequence-number-init-mode", "snapshot"),
        ("partition.expiration-max-num", "many"),
    ] {
        let refused = refused(&schema(&[]), &[(name, value)], Purpose::ExpirePartitions);
        assert!(refused.len() == 1 && refused[0].starts_with(name), "{name} = {value}: {refused:?}");
    }
    for (name, value) in
        [("bucket", "-2"), ("deletion-vectors.enabled", "true"), ("merge-engine", "aggregation")]
    {
        assert!(refused(&schema(&[]), &[(name, value)], Purpose::ExpirePartitions).is_empty(), "{name}");
    }
}

#[test]
fn refuses_marks_other_than_success_files_and_rollbacks_that_the_catalog_does_not_see() {
    for (purpose, name, value) in [
        (Purpose::MarkPartitionDone, "partition.mark-done-action", "success-file,http-report"),
        (Purpose::RollBack, "metastore.tag-to-partition", "dt"),
        (Purpose::RollBack, "metastore.partitioned-table", "true"),
        (Purpose::CompactManifests, "metadata.iceberg.storage", "hive-catalog"),
    ] {
        let refused = refused(&schema(&[]), &[(name, value)], purpose);
        assert!(refused.len() == 1 && refused[0].starts_with(name), "{name} = {value}: {refused:?}");
    }
    let marked = [("partition.mark-done-action", "success-file")];
    assert!(refused(&schema(&[]), &marked, Purpose::MarkPartitionDone).is_empty());
}

/// Every purpose that changes a table.
const CHANGES: [Purpose; 8] = [
    Purpose::Compact,
    Purpose::Expire,
    Purpose::ExpirePartitions,
    Purpose::MarkPartitionDone,
    Purpose::CompactManifests,
    Purpose::RollBack,
    Purpose::Tag,
    Purpose::RemoveOrphans,
];

#[test]
fn refuses_every_change_of_a_table_whose_snapshots_a_server_keeps() {
    for (name, value) in [
        ("metastore", "rest"),
        ("metastore", " REST "),
        ("metastore", "something-newer"),
        ("uri", "https://user:secret@catalog.example"),
        ("token.provider", "dlf"),
        ("data-token.enabled", "true"),
        ("dlf.access-key-secret", "secret"),
    ] {
        for purpose in CHANGES {
            let refused = refused(&schema(&[]), &[(name, value)], purpose);
            assert!(refused.len() == 1 && refused[0].starts_with(name), "{name} {purpose:?}: {refused:?}");
            assert!(!refused[0].contains("secret") || name == "dlf.access-key-secret", "{refused:?}");
        }
        let overridden = [(name, value), ("metastore", "filesystem")];
        assert!(refused(&schema(&[]), &overridden, Purpose::Compact).is_empty(), "{name}");
        assert!(refused(&schema(&[]), &[(name, value)], Purpose::Inspect).is_empty(), "{name}");
    }
    for (name, value) in [
        ("metastore", "hive"),
        ("metastore", "jdbc"),
        ("uri", "thrift://hms:9083"),
        ("uri", "jdbc:mysql://db"),
    ] {
        for purpose in CHANGES {
            assert!(refused(&schema(&[]), &[(name, value)], purpose).is_empty(), "{name} = {value}");
        }
    }
}

#[test]
fn tells_which_options_speak_of_a_catalog_with_entries_of_its_own() {
    let entries = |options: &[(&str, &str)]| {
        catalog_entries(&TableOptions::default().with_overrides(options.iter().copied()))
    };
    assert_eq!(entries(&[("metastore", "filesystem"), ("bucket", "1")]), Vec::<String>::new());
    let all = [
        ("metastore", "hive"),
        ("uri", "thrift://user:secret@hms"),
        ("metastore.partitioned-table", "true"),
        ("metastore.tag-to-partition", "dt"),
        ("partition.mark-done-action", "success-file,done-partition"),
    ];
    assert_eq!(
        entries(&all),
        [
            "metastore = hive",
            "uri",
            "metastore.partitioned-table = true",
            "metastore.tag-to-partition = dt",
            "partition.mark-done-action = done-partition",
        ]
    );
}
