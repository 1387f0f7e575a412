use rstest::rstest;
use weir_columnar::{OrderColumn, OutputOptions, Value};

use crate::column::ColumnType;
use crate::input::{Layout, section};
use crate::outcome::{assert_rows, merged_rows};
use crate::table::{Row, Table, simple_row, text};

fn merge_simple(table: &Table, runs: &[Vec<Row>]) -> Vec<Row> {
    merged_rows(table, vec![section(table, runs, &Layout::default())], OutputOptions::default())
}

#[test]
fn keeps_the_record_with_the_greatest_sequence() {
    let rows = merge_simple(
        &Table::simple(),
        &[
            vec![simple_row(1, 5, 0, "new"), simple_row(2, 1, 0, "old")],
            vec![simple_row(1, 3, 0, "old"), simple_row(2, 7, 2, "new"), simple_row(3, 0, 0, "only")],
        ],
    );
    assert_rows(
        &rows,
        &[simple_row(1, 5, 0, "new"), simple_row(2, 7, 2, "new"), simple_row(3, 0, 0, "only")],
    );
}

#[test]
fn lets_an_add_win_over_a_retract_of_the_same_sequence() {
    let rows = merge_simple(
        &Table::simple(),
        &[vec![simple_row(1, 5, 3, "delete")], vec![simple_row(1, 5, 0, "add")]],
    );
    assert_rows(&rows, &[simple_row(1, 5, 0, "add")]);
}

#[test]
fn lets_the_first_listed_run_win_a_tie() {
    let rows = merge_simple(
        &Table::simple(),
        &[vec![simple_row(1, 5, 0, "first")], vec![simple_row(1, 5, 2, "second")]],
    );
    assert_rows(&rows, &[simple_row(1, 5, 0, "first")]);
}

#[rstest]
#[case::kept(false, &[1, 2, 3])]
#[case::dropped(true, &[2])]
fn writes_winning_retracts_unless_they_are_dropped(#[case] drop_deletes: bool, #[case] keys: &[i64]) {
    let table = Table { drop_deletes, ..Table::simple() };
    let rows = merge_simple(
        &table,
        &[
            vec![simple_row(1, 5, 3, ""), simple_row(2, 1, 1, ""), simple_row(3, 1, 1, "alone")],
            vec![simple_row(1, 4, 0, ""), simple_row(2, 6, 0, "")],
        ],
    );
    let written: Vec<Option<Value>> = rows.iter().map(|row| row[0].clone()).collect();
    let expected: Vec<Option<Value>> = keys.iter().map(|key| Some(Value::Integer(*key))).collect();
    assert_eq!(written, expected);
}

#[test]
fn ignores_retracts_only_where_a_key_has_several_records() {
    let table = Table { ignore_deletes: true, ..Table::simple() };
    let rows = merge_simple(
        &table,
        &[
            vec![simple_row(1, 9, 3, ""), simple_row(2, 9, 1, ""), simple_row(3, 1, 3, "alone")],
            vec![simple_row(1, 4, 0, "kept"), simple_row(2, 8, 3, "")],
        ],
    );
    assert_rows(&rows, &[simple_row(1, 4, 0, "kept"), simple_row(3, 1, 3, "alone")]);
}

#[rstest]
#[case::ascending(false, "z")]
#[case::descending(true, "a")]
fn compares_user_columns_before_sequences_with_nulls_losing(#[case] descending: bool, #[case] winner: &str) {
    let mut table = Table::simple();
    table.order_by = vec![OrderColumn { column: table.first_value(), descending }];
    let mut null = simple_row(1, 100, 0, "");
    null[table.first_value()] = None;
    let rows =
        merge_simple(&table, &[vec![null], vec![simple_row(1, 1, 0, "a")], vec![simple_row(1, 1, 0, "z")]]);
    assert_eq!(rows.iter().map(|row| row[3].clone()).collect::<Vec<_>>(), vec![Some(text(winner))]);
}

#[test]
fn zeros_of_both_signs_are_one_in_the_users_order() {
    let mut table = Table::new(&[(ColumnType::Int64, false)], &[(ColumnType::Double, true)]);
    table.order_by = vec![OrderColumn { column: table.first_value(), descending: false }];
    let row = |sequence: i64, number: f64| -> Row {
        let [key, sequence, kind] = [1, sequence, 0].map(|number| Some(Value::Integer(number)));
        vec![key, sequence, kind, Some(Value::Double(number))]
    };
    assert_rows(&merge_simple(&table, &[vec![row(1, 0.0)], vec![row(2, -0.0)]]), &[row(2, -0.0)]);
}

#[test]
fn orders_keys_like_java() {
    let doubles = [None, Some(f64::NEG_INFINITY), Some(-0.0), Some(0.0), Some(1.5), Some(f64::NAN)];
    let table = Table::new(&[(ColumnType::Double, true)], &[]);
    let row = |key: Option<f64>| -> Row {
        vec![key.map(Value::Double), Some(Value::Integer(1)), Some(Value::Integer(0))]
    };
    let odd = doubles.iter().step_by(2).map(|key| row(*key)).collect();
    let even = doubles.iter().skip(1).step_by(2).map(|key| row(*key)).collect();
    let all: Vec<Row> = doubles.iter().map(|key| row(*key)).collect();
    assert_rows(&merge_simple(&table, &[odd, even]), &all);
}
