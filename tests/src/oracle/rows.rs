use std::collections::HashMap;
use std::fmt::Write;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What a written row does to its key (Paimon `RowKind`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum RowKind {
    /// A new row.
    #[serde(rename = "+I")]
    Insert,
    /// The row before an update.
    #[serde(rename = "-U")]
    UpdateBefore,
    /// The row after an update.
    #[serde(rename = "+U")]
    UpdateAfter,
    /// The row is gone.
    #[serde(rename = "-D")]
    Delete,
}

/// A row to write: one JSON value for each column in schema order.
///
/// Decimals, dates, times and timestamps are ISO strings, binary is hex, `NaN` and `Infinity` are strings, maps and
/// multisets are arrays of pairs.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Row {
    kind: RowKind,
    values: Value,
}

impl Row {
    /// A row of any kind; `values` is a JSON array.
    pub const fn new(kind: RowKind, values: Value) -> Self {
        Self { kind, values }
    }

    /// A row that inserts or replaces its key.
    pub const fn insert(values: Value) -> Self {
        Self::new(RowKind::Insert, values)
    }

    /// A row that deletes its key.
    pub const fn delete(values: Value) -> Self {
        Self::new(RowKind::Delete, values)
    }
}

/// All rows of a table as sorted canonical text, one line for each row.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Rows {
    /// Names of the columns, in schema order.
    pub columns: Vec<String>,
    /// The rows' canonical text, sorted.
    pub rows: Vec<String>,
}

/// How many differing rows a report shows.
const SHOWN: usize = 10;

impl Rows {
    /// What `actual` has too much and what it lacks, for people; `None` when both are equal.
    pub fn difference(&self, actual: &Self) -> Option<String> {
        if self == actual {
            return None;
        }
        if self.columns != actual.columns {
            return Some(format!("columns differ: expected {:?}, found {:?}", self.columns, actual.columns));
        }
        let missing = without(&self.rows, &actual.rows);
        let unexpected = without(&actual.rows, &self.rows);
        let mut report = format!(
            "expected {} rows, found {}: {} missing, {} unexpected; columns {}\n",
            self.rows.len(),
            actual.rows.len(),
            missing.len(),
            unexpected.len(),
            self.columns.join(", "),
        );
        for (sign, rows) in [('-', missing), ('+', unexpected)] {
            for row in rows.iter().take(SHOWN) {
                // Writing to a string cannot fail.
                let _ = writeln!(report, "{sign} {row}");
            }
            if rows.len() > SHOWN {
                let _ = writeln!(report, "{sign} … {} more", rows.len() - SHOWN);
            }
        }
        Some(report)
    }

    /// Fails the test with a readable difference unless both are equal.
    ///
    /// # Panics
    /// When they differ.
    #[track_caller]
    #[expect(clippy::panic, reason = "an assertion for tests")]
    pub fn assert_same(&self, actual: &Self, context: &str) {
        if let Some(difference) = self.difference(actual) {
            panic!("{context}: {difference}");
        }
    }
}

/// The rows of `all` that are not in `others`, counting repeated ones; both are sorted alike.
fn without<'a>(all: &'a [String], others: &[String]) -> Vec<&'a String> {
    let mut left: HashMap<&str, usize> = HashMap::new();
    for row in others {
        *left.entry(row.as_str()).or_insert(0) += 1;
    }
    let is_left_over = |row: &&String| match left.get_mut(row.as_str()) {
        Some(count) if *count > 0 => {
            *count -= 1;
            false
        }
        _ => true,
    };
    all.iter().filter(is_left_over).collect()
}

/// Number of rows and a hash of them that does not depend on their order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Digest {
    /// Number of rows.
    pub count: u64,
    /// Sum of the rows' hashes, as hex.
    pub digest: String,
}

/// What a background writer did until it was stopped.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct WriterReport {
    /// Successful commits.
    pub commits: u64,
    /// Those that replaced partitions.
    #[serde(default)]
    pub overwrites: u64,
    /// Columns that it added.
    #[serde(default)]
    pub added_columns: u64,
    /// Commits of rows with results of its own compaction that another compaction made fail.
    #[serde(default)]
    pub lost_commits: u64,
    /// Why it stopped on its own, if it did.
    pub failures: Vec<String>,
    /// The last row of every key that it wrote and did not delete, as sorted canonical text.
    pub rows: Vec<String>,
}

#[cfg(test)]
mod tests {
    use super::Rows;

    fn rows(rows: &[&str]) -> Rows {
        Rows { columns: vec!["id".to_owned()], rows: rows.iter().map(ToString::to_string).collect() }
    }

    #[test]
    fn equal_rows_have_no_difference() {
        assert_eq!(rows(&["(1)", "(2)"]).difference(&rows(&["(1)", "(2)"])), None);
    }

    #[test]
    fn a_repeated_row_is_unexpected() {
        let difference = rows(&["(1)", "(2)"]).difference(&rows(&["(1)", "(1)", "(2)"]));
        assert_eq!(
            difference.as_deref(),
            Some("expected 2 rows, found 3: 0 missing, 1 unexpected; columns id\n+ (1)\n")
        );
    }

    #[test]
    fn a_changed_row_is_missing_and_unexpected() {
        let difference = rows(&["(1)", "(2)"]).difference(&rows(&["(1)", "(3)"]));
        assert_eq!(
            difference.as_deref(),
            Some("expected 2 rows, found 2: 1 missing, 1 unexpected; columns id\n- (2)\n+ (3)\n")
        );
    }
}
