use std::collections::BTreeSet;
use std::sync::Arc;

use anyhow::{Context as _, Result};
use kube::api::{ApiResource, DynamicObject, Patch, PatchParams, PostParams};
use kube::{Api, Resource};
use serde_json::{Value, json};
use weir_crds::manifest::definitions;
use weir_crds::{CompactionJob, SnapshotExpiry, Table};
use weir_tests::process;
use weir_tests::suite::Environment;

use crate::stage::Stage;

/// A change of an object that is accepted as it is.
struct Case {
    kind: &'static str,
    /// A merge patch of the object that the API server accepts.
    accepted: Value,
    /// A merge patch that it rejects.
    rejected: Value,
    /// What it says about that.
    says: &'static str,
    /// Whether the object exists before the change.
    update: bool,
}

fn case(kind: &'static str, says: &'static str, accepted: Value, rejected: Value) -> Case {
    Case { kind, accepted, rejected, says, update: false }
}

fn update(kind: &'static str, says: &'static str, accepted: Value, rejected: Value) -> Case {
    Case { update: true, ..case(kind, says, accepted, rejected) }
}

fn cases() -> Vec<Case> {
    let mut cases = table_cases();
    cases.extend(run_cases("CompactionJob", &json!({"strategy": "Full"})));
    cases.extend(run_cases("SnapshotExpiry", &json!({"retainMin": 3})));
    cases.push(case(
        "CompactionJob",
        "a partition names columns without `=` and `,`, and values without `,`",
        json!({"spec": {"parameters": {"partitions": [{"dt": "2026-11-20", "region": "a=b"}]}}}),
        json!({"spec": {"parameters": {"partitions": [{"dt": "2026,11"}]}}}),
    ));
    cases.push(case(
        "CompactionJob",
        "where and partitions must not be set together",
        json!({"spec": {"parameters": {
            "where": "dt >= '2026-11-01' AND region IN ('eu', 'us')", "buckets": "0-99,120",
            "partitionIdleTime": "24h", "maxInputBytes": "10Gi", "strategy": "Minor", "verify": true,
        }}}),
        json!({"spec": {"parameters": {"where": "dt = 'x'", "partitions": [{"dt": "x"}]}}}),
    ));
    cases.push(case(
        "SnapshotExpiry",
        "retainMin must not exceed retainMax",
        json!({"spec": {"parameters": {"retainMin": 3, "retainMax": 3}}}),
        json!({"spec": {"parameters": {"retainMin": 4, "retainMax": 3}}}),
    ));
    cases.push(case(
        "SnapshotExpiry",
        "a step is named once",
        json!({"spec": {"parameters": {"include": ["Snapshots", "Tags"]}}}),
        json!({"spec": {"parameters": {"include": ["Tags", "Tags"]}}}),
    ));
    cases
}

fn table_cases() -> Vec<Case> {
    let spec = |spec: Value| json!({ "spec": spec });
    let s3 = |s3: Value| json!({"spec": {"storage": {"s3": s3}}});
    let key = json!({"name": "s", "key": "k"});
    let location =
        "must be s3://<bucket>/<path> without trailing slash, empty segment, `?`, `#`, `%` or space";
    let good = || spec(json!({"location": "s3://lake/warehouse/a.db/t=1"}));
    let mut cases: Vec<_> = [
        "s3://lake/a/",
        "s3://lake//a",
        "s3://lake",
        "file:///data/t",
        "s3a://lake/a",
        "s3://lake/a b",
        "s3://lake/a%20b",
        "s3://LAKE/a",
    ]
    .into_iter()
    .map(|bad| case("Table", location, good(), spec(json!({"location": bad}))))
    .collect();
    cases.extend([
        case(
            "Table",
            "name must be at most 40 characters",
            json!({"metadata": {"name": "t".repeat(40)}}),
            json!({"metadata": {"name": "t".repeat(41)}}),
        ),
        case(
            "Table",
            "must not contain `.` or `..` segments",
            spec(json!({"location": "s3://lake/a/.hidden/b"})),
            spec(json!({"location": "s3://lake/a/../b"})),
        ),
        update(
            "Table",
            "location is immutable; create a new Table",
            spec(json!({"suspend": true})),
            spec(json!({"location": "s3://lake/elsewhere"})),
        ),
        case(
            "Table",
            "accessKeyIdSecretRef and secretAccessKeySecretRef go together",
            s3(json!({"accessKeyIdSecretRef": key, "secretAccessKeySecretRef": key})),
            s3(json!({"accessKeyIdSecretRef": key})),
        ),
        case(
            "Table",
            "sessionTokenSecretRef needs accessKeyIdSecretRef",
            s3(json!({"accessKeyIdSecretRef": key, "secretAccessKeySecretRef": key, "sessionTokenSecretRef": key})),
            s3(json!({"sessionTokenSecretRef": key})),
        ),
        case(
            "Table",
            "use timeZone, not TZ= in schedule",
            spec(json!({"maintenance": {"compaction": {"schedule": "0 3 * * *", "timeZone": "Europe/Berlin"}}})),
            spec(json!({"maintenance": {"compaction": {"schedule": "TZ=Europe/Berlin 0 3 * * *"}}})),
        ),
        case(
            "Table",
            "env must not set what the operator sets: use spec.storage for AWS_* and scratchSizeLimit for the scratch volume",
            spec(json!({"jobTemplate": {"env": [{"name": "AWS_CA_BUNDLE", "value": "/x"}]}})),
            spec(json!({"jobTemplate": {"env": [{"name": "AWS_REGION", "value": "x"}]}})),
        ),
        case(
            "Table",
            "labels under weir.dev/, app.kubernetes.io/ and batch.kubernetes.io/ are set by controllers",
            spec(json!({"jobTemplate": {"labels": {"kueue.x-k8s.io/queue-name": "batch"}}})),
            spec(json!({"jobTemplate": {"labels": {"weir.dev/run": "x"}}})),
        ),
    ]);
    cases
}

