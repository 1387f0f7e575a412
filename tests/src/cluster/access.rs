//! Who may talk to a cluster's apiserver, and the kubeconfigs that say so.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;
use uuid::Uuid;

/// User name, file name of the kubeconfig, and groups of everyone who has a token.
const USERS: [(&str, &str, &str); 4] = [
    ("admin", "admin", "system:masters"),
    ("system:kube-controller-manager", "controller-manager", ""),
    ("system:kube-scheduler", "scheduler", ""),
    ("system:node:node", "node", "system:nodes"),
];

/// Writes `tokens.csv` and a kubeconfig per user to `directory`, with tokens of their own for this cluster.
pub(super) fn write(directory: &Path, server: &str, authority: &str) -> Result<()> {
    let mut tokens = String::new();
    for (user, file, groups) in USERS {
        let token = Uuid::new_v4().simple().to_string();
        writeln!(tokens, "{token},{user},{user},\"{groups}\"")?;
        let path = kubeconfig(directory, file);
        fs::write(&path, document(server, authority, user, &token))
            .with_context(|| format!("writing {}", path.display()))?;
    }
    let path = directory.join("tokens.csv");
    fs::write(&path, tokens).with_context(|| format!("writing {}", path.display()))
}

/// Where the kubeconfig of `admin`, `controller-manager`, `scheduler` or `node` is.
pub(super) fn kubeconfig(directory: &Path, user: &str) -> PathBuf {
    directory.join(format!("{user}.kubeconfig"))
}

/// A kubeconfig; JSON is YAML.
fn document(server: &str, authority: &str, user: &str, token: &str) -> String {
    let cluster = json!({"server": server, "certificate-authority-data": STANDARD.encode(authority)});
    json!({
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "weir", "cluster": cluster}],
        "users": [{"name": user, "user": {"token": token}}],
        "contexts": [{"name": "weir", "context": {"cluster": "weir", "user": user}}],
        "current-context": "weir",
    })
    .to_string()
}
