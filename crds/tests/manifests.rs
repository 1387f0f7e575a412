//! The generated manifests are current, bounded and well described.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::{collections::BTreeSet, fs, path::PathBuf};

use rstest::rstest;
use serde_json::{Value, json};
use weir_contract::env;
use weir_crds::{
    CompactionJobSpec, CompactionParameters, ExpiryParameters, JobTemplate, Maintenance, S3Storage, Schedule,
    SnapshotExpirySpec, Storage,
    manifest::{definitions, manifests},
};

/// Client-side `kubectl apply` keeps the whole object in an annotation of at most 256 KiB.
const MAX_MANIFEST_BYTES: usize = 200 * 1024;
/// Types of Kubernetes whose fields `kubectl explain pod.spec` describes.
const EMBEDDED: [&str; 4] = ["affinity", "tolerations", "env", "envFrom"];

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..")
}

#[rstest]
#[case::for_kubectl("crds/yaml")]
#[case::of_the_chart("charts/weir/files/crds")]
fn the_manifests_on_disk_are_the_generated_ones(#[case] directory: &str) {
    let directory = root().join(directory);
    let generated = manifests().unwrap();
    for manifest in &generated {
        let path = directory.join(&manifest.file_name);
        let stored = fs::read_to_string(&path).unwrap_or_default();
        assert!(
            stored == manifest.text,
            "{} is stale; run `cargo run -p weir-crds --bin crdgen`",
            path.display()
        );
    }
    let expected: BTreeSet<_> = generated.iter().map(|manifest| manifest.file_name.clone()).collect();
    let found: BTreeSet<_> = fs::read_dir(&directory)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    assert_eq!(found, expected, "{} holds other files", directory.display());
}

#[test]
fn every_manifest_fits_an_annotation() {
    for manifest in manifests().unwrap() {
        assert!(manifest.text.len() < MAX_MANIFEST_BYTES, "{}", manifest.file_name);
    }
}

/// A schema and the path of field names that leads to it.
type Visit<'a> = &'a mut dyn FnMut(&[String], &Value);

fn visit(schema: &Value, path: &mut Vec<String>, found: Visit<'_>) {
    found(path, schema);
    for (name, field) in schema["properties"].as_object().into_iter().flatten() {
        path.push(name.clone());
        visit(field, path, found);
        path.pop();
    }
    for (name, inner) in [("[]", &schema["items"]), ("{}", &schema["additionalProperties"])] {
        if inner.is_object() {
            path.push(name.to_owned());
            visit(inner, path, found);
            path.pop();
        }
    }
}

/// Calls `found` for every schema of every kind, with the path to it.
fn schemas(found: Visit<'_>) {
    for definition in definitions().unwrap() {
        let kind = definition["spec"]["names"]["kind"].as_str().unwrap().to_owned();
        visit(&definition["spec"]["versions"][0]["schema"]["openAPIV3Schema"], &mut vec![kind], found);
    }
}

fn is_embedded(path: &[String]) -> bool {
    path.iter().any(|name| EMBEDDED.contains(&name.as_str()))
}

#[test]
fn every_field_is_described() {
    schemas(&mut |path, schema| {
        let field = path.last().is_some_and(|name| name != "[]" && name != "{}");
        if field && !is_embedded(path) && path.len() > 2 {
            let description = schema["description"].as_str().unwrap_or_default();
            assert!(!description.is_empty(), "{} has no description", path.join("."));
            assert!(!description.contains("TODO"), "{}", path.join("."));
        }
    });
}

#[test]
fn everything_that_users_write_is_bounded() {
    schemas(&mut |path, schema| {
        if path.get(1).map(String::as_str) != Some("spec") || is_embedded(path) {
            return;
        }
        let path = path.join(".");
        let bounded = match schema["type"].as_str() {
            Some("string") => schema["enum"].is_array() || schema["maxLength"].is_u64(),
            Some("array") => schema["maxItems"].is_u64(),
            Some("integer") => schema["minimum"].is_number() && schema["maximum"].is_number(),
            Some("object") => schema["properties"].is_object() || schema["maxProperties"].is_u64(),
            _ => true,
        };
        assert!(bounded, "{path} is not bounded: {schema}");
    });
}

