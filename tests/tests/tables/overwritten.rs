//! Which of our snapshots other writers renamed over, as the kernel saw it.

use std::collections::BTreeSet;
use std::mem::MaybeUninit;
use std::os::fd::OwnedFd;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::thread::JoinHandle;
use std::time::Duration;

use rustix::fs::inotify::{self, CreateFlags, ReadFlags, Reader, WatchFlags};
use rustix::io::Errno;

/// Reads events often enough that the kernel's queue never overflows.
const INTERVAL: Duration = Duration::from_millis(20);

/// Watches the snapshot directory of a local table.
///
/// `weir` links a snapshot under its name, which fails where the name is taken; Java renames one to its name, which
/// replaces what is there. A name that is first linked and then renamed to was ours and is lost.
pub(crate) struct SnapshotWatch {
    stop: Arc<AtomicBool>,
    watcher: JoinHandle<Seen>,
}

/// Names of snapshots.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    /// Those that were created by `weir`.
    pub(crate) linked: BTreeSet<String>,
    /// Those of them that another writer replaced.
    pub(crate) replaced: BTreeSet<String>,
    /// Names that look like a snapshot's and have no number: Java fails when it lists one.
    pub(crate) malformed: BTreeSet<String>,
}

impl SnapshotWatch {
    /// Begins to watch a table in a directory.
    pub(crate) fn start(table: &Path) -> Self {
        let directory = table.join("snapshot");
        let queue = inotify::init(CreateFlags::NONBLOCK | CreateFlags::CLOEXEC).unwrap();
        std::fs::create_dir_all(&directory).unwrap();
        inotify::add_watch(&queue, &directory, WatchFlags::CREATE | WatchFlags::MOVED_TO).unwrap();
        let stop = Arc::new(AtomicBool::new(false));
        let asked_to_stop = Arc::clone(&stop);
        let watcher = std::thread::spawn(move || {
            let mut seen = Seen::default();
            while !asked_to_stop.load(Relaxed) {
                std::thread::sleep(INTERVAL);
                seen.read(&queue);
            }
            seen.read(&queue);
            seen
        });
        Self { stop, watcher }
    }

    /// What happened until now.
    pub(crate) fn stop(self) -> Seen {
        self.stop.store(true, Relaxed);
        self.watcher.join().unwrap()
    }
}

impl Seen {
    /// Takes in all events that wait.
    fn read(&mut self, queue: &OwnedFd) {
        let mut buffer = [MaybeUninit::uninit(); 1 << 14];
        let mut events = Reader::new(queue, &mut buffer);
        loop {
            let event = match events.next() {
                Ok(event) => event,
                Err(Errno::AGAIN) => return,
                Err(error) => panic!("reading the events of a directory: {error}"),
            };
            assert!(!event.events().contains(ReadFlags::QUEUE_OVERFLOW), "events were lost");
            let name = event.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
            let id = name.strip_prefix("snapshot-");
            let is_snapshot = id.is_some_and(|id| id.parse::<u64>().is_ok());
            if id.is_some() && !is_snapshot {
                self.malformed.insert(name);
            } else if is_snapshot && event.events().contains(ReadFlags::CREATE) {
                self.linked.insert(name);
            } else if is_snapshot && self.linked.contains(&name) {
                self.replaced.insert(name);
            }
        }
    }
}
