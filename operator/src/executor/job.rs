use std::collections::BTreeMap;

use k8s_openapi::{
    api::{
        batch::v1::{
            Job, JobSpec, PodFailurePolicy, PodFailurePolicyOnExitCodesRequirement,
            PodFailurePolicyOnPodConditionsPattern, PodFailurePolicyRule,
        },
        core::v1::{
            Capabilities, Container, EmptyDirVolumeSource, LocalObjectReference, PodSecurityContext, PodSpec,
            PodTemplateSpec, SeccompProfile, SecurityContext, Volume, VolumeMount,
        },
    },
    apimachinery::pkg::{api::resource::Quantity, apis::meta::v1::ObjectMeta},
};
use weir_contract::{CONTAINER_NAME, ExitCode, TERMINATION_MESSAGE_PATH};
use weir_crds::{ImagePullPolicy, labels};

use super::{
    environment::{environment, literally},
    work::Work,
};

/// Where the scratch volume is mounted.
pub(super) const SCRATCH: &str = "/tmp";
const SCRATCH_VOLUME: &str = "scratch";
/// User and group of the container; images need not define it.
const USER: i64 = 65532;

const BACKOFF_LIMIT: i32 = 2;
const ACTIVE_DEADLINE_SECONDS: i64 = 6 * 60 * 60;
const TERMINATION_GRACE_PERIOD_SECONDS: i64 = 60;

/// The Job that executes `work`. Depends on nothing else, so that a repeated attempt renders the same Job.
pub fn render_job(work: &Work) -> Job {
    let template = &work.template;
    Job {
        metadata: ObjectMeta {
            name: Some(work.job_name.clone()),
            namespace: Some(work.namespace.clone()),
            owner_references: Some(vec![work.owner.clone()]),
            ..metadata(work)
        },
        spec: Some(JobSpec {
            completions: Some(1),
            parallelism: Some(1),
            backoff_limit: Some(work.backoff_limit.or(template.backoff_limit).unwrap_or(BACKOFF_LIMIT)),
            active_deadline_seconds: Some(
                work.active_deadline_seconds
                    .or(template.active_deadline_seconds)
                    .unwrap_or(ACTIVE_DEADLINE_SECONDS),
            ),
            // A replacement starts only when the pod before is gone: never two writers of one run.
            pod_replacement_policy: Some("Failed".to_owned()),
            pod_failure_policy: Some(pod_failure_policy()),
            template: PodTemplateSpec { metadata: Some(metadata(work)), spec: Some(pod(work)) },
            ..JobSpec::default()
        }),
        status: None,
    }
}

fn metadata(work: &Work) -> ObjectMeta {
    let own = [
        (labels::APP_NAME, CONTAINER_NAME),
        (labels::COMPONENT, CONTAINER_NAME),
        (labels::PART_OF, "weir"),
        (labels::MANAGED_BY, labels::OPERATOR),
        (labels::TABLE, &work.table),
        (labels::RUN, &work.owner.name),
        (labels::RUN_UID, &work.owner.uid),
        (labels::OPERATION, work.invocation.verb()),
    ];
    let own = own.into_iter().map(|(key, value)| (key.to_owned(), value.to_owned()));
    let annotations: BTreeMap<_, _> = work.template.annotations.clone();
    ObjectMeta {
        labels: Some(work.template.labels.clone().into_iter().chain(own).collect()),
        annotations: (!annotations.is_empty()).then_some(annotations),
        ..ObjectMeta::default()
    }
}

