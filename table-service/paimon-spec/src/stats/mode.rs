//! How much statistics to keep of which column (format §4.7).

use std::str::FromStr;

use crate::error::{At, Error, Result};
use crate::options::{TableOptions, keys};
use crate::schema::special_fields::is_system_field;

/// How much statistics to keep of a column (Paimon `SimpleColStatsCollector`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum StatsMode {
    /// Nothing.
    None,
    /// Null counts only.
    Counts,
    /// Null counts and exact bounds.
    Full,
    /// Null counts and bounds of at most so many code points or bytes.
    Truncate(usize),
}

impl StatsMode {
    /// The mode of the columns that Paimon adds by itself.
    pub const SYSTEM_COLUMNS: Self = Self::Truncate(128);
}

impl FromStr for StatsMode {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let lower = text.trim().to_ascii_lowercase();
        match lower.as_str() {
            "none" => return Ok(Self::None),
            "counts" => return Ok(Self::Counts),
            "full" => return Ok(Self::Full),
            _ => {}
        }
        let length = lower.strip_prefix("truncate(").and_then(|rest| rest.strip_suffix(')'));
        match length.and_then(|length| length.trim().parse().ok()) {
            Some(0) | None => Err(Error::invalid(format!(
                "'{text}' is not a statistics mode: none, counts, full or truncate(n) with n ≥ 1"
            ))),
            Some(length) => Ok(Self::Truncate(length)),
        }
    }
}

/// The modes that a table's options ask for, before columns are known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatsModes {
    default: StatsMode,
    keep_first: Option<usize>,
    fields: Vec<(String, StatsMode)>,
}

impl StatsModes {
    /// Modes for data files at `level`.
    pub fn for_level(options: &TableOptions, level: i32) -> Result<Self> {
        let per_level = options.get(&keys::METADATA_STATS_MODE_PER_LEVEL)?;
        let default = match per_level.get(&level.to_string()) {
            Some(text) => {
                text.parse().at(|| format!("option {}", keys::METADATA_STATS_MODE_PER_LEVEL.name()))?
            }
            None => options.get(&keys::METADATA_STATS_MODE)?,
        };
        Self::new(options, default)
    }

    /// Modes for data files of append tables, for which levels mean nothing.
    pub fn for_append(options: &TableOptions) -> Result<Self> {
        Self::new(options, options.get(&keys::METADATA_STATS_MODE)?)
    }

    /// Modes for changelog files.
    pub fn for_changelog(options: &TableOptions) -> Result<Self> {
        let default = match options.find(&keys::CHANGELOG_FILE_STATS_MODE)? {
            Some(mode) => mode,
            None => options.get(&keys::METADATA_STATS_MODE)?,
        };
        Self::new(options, default)
    }

    fn new(options: &TableOptions, default: StatsMode) -> Result<Self> {
        let keep_first = usize::try_from(options.get(&keys::METADATA_STATS_KEEP_FIRST_N_COLUMNS)?).ok();
        let fields = options
            .field_options("stats-mode")
            .map(|(field, mode)| {
                let mode = mode.parse().at(|| format!("option fields.{field}.stats-mode"))?;
                Ok((field.to_owned(), mode))
            })
            .collect::<Result<_>>()?;
        Ok(Self { default, keep_first, fields })
    }

    /// The mode of each column of a file, in order.
    ///
    /// `thin_keys` names the key columns when the file leaves out its `_KEY_` columns (option
    /// `data-file.thin-mode`): the columns themselves then keep what those would.
    pub fn resolve<'a>(
        &self,
        columns: impl IntoIterator<Item = &'a str>,
        thin_keys: &[&str],
    ) -> Vec<StatsMode> {
        let mut counted = 0;
        columns
            .into_iter()
            .map(|column| {
                let own = self.fields.iter().find(|(field, _)| field == column).map(|(_, mode)| *mode);
                if own.is_none() && (is_system_field(column) || thin_keys.contains(&column)) {
                    return StatsMode::SYSTEM_COLUMNS;
                }
                counted += 1;
                match own {
                    Some(mode) => mode,
                    None if self.keep_first.is_some_and(|first| counted > first) => StatsMode::None,
                    None => self.default,
                }
            })
            .collect()
    }
}
