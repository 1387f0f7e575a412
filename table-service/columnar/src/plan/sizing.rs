use crate::read::Run;
use crate::spec::OutputOptions;

/// Rows that a unit has at least, however small the target size of a file.
const LEAST_ROWS: u64 = 1000;

/// Output rows per unit: as many as fit a row group before compression and half a file after it,
/// judged by the average row of the inputs.
pub(crate) fn unit_rows(runs: &[Run], columns: usize, options: &OutputOptions) -> usize {
    let mut rows = 0;
    let (mut compressed, mut uncompressed) = (0, 0);
    for file in runs.iter().flat_map(Run::files) {
        rows += file.rows();
        for column in 0..columns {
            compressed += file.compressed_bytes(column);
            uncompressed += file.uncompressed_bytes(column);
        }
    }
    rows_per_unit(rows, compressed, uncompressed, options)
}

fn rows_per_unit(rows: u64, compressed: u64, uncompressed: u64, options: &OutputOptions) -> usize {
    let fitting = |limit: u64, bytes: u64| {
        let fitting = u128::from(limit) * u128::from(rows) / u128::from(bytes.max(1));
        u64::try_from(fitting).unwrap_or(u64::MAX)
    };
    let by_group = fitting(options.row_group_bytes, uncompressed).max(1);
    let by_file = fitting(options.target_file_bytes / 2, compressed).max(LEAST_ROWS);
    let limit = usize::try_from(by_group.min(by_file)).unwrap_or(usize::MAX);
    limit.min(options.row_group_rows).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fits_the_average_row_into_a_row_group() {
        let options = OutputOptions {
            row_group_bytes: 1 << 20,
            target_file_bytes: 1 << 40,
            row_group_rows: 1 << 20,
            ..OutputOptions::default()
        };
        assert_eq!(rows_per_unit(1_000, 100_000, 1_024_000, &options), 1024);
    }

    #[test]
    fn puts_at_least_two_row_groups_into_a_file() {
        let options = OutputOptions { target_file_bytes: 1 << 20, ..OutputOptions::default() };
        assert_eq!(rows_per_unit(1_000_000, 100_000_000, 100_000_000, &options), 5242);
    }

    #[test]
    fn never_exceeds_the_rows_of_a_row_group() {
        let options = OutputOptions { row_group_rows: 77, ..OutputOptions::default() };
        assert_eq!(rows_per_unit(10, 10, 10, &options), 77);
        assert_eq!(rows_per_unit(0, 0, 0, &options), 1);
    }
}
