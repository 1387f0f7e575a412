//! Child processes whose output goes to a log.

use std::fs::{self, File};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result, bail};

/// Lines of a log that an error repeats.
const TAIL_LINES: usize = 25;

/// Runs `command` to its end with its output in `log`; the error carries the end of the log and its path.
pub fn run(command: &mut Command, log: &Path) -> Result<()> {
    let status = spawn(command.stdin(Stdio::null()), log)?.wait().with_context(|| described(command))?;
    if !status.success() {
        bail!("{} failed ({status})\n{}", described(command), tail(log));
    }
    Ok(())
}

/// Runs `command` to its end and returns what it wrote to standard output.
pub fn output(command: &mut Command) -> Result<String> {
    let output = command.stdin(Stdio::null()).output().with_context(|| described(command))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        bail!("{} failed ({})\n{}", described(command), output.status, said.trim_end());
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Starts `command` with its output in `log`, which is made anew.
pub fn spawn(command: &mut Command, log: &Path) -> Result<Child> {
    if let Some(directory) = log.parent() {
        fs::create_dir_all(directory).with_context(|| format!("creating {}", directory.display()))?;
    }
    let file = File::create(log).with_context(|| format!("creating the log {}", log.display()))?;
    let same_file = file.try_clone().with_context(|| format!("opening the log {}", log.display()))?;
    command.stdout(file).stderr(same_file).spawn().with_context(|| described(command))
}

/// The last lines of a log, with its path, for people.
pub fn tail(log: &Path) -> String {
    let content = fs::read(log).unwrap_or_default();
    let content = String::from_utf8_lossy(&content);
    let lines: Vec<&str> = content.lines().collect();
    let tail = &lines[lines.len().saturating_sub(TAIL_LINES)..];
    format!("{}\n(the whole log: {})", tail.join("\n"), log.display())
}

fn described(command: &Command) -> String {
    let program = Path::new(command.get_program());
    let name = program.file_name().unwrap_or(program.as_os_str()).to_string_lossy();
    let arguments: Vec<_> = command.get_args().take(4).map(|argument| argument.to_string_lossy()).collect();
    format!("running {name} {}", arguments.join(" "))
}
