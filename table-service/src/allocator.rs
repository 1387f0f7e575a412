//! How the system's allocator holds memory.
//!
//! By itself glibc keeps an arena for each thread and returns large blocks to the kernel as soon as they are free. A
//! rewrite takes and frees blocks of megabytes all the time, many of them on one thread and freed on another: the
//! kernel then spends a tenth of the time on clearing the same pages again, and each arena has a peak of its own.
//! One arena that keeps what is free needs less time and less memory.

/// What is set: one arena; blocks of up to 64 MiB come from it, and so much stays at its end. Decoding a small manifest
/// takes and frees blocks of the same few sizes by the dozen: each thread keeps 64 of a size at hand, not 7.
const TUNABLES: &str = "glibc.malloc.arena_max=1\
    :glibc.malloc.mmap_threshold=67108864\
    :glibc.malloc.trim_threshold=67108864\
    :glibc.malloc.tcache_count=64\
    :glibc.malloc.mxfast=0";

/// Where glibc looks for it, once, before a program starts.
const VARIABLE: &str = "GLIBC_TUNABLES";

/// Set for the program that was started again: glibc takes its own variable away from programs with more privileges
/// than their user, which would start themselves again without end.
const STARTED_AGAIN: &str = "WEIR_STARTED_AGAIN";

/// Starts this program again with these settings, in the same process; returns where they are in force, where
/// somebody has chosen others, or where there is another allocator.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
pub(crate) fn tune() {
    use std::os::unix::process::CommandExt as _;
    use std::process::Command;

    let chosen = |(name, _): (std::ffi::OsString, _)| {
        name.to_str()
            .is_some_and(|name| [VARIABLE, STARTED_AGAIN].contains(&name) || name.starts_with("MALLOC_"))
    };
    if std::env::vars_os().any(chosen) {
        return;
    }
    let mut arguments = std::env::args_os();
    let Some(name) = arguments.next() else { return };
    // By its path, so that the process keeps its name. Where it cannot be started it goes on as it is.
    if let Ok(program) = std::env::current_exe() {
        let mut again = Command::new(program);
        again.arg0(name).args(arguments).env(VARIABLE, TUNABLES).env(STARTED_AGAIN, "1");
        let _error = again.exec();
    }
}

/// There is nothing to set.
#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
pub(crate) const fn tune() {}
