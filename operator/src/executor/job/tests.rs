use std::collections::{BTreeMap, HashMap};

use k8s_openapi::{api::core::v1::EnvVar, apimachinery::pkg::apis::meta::v1::OwnerReference};
use proptest::prelude::*;
use serde_json::json;
use weir_contract::{
    CompactParameters, CompactionStrategy, Invocation, Operation, PartitionFilter, RunIdentity, env,
};
use weir_crds::JobTemplate;

use super::*;

fn work() -> Work {
    Work {
        namespace: "sales".into(),
        job_name: "backfill-compaction".into(),
        owner: OwnerReference {
            api_version: "weir.dev/v1alpha1".into(),
            kind: "CompactionJob".into(),
            name: "backfill".into(),
            uid: "0b1c2d3e".into(),
            controller: Some(true),
            block_owner_deletion: None,
        },
        table: "orders".into(),
        invocation: Invocation {
            operation: Operation::Compact(CompactParameters {
                strategy: CompactionStrategy::Full,
                partitions: vec![PartitionFilter([("dt".to_owned(), "2026-11-20".to_owned())].into())],
                ..CompactParameters::default()
            }),
            location: "s3://lake/warehouse/sales.db/orders".into(),
            dry_run: false,
            options: [("num-sorted-run.compaction-trigger".to_owned(), "3".to_owned())].into(),
            run: Some(RunIdentity { name: "sales/backfill".into(), uid: "0b1c2d3e".into() }),
            owner: None,
        },
        storage: Some(
            serde_json::from_value(json!({"s3": {
                "endpoint": "http://minio:9000", "region": "us-east-1", "pathStyleAccess": true,
                "accessKeyIdSecretRef": {"name": "orders-storage", "key": "id"},
                "secretAccessKeySecretRef": {"name": "orders-storage", "key": "secret"},
            }}))
            .unwrap(),
        ),
        template: serde_json::from_value(json!({
            "serviceAccountName": "lake-maintenance",
            "imagePullPolicy": "IfNotPresent",
            "imagePullSecrets": [{"name": "registry"}],
            "resources": {"requests": {"cpu": 2, "memory": "4Gi"}, "limits": {"memory": "4Gi"}},
            "nodeSelector": {"workload": "batch"},
            "tolerations": [{"key": "workload", "operator": "Exists"}],
            "labels": {"team": "sales"},
            "annotations": {"cluster-autoscaler.kubernetes.io/safe-to-evict": "false"},
            "env": [{"name": "HTTPS_PROXY", "value": "http://proxy:3128"}],
            "envFrom": [{"secretRef": {"name": "more"}}],
            "priorityClassName": "batch",
            "scratchSizeLimit": "20Gi",
            "backoffLimit": 4,
            "activeDeadlineSeconds": 3600,
            "terminationGracePeriodSeconds": 30,
        }))
        .unwrap(),
        resources: None,
        backoff_limit: None,
        active_deadline_seconds: None,
        default_image: "ghcr.io/weir-dev/weir:0.1.0".into(),
    }
}

fn bare() -> Work {
    Work { storage: None, template: JobTemplate::default(), ..work() }
}

fn rendered(work: &Work) -> k8s_openapi::api::core::v1::PodSpec {
    render_job(work).spec.unwrap().template.spec.unwrap()
}

#[test]
fn renders_every_setting_of_a_template() {
    insta::assert_yaml_snapshot!(render_job(&work()));
}

#[test]
fn renders_a_table_that_sets_nothing() {
    insta::assert_yaml_snapshot!(render_job(&bare()));
}

#[test]
fn a_run_replaces_limits_of_the_template() {
    let mut work = work();
    work.backoff_limit = Some(0);
    work.active_deadline_seconds = Some(60);
    work.resources = Some(serde_json::from_value(json!({"requests": {"cpu": "8"}})).unwrap());
    let job = render_job(&work).spec.unwrap();
    assert_eq!((job.backoff_limit, job.active_deadline_seconds), (Some(0), Some(60)));
    let resources = rendered(&work).containers[0].resources.clone().unwrap();
    assert_eq!(serde_json::to_value(resources).unwrap(), json!({"requests": {"cpu": "8"}}));
}

#[test]
fn no_secret_value_and_no_secret_name_is_in_the_arguments() {
    let args = rendered(&work()).containers[0].args.clone().unwrap().join(" ");
    assert!(!args.contains("orders-storage") && !args.contains("AWS_"), "{args}");
}

#[test]
fn a_user_cannot_replace_a_variable_of_the_operator() {
    let mut work = work();
    work.template.env.push(EnvVar { name: env::TMPDIR.into(), value: Some("/etc".into()), value_from: None });
    let variables = rendered(&work).containers[0].env.clone().unwrap();
    let last = variables.iter().rfind(|variable| variable.name == env::TMPDIR).unwrap();
    assert_eq!(last.value.as_deref(), Some(SCRATCH), "Kubernetes takes the last of a name");
}

#[test]
fn every_variable_of_the_operator_is_reserved() {
    let mut work = work();
    work.template.env.clear();
    for variable in rendered(&work).containers[0].env.clone().unwrap() {
        assert!(env::RESERVED.contains(&variable.name.as_str()), "{} is not reserved", variable.name);
    }
}

#[test]
fn the_jobs_verdict_follows_the_exit_codes() {
    let rules = render_job(&bare()).spec.unwrap().pod_failure_policy.unwrap().rules;
    let permanent = rules[1].on_exit_codes.clone().unwrap().values;
    assert_eq!(permanent, [2, 10, 11, 12, 15, 16]);
}

/// What Kubernetes makes of `args` and of values in `env`: `$(NAME)` is replaced, `$$` becomes `$`, an unknown name
/// and any other `$` stay.
fn expand(text: &str, variables: &HashMap<&str, &str>) -> String {
    let mut expanded = String::new();
    let mut rest = text;
    while let Some(dollar) = rest.find('$') {
        expanded.push_str(&rest[..dollar]);
        rest = &rest[dollar + 1..];
        if let Some(after) = rest.strip_prefix('$') {
            expanded.push('$');
            rest = after;
        } else if let Some((name, after)) = rest.strip_prefix('(').and_then(|inner| inner.split_once(')')) {
            match variables.get(name) {
                Some(value) => expanded.push_str(value),
                None => expanded.extend(["$(", name, ")"]),
            }
            rest = after;
        } else {
            expanded.push('$');
        }
    }
    expanded + rest
}

proptest! {
    #[test]
    fn text_of_users_arrives_unchanged_and_reveals_no_variable(
        value in "([$()a-zA-Z{}=_-]|\\$\\(AWS_SECRET_ACCESS_KEY\\)){0,24}",
    ) {
        let mut work = work();
        work.invocation.options = BTreeMap::from([("option".to_owned(), value.clone())]);
        let variables = HashMap::from([("AWS_SECRET_ACCESS_KEY", "hunter2"), ("a", "b")]);
        let args = rendered(&work).containers[0].args.clone().unwrap();
        let arrived: Vec<_> = args.iter().map(|arg| expand(arg, &variables)).collect();
        prop_assert_eq!(arrived, work.invocation.args());
    }
}
