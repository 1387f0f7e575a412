//! Threads and memory that a run may use: as asked, else what the container grants.

use std::num::NonZeroUsize;
use std::path::Path;

use weir_paimon::compaction::Control;
use weir_storage::Staging;

use crate::byte_size::ByteSize;
use crate::cli::Verb;

/// Part of the container's memory that is used when nothing else is asked; the rest is for the page cache
/// and what no estimate sees.
const SHARE_PERCENT: u64 = 75;

/// Where Linux shows the memory limit of the container: control groups of version 2, then 1.
const LIMITS: [(&str, &str); 2] =
    [("/sys/fs/cgroup", "memory.max"), ("/sys/fs/cgroup/memory", "memory.limit_in_bytes")];

/// A control with what the arguments of a verb grant.
pub(crate) fn control(verb: &Verb) -> weir_paimon::Result<Control> {
    let Verb::Compact(args) = verb else { return Ok(Control::new()) };
    let cores = || std::thread::available_parallelism().ok();
    let threads = args.threads.or_else(cores).unwrap_or(NonZeroUsize::MIN);
    let control = Control::new().with_threads(threads)?;
    let memory = args.memory.map(ByteSize::bytes).or_else(|| share(container_limit()));
    Ok(match memory {
        Some(bytes) => control.with_memory(bytes),
        None => control,
    })
}

/// Room for local copies of objects, for verbs that read data files.
pub(crate) fn staging(verb: &Verb) -> Option<Staging> {
    match verb {
        // The rest is left for what a file system needs beside the contents of files.
        Verb::Compact(args) => Some(Staging::new(args.spill.bytes() / 10 * 9)),
        _ => None,
    }
}

fn share(limit: Option<u64>) -> Option<u64> {
    limit.map(|bytes| bytes / 100 * SHARE_PERCENT)
}

/// The memory limit of the control group that this process is in; `None` when there is none.
fn container_limit() -> Option<u64> {
    let groups = std::fs::read_to_string("/proc/self/cgroup").unwrap_or_default();
    LIMITS.iter().find_map(|(root, file)| limit_in(Path::new(root), &group_paths(&groups), file))
}

/// The paths of the control groups of a process, from `/proc/self/cgroup`. Inside a container they are
/// often those of the host, which are not there.
fn group_paths(groups: &str) -> Vec<&str> {
    groups.lines().filter_map(|line| line.splitn(3, ':').nth(2)).collect()
}

/// The least limit of a group and everything above it.
fn limit_in(root: &Path, groups: &[&str], file: &str) -> Option<u64> {
    let inside = groups.iter().map(|group| root.join(group.trim_start_matches('/')));
    let directories = inside.chain([root.to_owned()]);
    let with_parents: Vec<_> = directories
        .flat_map(|directory| {
            let parents = directory.ancestors().take_while(|parent| parent.starts_with(root));
            parents.map(|parent| parent.join(file)).collect::<Vec<_>>()
        })
        .collect();
    let limits = with_parents.iter().filter_map(|path| {
        // `max` is no number, and version 1 shows no limit as almost 2^63.
        let bytes: u64 = std::fs::read_to_string(path).ok()?.trim().parse().ok()?;
        (bytes < 1 << 62).then_some(bytes)
    });
    limits.min()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn group(limits: &[(&str, &str)]) -> tempfile::TempDir {
        let root = tempfile::tempdir().unwrap();
        for (path, limit) in limits {
            let directory = root.path().join(path);
            std::fs::create_dir_all(&directory).unwrap();
            std::fs::write(directory.join("memory.max"), format!("{limit}\n")).unwrap();
        }
        root
    }

    #[test]
    fn takes_the_least_limit_of_the_group_and_those_above_it() {
        let root = group(&[("", "max"), ("pods", "1000"), ("pods/a", "400"), ("pods/b", "100")]);
        assert_eq!(limit_in(root.path(), &["/pods/a"], "memory.max"), Some(400));
        assert_eq!(limit_in(root.path(), &["/pods"], "memory.max"), Some(1000));
    }

    #[test]
    fn takes_the_limit_of_the_root_when_the_group_is_the_hosts() {
        let root = group(&[("", "700")]);
        assert_eq!(limit_in(root.path(), &["/kubepods/pod1/c"], "memory.max"), Some(700));
    }

    #[test]
    fn knows_no_limit_where_there_is_none() {
        let root = group(&[("", "9223372036854771712")]);
        assert_eq!(limit_in(root.path(), &["/"], "memory.max"), None);
        assert_eq!(share(Some(1000)), Some(750));
    }

    #[test]
    fn reads_the_paths_of_both_versions() {
        assert_eq!(group_paths("0::/a\n"), ["/a"]);
        assert_eq!(group_paths("9:memory:/a/b\n1:name=systemd:/c:d\n"), ["/a/b", "/c:d"]);
    }
}
