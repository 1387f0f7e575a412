//! Entries of index manifests as records (format §4.8).

use super::decode::{Blobs, Lists, Longs, Record, Texts, in_record};
use super::encode::Columns;
use super::record::AvroRecord;
use crate::error::{Error, Result};
use crate::manifest::{DeletionVectorRange, FileKind, GlobalIndexMeta, IndexManifestEntry};

impl AvroRecord for IndexManifestEntry {
    const VERSION: i32 = 1;

    fn schema(_entries: &[Self]) -> &'static str {
        include_str!("index_manifest.avsc")
    }

    fn read(records: &Record<'_>, entries: &mut Vec<Self>) -> Result<()> {
        let kind = records.longs("_KIND")?;
        let partition = records.blobs("_PARTITION")?;
        let bucket = records.longs("_BUCKET")?;
        let index_type = records.texts("_INDEX_TYPE")?;
        let file_name = records.texts("_FILE_NAME")?;
        let file_size = records.longs("_FILE_SIZE")?;
        let row_count = records.longs("_ROW_COUNT")?;
        let range_lists = records.record_lists("_DELETIONS_VECTORS_RANGES")?;
        let ranges = range_lists.items().map(RangeColumn::of).transpose()?;
        let external_path = records.optional_texts("_EXTERNAL_PATH")?;
        let global_index = records.optional_record("_GLOBAL_INDEX")?;
        let global_index = global_index.as_ref().map(GlobalIndexColumn::of).transpose()?;
        let entry = |row| {
            let range = |_: &Record<'_>, at| {
                ranges
                    .as_ref()
                    .map_or_else(|| Err(Error::corrupt("ranges without members")), |ranges| ranges.get(at))
            };
            Ok(Self {
                kind: FileKind::from_code(kind.int(row)?)?,
                partition: partition.get(row)?,
                bucket: bucket.int(row)?,
                index_type: index_type.get(row)?,
                file_name: file_name.get(row)?,
                file_size: file_size.get(row)?,
                row_count: row_count.get(row)?,
                deletion_vector_ranges: range_lists.find(row, range)?,
                external_path: external_path.find(row),
                global_index: global_index.as_ref().map_or(Ok(None), |column| column.find(row))?,
            })
        };
        (0..records.len()).try_for_each(|row| {
            entries.push(in_record(entry(row), row)?);
            Ok(())
        })
    }

    fn write(entries: &[Self], _schema: &str, columns: &mut Columns) -> Result<()> {
        let all = || entries.iter();
        columns.ints("_KIND", all().map(|entry| entry.kind.code()));
        columns.blobs("_PARTITION", all().map(|entry| entry.partition.as_slice()));
        columns.ints("_BUCKET", all().map(|entry| entry.bucket));
        columns.texts("_INDEX_TYPE", all().map(|entry| entry.index_type.as_str()));
        columns.texts("_FILE_NAME", all().map(|entry| entry.file_name.as_str()));
        columns.longs("_FILE_SIZE", all().map(|entry| entry.file_size));
        columns.longs("_ROW_COUNT", all().map(|entry| entry.row_count));
        write_ranges(entries, columns)?;
        columns.optional_texts("_EXTERNAL_PATH", all().map(|entry| entry.external_path.as_deref()));
        write_global_index(entries, columns)
    }
}

/// A column of deletion vector ranges.
struct RangeColumn<'a> {
    records: &'a Record<'a>,
    data_file_name: Texts<'a>,
    offset: Longs<'a>,
    length: Longs<'a>,
    cardinality: Longs<'a>,
}

impl<'a> RangeColumn<'a> {
    fn of(records: &'a Record<'a>) -> Result<Self> {
        let column = Self {
            records,
            data_file_name: records.texts("f0")?,
            offset: records.longs("f1")?,
            length: records.longs("f2")?,
            cardinality: records.optional_longs("_CARDINALITY")?,
        };
        records.note_unread_fields();
        Ok(column)
    }

