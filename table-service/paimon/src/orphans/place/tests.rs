use super::*;

const DATA: Place = Place::Candidate(FileKind::Data);
const STRAY: Place = Place::Candidate(FileKind::Stray);

fn layout(data_root: &[&str], partitions: &[&str]) -> Layout {
    Layout {
        data_root: data_root.iter().map(ToString::to_string).collect(),
        partitions: partitions.iter().map(ToString::to_string).collect(),
        changelog_prefix: "changelog-".to_owned(),
    }
}

#[test]
fn files_are_candidates_only_where_writers_put_them() {
    let layout = layout(&[], &["dt=", "hour="]);
    for (path, place) in [
        ("dt=a%3Ab/hour=1/bucket-0/data-x-0.parquet", DATA),
        ("dt=a/hour=1/bucket-postpone/data-x", DATA),
        ("dt=a/hour=1/bucket-12/changelog-x-0.parquet", Place::Candidate(FileKind::Changelog)),
        ("dt=a/hour=1/bucket-12/compacted-changelog-x$1-2.cc-parquet", Place::Candidate(FileKind::Changelog)),
        ("dt=a/hour=1/bucket-0/.data-x.parquet.0b1c.weir.tmp", DATA),
        ("dt=a/hour=1/bucket-0/sub/data-x", Place::Other),
        ("dt=a/bucket-0/data-x", Place::Other),
        ("bucket-0/data-x", Place::Other),
        ("dt=a/minute=1/bucket-0/data-x", Place::Other),
        ("dt=a/hour=1/bucket-x/data-x", Place::Other),
        ("dt=a/hour=1/bucket--1/data-x", Place::Other),
        ("dt=a/hour=1/data-x", Place::Other),
        ("dt=a/hour=1/bucket-0", Place::Other),
        ("manifest/manifest-1-0", Place::Candidate(FileKind::Manifest)),
        ("manifest/manifest-list-1-0", Place::Candidate(FileKind::ManifestList)),
        ("manifest/index-manifest-1-0", Place::Candidate(FileKind::IndexManifest)),
        ("manifest/old/manifest-1-0", Place::Other),
        ("index/index-1-0", Place::Candidate(FileKind::Index)),
        ("statistics/stat-1-0", Place::Candidate(FileKind::Statistics)),
        ("README", Place::Other),
        (".weir/trash/x/dt=a/hour=1/bucket-0/data-x", Place::Own),
    ] {
        assert_eq!(layout.place(path), place, "{path}");
    }
}

#[test]
fn data_may_be_below_a_directory_of_its_own() {
    let layout = layout(&["data", "v1"], &[]);
    assert_eq!(layout.place("data/v1/bucket-0/data-x"), DATA);
    assert_eq!(layout.place("bucket-0/data-x"), Place::Other);
    assert_eq!(layout.place("data/v2/bucket-0/data-x"), Place::Other);
}

#[test]
fn hazard_29_blob_packs_and_their_references_stay() {
    let layout = layout(&[], &[]);
    assert_eq!(layout.place("bucket-0/data-x.managed.blob"), Place::Other);
    assert_eq!(layout.place("bucket-0/data-x.blobref"), Place::Other);
    assert_eq!(layout.place("bucket-0/data-x.blob"), DATA);
}

#[test]
fn what_writers_leave_beside_roots_may_go_and_roots_and_hints_stay() {
    let layout = layout(&[], &[]);
    for directory in ["", "branch/branch-b/"] {
        for (name, place) in [
            ("snapshot/snapshot-5", Place::Root),
            ("snapshot/LATEST", Place::Other),
            ("snapshot/EARLIEST", Place::Other),
            ("snapshot/snapshot-x", Place::Other),
            ("snapshot/.snapshot-5.0b1c.tmp", STRAY),
            ("snapshot/.snapshot-5.0b1c.weir.tmp", STRAY),
            ("snapshot/snapshot-50b1c.tmp", STRAY),
            ("snapshot/notes", STRAY),
            ("changelog/changelog-5", Place::Root),
            ("changelog/.changelog-5.0b1c.tmp", STRAY),
            ("tag/tag-2026-11-20 10", Place::Root),
            ("tag/.tag-x.0b1c.tmp", Place::Other),
            ("tag/.tag-x.0b1c.weir.tmp", STRAY),
            ("tag/tag-success-file/x_SUCCESS", Place::Other),
            ("schema/schema-0", Place::Other),
            ("schema/.schema-0.0b1c.weir.tmp", STRAY),
            ("consumer/consumer-c", Place::Other),
        ] {
            let path = format!("{directory}{name}");
            assert_eq!(layout.place(&path), place, "{path}");
        }
    }
    for path in ["branch/branch-b/manifest/manifest-1-0", "branch/branch-b/bucket-0/data-x", "branch/x"] {
        assert_eq!(layout.place(path), Place::Other, "{path}");
    }
}

#[test]
fn hazard_22_a_table_below_the_table_is_recognised() {
    let layout = layout(&[], &["dt="]);
    let nested = |path: &str| Place::NestedTable(path.to_owned());
    assert_eq!(layout.place("dt=1/schema/schema-0"), nested("dt=1"));
    assert_eq!(layout.place("a/b/schema/schema-12"), nested("a/b"));
    assert_eq!(layout.place("branch/branch-b/t/schema/schema-0"), nested("branch/branch-b/t"));
    assert_eq!(layout.place("branch/schema/schema-0"), nested("branch"));
    assert_eq!(layout.place("schema/schema-0"), Place::Other);
    assert_eq!(layout.place("a/schema/notes"), Place::Other);
}
