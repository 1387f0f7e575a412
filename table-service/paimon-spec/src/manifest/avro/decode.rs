//! Records of a container by the names of their members, whatever the writer calls or orders them.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::ops::Range;

use arrow::array::{
    Array, AsArray as _, BinaryArray, Int32Array, Int64Array, ListArray, StringArray, StructArray,
};
use arrow::array::{TimestampMicrosecondArray, TimestampMillisecondArray};
use arrow::datatypes::{Int32Type, Int64Type, TimestampMicrosecondType, TimestampMillisecondType};

use super::ManifestContent;
use super::container::Container;
use super::record::AvroRecord;
use super::{blocks, container};
use crate::error::{At, Error, Result};

const MICROS_PER_MILLI: i64 = 1_000;

/// Bytes up to which a container is decoded together with others.
const SMALL_CONTAINER: usize = 64 * 1024;

/// Reads every record of a container.
pub(super) fn records<T: AvroRecord>(bytes: &[u8]) -> Result<ManifestContent<T>> {
    let mut entries = Vec::new();
    let has_unknown_fields = for_each_block(bytes, |block| {
        entries.extend(block);
        Ok(())
    })?;
    Ok(ManifestContent { entries, has_unknown_fields })
}

/// Reads every record of several containers; the answers are in their order.
///
/// Making the arrays of a block costs more than decoding the few records of a small one, so small containers with the
/// same schema are decoded into the same arrays.
pub(super) fn records_of<T: AvroRecord>(files: &[&[u8]]) -> Vec<Result<ManifestContent<T>>> {
    let small: Vec<(usize, Container<'_>)> = files
        .iter()
        .enumerate()
        .filter(|(_, bytes)| bytes.len() <= SMALL_CONTAINER)
        .filter_map(|(at, bytes)| Some((at, container::parse(bytes).ok()?)))
        .filter(|(_, container)| container.blocks.iter().any(|block| block.count > 0))
        .filter(|(_, container)| blocks::is_decoded_in_place(container))
        .collect();
    let mut groups = HashMap::<&[u8], Vec<&(usize, Container<'_>)>>::new();
    for small in &small {
        groups.entry(small.1.schema).or_default().push(small);
    }
    let mut answers: Vec<_> = files.iter().map(|_| None).collect();
    for group in groups.values().filter(|group| group.len() > 1) {
        let containers: Vec<_> = group.iter().map(|(_, container)| container).collect();
        // On an error each is read alone, to tell which one it is.
        for ((at, _), content) in group.iter().zip(together::<T>(&containers).into_iter().flatten()) {
            answers[*at] = Some(content);
        }
    }
    files.iter().zip(answers).map(|(bytes, answer)| answer.map_or_else(|| records(bytes), Ok)).collect()
}

fn together<T: AvroRecord>(containers: &[&Container<'_>]) -> Result<Vec<ManifestContent<T>>> {
    let (entries, has_unknown_fields) = read(&blocks::decode_together(containers)?)?;
    let mut entries = entries.into_iter();
    let content = |container: &&Container<'_>| {
        let count = container.blocks.iter().map(|block| block.count).sum();
        ManifestContent { entries: entries.by_ref().take(count).collect(), has_unknown_fields }
    };
    Ok(containers.iter().map(content).collect())
}

/// Hands the records of a container to `visit`, block by block; whether there were members that this release does not
/// know.
pub(super) fn for_each_block<T: AvroRecord>(
    bytes: &[u8],
    mut visit: impl FnMut(Vec<T>) -> Result<()>,
) -> Result<bool> {
    let container = container::parse(bytes)?;
    let mut has_unknown_fields = false;
    for block in container.blocks.iter().filter(|block| block.count > 0) {
        let (entries, has_unknown) = read(&blocks::decode(&container, block)?)?;
        has_unknown_fields |= has_unknown;
        visit(entries)?;
    }
    Ok(has_unknown_fields)
}

/// The entries of an array, and whether it has members that this release does not know.
fn read<T: AvroRecord>(array: &StructArray) -> Result<(Vec<T>, bool)> {
    let unknown = Cell::new(false);
    let records = Record::new(array, &unknown);
    check_version::<T>(&records)?;
    let mut entries = Vec::with_capacity(records.len());
    T::read(&records, &mut entries)?;
    records.note_unread_fields();
    Ok((entries, unknown.get()))
}

fn check_version<T: AvroRecord>(records: &Record<'_>) -> Result<()> {
    let versions = records.longs("_VERSION")?;
    for row in 0..records.len() {
        let version = versions.int(row)?;
        if version != T::VERSION {
            return Err(Error::unsupported(format!(
                "_VERSION {version} of a record, expected {}",
                T::VERSION
            )));
        }
    }
    Ok(())
}

/// A column of records: members by name.
pub(super) struct Record<'a> {
    array: &'a StructArray,
    /// For each member, whether it was asked for.
    asked: RefCell<Vec<bool>>,
    unknown: &'a Cell<bool>,
}

impl<'a> Record<'a> {
    fn new(array: &'a StructArray, unknown: &'a Cell<bool>) -> Self {
        Self { array, asked: RefCell::new(vec![false; array.num_columns()]), unknown }
    }

    /// How many records.
    pub(super) fn len(&self) -> usize {
        self.array.len()
    }

    /// Whether the record in this row is null.
    pub(super) fn is_null(&self, row: usize) -> bool {
        self.array.is_null(row)
    }

    /// Notes whether there are members that nothing has asked for. To be called when all are read.
    pub(super) fn note_unread_fields(&self) {
        if self.asked.borrow().contains(&false) {
            self.unknown.set(true);
        }
    }

    fn find(&self, name: &'static str) -> Option<&'a dyn Array> {
        let (at, _) = self.array.fields().find(name)?;
        if let Some(asked) = self.asked.borrow_mut().get_mut(at) {
            *asked = true;
        }
        Some(self.array.column(at).as_ref())
    }

    fn get(&self, name: &'static str) -> Result<&'a dyn Array> {
        self.find(name).ok_or_else(|| Error::corrupt(format!("the records have no member {name}")))
    }

    /// A member of type int, long or timestamp.
    pub(super) fn longs(&self, name: &'static str) -> Result<Longs<'a>> {
        Longs::of(self.get(name)?, name)
    }

    /// The same, or all null when the writer did not know the member.
    pub(super) fn optional_longs(&self, name: &'static str) -> Result<Longs<'a>> {
        self.find(name).map_or(Ok(Longs { name, values: Numbers::None }), |array| Longs::of(array, name))
    }

    /// A member of type string.
    pub(super) fn texts(&self, name: &'static str) -> Result<Texts<'a>> {
        Texts::of(self.get(name)?, name)
    }

    /// The same, or all null when the writer did not know the member.
    pub(super) fn optional_texts(&self, name: &'static str) -> Result<Texts<'a>> {
        self.find(name).map_or(Ok(Texts { name, values: None }), |array| Texts::of(array, name))
    }

    /// A member of type bytes.
    pub(super) fn blobs(&self, name: &'static str) -> Result<Blobs<'a>> {
        let values = self.get(name)?;
        Ok(Blobs { name, values: Some(cast(values, values.as_binary_opt(), name)?) })
    }

    /// The same, or all null when the writer did not know the member.
    pub(super) fn optional_blobs(&self, name: &'static str) -> Result<Blobs<'a>> {
        match self.find(name) {
            Some(values) => Ok(Blobs { name, values: Some(cast(values, values.as_binary_opt(), name)?) }),
            None => Ok(Blobs { name, values: None }),
        }
    }

    /// A member of type record.
    pub(super) fn record(&self, name: &'static str) -> Result<Record<'a>> {
        let values = self.get(name)?;
        Ok(Record::new(cast(values, values.as_struct_opt(), name)?, self.unknown))
    }

    /// The same, or `None` when the writer did not know the member.
    pub(super) fn optional_record(&self, name: &'static str) -> Result<Option<Record<'a>>> {
        self.find(name)
            .map(|values| Ok(Record::new(cast(values, values.as_struct_opt(), name)?, self.unknown)))
            .transpose()
    }

    /// A member that is an array of ints or longs; absent when the writer did not know it.
    pub(super) fn long_lists(&self, name: &'static str) -> Result<Lists<'a, Longs<'a>>> {
        self.lists(name, |items| Longs::of(items, name))
    }

    /// A member that is an array of strings; absent when the writer did not know it.
    pub(super) fn text_lists(&self, name: &'static str) -> Result<Lists<'a, Texts<'a>>> {
        self.lists(name, |items| Texts::of(items, name))
    }

    /// A member that is an array of records; absent when the writer did not know it.
    pub(super) fn record_lists(&self, name: &'static str) -> Result<Lists<'a, Record<'a>>> {
        let unknown = self.unknown;
        self.lists(name, |items| Ok(Record::new(cast(items, items.as_struct_opt(), name)?, unknown)))
    }

    fn lists<T>(
        &self,
        name: &'static str,
        items: impl FnOnce(&'a dyn Array) -> Result<T>,
    ) -> Result<Lists<'a, T>> {
        let Some(array) = self.find(name) else { return Ok(Lists { lists: None }) };
        let lists: &ListArray = cast(array, array.as_list_opt(), name)?;
        Ok(Lists { lists: Some((lists, items(lists.values().as_ref())?)) })
    }
}

fn cast<'a, T>(array: &dyn Array, typed: Option<&'a T>, name: &str) -> Result<&'a T> {
    typed.ok_or_else(|| unexpected(array, name))
}

fn unexpected(array: &dyn Array, name: &str) -> Error {
    Error::unsupported(format!("member {name} is of type {}, which is not expected there", array.data_type()))
}

fn absent(name: &str, row: usize) -> Error {
    Error::corrupt(format!("record {row} has no {name}"))
}

/// A column of whole numbers.
pub(super) struct Longs<'a> {
    name: &'static str,
    values: Numbers<'a>,
}

enum Numbers<'a> {
    None,
    Int(&'a Int32Array),
    Long(&'a Int64Array),
    Millis(&'a TimestampMillisecondArray),
    Micros(&'a TimestampMicrosecondArray),
}

impl<'a> Longs<'a> {
    fn of(array: &'a dyn Array, name: &'static str) -> Result<Self> {
        let int = || array.as_primitive_opt::<Int32Type>().map(Numbers::Int);
        let millis = || array.as_primitive_opt::<TimestampMillisecondType>().map(Numbers::Millis);
        let micros = || array.as_primitive_opt::<TimestampMicrosecondType>().map(Numbers::Micros);
        let long = array.as_primitive_opt::<Int64Type>().map(Numbers::Long);
        let values = long.or_else(int).or_else(millis).or_else(micros);
        Ok(Self { name, values: values.ok_or_else(|| unexpected(array, name))? })
    }

    /// The number in a row, a timestamp in milliseconds; `None` when it is null.
    pub(super) fn find(&self, row: usize) -> Option<i64> {
        match self.values {
            Numbers::None => None,
            Numbers::Int(values) => values.is_valid(row).then(|| i64::from(values.value(row))),
            Numbers::Long(values) => values.is_valid(row).then(|| values.value(row)),
            Numbers::Millis(values) => values.is_valid(row).then(|| values.value(row)),
            Numbers::Micros(values) => {
                values.is_valid(row).then(|| values.value(row).div_euclid(MICROS_PER_MILLI))
            }
        }
    }

    /// The number in a row; null is an error.
    pub(super) fn get(&self, row: usize) -> Result<i64> {
        self.find(row).ok_or_else(|| absent(self.name, row))
    }

    /// The number in a row as an `i32`; null is an error.
    pub(super) fn int(&self, row: usize) -> Result<i32> {
        self.narrow(self.get(row)?)
    }

    /// The number in a row as an `i32`; `None` when it is null.
    pub(super) fn find_int(&self, row: usize) -> Result<Option<i32>> {
        self.find(row).map(|value| self.narrow(value)).transpose()
    }

    fn narrow(&self, value: i64) -> Result<i32> {
        i32::try_from(value).map_err(|_| Error::corrupt(format!("{} is {value}, beyond 32 bits", self.name)))
    }
}

/// A column of texts.
pub(super) struct Texts<'a> {
    name: &'static str,
    values: Option<&'a StringArray>,
}

impl<'a> Texts<'a> {
    fn of(array: &'a dyn Array, name: &'static str) -> Result<Self> {
        Ok(Self { name, values: Some(cast(array, array.as_string_opt(), name)?) })
    }

    /// The text in a row; `None` when it is null.
    pub(super) fn find(&self, row: usize) -> Option<String> {
        self.values.filter(|values| values.is_valid(row)).map(|values| values.value(row).to_owned())
    }

    /// The text in a row; null is an error.
    pub(super) fn get(&self, row: usize) -> Result<String> {
        self.find(row).ok_or_else(|| absent(self.name, row))
    }
}

/// A column of bytes.
pub(super) struct Blobs<'a> {
    name: &'static str,
    values: Option<&'a BinaryArray>,
}

impl Blobs<'_> {
    /// The bytes in a row; `None` when they are null.
    pub(super) fn find(&self, row: usize) -> Option<Vec<u8>> {
        self.values.filter(|values| values.is_valid(row)).map(|values| values.value(row).to_vec())
    }

    /// The bytes in a row; null is an error.
    pub(super) fn get(&self, row: usize) -> Result<Vec<u8>> {
        self.find(row).ok_or_else(|| absent(self.name, row))
    }
}

/// A column of arrays: the items of all rows, and which of them belong to which row.
pub(super) struct Lists<'a, T> {
    lists: Option<(&'a ListArray, T)>,
}

impl<T> Lists<'_, T> {
    /// The items of all rows; `None` when the writer did not know the member.
    pub(super) fn items(&self) -> Option<&T> {
        self.lists.as_ref().map(|(_, items)| items)
    }

    /// The items of a row by `item`; `None` when its array is null.
    pub(super) fn find<V>(
        &self,
        row: usize,
        item: impl FnMut(&T, usize) -> Result<V>,
    ) -> Result<Option<Vec<V>>> {
        let Some((lists, items)) = self.lists.as_ref().filter(|(lists, _)| lists.is_valid(row)) else {
            return Ok(None);
        };
        let mut item = item;
        let offsets = lists.value_offsets();
        let range = range(offsets[row], offsets[row + 1])?;
        // A collection of results does not know how many there will be, and these are kept by the hundred thousand.
        let mut found = Vec::with_capacity(range.len());
        for at in range {
            found.push(item(items, at)?);
        }
        Ok(Some(found))
    }
}

fn range(start: i32, end: i32) -> Result<Range<usize>> {
    let at = |offset| usize::try_from(offset).map_err(|_| Error::corrupt("an array with a negative offset"));
    Ok(at(start)?..at(end)?)
}

/// The first error of a record, with its place.
pub(super) fn in_record<T>(result: Result<T>, row: usize) -> Result<T> {
    result.at(|| format!("record {row}"))
}
