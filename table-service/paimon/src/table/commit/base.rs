//! The base manifest list of an attempt: what the newest snapshot lists, merged now and then.

use std::collections::HashSet;

use weir_paimon_spec::Snapshot;
use weir_paimon_spec::manifest::ManifestFileMeta;

use super::attempt::ManifestWriter;
use super::merging::{self, Manifest, MergeSettings, Part};
use crate::{Result, Table};

/// Merged manifests of a commit. They depend on nothing but the manifests that they replace, so later attempts use
/// them again while those stand at the head of the base (Paimon `FileStoreCommitImpl.tryReuseManifestMergeResult`).
#[derive(Debug, Default)]
pub(super) struct Merge {
    /// Whether an attempt has tried to merge; a commit merges once, lest it be late again.
    tried: bool,
    /// Names of the manifests that are replaced.
    inputs: Vec<String>,
    /// What replaces them.
    outputs: Vec<ManifestFileMeta>,
    /// Paths of new manifests.
    files: Vec<String>,
    /// Whether the newest attempt lists what replaces them.
    used: bool,
}

impl Merge {
    /// Paths of new manifests, for clean-up when no snapshot can list them.
    pub(super) fn files(&self) -> &[String] {
        &self.files
    }

    /// Whether the newest attempt lists the merged manifests.
    pub(super) const fn is_used(&self) -> bool {
        self.used
    }

    /// `base` with its head replaced, when the head is what was merged.
    fn apply(&self, base: &[ManifestFileMeta]) -> Option<Vec<ManifestFileMeta>> {
        let (head, rest) = base.split_at_checked(self.inputs.len())?;
        let is_same = !head.is_empty() && head.iter().map(|meta| &meta.file_name).eq(&self.inputs);
        is_same.then(|| self.outputs.iter().chain(rest).cloned().collect())
    }
}

impl Table {
    /// The manifests that a snapshot lists, base and delta, to be written again.
    pub(crate) async fn listed_manifests(&self, snapshot: &Snapshot) -> Result<Vec<ManifestFileMeta>> {
        let mut manifests =
            self.rewritable_list(snapshot, &snapshot.base_manifest_list).await?.as_ref().clone();
        manifests
            .extend(self.rewritable_list(snapshot, &snapshot.delta_manifest_list).await?.iter().cloned());
        Ok(manifests)
    }

    /// The manifests of a snapshot that a compaction of manifests would write again; `None` when it would change
    /// nothing.
    pub(crate) async fn mergeable_manifests(
        &self,
        snapshot: &Snapshot,
    ) -> Result<Option<Vec<ManifestFileMeta>>> {
        let listed = self.listed_manifests(snapshot).await?;
        let settings = MergeSettings::of(self.options())?.eager();
        let Some(parts) = self.merged_parts(&listed, &settings).await? else { return Ok(None) };
        let kept: HashSet<String> = parts
            .into_iter()
            .filter_map(|part| match part {
                Part::Keep(meta) => Some(meta.file_name),
                Part::Write(_) => None,
            })
            .collect();
        Ok(Some(listed.into_iter().filter(|meta| !kept.contains(&meta.file_name)).collect()))
    }

    /// The manifests of the base list on top of `latest`. New ones are written and noted in `merge`. `eager` merges
    /// whatever can be merged, in every attempt that cannot use an earlier merge.
    pub(super) async fn base_manifests(
        &self,
        latest: &Snapshot,
        eager: bool,
        merge: &mut Merge,
    ) -> Result<Vec<ManifestFileMeta>> {
        let base = self.listed_manifests(latest).await?;
        if merge.tried {
            let reused = merge.apply(&base);
            merge.used = reused.is_some();
            if reused.is_some() || !eager {
                return Ok(reused.unwrap_or(base));
            }
        }
        merge.tried = true;
        let settings = MergeSettings::of(self.options())?;
        let settings = if eager { settings.eager() } else { settings };
        let Some(parts) = self.merged_parts(&base, &settings).await? else { return Ok(base) };
        let mut writer = ManifestWriter::new(self);
        let outputs = write_parts(&mut writer, parts).await;
        merge.files.append(&mut writer.files);
        merge.outputs = outputs?;
        merge.used = true;
        merge.inputs = base.into_iter().map(|meta| meta.file_name).collect();
        tracing::info!(before = merge.inputs.len(), after = merge.outputs.len(), "merged manifests");
        Ok(merge.outputs.clone())
    }

    async fn merged_parts(
        &self,
        base: &[ManifestFileMeta],
        settings: &MergeSettings,
    ) -> Result<Option<Vec<Part>>> {
        let manifests: Vec<Manifest> = base
            .iter()
            .zip(self.manifests_of(base).await?)
            .map(|(meta, entries)| Manifest {
                rewritable: self.is_rewritable_manifest(&meta.file_name),
                meta: meta.clone(),
                entries,
            })
            .collect();
        merging::merged(&manifests, settings, &self.schema().partition_types()?)
    }
}

async fn write_parts(writer: &mut ManifestWriter<'_>, parts: Vec<Part>) -> Result<Vec<ManifestFileMeta>> {
    let mut metas = Vec::new();
    for part in parts {
        match part {
            Part::Keep(meta) => metas.push(*meta),
            Part::Write(entries) => metas.extend(writer.manifests(&entries).await?),
        }
    }
    writer.flush().await?;
    Ok(metas)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn metas(names: &[&str]) -> Vec<ManifestFileMeta> {
        let meta = |name: &&str| ManifestFileMeta::from_entries(*name, 1, &[], &[], 0).unwrap();
        names.iter().map(meta).collect()
    }

    fn merge() -> Merge {
        Merge { inputs: vec!["a".into(), "b".into()], outputs: metas(&["m"]), ..Merge::default() }
    }

    #[test]
    fn merged_manifests_replace_the_head_of_a_longer_base() {
        assert_eq!(merge().apply(&metas(&["a", "b", "c"])), Some(metas(&["m", "c"])));
        assert_eq!(merge().apply(&metas(&["a", "b"])), Some(metas(&["m"])));
    }

    #[test]
    fn a_base_that_somebody_else_has_merged_is_left_as_it_is() {
        for base in [&["x", "c"][..], &["x", "a", "b"], &["a"], &["b", "a"], &[]] {
            assert_eq!(merge().apply(&metas(base)), None, "{base:?}");
        }
        assert_eq!(Merge::default().apply(&metas(&["a"])), None);
    }
}
