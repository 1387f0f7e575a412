use std::time::Instant;

use crate::AnyError;

/// Time since a start, and what the process used.
pub(crate) struct Usage {
    start: Instant,
    cpu_start: f64,
}

impl Usage {
    pub(crate) fn start() -> Result<Self, AnyError> {
        Ok(Self { start: Instant::now(), cpu_start: cpu_seconds()? })
    }

    /// The fields `wall_s`, `cpu_s` and `peak_rss_bytes` of a JSON object.
    pub(crate) fn json(&self) -> Result<String, AnyError> {
        let wall = self.start.elapsed().as_secs_f64();
        let cpu = cpu_seconds()? - self.cpu_start;
        Ok(format!(r#""wall_s":{wall:.3},"cpu_s":{cpu:.2},"peak_rss_bytes":{}"#, peak_rss_bytes()?))
    }
}

/// User and system time of the process.
fn cpu_seconds() -> Result<f64, AnyError> {
    let stat = std::fs::read_to_string("/proc/self/stat")?;
    // The second field, the name, may hold spaces; it ends at the last parenthesis.
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let ticks = |field: usize| fields.get(field).and_then(|ticks| ticks.parse::<f64>().ok());
    let (user, system) = ticks(11).zip(ticks(12)).ok_or("/proc/self/stat has no times")?;
    Ok((user + system) / 100.0)
}

fn peak_rss_bytes() -> Result<u64, AnyError> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).ok_or("no VmHWM")?;
    Ok(line.trim().trim_end_matches("kB").trim().parse::<u64>()? * 1024)
}
