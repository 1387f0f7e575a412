use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use bytes::buf::{Buf, Reader};
use parquet::column::page::PageReader;
use parquet::errors::Result;
use parquet::file::metadata::ParquetMetaData;
use parquet::file::page_index::offset_index::PageLocation;
use parquet::file::reader::{ChunkReader, Length, SerializedPageReader};

use super::guard::guarded;

/// Data pages by row group and leaf.
type Found = HashMap<(usize, usize), Arc<[PageLocation]>>;

/// Where the pages of column chunks lie: as the offset index tells, or, for a file without one, as
/// the page headers told when the chunk was first in memory.
#[derive(Default)]
pub(crate) struct PagePlaces {
    found: Mutex<Found>,
}

impl PagePlaces {
    /// The data pages of a chunk, if they are known.
    pub(super) fn of(
        &self,
        metadata: &ParquetMetaData,
        row_group: usize,
        leaf: usize,
    ) -> Option<Arc<[PageLocation]>> {
        let index = metadata.page_index().and_then(|index| index.page_locations(row_group, leaf));
        match index.filter(|locations| !locations.is_empty()) {
            Some(locations) => Some(locations.as_slice().into()),
            None => self.lock().get(&(row_group, leaf)).map(Arc::clone),
        }
    }

    /// Looks the pages of a whole chunk up, so that later reads need not take all of it. A chunk
    /// whose headers make no sense stays unknown: decoding it says what is wrong.
    pub(super) fn learn(&self, metadata: &ParquetMetaData, row_group: usize, leaf: usize, chunk: &Bytes) {
        if let Ok(pages) = guarded(|| scan(metadata, row_group, leaf, chunk)) {
            self.lock().insert((row_group, leaf), pages.into());
        }
    }

    fn lock(&self) -> MutexGuard<'_, Found> {
        self.found.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The data pages of a chunk, from its page headers. Leaves are flat, so a page has as many rows as
/// levels.
fn scan(
    metadata: &ParquetMetaData,
    row_group: usize,
    leaf: usize,
    chunk: &Bytes,
) -> Result<Vec<PageLocation>> {
    let group = metadata.row_group(row_group);
    let (start, length) = group.column(leaf).byte_range();
    let bytes = Arc::new(Tracked { start, bytes: chunk.clone(), asked: Mutex::default() });
    let rows = usize::try_from(group.num_rows()).unwrap_or(0);
    let mut pages = SerializedPageReader::new(Arc::clone(&bytes), group.column(leaf), rows, None)?;
    let (mut locations, mut first_row) = (Vec::new(), 0);
    while let Some(page) = pages.peek_next_page()? {
        let offset = bytes.last_asked().cast_signed();
        // The page before ends where this one begins.
        end_at(&mut locations, offset);
        if !page.is_dict {
            locations.push(PageLocation { offset, compressed_page_size: 0, first_row_index: first_row });
            let rows = page.num_rows.or(page.num_levels).unwrap_or(0);
            first_row += i64::try_from(rows).unwrap_or(i64::MAX);
        }
        pages.skip_next_page()?;
    }
    end_at(&mut locations, (start + length).cast_signed());
    Ok(locations)
}

fn end_at(locations: &mut [PageLocation], end: i64) {
    if let Some(last) = locations.last_mut() {
        last.compressed_page_size = i32::try_from(end - last.offset).unwrap_or(i32::MAX);
    }
}

/// The bytes of a chunk, which remember where a page header was looked for.
struct Tracked {
    start: u64,
    bytes: Bytes,
    asked: Mutex<u64>,
}

impl Tracked {
    fn last_asked(&self) -> u64 {
        *self.asked.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn from(&self, start: u64) -> Bytes {
        let skipped = usize::try_from(start.saturating_sub(self.start)).unwrap_or(usize::MAX);
        self.bytes.slice(skipped.min(self.bytes.len())..)
    }
}

impl Length for Tracked {
    fn len(&self) -> u64 {
        self.start + self.bytes.len() as u64
    }
}

impl ChunkReader for Tracked {
    type T = Reader<Bytes>;

    fn get_read(&self, start: u64) -> Result<Self::T> {
        *self.asked.lock().unwrap_or_else(PoisonError::into_inner) = start;
        Ok(self.from(start).reader())
    }

    fn get_bytes(&self, start: u64, length: usize) -> Result<Bytes> {
        let bytes = self.from(start);
        Ok(bytes.slice(..length.min(bytes.len())))
    }
}
