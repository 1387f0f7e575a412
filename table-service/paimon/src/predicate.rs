//! Conditions on partition columns, in a small part of SQL: what Paimon's procedures take as `where`.
//!
//! `=`, `<>`, `!=`, `<`, `<=`, `>`, `>=`, `IN (…)`, `IS [NOT] NULL`, `AND`, `OR`, `NOT`, parentheses. Columns are
//! written plainly or in backticks, literals as numbers, `TRUE`, `FALSE` or in single quotes; a literal is read as its
//! column's type. A comparison with NULL is neither true nor false, as in SQL.

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

use weir_paimon_spec::{BinaryRow, DataType, Datum};

use crate::{Error, ErrorKind, Result};

mod literal;
mod parser;
mod token;

/// A condition as it was written, not yet tied to a table's columns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Predicate {
    text: String,
    root: Expression,
}

/// A parsed condition. Positions are those of characters in the text, from 0.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Expression {
    Or(Box<Self>, Box<Self>),
    And(Box<Self>, Box<Self>),
    Not(Box<Self>),
    IsNull(Name),
    Compare(Name, Comparison, Literal),
    In(Name, Vec<Literal>),
}

/// A column.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Name {
    text: String,
    position: usize,
}

/// A value as it was written, without quotes.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Literal {
    text: String,
    position: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Comparison {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Comparison {
    /// The comparison with its sides exchanged.
    const fn mirrored(self) -> Self {
        match self {
            Self::Less => Self::Greater,
            Self::LessOrEqual => Self::GreaterOrEqual,
            Self::Greater => Self::Less,
            Self::GreaterOrEqual => Self::LessOrEqual,
            other => other,
        }
    }

    fn holds(self, ordering: Ordering) -> bool {
        match self {
            Self::Equal => ordering.is_eq(),
            Self::NotEqual => ordering.is_ne(),
            Self::Less => ordering.is_lt(),
            Self::LessOrEqual => ordering.is_le(),
            Self::Greater => ordering.is_gt(),
            Self::GreaterOrEqual => ordering.is_ge(),
        }
    }
}

impl FromStr for Predicate {
    type Err = String;

    /// Parses a condition; the message of a failure tells the place.
    fn from_str(text: &str) -> Result<Self, String> {
        let root = parser::parse(text).map_err(|fault| fault.within(text))?;
        Ok(Self { text: text.to_owned(), root })
    }
}

impl fmt::Display for Predicate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Predicate {
    /// Ties the condition to the partition columns of a table. [`ErrorKind::Invalid`] for other columns and for
    /// literals that are no value of their column.
    pub fn bind(&self, partition_keys: &[String], types: &[DataType]) -> Result<BoundPredicate> {
        let columns = Columns { names: partition_keys, types };
        let root = columns.bind(&self.root).map_err(|fault| {
            Error::new(ErrorKind::Invalid, format!("--where: {}", fault.within(&self.text)))
        })?;
        Ok(BoundPredicate { root, types: types.to_vec() })
    }
}

/// What is wrong at a place of a condition.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Fault {
    position: usize,
    message: String,
}

impl Fault {
    fn new(position: usize, message: impl Into<String>) -> Self {
        Self { position, message: message.into() }
    }

    fn within(&self, text: &str) -> String {
        format!("{} at character {} of `{text}`", self.message, self.position + 1)
    }
}

/// A condition on partitions of one table.
#[derive(Clone, Debug, PartialEq)]
pub struct BoundPredicate {
    root: Bound,
    types: Vec<DataType>,
}

#[derive(Clone, Debug, PartialEq)]
enum Bound {
    Or(Box<Self>, Box<Self>),
    And(Box<Self>, Box<Self>),
    Not(Box<Self>),
    IsNull(usize),
    Compare(usize, Comparison, Datum),
    In(usize, Vec<Datum>),
}

impl BoundPredicate {
    /// Whether the condition is true of a partition, given as the serialized row of manifests.
    pub fn accepts(&self, partition: &[u8]) -> Result<bool> {
        let values = BinaryRow::decode(partition, &self.types)?;
        Ok(self.root.evaluate(&values) == Some(true))
    }
}

impl Bound {
    /// The condition's truth; `None` where SQL says UNKNOWN.
    fn evaluate(&self, values: &[Datum]) -> Option<bool> {
        let value = |column: &usize| values.get(*column).filter(|value| !value.is_null());
        match self {
            Self::Or(left, right) => match (left.evaluate(values), right.evaluate(values)) {
                (Some(true), _) | (_, Some(true)) => Some(true),
                (Some(false), Some(false)) => Some(false),
                _ => None,
            },
            Self::And(left, right) => match (left.evaluate(values), right.evaluate(values)) {
                (Some(false), _) | (_, Some(false)) => Some(false),
                (Some(true), Some(true)) => Some(true),
                _ => None,
            },
            Self::Not(inner) => inner.evaluate(values).map(|truth| !truth),
            Self::IsNull(column) => Some(value(column).is_none()),
            Self::Compare(column, comparison, literal) => {
                value(column).map(|value| comparison.holds(value.compare(literal)))
            }
            Self::In(column, literals) => {
                value(column).map(|value| literals.iter().any(|literal| value.compare(literal).is_eq()))
            }
        }
    }
}

struct Columns<'a> {
    names: &'a [String],
    types: &'a [DataType],
}

impl Columns<'_> {
    fn bind(&self, expression: &Expression) -> Result<Bound, Fault> {
        Ok(match expression {
            Expression::Or(left, right) => Bound::Or(Box::new(self.bind(left)?), Box::new(self.bind(right)?)),
            Expression::And(left, right) => {
                Bound::And(Box::new(self.bind(left)?), Box::new(self.bind(right)?))
            }
            Expression::Not(inner) => Bound::Not(Box::new(self.bind(inner)?)),
            Expression::IsNull(name) => Bound::IsNull(self.position(name)?.0),
            Expression::Compare(name, comparison, literal) => {
                let (column, data_type) = self.position(name)?;
                Bound::Compare(column, *comparison, literal::read(literal, data_type)?)
            }
            Expression::In(name, literals) => {
                let (column, data_type) = self.position(name)?;
                let values = literals.iter().map(|literal| literal::read(literal, data_type));
                Bound::In(column, values.collect::<Result<_, _>>()?)
            }
        })
    }

    fn position(&self, name: &Name) -> Result<(usize, &DataType), Fault> {
        let found =
            self.names.iter().zip(self.types).enumerate().find(|(_, (column, _))| **column == name.text);
        found.map(|(position, (_, data_type))| (position, data_type)).ok_or_else(|| {
            let hint = if self.names.is_empty() {
                "the table is not partitioned".to_owned()
            } else {
                format!("the table is partitioned by {}", self.names.join(", "))
            };
            Fault::new(name.position, format!("`{}` is no partition column ({hint})", name.text))
        })
    }
}

#[cfg(test)]
mod tests;