fn run_cases(kind: &'static str, parameters: &Value) -> Vec<Case> {
    let spec = |spec: Value| json!({ "spec": spec });
    let immutable = |says: &'static str, rejected: Value| {
        update(kind, says, spec(json!({"suspend": true, "ttlSecondsAfterFinished": 7})), spec(rejected))
    };
    let message = |field: &str| -> &'static str {
        let verb = if ["parameters", "resources"].contains(&field) { "are" } else { "is" };
        format!("{field} {verb} immutable; create a new {kind}").leak()
    };
    vec![
        case(
            kind,
            "name must be at most 52 characters",
            json!({"metadata": {"name": "r".repeat(52)}}),
            json!({"metadata": {"name": "r".repeat(53)}}),
        ),
        case(
            kind,
            "an option is named without `=`",
            spec(json!({"parameters": {"options": {"snapshot.expire.limit": "a=b"}}})),
            spec(json!({"parameters": {"options": {"a=b": "c"}}})),
        ),
        immutable(message("tableRef"), json!({"tableRef": {"name": "other"}})),
        immutable(message("parameters"), json!({"parameters": parameters})),
        immutable(message("parameters"), json!({"parameters": null})),
        immutable(message("resources"), json!({"resources": {"limits": {"cpu": 1}}})),
        immutable(message("backoffLimit"), json!({"backoffLimit": 5})),
        immutable(message("activeDeadlineSeconds"), json!({"activeDeadlineSeconds": 5})),
    ]
}

fn base(kind: &str) -> Value {
    let spec = match kind {
        "Table" => json!({"format": "Paimon", "location": "s3://lake/warehouse/orders"}),
        _ => json!({"tableRef": {"name": "orders"}, "parameters": {"dryRun": true}}),
    };
    json!({"apiVersion": "weir.dev/v1alpha1", "kind": kind, "metadata": {"name": "base"}, "spec": spec})
}

fn merge(target: &mut Value, patch: &Value) {
    match (target, patch) {
        (Value::Object(target), Value::Object(patch)) => {
            for (key, value) in patch {
                merge(target.entry(key).or_insert(Value::Null), value);
            }
        }
        (target, patch) => *target = patch.clone(),
    }
}

/// What the API server says to the change; `None` when it accepts it.
async fn answer<K>(stage: &Stage, case: &Case, patch: &Value) -> Result<Option<String>>
where
    K: Resource<DynamicType = ()>,
{
    let resource = ApiResource::erase::<K>(&());
    let objects: Api<DynamicObject> = Api::namespaced_with(stage.client.clone(), &stage.namespace, &resource);
    let result = if case.update {
        let parameters = PatchParams { dry_run: true, ..PatchParams::default() };
        objects.patch("base", &parameters, &Patch::Merge(patch)).await.map(|_| ())
    } else {
        let mut manifest = base(case.kind);
        manifest["metadata"]["name"] = json!("new");
        merge(&mut manifest, patch);
        let parameters = PostParams { dry_run: true, ..PostParams::default() };
        objects.create(&parameters, &serde_json::from_value(manifest)?).await.map(|_| ())
    };
    match result {
        Ok(()) => Ok(None),
        Err(kube::Error::Api(status)) if status.is_invalid() => Ok(Some(status.message)),
        Err(error) => Err(error.into()),
    }
}

