//! What a compaction's snapshot takes over from the one before it.

use std::path::Path;

use serde_json::Value;
use weir_tests::oracle::fixtures::Engines;
use weir_tests::oracle::{Load, SchemaChange, TableAt, TableDefinition};

use crate::place::Place;
use crate::weir::weir;

/// Members of a snapshot that do not tell who made it, when, and in which files.
const CARRIED: [&str; 13] = [
    "version",
    "id",
    "schemaId",
    "indexManifest",
    "changelogManifestList",
    "commitIdentifier",
    "commitKind",
    "changelogRecordCount",
    "watermark",
    "statistics",
    "properties",
    "nextRowId",
    "operation",
];

#[test]
fn a_compaction_takes_over_what_javas_takes_over() {
    let engines = Engines::shared();
    let place = Place::new();
    let annotated = place.table("annotated");
    make(&engines, &annotated);
    engines.java.annotate(&annotated, 1_700_000_000_000, "offsets").unwrap();
    let altered = place.copy(&annotated, "altered");
    engines.java.alter(&altered, &[SchemaChange::AddColumn("more", "INT")]).unwrap();
    for original in [annotated, altered] {
        let copy = place.copy(&original, "by_java");
        let (ours, theirs) = (place.path(&original), place.path(&copy));
        let before = latest(&ours);
        assert_eq!(before["watermark"], 1_700_000_000_000_i64);
        assert!(before["statistics"].is_string() && before["properties"]["oracle"] == "offsets", "{before}");
        weir("compact", &original, &["--strategy", "full"]).done();
        engines.java.compact(&copy, true).unwrap();
        let (ours, theirs) = (latest(&ours), latest(&theirs));
        assert_eq!(theirs["commitKind"], "COMPACT");
        for member in CARRIED {
            assert_eq!(ours[member], theirs[member], "{member}\n{ours}\n{theirs}");
        }
        assert_eq!(ours["watermark"], before["watermark"]);
        assert_eq!(ours["properties"], Value::Null, "properties belong to one commit");
        let counts =
            |snapshot: &Value| (snapshot["totalRecordCount"].clone(), snapshot["deltaRecordCount"].clone());
        assert_eq!(counts(&ours), counts(&theirs));
    }
}

fn make(engines: &Engines, table: &TableAt) {
    let definition = TableDefinition::new()
        .column("id", "BIGINT NOT NULL")
        .column("text", "STRING")
        .primary_key(["id"])
        .option("bucket", "1")
        .write_only();
    engines.java.create(table, &definition).unwrap();
    for seed in 0..3 {
        engines.java.generate(table, 50, &Load::seeded(seed).distinct(40)).unwrap();
    }
}

fn latest(table: &Path) -> Value {
    let id = std::fs::read_to_string(table.join("snapshot/LATEST")).unwrap();
    serde_json::from_slice(&std::fs::read(table.join(format!("snapshot/snapshot-{id}"))).unwrap()).unwrap()
}
