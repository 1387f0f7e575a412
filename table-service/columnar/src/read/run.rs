use std::ops::Range;
use std::sync::Arc;

use futures::stream::{self, StreamExt, TryStreamExt};

use super::input::OpenInput;
use crate::leaf::Leaf;
use crate::{InputFile, Result, Section};

/// Files whose footers, or whose ranges for one task, are read at the same time.
pub(crate) const CONCURRENT_READS: usize = 16;

/// An open sorted run: its rows are counted across its files.
pub(crate) struct Run {
    files: Vec<Arc<OpenInput>>,
    /// First row of every file, then the number of rows.
    starts: Vec<u64>,
}

impl Run {
    fn new(files: Vec<Arc<OpenInput>>) -> Self {
        let mut starts = vec![0];
        let mut at = 0;
        for file in &files {
            at += file.rows();
            starts.push(at);
        }
        Self { files, starts }
    }

    pub(crate) fn rows(&self) -> u64 {
        self.starts.last().copied().unwrap_or(0)
    }

    pub(crate) fn files(&self) -> &[Arc<OpenInput>] {
        &self.files
    }

    /// First row of one of its files, counted in the run.
    pub(crate) fn first_row(&self, file: &Arc<OpenInput>) -> u64 {
        let at = self.files.iter().position(|other| Arc::ptr_eq(other, file)).unwrap_or(0);
        self.starts.get(at).copied().unwrap_or(0)
    }

    /// The files that hold `rows`, each with the part of its own rows.
    pub(crate) fn parts(&self, rows: &Range<u64>) -> Vec<(&Arc<OpenInput>, Range<u64>)> {
        let first = self.starts.partition_point(|start| *start <= rows.start).saturating_sub(1);
        self.files[first.min(self.files.len())..]
            .iter()
            .zip(&self.starts[first.min(self.files.len())..])
            .take_while(|(_, start)| **start < rows.end)
            .filter_map(|(file, start)| {
                let from = rows.start.max(*start);
                let to = rows.end.min(start + file.rows());
                (from < to).then(|| (file, from - start..to - start))
            })
            .collect()
    }
}

/// Opens all files and lines the sections up: as they share no key and ascend, the n-th runs of
/// all sections form one sorted run.
pub(crate) async fn open_runs(sections: &[Section], output: &[Leaf]) -> Result<Vec<Run>> {
    let count = sections.iter().map(|section| section.runs.len()).max().unwrap_or(0);
    let mut opening = Vec::new();
    for run in 0..count {
        for sorted in sections.iter().filter_map(|section| section.runs.get(run)) {
            opening.extend(sorted.files.iter().map(|file| open_file(run, file, output)));
        }
    }
    let opened: Vec<(usize, OpenInput)> =
        stream::iter(opening).buffered(CONCURRENT_READS).try_collect().await?;
    let mut runs: Vec<Vec<Arc<OpenInput>>> = (0..count).map(|_| Vec::new()).collect();
    for (run, file) in opened {
        runs[run].push(Arc::new(file));
    }
    Ok(runs.into_iter().map(Run::new).collect())
}

async fn open_file(run: usize, file: &InputFile, output: &[Leaf]) -> Result<(usize, OpenInput)> {
    Ok((run, OpenInput::open(file, output).await?))
}
