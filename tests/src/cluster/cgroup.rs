//! The control groups below which a cluster's pods run, in version 1 and version 2 hierarchies.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, bail};

/// Controllers that the kubelet sets limits with.
const CONTROLLERS: &str = "+cpu +cpuset +memory +pids";

/// The root group of the cluster `name`, as the kubelet's `cgroupRoot`.
pub(super) fn root(name: &str) -> String {
    format!("/weir-{name}")
}

/// Makes the cluster's root group where the kubelet looks for it.
pub(super) fn create(name: &str) -> Result<()> {
    for hierarchy in used_by_kubelet(hierarchies()?) {
        if hierarchy.unified {
            let control = hierarchy.mounted_at.join("cgroup.subtree_control");
            fs::write(&control, CONTROLLERS)
                .with_context(|| format!("enabling controllers in {}", control.display()))?;
        }
        let group = group(&hierarchy, name);
        fs::create_dir_all(&group)
            .with_context(|| format!("creating the control group {}", group.display()))?;
    }
    Ok(())
}

/// Removes the cluster's root group and all below it from every hierarchy.
pub(super) fn remove(name: &str) -> Result<()> {
    for hierarchy in hierarchies()? {
        let group = group(&hierarchy, name);
        // The kernel empties a group a moment after its last process has ended.
        let mut attempts = 0;
        while group.exists() {
            if remove_tree(&group).is_err() {
                attempts += 1;
                if attempts == 250 {
                    bail!("the control group {} is still in use", group.display());
                }
                std::thread::sleep(Duration::from_millis(20));
            }
        }
    }
    Ok(())
}

struct Hierarchy {
    mounted_at: PathBuf,
    unified: bool,
}

fn group(hierarchy: &Hierarchy, name: &str) -> PathBuf {
    hierarchy.mounted_at.join(root(name).trim_start_matches('/'))
}

fn hierarchies() -> Result<Vec<Hierarchy>> {
    let mounts = fs::read_to_string("/proc/self/mounts").context("reading /proc/self/mounts")?;
    Ok(parse(&mounts))
}

fn parse(mounts: &str) -> Vec<Hierarchy> {
    mounts
        .lines()
        .filter_map(|line| {
            let mut fields = line.split(' ');
            let (_, mounted_at, kind) = (fields.next()?, fields.next()?, fields.next()?);
            let unified = kind == "cgroup2";
            (unified || kind == "cgroup").then(|| Hierarchy { mounted_at: mounted_at.into(), unified })
        })
        .collect()
}

/// Version 1 hierarchies, or the one of version 2 where there are none of version 1. In a mixed set-up containers
/// join the one of version 2 as well, so all have to be cleared.
fn used_by_kubelet(hierarchies: Vec<Hierarchy>) -> impl Iterator<Item = Hierarchy> {
    let has_version_1 = hierarchies.iter().any(|hierarchy| !hierarchy.unified);
    hierarchies.into_iter().filter(move |hierarchy| hierarchy.unified != has_version_1)
}

fn remove_tree(group: &Path) -> std::io::Result<()> {
    for entry in fs::read_dir(group)?.flatten() {
        if entry.file_type()?.is_dir() {
            remove_tree(&entry.path())?;
        }
    }
    fs::remove_dir(group)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ignores_the_unified_hierarchy_beside_version_1() {
        let mounts = "tmpfs /sys/fs/cgroup tmpfs rw 0 0\n\
            cgroup2 /sys/fs/cgroup/unified cgroup2 rw 0 0\n\
            cgroup /sys/fs/cgroup/memory cgroup rw,memory 0 0\n";
        let found: Vec<_> = used_by_kubelet(parse(mounts)).map(|hierarchy| hierarchy.mounted_at).collect();
        assert_eq!(found, [PathBuf::from("/sys/fs/cgroup/memory")]);
    }

    #[test]
    fn finds_the_unified_hierarchy_where_it_is_alone() {
        let found = parse("cgroup2 /sys/fs/cgroup cgroup2 rw,nosuid 0 0\n");
        assert_eq!(found.len(), 1);
        assert!(found[0].unified);
    }
}
