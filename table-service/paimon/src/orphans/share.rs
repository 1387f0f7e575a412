//! How much of a table one run may remove.

use std::fmt;
use std::str::FromStr;

/// A part of a whole, in percent.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub struct Share(f64);

impl Share {
    /// A tenth.
    pub const DEFAULT: Self = Self(10.0);

    /// A share of so many percent, from 0 to 100.
    pub fn percent(percent: f64) -> Option<Self> {
        (0.0..=100.0).contains(&percent).then_some(Self(percent))
    }

    /// How much of `whole` a part is; nothing of nothing.
    #[expect(clippy::cast_precision_loss, reason = "a share needs no more than a double holds")]
    pub(crate) fn of(part: u64, whole: u64) -> Self {
        Self(if part == 0 { 0.0 } else { part as f64 * 100.0 / whole.max(1) as f64 })
    }
}

impl Default for Share {
    fn default() -> Self {
        Self::DEFAULT
    }
}

impl fmt::Display for Share {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Rounded up, so that what is above a limit does not look as if it were at it.
        write!(f, "{}%", (self.0 * 100.0).ceil() / 100.0)
    }
}

impl FromStr for Share {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let number = text.strip_suffix('%').and_then(|number| number.parse().ok());
        number.and_then(Self::percent).ok_or_else(|| format!("`{text}` is not a share such as 10%"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_written_in_percent() {
        assert_eq!("10%".parse(), Ok(Share::DEFAULT));
        assert_eq!("0.5%".parse::<Share>().unwrap().to_string(), "0.5%");
        for text in ["10", "101%", "-1%", "NaN%", "%", ""] {
            assert!(text.parse::<Share>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_part_is_compared_with_the_limit() {
        assert!(Share::of(10, 100) <= Share::DEFAULT);
        assert!(Share::of(10_001, 100_000) > Share::DEFAULT);
        assert_eq!(Share::of(10_001, 100_000).to_string(), "10.01%");
        assert!(Share::of(0, 0) <= Share::percent(0.0).unwrap());
        assert!(Share::of(1, 1) <= Share::percent(100.0).unwrap());
    }
}
