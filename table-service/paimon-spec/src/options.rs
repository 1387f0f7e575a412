//! Table options: typed keys over the string map of a schema (format §17, Paimon `CoreOptions`).

use std::collections::BTreeMap;

use crate::error::{At, Result};

mod derived;
mod enums;
mod key;
pub mod keys;
mod value;

pub use derived::{ChangelogRetention, SnapshotRetention};
pub use enums::{
    BucketFunction, ChangelogProducer, ExpireExecutionMode, ExternalPathStrategy, IcebergStorage,
    LookupCompact, MergeEngine, SequenceInitMode, SortOrder, TableType, TagCreationMode, TagCreationPeriod,
    TagPeriodFormatter,
};
pub use key::{Key, OptionalKey};
pub use value::{MemorySize, OptionValue};

/// The options of a table: those of its schema, with the overrides of this run on top.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TableOptions {
    values: BTreeMap<String, String>,
}

impl TableOptions {
    /// The options that a schema stores.
    pub fn new(values: BTreeMap<String, String>) -> Self {
        Self { values }
    }

    /// The same options with `overrides` (Paimon's dynamic options) on top.
    #[must_use]
    pub fn with_overrides<K: Into<String>, V: Into<String>>(
        mut self,
        overrides: impl IntoIterator<Item = (K, V)>,
    ) -> Self {
        self.values.extend(overrides.into_iter().map(|(key, value)| (key.into(), value.into())));
        self
    }

    /// The value of `key`, or its default. A value that cannot be read is `Invalid` and names key and value.
    pub fn get<T: OptionValue>(&self, key: &Key<T>) -> Result<T> {
        match self.text_of(key.names()) {
            Some((name, text)) => T::parse(text).at(|| format!("option {name} = '{text}'")),
            None => key.default_value(),
        }
    }

    /// The value of a key without default. A value that cannot be read is `Invalid` and names key and value.
    pub fn find<T: OptionValue>(&self, key: &OptionalKey<T>) -> Result<Option<T>> {
        self.text_of(key.names())
            .map(|(name, text)| T::parse(text).at(|| format!("option {name} = '{text}'")))
            .transpose()
    }

    /// The text of an option, whether this release knows it or not.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.values.get(name).map(String::as_str)
    }

    /// Whether an option is set.
    pub fn is_set(&self, name: &str) -> bool {
        self.values.contains_key(name)
    }

    /// All options with their texts, in order of their names.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.values.iter().map(|(name, text)| (name.as_str(), text.as_str()))
    }

    /// Columns and texts of the options `fields.<column>.<suffix>`.
    pub fn field_options<'a>(&'a self, suffix: &'a str) -> impl Iterator<Item = (&'a str, &'a str)> {
        self.iter().filter_map(move |(name, text)| {
            let column = name.strip_prefix("fields.")?.strip_suffix(suffix)?.strip_suffix('.')?;
            Some((column, text))
        })
    }

    fn text_of(&self, mut names: impl Iterator<Item = &'static str>) -> Option<(&'static str, &str)> {
        names.find_map(|name| self.text(name).map(|text| (name, text)))
    }
}

#[cfg(test)]
mod tests;
