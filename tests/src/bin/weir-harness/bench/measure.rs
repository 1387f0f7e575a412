//! What a process used, from the kernel's accounts.

use std::io::{Read, Write};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use rustix::process::{Pid, WaitId, WaitIdOptions, waitid};

use crate::stages::Note;

/// How often the resident set is read; its peak only grows, so little is missed.
const INTERVAL: Duration = Duration::from_millis(5);
/// Unit of the times in `/proc/<pid>/stat`, which Linux fixes for user space.
const TICKS_PER_SECOND: f64 = 100.0;

/// Seconds from which on a run is not repeated.
pub(crate) const LONG: f64 = 10.0;
/// Runs of what does not take long.
const REPETITIONS: usize = 3;

/// What one whole process used, or the median of several.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Usage {
    /// Who it was, for people.
    pub(crate) name: &'static str,
    /// How many runs this is the median of.
    pub(crate) runs: usize,
    /// Seconds from start to end.
    pub(crate) wall: f64,
    /// Seconds of all cores, in the program and in the kernel.
    pub(crate) cpu: f64,
    /// Those of them in the program itself.
    pub(crate) user: f64,
    /// Largest resident set in bytes.
    pub(crate) peak_rss: u64,
    /// What the process wrote to standard output.
    pub(crate) output: String,
}

impl Note for Usage {
    fn note(&self) -> String {
        format!("{:.2} s, {:.2} s CPU, {} MiB", self.wall, self.cpu, self.peak_rss >> 20)
    }
}

impl Usage {
    /// The median of each time, and the largest peak, of runs of the same program; the output is the last one's.
    fn median(runs: &[Self]) -> Option<Self> {
        let last = runs.last()?.clone();
        let median = |of: fn(&Self) -> f64| {
            let mut values: Vec<f64> = runs.iter().map(of).collect();
            values.sort_by(f64::total_cmp);
            values.get(values.len() / 2).copied()
        };
        Some(Self {
            runs: runs.len(),
            wall: median(|run| run.wall)?,
            cpu: median(|run| run.cpu)?,
            user: median(|run| run.user)?,
            peak_rss: runs.iter().map(|run| run.peak_rss).max()?,
            ..last
        })
    }
}

/// Runs `once` as often as its length allows; the median, and what else the last run left.
pub(crate) fn repeated<T>(once: impl FnMut() -> Result<(Usage, T)>) -> Result<(Usage, T)> {
    repeated_times(REPETITIONS, once)
}

/// Runs `once` so many times, unless the first run takes long.
pub(crate) fn repeated_times<T>(
    repetitions: usize,
    mut once: impl FnMut() -> Result<(Usage, T)>,
) -> Result<(Usage, T)> {
    let (first, mut left) = once()?;
    let repetitions = if first.wall < LONG { repetitions } else { 1 };
    let mut usages = vec![first];
    while usages.len() < repetitions {
        // What the run before left goes away first.
        drop(left);
        let (usage, left_now) = once()?;
        usages.push(usage);
        left = left_now;
    }
    Ok((Usage::median(&usages).context("no run")?, left))
}

/// Runs programs in turns, so that a machine that is slower for a while is so for all of them; the medians of each.
pub(crate) fn in_turns<const N: usize>(
    turns: usize,
    mut once: [&mut dyn FnMut() -> Result<Usage>; N],
) -> Result<[Usage; N]> {
    let mut usages = [const { Vec::new() }; N];
    for _ in 0..turns {
        for (once, usages) in once.iter_mut().zip(&mut usages) {
            usages.push(once()?);
        }
    }
    let medians: Option<Vec<Usage>> = usages.iter().map(|runs| Usage::median(runs)).collect();
    medians.and_then(|medians| medians.try_into().ok()).context("no run")
}

/// Runs a program with `input` on its standard input, which then ends.
pub(crate) fn measure(name: &'static str, command: &mut Command, input: &str) -> Result<Usage> {
    let start = Instant::now();
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .with_context(|| format!("starting {name}"))?;
    child.stdin.take().context("a child without standard input")?.write_all(input.as_bytes())?;
    let mut stdout = child.stdout.take().context("a child without standard output")?;
    let reader = std::thread::spawn(move || {
        let mut output = String::new();
        stdout.read_to_string(&mut output).map(|_| output)
    });
    let peak_rss = wait_without_reaping(&child)?;
    let wall = start.elapsed().as_secs_f64();
    let (user, system) = cpu_seconds(child.id())?;
    let status = child.wait()?;
    let output = reader.join().map_err(|_| anyhow::anyhow!("reading the output of {name} failed"))??;
    ensure!(status.success(), "{name} ended with {status}: {output}");
    Ok(Usage { name, runs: 1, wall, cpu: user + system, user, peak_rss, output })
}

/// Waits for the end of a child, whose accounts then still exist; its peak resident set in bytes.
fn wait_without_reaping(child: &Child) -> Result<u64> {
    let pid = Pid::from_child(child);
    let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
    let mut peak = 0;
    while waitid(WaitId::Pid(pid), options)?.is_none() {
        peak = peak_rss(child.id()).unwrap_or(peak);
        std::thread::sleep(INTERVAL);
    }
    Ok(peak)
}

/// `VmHWM` of a process that is not at its end.
fn peak_rss(pid: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().trim_end_matches("kB").trim().parse::<u64>().ok().map(|kib| kib << 10)
}

/// User and system time of a process in seconds, also of an ended one.
pub(crate) fn cpu_seconds(pid: u32) -> Result<(f64, f64)> {
    let stat =
        std::fs::read_to_string(format!("/proc/{pid}/stat")).context("reading the times of a process")?;
    // The second field, the name, may hold spaces; it ends at the last parenthesis.
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let ticks = |field: usize| fields.get(field).and_then(|ticks| ticks.parse::<f64>().ok());
    let (user, system) = ticks(11).zip(ticks(12)).context("a process without times")?;
    Ok((user / TICKS_PER_SECOND, system / TICKS_PER_SECOND))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn usage(wall: f64, cpu: f64, peak_rss: u64) -> Usage {
        Usage { name: "test", runs: 1, wall, cpu, user: cpu, peak_rss, output: String::new() }
    }

    #[test]
    fn short_runs_are_repeated_and_their_median_taken() {
        let mut runs = [usage(3.0, 1.0, 5), usage(1.0, 3.0, 7), usage(2.0, 2.0, 6)].into_iter();
        let (median, ()) = repeated(|| Ok((runs.next().context("a fourth run")?, ()))).unwrap();
        assert_eq!(median, Usage { runs: 3, ..usage(2.0, 2.0, 7) });
    }

    #[test]
    fn a_long_run_is_not_repeated() {
        let mut runs = [usage(11.0, 1.0, 5)].into_iter();
        let (only, ()) = repeated(|| Ok((runs.next().context("a second run")?, ()))).unwrap();
        assert_eq!(only, usage(11.0, 1.0, 5));
    }
}
