use k8s_openapi::api::core::v1::{EnvVar, EnvVarSource, SecretKeySelector};
use weir_contract::env;
use weir_crds::{S3Storage, SecretKeyRef, Storage};

use super::{job::SCRATCH, work::Work};

/// The container's environment: the user's variables first, since the last one of a name wins.
pub(super) fn environment(work: &Work) -> Vec<EnvVar> {
    let spill = work.template.scratch_size_limit.as_deref().map(|limit| literal(env::WEIR_SPILL, limit));
    let own = work.storage.iter().flat_map(storage_environment);
    let own = own.chain([literal(env::TMPDIR, SCRATCH)]).chain(spill);
    work.template.env.iter().cloned().chain(own).collect()
}

/// Text as it must be written into `args` or `env` to arrive unchanged: Kubernetes replaces `$(NAME)` by the value of
/// a variable and `$$` by `$`.
pub(super) fn literally(text: &str) -> String {
    text.replace('$', "$$")
}

fn storage_environment(storage: &Storage) -> Vec<EnvVar> {
    storage.s3.as_ref().map(s3_environment).unwrap_or_default()
}

fn s3_environment(s3: &S3Storage) -> Vec<EnvVar> {
    let secrets = [
        (env::AWS_ACCESS_KEY_ID, &s3.access_key_id_secret_ref),
        (env::AWS_SECRET_ACCESS_KEY, &s3.secret_access_key_secret_ref),
        (env::AWS_SESSION_TOKEN, &s3.session_token_secret_ref),
    ];
    let secrets = secrets
        .into_iter()
        .filter_map(|(name, secret)| secret.as_ref().map(|secret| from_secret(name, secret)));
    let plain_http = s3.endpoint.as_deref().is_some_and(|endpoint| endpoint.starts_with("http://"));
    let settings = [
        s3.region.as_deref().map(|region| literal(env::AWS_REGION, region)),
        s3.endpoint.as_deref().map(|endpoint| literal(env::AWS_ENDPOINT_URL, endpoint)),
        plain_http.then(|| literal(env::AWS_ALLOW_HTTP, "true")),
        Some(literal(
            env::AWS_VIRTUAL_HOSTED_STYLE_REQUEST,
            if s3.path_style_access { "false" } else { "true" },
        )),
    ];
    secrets.chain(settings.into_iter().flatten()).collect()
}

fn literal(name: &str, value: &str) -> EnvVar {
    EnvVar { name: name.to_owned(), value: Some(literally(value)), value_from: None }
}

fn from_secret(name: &str, secret: &SecretKeyRef) -> EnvVar {
    let selector =
        SecretKeySelector { name: secret.name.clone(), key: secret.key.clone(), optional: Some(false) };
    EnvVar {
        name: name.to_owned(),
        value: None,
        value_from: Some(EnvVarSource { secret_key_ref: Some(selector), ..EnvVarSource::default() }),
    }
}
