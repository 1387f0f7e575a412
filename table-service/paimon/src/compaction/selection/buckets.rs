//! Numbers of buckets.

use std::fmt;
use std::ops::RangeInclusive;
use std::str::FromStr;

/// Bucket numbers as ranges: `0-99,120`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BucketRanges(Vec<RangeInclusive<i32>>);

impl BucketRanges {
    /// Whether a bucket is in one of the ranges.
    pub fn contains(&self, bucket: i32) -> bool {
        self.0.iter().any(|range| range.contains(&bucket))
    }
}

impl FromStr for BucketRanges {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        text.split(',').map(range).collect::<Result<_, _>>().map(Self)
    }
}

fn range(text: &str) -> Result<RangeInclusive<i32>, String> {
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    let number = |text: &str| {
        let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        digits.then(|| text.parse::<i32>().ok()).flatten()
    };
    match (number(first), number(last)) {
        (Some(first), Some(last)) if first <= last => Ok(first..=last),
        (Some(first), Some(last)) => Err(format!("`{text}` is no range: {first} comes after {last}")),
        _ => Err(format!("`{text}` is neither the number of a bucket nor a range such as 0-99")),
    }
}

impl fmt::Display for BucketRanges {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, range) in self.0.iter().enumerate() {
            let separator = if i > 0 { "," } else { "" };
            if range.start() == range.end() {
                write!(f, "{separator}{}", range.start())?;
            } else {
                write!(f, "{separator}{}-{}", range.start(), range.end())?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_hold_their_ends_and_are_written_as_they_were_read() {
        let ranges: BucketRanges = "0-2,7,9-9".parse().unwrap();
        let held: Vec<i32> = (-3..12).filter(|bucket| ranges.contains(*bucket)).collect();
        assert_eq!(held, [0, 1, 2, 7, 9]);
        assert_eq!(ranges.to_string(), "0-2,7,9");
    }

    #[test]
    fn other_text_is_refused_by_the_part_at_fault() {
        for (text, part) in [
            ("", "``"),
            ("1,", "``"),
            ("1,x", "`x`"),
            ("3-1", "3 comes after 1"),
            ("-1", "`-1`"),
            ("+1", "`+1`"),
            ("1-", "`1-`"),
            ("99999999999", "`99999999999`"),
        ] {
            let error = text.parse::<BucketRanges>().unwrap_err();
            assert!(error.contains(part), "{text}: {error}");
        }
    }
}
