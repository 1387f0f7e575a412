use std::collections::BTreeMap;

use serde_json::{Value, json};

/// How the random values of a column are drawn; columns without a generator take any value of a middling range.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Generator {
    /// One of this many values.
    Distinct(u32),
    /// One of this many values, none twice in one load.
    Unique(u32),
    /// This many random letters and digits.
    Characters(u32),
}

impl Generator {
    fn to_json(self) -> Value {
        match self {
            Self::Distinct(count) => json!({"distinct": count}),
            Self::Unique(count) => json!({"unique": count}),
            Self::Characters(count) => json!({"characters": count}),
        }
    }
}

/// A stream of random rows, the same for the same seed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Load {
    seed: u64,
    generators: BTreeMap<&'static str, Generator>,
    distinct: Option<u32>,
}

impl Load {
    /// Rows from this seed.
    pub fn seeded(seed: u64) -> Self {
        Self { seed, ..Self::default() }
    }

    /// Draws a column's values like this.
    #[must_use]
    pub fn column(mut self, name: &'static str, generator: Generator) -> Self {
        self.generators.insert(name, generator);
        self
    }

    /// Draws the values of columns without a generator from this many.
    #[must_use]
    pub const fn distinct(mut self, count: u32) -> Self {
        self.distinct = Some(count);
        self
    }

    /// Adds this to a request.
    pub(super) fn apply(&self, request: &mut Value) {
        let generators = self.generators.iter().map(|(name, generator)| (*name, generator.to_json()));
        request["seed"] = json!(self.seed);
        request["generators"] = json!(generators.collect::<BTreeMap<_, _>>());
        request["distinct"] = json!(self.distinct);
    }
}
