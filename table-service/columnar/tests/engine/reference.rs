//! The slow twin: a merge that looks at one row after the other.

use std::cmp::Ordering;

use weir_columnar::Value;

use crate::table::{Row, Table};

/// Merges runs; the first listed run wins what is otherwise a tie.
pub(crate) fn merge(table: &Table, runs: &[Vec<Row>]) -> Vec<Row> {
    let mut records: Vec<(usize, &Row)> =
        runs.iter().enumerate().flat_map(|(run, rows)| rows.iter().map(move |row| (run, row))).collect();
    records.sort_by(|(_, left), (_, right)| compare_keys(table, left, right));
    let mut output = Vec::new();
    for group in records.chunk_by(|left, right| compare_keys(table, left.1, right.1).is_eq()) {
        if let Some(row) = winner(table, group)
            && !(table.drop_deletes && is_retract(table, row))
        {
            output.push(row.clone());
        }
    }
    output
}

fn winner<'a>(table: &Table, group: &[(usize, &'a Row)]) -> Option<&'a Row> {
    let skips_deletes = table.ignore_deletes && group.len() > 1;
    group
        .iter()
        .filter(|(_, row)| !(skips_deletes && is_retract(table, row)))
        .max_by(|left, right| compare_records(table, left.1, right.1).then(right.0.cmp(&left.0)))
        .map(|(_, row)| *row)
}

/// Whether a row takes another one back.
pub(crate) fn is_retract(table: &Table, row: &Row) -> bool {
    matches!(row[table.kind()], Some(Value::Integer(1 | 3)))
}

/// Orders two rows by key.
pub(crate) fn compare_keys(table: &Table, left: &Row, right: &Row) -> Ordering {
    (0..table.keys)
        .map(|key| compare(&left[key], &right[key]))
        .find(|order| order.is_ne())
        .unwrap_or(Ordering::Equal)
}

fn compare_records(table: &Table, left: &Row, right: &Row) -> Ordering {
    for order in &table.order_by {
        let (left, right) = (&left[order.column], &right[order.column]);
        let (left, right) = (&one_zero(left), &one_zero(right));
        let ordering = match (left, right) {
            (Some(_), Some(_)) if order.descending => compare(right, left),
            _ => compare(left, right),
        };
        if ordering.is_ne() {
            return ordering;
        }
    }
    let sequence = compare(&left[table.sequence()], &right[table.sequence()]);
    sequence.then(is_retract(table, right).cmp(&is_retract(table, left)))
}

/// The user's order knows one zero.
fn one_zero(value: &Option<Value>) -> Option<Value> {
    Some(match value.clone()? {
        Value::Float(number) => Value::Float(number + 0.0),
        Value::Double(number) => Value::Double(number + 0.0),
        other => other,
    })
}

/// Orders two values of a column, nulls first.
pub(crate) fn compare(left: &Option<Value>, right: &Option<Value>) -> Ordering {
    let (Some(left), Some(right)) = (left, right) else { return left.is_some().cmp(&right.is_some()) };
    match (left, right) {
        (Value::Boolean(left), Value::Boolean(right)) => left.cmp(right),
        (Value::Integer(left), Value::Integer(right)) => left.cmp(right),
        (Value::Decimal(left), Value::Decimal(right)) => left.cmp(right),
        (Value::Bytes(left), Value::Bytes(right)) => left.cmp(right),
        (Value::Float(left), Value::Float(right)) => java_compare(f64::from(*left), f64::from(*right)),
        (Value::Double(left), Value::Double(right)) => java_compare(*left, *right),
        (
            Value::Int96 { julian_day: left_day, nanos: left },
            Value::Int96 { julian_day: right_day, nanos: right },
        ) => left_day.cmp(right_day).then(left.cmp(right)),
        _ => panic!("{left:?} and {right:?} are not of one type"),
    }
}

fn java_compare(left: f64, right: f64) -> Ordering {
    match (left.is_nan(), right.is_nan()) {
        (true, true) => Ordering::Equal,
        (false, false) => left.total_cmp(&right),
        (left, right) => left.cmp(&right),
    }
}
