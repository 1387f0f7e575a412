//! Shortened bounds that still bound (format §4.7).

use crate::datum::Datum;

/// A lower bound of at most `length` code points or bytes: the value's prefix.
#[must_use]
pub fn truncate_min(value: &Datum, length: usize) -> Datum {
    match value {
        Datum::String(text) => Datum::String(text.chars().take(length).collect()),
        Datum::Bytes(bytes) => Datum::Bytes(bytes.iter().copied().take(length).collect()),
        other => other.clone(),
    }
}

/// An upper bound of at most `length` code points or bytes: the prefix with its last unit incremented, or
/// `None` when no such bound exists.
pub fn truncate_max(value: &Datum, length: usize) -> Option<Datum> {
    match value {
        Datum::String(text) => match text.char_indices().nth(length) {
            None => Some(value.clone()),
            Some((end, _)) => increment_text(&text[..end]).map(Datum::String),
        },
        Datum::Bytes(bytes) if bytes.len() > length => increment_bytes(&bytes[..length]).map(Datum::Bytes),
        other => Some(other.clone()),
    }
}

/// The least text above every text that starts with `prefix`, with its last code point incremented.
fn increment_text(prefix: &str) -> Option<String> {
    let mut chars: Vec<char> = prefix.chars().collect();
    while let Some(last) = chars.pop() {
        if let Some(next) = next_char(last) {
            chars.push(next);
            return Some(chars.into_iter().collect());
        }
    }
    None
}

/// The next code point that text can hold: surrogates are passed over.
fn next_char(c: char) -> Option<char> {
    match u32::from(c) {
        0xD7FF => Some('\u{E000}'),
        code => char::from_u32(code + 1),
    }
}

fn increment_bytes(prefix: &[u8]) -> Option<Vec<u8>> {
    let mut bytes = prefix.to_vec();
    while let Some(last) = bytes.pop() {
        if let Some(next) = last.checked_add(1) {
            bytes.push(next);
            return Some(bytes);
        }
    }
    None
}
