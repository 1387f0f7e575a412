//! Success files of tags: `tag.create-success-file` (maintenance §3.8).

use serde_json::{Value, json};
use weir_paimon_spec::options::keys;

use crate::{Result, Table};

/// The success file of a tag.
pub(super) fn path(table: &Table, tag: &str) -> String {
    format!("{}/tag-success-file/{tag}_SUCCESS", table.main().tag_dir())
}

/// Writes the success file of a tag that was made, where the table asks for one.
pub(super) async fn announce(table: &Table, tag: &str) -> Result<()> {
    if !table.options().get(&keys::TAG_CREATE_SUCCESS_FILE)? {
        return Ok(());
    }
    let path = path(table, tag);
    let now = jiff::Timestamp::now().as_millisecond();
    let created = match table.storage().read_opt(&path).await? {
        Some(content) => serde_json::from_slice::<Value>(&content)
            .ok()
            .and_then(|content| content.get("creationTime").and_then(Value::as_i64))
            .unwrap_or(now),
        None => now,
    };
    let content = json!({"creationTime": created, "modificationTime": now}).to_string();
    Ok(table.storage().overwrite(&path, content.into()).await?)
}
