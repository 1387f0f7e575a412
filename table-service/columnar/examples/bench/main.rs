//! Figures of the engine beside the limit of decoding and encoding alone.
//!
//! ```text
//! bench generate <dir> <runs> <rows>       makes sorted runs: 10 columns, keys random in 0.7 × runs × rows
//! bench limit <rows> <inherited|default> <file>...
//!                                          decodes the files and encodes so many of their rows again
//! bench merge <dir> <threads> <MiB> <file>...
//!                                          merges the files, each a sorted run, into <dir>, within so
//!                                          much memory of the process, or without bound for 0
//! bench layout <file>...                   rows and uncompressed bytes of the files' row groups
//! bench unlink <list>                      opens and deletes the files that <list> names, one a line
//! ```
//!
//! `limit` and `merge` print one JSON object, `layout` one for each file. INT96 columns lie outside what `limit` can encode.

mod generate;
mod layout;
mod limit;
mod rewrite;
mod unlink;
mod usage;

use std::path::PathBuf;

type AnyError = Box<dyn std::error::Error + Send + Sync>;

fn main() -> Result<(), AnyError> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments.as_slice() {
        ["generate", directory, runs, rows] => {
            generate::generate(directory.as_ref(), runs.parse()?, rows.parse()?)
        }
        ["limit", rows, properties @ ("inherited" | "default"), files @ ..] => {
            limit::limit(rows.parse()?, *properties == "inherited", &paths(files))
        }
        ["merge", directory, threads, memory, files @ ..] => {
            rewrite::rewrite(directory.as_ref(), threads.parse()?, memory.parse()?, &paths(files))
        }
        ["layout", files @ ..] => layout::layout(&paths(files)),
        ["unlink", list] => unlink::unlink(list.as_ref()),
        _ => Err("usage: bench generate <dir> <runs> <rows> | bench limit <rows> <inherited|default> <file>... | bench merge <dir> <threads> <MiB> <file>... | bench layout <file>... | bench unlink <list>".into()),
    }
}

fn paths(files: &[&str]) -> Vec<PathBuf> {
    files.iter().map(PathBuf::from).collect()
}
