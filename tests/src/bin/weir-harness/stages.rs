//! Steps that are shown with their times.

use std::io::{IsTerminal, Write};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result};
use indicatif::{ProgressBar, ProgressStyle};
use weir_tests::cache::Entry;

/// Seconds since 1970 at which `make` began; what passed since was the build of this program.
const BEGAN: &str = "WEIR_BEGAN";

/// A sequence of steps.
#[derive(Debug)]
pub(crate) struct Stages {
    title: &'static str,
    total: usize,
    began: Instant,
    done: Vec<Stage>,
}

#[derive(Debug)]
struct Stage {
    name: &'static str,
    took: Duration,
    note: String,
}

/// What a stage has to say about itself, such as `cached`.
pub(crate) trait Note {
    /// A few words, or nothing.
    fn note(&self) -> String {
        String::new()
    }
}

impl Note for () {}

impl Note for String {
    fn note(&self) -> String {
        self.clone()
    }
}

impl Note for Entry {
    fn note(&self) -> String {
        if self.cached { "cached".to_owned() } else { String::new() }
    }
}

impl Stages {
    /// Begins a sequence of `total` steps.
    pub(crate) fn new(title: &'static str, total: usize) -> Self {
        let mut stages = Self { title, total, began: Instant::now(), done: Vec::new() };
        if let Some(took) = since_make_began() {
            stages.began -= took;
            stages.done.push(Stage { name: "harness", took, note: "cargo build".to_owned() });
        }
        stages
    }

    /// Runs a step that writes to a log only.
    pub(crate) fn run<T: Note>(&mut self, name: &'static str, step: impl FnOnce() -> Result<T>) -> Result<T> {
        let label = self.label(name);
        let bar = spinner(&label);
        if bar.is_none() {
            print!("{label} …");
            let _ = std::io::stdout().flush();
        }
        let start = Instant::now();
        let result = step();
        let took = start.elapsed();
        let ending = match &result {
            Ok(value) => ended(took, &value.note()),
            Err(_) => format!("failed after {}", seconds(took)),
        };
        match bar {
            Some(bar) => {
                bar.finish_and_clear();
                println!("{label} … {ending}");
            }
            None => println!(" {ending}"),
        }
        self.finish(name, took, result)
    }

    /// Runs a step that writes to the terminal.
    pub(crate) fn show<T: Note>(
        &mut self,
        name: &'static str,
        step: impl FnOnce() -> Result<T>,
    ) -> Result<T> {
        let label = self.label(name);
        println!("{label}");
        let start = Instant::now();
        let result = step();
        let took = start.elapsed();
        match &result {
            Ok(value) => println!("{label} … {}", ended(took, &value.note())),
            Err(_) => println!("{label} … failed after {}", seconds(took)),
        }
        self.finish(name, took, result)
    }

    fn label(&self, name: &str) -> String {
        let began_before = usize::from(self.done.first().is_some_and(|stage| stage.name == "harness"));
        format!("[{}/{}] {name}", self.done.len() - began_before + 1, self.total)
    }

    fn finish<T: Note>(&mut self, name: &'static str, took: Duration, result: Result<T>) -> Result<T> {
        let note = result.as_ref().map_or_else(|_| "failed".to_owned(), Note::note);
        self.done.push(Stage { name, took, note });
        result.with_context(|| format!("stage {name}"))
    }
}

impl Drop for Stages {
    fn drop(&mut self) {
        println!("\n{}: {} in all", self.title, seconds(self.began.elapsed()));
        for stage in &self.done {
            println!("  {:<24} {:>9}  {}", stage.name, seconds(stage.took), stage.note);
        }
    }
}

fn ended(took: Duration, note: &str) -> String {
    if note.is_empty() { seconds(took) } else { format!("{} ({note})", seconds(took)) }
}

/// A duration for people: `0.4 s`, `12 s`, `4 min 10 s`.
pub(crate) fn seconds(duration: Duration) -> String {
    match duration.as_secs() {
        0..10 => format!("{:.1} s", duration.as_secs_f64()),
        whole @ 10..120 => format!("{whole} s"),
        whole => format!("{} min {} s", whole / 60, whole % 60),
    }
}

fn spinner(label: &str) -> Option<ProgressBar> {
    if !std::io::stdout().is_terminal() {
        return None;
    }
    let bar = ProgressBar::new_spinner();
    let style = ProgressStyle::with_template("{msg} {spinner} {elapsed}").ok()?;
    bar.set_style(style);
    bar.set_message(label.to_owned());
    bar.enable_steady_tick(Duration::from_millis(250));
    Some(bar)
}

fn since_make_began() -> Option<Duration> {
    let began = std::env::var(BEGAN).ok()?.parse().ok()?;
    let now = SystemTime::now().duration_since(UNIX_EPOCH).ok()?;
    now.checked_sub(Duration::from_secs(began))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shows_durations_in_the_unit_that_people_read() {
        assert_eq!(seconds(Duration::from_millis(420)), "0.4 s");
        assert_eq!(seconds(Duration::from_secs(45)), "45 s");
        assert_eq!(seconds(Duration::from_secs(250)), "4 min 10 s");
    }
}
