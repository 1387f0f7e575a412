use std::collections::VecDeque;
use std::sync::Arc;

use bytes::Bytes;
use bytes::buf::{Buf, Reader};
use parquet::column::page::{Page, PageIterator, PageMetadata, PageReader};
use parquet::errors::{ParquetError, Result};
use parquet::file::reader::{ChunkReader, Length, SerializedPageReader};

use super::fetch::Fetched;
use super::ranges::page_of;

/// The fetched bytes of one leaf of a file, as the Parquet reader wants to see them.
#[derive(Clone)]
pub(crate) struct LeafBytes {
    pub(crate) bytes: Fetched,
    pub(crate) leaf: usize,
}

impl Length for LeafBytes {
    fn len(&self) -> u64 {
        self.bytes.file().size()
    }
}

impl ChunkReader for LeafBytes {
    type T = Reader<Bytes>;

    fn get_read(&self, start: u64) -> Result<Self::T> {
        Ok(self.fetched(start)?.reader())
    }

    fn get_bytes(&self, start: u64, length: usize) -> Result<Bytes> {
        let bytes = self.fetched(start)?;
        if bytes.len() < length {
            return Err(ParquetError::EOF(format!(
                "{length} bytes at {start} are wanted, {} were fetched",
                bytes.len()
            )));
        }
        Ok(bytes.slice(..length))
    }
}

impl LeafBytes {
    fn fetched(&self, start: u64) -> Result<Bytes> {
        self.bytes
            .from(self.leaf, start)
            .ok_or_else(|| ParquetError::EOF(format!("byte {start} was not fetched")))
    }
}

/// Opens the pages of a column chunk at the page that holds `row`, by the places of its pages when they
/// are known, else by the page headers. Also returns how many rows of that page come before it.
pub(crate) fn open_chunk(
    bytes: &LeafBytes,
    row_group: usize,
    row: u64,
) -> Result<(Box<dyn PageReader>, u64)> {
    let file = bytes.bytes.file();
    let group = file.metadata().row_group(row_group);
    let rows = usize::try_from(group.num_rows()).unwrap_or(0);
    let locations = file.places().of(file.metadata(), row_group, bytes.leaf);
    let mut pages = SerializedPageReader::new(
        Arc::new(bytes.clone()),
        group.column(bytes.leaf),
        rows,
        locations.as_deref().map(<[_]>::to_vec),
    )?;
    let dictionary = match pages.peek_next_page()? {
        Some(next) if next.is_dict => pages.get_next_page()?,
        _ => None,
    };
    let rest = match locations {
        Some(locations) => {
            let (page, rest) = page_of(&locations, row);
            (0..page).try_for_each(|_| pages.skip_next_page())?;
            rest
        }
        None => skip_pages(&mut pages, row)?,
    };
    Ok((Box::new(PagesFrom { dictionary, pages }), rest))
}

/// Passes over whole pages before `row`. Leaves are flat, so a page has as many rows as levels.
fn skip_pages(pages: &mut impl PageReader, row: u64) -> Result<u64> {
    let mut rest = row;
    while let Some(page) = pages.peek_next_page()? {
        match page.num_rows.or(page.num_levels) {
            Some(rows) if rows as u64 <= rest => rest -= rows as u64,
            _ => break,
        }
        pages.skip_next_page()?;
    }
    Ok(rest)
}

/// Pages of a chunk that start in its middle, after the dictionary.
struct PagesFrom<R: PageReader> {
    dictionary: Option<Page>,
    pages: R,
}

impl<R: PageReader> PageReader for PagesFrom<R> {
    fn get_next_page(&mut self) -> Result<Option<Page>> {
        match self.dictionary.take() {
            Some(page) => Ok(Some(page)),
            None => self.pages.get_next_page(),
        }
    }

    fn peek_next_page(&mut self) -> Result<Option<PageMetadata>> {
        match &self.dictionary {
            Some(page) => Ok(Some(PageMetadata {
                num_rows: None,
                num_levels: Some(page.num_values() as usize),
                is_dict: true,
            })),
            None => self.pages.peek_next_page(),
        }
    }

    fn skip_next_page(&mut self) -> Result<()> {
        match self.dictionary.take() {
            Some(_) => Ok(()),
            None => self.pages.skip_next_page(),
        }
    }

    fn at_record_boundary(&mut self) -> Result<bool> {
        self.pages.at_record_boundary()
    }
}

impl<R: PageReader> Iterator for PagesFrom<R> {
    type Item = Result<Page>;

    fn next(&mut self) -> Option<Self::Item> {
        self.get_next_page().transpose()
    }
}

/// The chunks of one leaf in consecutive row groups, the first from its own first needed page.
pub(crate) struct Chunks {
    pub(crate) bytes: LeafBytes,
    /// Page reader of the first row group, already positioned.
    pub(crate) first: Option<Box<dyn PageReader>>,
    /// Row groups after it.
    pub(crate) rest: VecDeque<usize>,
}

impl Iterator for Chunks {
    type Item = Result<Box<dyn PageReader>>;

    fn next(&mut self) -> Option<Self::Item> {
        if let Some(first) = self.first.take() {
            return Some(Ok(first));
        }
        let row_group = self.rest.pop_front()?;
        Some(open_chunk(&self.bytes, row_group, 0).map(|(pages, _)| pages))
    }
}

impl PageIterator for Chunks {}