/// Rules in order, the first that matches decides: a disrupted pod is replaced and not counted, an exit code that no
/// retry can change fails the Job at once, everything else counts against the backoff limit.
fn pod_failure_policy() -> PodFailurePolicy {
    let permanent = ExitCode::ALL
        .into_iter()
        .filter(|code| *code != ExitCode::Done && !code.is_retriable())
        .map(|code| i32::from(code.code()))
        .collect();
    PodFailurePolicy {
        rules: vec![
            PodFailurePolicyRule {
                action: "Ignore".to_owned(),
                on_pod_conditions: Some(vec![PodFailurePolicyOnPodConditionsPattern {
                    type_: "DisruptionTarget".to_owned(),
                    status: "True".to_owned(),
                }]),
                on_exit_codes: None,
            },
            PodFailurePolicyRule {
                action: "FailJob".to_owned(),
                on_pod_conditions: None,
                on_exit_codes: Some(PodFailurePolicyOnExitCodesRequirement {
                    container_name: Some(CONTAINER_NAME.to_owned()),
                    operator: "In".to_owned(),
                    values: permanent,
                }),
            },
        ],
    }
}

fn pod(work: &Work) -> PodSpec {
    let template = &work.template;
    let pull_secrets: Vec<_> = template
        .image_pull_secrets
        .iter()
        .map(|secret| LocalObjectReference { name: secret.name.clone() })
        .collect();
    PodSpec {
        containers: vec![container(work)],
        restart_policy: Some("Never".to_owned()),
        service_account_name: template.service_account_name.clone(),
        automount_service_account_token: Some(false),
        enable_service_links: Some(false),
        termination_grace_period_seconds: Some(
            template.termination_grace_period_seconds.unwrap_or(TERMINATION_GRACE_PERIOD_SECONDS),
        ),
        security_context: Some(PodSecurityContext {
            run_as_non_root: Some(true),
            run_as_user: Some(USER),
            run_as_group: Some(USER),
            fs_group: Some(USER),
            seccomp_profile: Some(SeccompProfile {
                type_: "RuntimeDefault".to_owned(),
                localhost_profile: None,
            }),
            ..PodSecurityContext::default()
        }),
        image_pull_secrets: (!pull_secrets.is_empty()).then_some(pull_secrets),
        node_selector: (!template.node_selector.is_empty()).then(|| template.node_selector.clone()),
        tolerations: (!template.tolerations.is_empty()).then(|| template.tolerations.clone()),
        affinity: template.affinity.clone(),
        priority_class_name: template.priority_class_name.clone(),
        volumes: Some(vec![Volume {
            name: SCRATCH_VOLUME.to_owned(),
            empty_dir: Some(EmptyDirVolumeSource {
                medium: None,
                size_limit: template.scratch_size_limit.clone().map(Quantity),
            }),
            ..Volume::default()
        }]),
        ..PodSpec::default()
    }
}

fn container(work: &Work) -> Container {
    let template = &work.template;
    Container {
        name: CONTAINER_NAME.to_owned(),
        image: Some(template.image.clone().unwrap_or_else(|| work.default_image.clone())),
        image_pull_policy: template.image_pull_policy.map(ImagePullPolicy::as_str).map(str::to_owned),
        args: Some(work.invocation.args().iter().map(|arg| literally(arg)).collect()),
        env: Some(environment(work)),
        env_from: (!template.env_from.is_empty()).then(|| template.env_from.clone()),
        resources: work.resources.as_ref().or(template.resources.as_ref()).map(Into::into),
        termination_message_path: Some(TERMINATION_MESSAGE_PATH.to_owned()),
        termination_message_policy: Some("FallbackToLogsOnError".to_owned()),
        security_context: Some(SecurityContext {
            allow_privilege_escalation: Some(false),
            read_only_root_filesystem: Some(true),
            run_as_non_root: Some(true),
            capabilities: Some(Capabilities { add: None, drop: Some(vec!["ALL".to_owned()]) }),
            ..SecurityContext::default()
        }),
        volume_mounts: Some(vec![VolumeMount {
            name: SCRATCH_VOLUME.to_owned(),
            mount_path: SCRATCH.to_owned(),
            ..VolumeMount::default()
        }]),
        ..Container::default()
    }
}

#[cfg(test)]
mod tests;