pub(crate) async fn every_rule_accepts_once_and_rejects_once(environment: Arc<Environment>) -> Result<()> {
    let stage = Stage::empty(&environment, "rules").await?;
    stage.create::<Table>(base("Table")).await?;
    stage.create::<CompactionJob>(base("CompactionJob")).await?;
    stage.create::<SnapshotExpiry>(base("SnapshotExpiry")).await?;
    let mut proven = BTreeSet::new();
    for case in cases() {
        let (accepted, rejected) = match case.kind {
            "Table" => (
                answer::<Table>(&stage, &case, &case.accepted).await?,
                answer::<Table>(&stage, &case, &case.rejected).await?,
            ),
            "CompactionJob" => (
                answer::<CompactionJob>(&stage, &case, &case.accepted).await?,
                answer::<CompactionJob>(&stage, &case, &case.rejected).await?,
            ),
            _ => (
                answer::<SnapshotExpiry>(&stage, &case, &case.accepted).await?,
                answer::<SnapshotExpiry>(&stage, &case, &case.rejected).await?,
            ),
        };
        assert_eq!(accepted, None, "{} {}: {}", case.kind, case.says, case.accepted);
        let said = rejected.with_context(|| format!("{} accepts {}", case.kind, case.rejected))?;
        assert!(said.contains(case.says), "{} {}: {said}", case.kind, case.rejected);
        proven.insert(case.says.to_owned());
    }
    let mut rules = BTreeSet::new();
    for definition in definitions()? {
        messages(&definition, &mut rules);
    }
    assert_eq!(proven, rules, "rules and their proofs");
    Ok(())
}

fn messages(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(fields) => {
            for rule in fields.get("x-kubernetes-validations").and_then(Value::as_array).into_iter().flatten()
            {
                found.insert(rule["message"].as_str().unwrap_or_default().to_owned());
            }
            fields.values().for_each(|value| messages(value, found));
        }
        Value::Array(values) => values.iter().for_each(|value| messages(value, found)),
        _ => {}
    }
}

pub(crate) async fn quantities_are_written_as_people_write_them(environment: Arc<Environment>) -> Result<()> {
    let stage = Stage::empty(&environment, "quantities").await?;
    let resources =
        json!({"requests": {"cpu": 2, "memory": "1.5Gi"}, "limits": {"cpu": "500m", "memory": "4G"}});
    let accepted = case("Table", "", json!({"spec": {"jobTemplate": {"resources": resources}}}), json!({}));
    assert_eq!(answer::<Table>(&stage, &accepted, &accepted.accepted).await?, None);
    for bad in ["4 Gi", "four", "4Gib"] {
        let rejected = json!({"spec": {"jobTemplate": {"resources": {"limits": {"memory": bad}}}}});
        assert!(answer::<Table>(&stage, &accepted, &rejected).await?.is_some(), "{bad}");
    }
    Ok(())
}

pub(crate) async fn what_to_compact_is_written_as_the_command_line_reads_it(
    environment: Arc<Environment>,
) -> Result<()> {
    let stage = Stage::empty(&environment, "parameters").await?;
    let said = async |parameters: Value| {
        let change = case("CompactionJob", "", json!({"spec": {"parameters": parameters}}), json!({}));
        answer::<CompactionJob>(&stage, &change, &change.accepted).await
    };
    for good in [
        json!({"maxInputBytes": 1_000_000}),
        json!({"maxInputBytes": "1.5Gi"}),
        json!({"buckets": "7"}),
        json!({"partitionIdleTime": "1h30m"}),
    ] {
        assert_eq!(said(good.clone()).await?, None, "{good}");
    }
    for bad in [
        json!({"maxInputBytes": 0}),
        json!({"maxInputBytes": "-1"}),
        json!({"maxInputBytes": "500m"}),
        json!({"maxInputBytes": "ten"}),
        json!({"buckets": "1-"}),
        json!({"buckets": ""}),
        json!({"partitionIdleTime": "1 day"}),
        json!({"where": ""}),
        json!({"strategy": "minor"}),
    ] {
        assert!(said(bad.clone()).await?.is_some(), "{bad}");
    }
    Ok(())
}

pub(crate) async fn every_field_is_explained(environment: Arc<Environment>) -> Result<()> {
    for path in [
        "tables.spec.location",
        "tables.spec.jobTemplate.startDeadlineSeconds",
        "cjob.spec.parameters.strategy",
        "sexp.status.result.heldBy",
    ] {
        let mut explain = environment.cluster.kubectl();
        explain.args(["explain", path]);
        let text = process::output(&mut explain)?;
        assert!(!text.contains("<no description>") && !text.contains("<empty>"), "{path}: {text}");
    }
    Ok(())
}
