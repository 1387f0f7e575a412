use std::ops::Range;

use parquet::file::metadata::ParquetMetaData;
use parquet::file::page_index::offset_index::PageLocation;

/// First row of every row group, and the number of rows of the file at the end.
pub(crate) fn row_group_starts(metadata: &ParquetMetaData) -> Vec<u64> {
    let mut starts = vec![0];
    let mut at = 0;
    for row_group in metadata.row_groups() {
        at += u64::try_from(row_group.num_rows()).unwrap_or(0);
        starts.push(at);
    }
    starts
}

/// The row groups that hold `rows`, each with the part of its own rows, counted from its first.
pub(crate) fn row_groups(starts: &[u64], rows: &Range<u64>) -> Vec<(usize, Range<u64>)> {
    starts
        .windows(2)
        .enumerate()
        .filter_map(|(index, window)| {
            let from = rows.start.max(window[0]);
            let to = rows.end.min(window[1]);
            (from < to).then(|| (index, from - window[0]..to - window[0]))
        })
        .collect()
}

/// The byte ranges that decoding `rows` of a chunk needs, page by page: its dictionary page and the
/// pages that overlap, or the whole chunk when its pages are not known. `chunk` is its first byte and
/// its length.
pub(crate) fn page_ranges(
    (start, length): (u64, u64),
    locations: Option<&[PageLocation]>,
    rows: &Range<u64>,
) -> Vec<Range<u64>> {
    let Some([first, ..]) = locations else {
        return std::iter::once(start..start + length).collect();
    };
    let locations = locations.unwrap_or_default();
    let mut ranges = Vec::new();
    if offset(first) > start {
        ranges.push(start..offset(first));
    }
    for (index, location) in locations.iter().enumerate() {
        let next_row = locations.get(index + 1).map_or(u64::MAX, first_row);
        if first_row(location) < rows.end && next_row > rows.start {
            let from = offset(location);
            ranges.push(from..from + u64::try_from(location.compressed_page_size).unwrap_or(0));
        }
    }
    ranges
}

/// Index of the page that holds a row, and the row's position in it.
pub(crate) fn page_of(locations: &[PageLocation], row: u64) -> (usize, u64) {
    let after = locations.partition_point(|location| first_row(location) <= row);
    let page = after.saturating_sub(1);
    (page, row - locations.get(page).map_or(0, first_row))
}

/// Joins ranges that touch or overlap; the result ascends.
pub(crate) fn join(mut ranges: Vec<Range<u64>>) -> Vec<Range<u64>> {
    ranges.retain(|range| range.start < range.end);
    ranges.sort_unstable_by_key(|range| range.start);
    let mut joined: Vec<Range<u64>> = Vec::with_capacity(ranges.len());
    for range in ranges {
        match joined.last_mut() {
            Some(last) if range.start <= last.end => last.end = last.end.max(range.end),
            _ => joined.push(range),
        }
    }
    joined
}

fn offset(location: &PageLocation) -> u64 {
    u64::try_from(location.offset).unwrap_or(0)
}

fn first_row(location: &PageLocation) -> u64 {
    u64::try_from(location.first_row_index).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn splits_rows_by_row_group() {
        let starts = [0, 10, 10, 30];
        assert_eq!(row_groups(&starts, &(5..12)), vec![(0, 5..10), (2, 0..2)]);
        assert_eq!(row_groups(&starts, &(10..30)), vec![(2, 0..20)]);
        assert_eq!(row_groups(&starts, &(30..30)), vec![]);
    }

    #[test]
    fn joins_ranges_that_touch() {
        assert_eq!(join(vec![20..30, 0..10, 10..15, 5..5, 29..40]), vec![0..15, 20..40]);
    }

    #[test]
    fn finds_the_page_of_a_row() {
        let locations: Vec<PageLocation> = [0, 100, 200]
            .into_iter()
            .map(|first_row_index| PageLocation { offset: 4, compressed_page_size: 1, first_row_index })
            .collect();
        assert_eq!(page_of(&locations, 0), (0, 0));
        assert_eq!(page_of(&locations, 199), (1, 99));
        assert_eq!(page_of(&locations, 200), (2, 0));
    }
}
