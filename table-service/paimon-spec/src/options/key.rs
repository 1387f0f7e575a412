//! Keys: the name, older names and default of an option, with the type of its value.

use std::marker::PhantomData;

use super::OptionValue;
use crate::error::{At, Result};

/// An option with a default.
#[derive(Debug)]
pub struct Key<T> {
    name: &'static str,
    older_names: &'static [&'static str],
    default: &'static str,
    value: PhantomData<fn() -> T>,
}

/// An option without a default.
#[derive(Debug)]
pub struct OptionalKey<T> {
    name: &'static str,
    older_names: &'static [&'static str],
    value: PhantomData<fn() -> T>,
}

impl<T> Key<T> {
    pub(super) const fn new(
        name: &'static str,
        older_names: &'static [&'static str],
        default: &'static str,
    ) -> Self {
        Self { name, older_names, default, value: PhantomData }
    }

    /// The option's name.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// The default as text.
    pub fn default_text(&self) -> &'static str {
        self.default
    }

    /// The name and then the older names, in the order they are looked up.
    pub fn names(&self) -> impl Iterator<Item = &'static str> {
        std::iter::once(self.name).chain(self.older_names.iter().copied())
    }
}

impl<T: OptionValue> Key<T> {
    /// The default.
    pub fn default_value(&self) -> Result<T> {
        T::parse(self.default).at(|| format!("default of option {}", self.name))
    }
}

impl<T> OptionalKey<T> {
    pub(super) const fn new(name: &'static str, older_names: &'static [&'static str]) -> Self {
        Self { name, older_names, value: PhantomData }
    }

    /// The option's name.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// The name and then the older names, in the order they are looked up.
    pub fn names(&self) -> impl Iterator<Item = &'static str> {
        std::iter::once(self.name).chain(self.older_names.iter().copied())
    }
}