#[test]
fn absence_is_the_only_way_to_leave_a_field_unset() {
    schemas(&mut |path, schema| {
        assert!(schema["nullable"].is_null(), "{} is nullable", path.join("."));
        assert!(
            !schema["enum"].as_array().is_some_and(|values| values.contains(&Value::Null)),
            "{} allows null",
            path.join(".")
        );
        let format = schema["format"].as_str().unwrap_or_default();
        assert!(
            !format.starts_with('u'),
            "{} is unsigned, which the API machinery does not know",
            path.join(".")
        );
    });
}

#[test]
fn a_status_says_that_nobody_has_looked_yet_and_defaults_nothing_else() {
    for definition in definitions().unwrap() {
        let status = &definition["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["status"];
        assert_eq!(status["default"], json!({"observedGeneration": -1}));
        for (name, field) in status["properties"].as_object().unwrap() {
            assert!(field["default"].is_null(), "status.{name} has a default");
        }
        assert_eq!(status["properties"]["conditions"]["x-kubernetes-list-map-keys"], json!(["type"]));
    }
}

#[test]
fn names_are_short_and_collide_with_nothing_of_kubernetes() {
    let taken = [
        "cj", "cm", "deploy", "ds", "ep", "ev", "ing", "no", "ns", "po", "pv", "pvc", "rs", "sa", "sts",
        "svc",
    ];
    for definition in definitions().unwrap() {
        let names = &definition["spec"]["names"];
        assert_eq!(names["categories"], json!(["weir"]));
        for short in names["shortNames"].as_array().unwrap() {
            assert!(!taken.contains(&short.as_str().unwrap()));
        }
        let version = &definition["spec"]["versions"][0];
        assert!(version["selectableFields"].as_array().unwrap().len() <= 8);
        let columns = version["additionalPrinterColumns"].as_array().unwrap();
        let shown = columns.iter().filter(|column| column["priority"].as_i64().unwrap_or(0) == 0).count();
        assert!((3..=7).contains(&shown), "{} shows {shown} columns", names["kind"]);
    }
}

#[test]
fn the_rule_over_env_names_what_the_operator_sets() {
    let definition = definitions().unwrap().swap_remove(0);
    let template = &definition["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["spec"]["properties"]
        ["jobTemplate"];
    let rule = template["x-kubernetes-validations"]
        .as_array()
        .unwrap()
        .iter()
        .find_map(|rule| rule["rule"].as_str().filter(|rule| rule.contains("self.env")))
        .unwrap();
    for name in env::RESERVED {
        assert!(rule.contains(&format!("'{name}'")), "{name} is not refused");
    }
}

#[test]
fn what_is_left_out_and_what_is_given_empty_mean_the_same() {
    fn check<T: Default + PartialEq + std::fmt::Debug + serde::de::DeserializeOwned>() {
        assert_eq!(serde_json::from_value::<T>(json!({})).unwrap(), T::default());
    }
    check::<JobTemplate>();
    check::<CompactionParameters>();
    check::<ExpiryParameters>();
    check::<Maintenance>();
    check::<Storage>();
    check::<S3Storage>();
    let schedule = serde_json::from_value::<Schedule>(json!({"schedule": ""})).unwrap();
    assert_eq!(schedule, Schedule::default());
    let compaction = serde_json::from_value::<CompactionJobSpec>(json!({"tableRef": {"name": ""}})).unwrap();
    assert_eq!(compaction, CompactionJobSpec::default());
    let expiry = serde_json::from_value::<SnapshotExpirySpec>(json!({"tableRef": {"name": ""}})).unwrap();
    assert_eq!(expiry, SnapshotExpirySpec::default());
}

#[test]
fn a_field_of_a_newer_version_is_ignored() {
    let spec = json!({"tableRef": {"name": "orders"}, "fromTheFuture": {"x": 1}});
    assert!(serde_json::from_value::<CompactionJobSpec>(spec).is_ok());
}
