//! Partition directories: values as text, and the escaping of characters that paths cannot hold.

use std::fmt::Write as _;

use crate::datum::Datum;
use crate::error::{Error, Result};
use crate::types::DataType;

mod text;

/// Characters that are escaped, besides the controls from 0x01 (Paimon `PartitionPathUtils`).
const ESCAPED: &[char] =
    &['"', '#', '%', '\'', '*', '/', ':', '=', '?', '\\', '\u{7F}', '{', '}', '[', ']', '^'];

/// A partition key or value as part of a path: forbidden characters as `%` and two upper-case digits.
#[must_use]
pub fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        if ('\u{1}'..' ').contains(&c) || ESCAPED.contains(&c) {
            // Writing to a string cannot fail.
            let _ = write!(escaped, "%{:02X}", u32::from(c));
        } else {
            escaped.push(c);
        }
    }
    escaped
}

/// The text that a path part stands for; what is no escape stays as it is.
#[must_use]
pub fn unescape(part: &str) -> String {
    let mut text = String::with_capacity(part.len());
    let mut rest = part;
    while let Some((before, after)) = rest.split_once('%') {
        text.push_str(before);
        let code = after.get(..2).filter(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()));
        if let Some(code) = code.and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            text.push(char::from(code));
            rest = &after[2..];
        } else {
            text.push('%');
            rest = after;
        }
    }
    text.push_str(rest);
    text
}

/// Directory of a partition: `k1=v1/k2=v2/`, empty for a table without partitions.
///
/// Null and blank values take `default_name`. `legacy` is option `partition.legacy-name`: values as Java's
/// `toString` writes them instead of as SQL casts do.
pub fn partition_dir(
    keys: &[String],
    values: &[Datum],
    types: &[DataType],
    default_name: &str,
    legacy: bool,
) -> Result<String> {
    if keys.len() != values.len() || keys.len() != types.len() {
        return Err(Error::corrupt(format!("{} partition values for {} keys", values.len(), keys.len())));
    }
    let mut dir = String::new();
    for ((key, value), data_type) in keys.iter().zip(values).zip(types) {
        let text = text::of(value, &data_type.kind, legacy)?;
        let text = if text.chars().all(is_java_whitespace) { default_name.to_owned() } else { text };
        // Writing to a string cannot fail.
        let _ = write!(dir, "{}={}/", escape(key), escape(&text));
    }
    Ok(dir)
}

/// A partition value as text; `None` for null. `legacy` is as for [`partition_dir`].
pub fn partition_value(value: &Datum, data_type: &DataType, legacy: bool) -> Result<Option<String>> {
    match value {
        Datum::Null => Ok(None),
        value => text::of(value, &data_type.kind, legacy).map(Some),
    }
}

/// Java's `Character.isWhitespace`: Unicode's spaces without the non-breaking ones, and some controls.
fn is_java_whitespace(c: char) -> bool {
    match c {
        '\t'..='\r' | '\u{1C}'..='\u{1F}' => true,
        '\u{85}' | '\u{A0}' | '\u{2007}' | '\u{202F}' => false,
        other => other.is_whitespace(),
    }
}

#[cfg(test)]
mod tests;