    fn get(&self, at: usize) -> Result<DeletionVectorRange> {
        if self.records.is_null(at) {
            return Err(Error::corrupt("_DELETIONS_VECTORS_RANGES holds a null"));
        }
        Ok(DeletionVectorRange {
            data_file_name: self.data_file_name.get(at)?,
            offset: self.offset.int(at)?,
            length: self.length.int(at)?,
            cardinality: self.cardinality.find(at),
        })
    }
}

/// A column of global index descriptions.
struct GlobalIndexColumn<'a> {
    records: &'a Record<'a>,
    row_range_start: Longs<'a>,
    row_range_end: Longs<'a>,
    index_field_id: Longs<'a>,
    extra_field_ids: Lists<'a, Longs<'a>>,
    index_meta: Blobs<'a>,
    source_meta: Blobs<'a>,
}

impl<'a> GlobalIndexColumn<'a> {
    fn of(records: &'a Record<'a>) -> Result<Self> {
        let column = Self {
            records,
            row_range_start: records.longs("_ROW_RANGE_START")?,
            row_range_end: records.longs("_ROW_RANGE_END")?,
            index_field_id: records.longs("_INDEX_FIELD_ID")?,
            extra_field_ids: records.long_lists("_EXTRA_FIELD_IDS")?,
            index_meta: records.optional_blobs("_INDEX_META")?,
            source_meta: records.optional_blobs("_SOURCE_META")?,
        };
        records.note_unread_fields();
        Ok(column)
    }

    fn find(&self, row: usize) -> Result<Option<GlobalIndexMeta>> {
        if self.records.is_null(row) {
            return Ok(None);
        }
        Ok(Some(GlobalIndexMeta {
            row_range_start: self.row_range_start.get(row)?,
            row_range_end: self.row_range_end.get(row)?,
            index_field_id: self.index_field_id.int(row)?,
            extra_field_ids: self.extra_field_ids.find(row, Longs::int)?,
            index_meta: self.index_meta.find(row),
            source_meta: self.source_meta.find(row),
        }))
    }
}

fn write_ranges(entries: &[IndexManifestEntry], columns: &mut Columns) -> Result<()> {
    let lists = || entries.iter().map(|entry| entry.deletion_vector_ranges.as_deref());
    let ranges = || lists().flatten().flatten();
    let mut members = Columns::default();
    members.texts("f0", ranges().map(|range| range.data_file_name.as_str()));
    members.ints("f1", ranges().map(|range| range.offset));
    members.ints("f2", ranges().map(|range| range.length));
    members.optional_longs("_CARDINALITY", ranges().map(|range| range.cardinality));
    columns.optional_record_lists(
        "_DELETIONS_VECTORS_RANGES",
        members,
        lists().map(|list| list.map_or(0, <[_]>::len)).collect(),
        lists().map(|list| list.is_some()).collect(),
    )
}

fn write_global_index(entries: &[IndexManifestEntry], columns: &mut Columns) -> Result<()> {
    let all = || entries.iter().map(|entry| entry.global_index.as_ref());
    let mut members = Columns::default();
    members.longs("_ROW_RANGE_START", all().map(|index| index.map_or(0, |index| index.row_range_start)));
    members.longs("_ROW_RANGE_END", all().map(|index| index.map_or(0, |index| index.row_range_end)));
    members.ints("_INDEX_FIELD_ID", all().map(|index| index.map_or(0, |index| index.index_field_id)));
    members.optional_int_lists("_EXTRA_FIELD_IDS", all().map(|index| index?.extra_field_ids.as_deref()))?;
    members.optional_blobs("_INDEX_META", all().map(|index| index?.index_meta.as_deref()));
    members.optional_blobs("_SOURCE_META", all().map(|index| index?.source_meta.as_deref()));
    columns.optional_record("_GLOBAL_INDEX", members, all().map(|index| index.is_some()).collect())
}
