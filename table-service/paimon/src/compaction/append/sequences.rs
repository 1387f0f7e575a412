//! Sequence numbers of the files that a concatenation wrote. Rows of append tables have none of their own; those of
//! their files tell in which order to read the files of a bucket (format §7.2).

use std::sync::Arc;
use weir_paimon_spec::DataFileMeta;

use super::settings::Arrangement;

/// Least and greatest sequence number of each output, of which `rows` are the rows.
///
/// Where order does not matter each file starts at the first input's number, as Paimon's `compactRewrite` has it. In an
/// ordered bucket such files would change places, so there each starts behind the one before. Inputs that Paimon has
/// numbered like that hold more rows than numbers: the outputs then still ascend and stay within the inputs' numbers.
pub(super) fn number(
    arrangement: Arrangement,
    inputs: &[Arc<DataFileMeta>],
    rows: &[i64],
) -> Vec<(i64, i64)> {
    let first = inputs.first().map_or(0, |file| file.min_sequence_number);
    if arrangement != Arrangement::Ordered {
        return rows.iter().map(|rows| (first, last_of(first, *rows))).collect();
    }
    let greatest = inputs.iter().map(|file| file.max_sequence_number).max().unwrap_or(first);
    let mut next = first;
    let following = (0..rows.len()).rev();
    rows.iter()
        .zip(following)
        .map(|(rows, following)| {
            let room = greatest.saturating_sub(i64::try_from(following).unwrap_or(i64::MAX));
            let start = next.min(room).max(first);
            let end = last_of(start, *rows).min(greatest);
            next = last_of(start, *rows).saturating_add(1);
            (start, end)
        })
        .collect()
}

fn last_of(first: i64, rows: i64) -> i64 {
    first.saturating_add(rows).saturating_sub(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn inputs(sequences: &[(i64, i64)]) -> Vec<Arc<DataFileMeta>> {
        let file = |(min, max): &(i64, i64)| DataFileMeta {
            min_sequence_number: *min,
            max_sequence_number: *max,
            ..DataFileMeta::append("data.parquet", 1, 1)
        };
        sequences.iter().map(file).map(Arc::new).collect()
    }

    #[test]
    fn outputs_of_an_ordered_bucket_follow_each_other() {
        let inputs = inputs(&[(100, 149), (150, 199)]);
        assert_eq!(number(Arrangement::Ordered, &inputs, &[100]), [(100, 199)]);
        assert_eq!(number(Arrangement::Ordered, &inputs, &[60, 40]), [(100, 159), (160, 199)]);
    }

    #[test]
    fn outputs_start_at_the_first_input_where_order_does_not_matter() {
        let inputs = inputs(&[(5, 9), (0, 4)]);
        for arrangement in [Arrangement::Loose, Arrangement::Bucketed] {
            assert_eq!(number(arrangement, &inputs, &[7, 3]), [(5, 11), (5, 7)]);
        }
    }

    #[test]
    fn more_rows_than_numbers_still_leave_the_outputs_in_order_and_before_the_next_file() {
        // Two files that Paimon rolled in one compaction have the same numbers.
        let inputs = inputs(&[(0, 49), (0, 49), (50, 99)]);
        let numbers = number(Arrangement::Ordered, &inputs, &[100, 30, 20]);
        assert_eq!(numbers, [(0, 99), (98, 99), (99, 99)]);
    }

    #[test]
    fn gaps_between_inputs_may_close() {
        let inputs = inputs(&[(0, 9), (1000, 1009)]);
        assert_eq!(number(Arrangement::Ordered, &inputs, &[20]), [(0, 19)]);
    }
}
