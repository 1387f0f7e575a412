use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::{Mutex, PoisonError};

use anyhow::Context;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::error::{Error, Result};

/// A process that answers one JSON line for each JSON line; one request at a time.
///
/// It ends by itself when its input is closed, also when this process is killed.
#[derive(Debug)]
pub(super) struct Process {
    engine: &'static str,
    pid: u32,
    pipes: Mutex<Pipes>,
}

#[derive(Debug)]
struct Pipes {
    child: Child,
    requests: ChildStdin,
    answers: BufReader<ChildStdout>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
enum Answer {
    Ok(Value),
    Error(String),
}

impl Process {
    /// Starts `command`.
    pub(super) fn start(engine: &'static str, command: &mut Command) -> anyhow::Result<Self> {
        let mut child =
            command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().with_context(|| {
                format!("starting {engine} with {}", command.get_program().to_string_lossy())
            })?;
        let requests = child.stdin.take().context("a child without standard input")?;
        let answers = BufReader::new(child.stdout.take().context("a child without standard output")?);
        Ok(Self { engine, pid: child.id(), pipes: Mutex::new(Pipes { child, requests, answers }) })
    }

    /// Process id.
    pub(super) const fn pid(&self) -> u32 {
        self.pid
    }

    /// Asks and waits for the answer.
    pub(super) fn request<T: DeserializeOwned>(&self, request: &Value) -> Result<T> {
        let answer = self.exchange(request).map_err(|error| self.nonsense(&error))?;
        match serde_json::from_str(&answer)
            .map_err(|error| self.nonsense(&format!("{error} in `{answer}`")))?
        {
            Answer::Ok(value) => serde_json::from_value(value)
                .map_err(|error| self.nonsense(&format!("{error} in `{answer}`"))),
            Answer::Error(message) => Err(Error::Refused {
                engine: self.engine,
                operation: request["op"].as_str().unwrap_or_default().to_owned(),
                message,
            }),
        }
    }

    fn exchange(&self, request: &Value) -> std::io::Result<String> {
        let mut pipes = self.pipes.lock().unwrap_or_else(PoisonError::into_inner);
        writeln!(pipes.requests, "{request}")?;
        pipes.requests.flush()?;
        let mut answer = String::new();
        if pipes.answers.read_line(&mut answer)? == 0 {
            let status = pipes.child.wait()?;
            return Err(std::io::Error::other(format!(
                "the process ended with {status}; see its standard error"
            )));
        }
        Ok(answer)
    }

    fn nonsense(&self, message: &impl ToString) -> Error {
        Error::Protocol { engine: self.engine, message: message.to_string() }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let pipes = self.pipes.get_mut().unwrap_or_else(PoisonError::into_inner);
        // Both fail only when the process has already ended, which is what is wanted.
        let _ = pipes.child.kill();
        let _ = pipes.child.wait();
    }
}
