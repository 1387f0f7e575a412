//! The time that a partition's values stand for (Paimon `PartitionTimeExtractor`, maintenance §5.2).

use jiff::civil::DateTime;
use weir_paimon_spec::TableOptions;
use weir_paimon_spec::options::keys;

use crate::Result;

mod fields;
mod formatter;
mod number;

use fields::Resolver;
use formatter::Formatter;

/// How partition values become a time.
#[derive(Clone, Debug)]
pub(crate) struct TimeExtractor {
    pattern: Option<String>,
    formatter: Formatter,
    resolver: Resolver,
}

impl TimeExtractor {
    /// `pattern` has `$column` for each value that it uses; without one the first partition column is read.
    /// `formatter` is a pattern of Java's `DateTimeFormatter`; without one, dates such as `2026-11-20`, with a time
    /// after a blank or without, are read leniently. A formatter with letters that Weir does not know is
    /// [`crate::ErrorKind::Unsupported`]: reading it wrongly would delete data. `strict` takes nothing that is out of
    /// range.
    pub(crate) fn new(pattern: Option<String>, formatter: Option<&str>, strict: bool) -> Result<Self> {
        let (formatter, resolver) = match formatter {
            Some(formatter) => (Formatter::parse(formatter)?, Resolver::Smart),
            None => (Formatter::lenient_default(), Resolver::Lenient),
        };
        Ok(Self { pattern, formatter, resolver: if strict { Resolver::Strict } else { resolver } })
    }

    /// The extractor that a table's options ask for.
    pub(crate) fn of(options: &TableOptions) -> Result<Self> {
        let pattern = options.find(&keys::PARTITION_TIMESTAMP_PATTERN)?;
        let formatter = options.find(&keys::PARTITION_TIMESTAMP_FORMATTER)?;
        Self::new(pattern, formatter.as_deref(), options.get(&keys::PARTITION_TIMESTAMP_FORMAT_STRICT)?)
    }

    /// The time of a partition, given its columns with their values as text, `None` for null; `None` when they do not
    /// tell.
    pub(crate) fn time_of(&self, values: &[(String, Option<String>)]) -> Option<DateTime> {
        let text = match &self.pattern {
            None => values.first()?.1.clone()?,
            Some(pattern) => filled_in(pattern, values)?,
        };
        self.formatter.read(&text)?.resolve(self.resolver)
    }
}

/// The pattern with the value of a column in place of each `$column`; of columns that start alike, the longest.
/// `None` when any value is null, as in Paimon.
fn filled_in(pattern: &str, values: &[(String, Option<String>)]) -> Option<String> {
    if values.iter().any(|(_, value)| value.is_none()) {
        return None;
    }
    let mut text = String::new();
    let mut rest = pattern;
    while let Some((before, after)) = rest.split_once('$') {
        text.push_str(before);
        let column = values
            .iter()
            .filter(|(column, _)| after.starts_with(column.as_str()))
            .max_by_key(|(column, _)| column.len());
        if let Some((column, Some(value))) = column {
            text.push_str(value);
            rest = &after[column.len()..];
        } else {
            text.push('$');
            rest = after;
        }
    }
    text.push_str(rest);
    Some(text)
}

#[cfg(test)]
mod tests;
