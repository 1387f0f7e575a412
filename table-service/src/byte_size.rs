//! Numbers of bytes on the command line.

use std::str::FromStr;

/// A number of bytes, written as a Kubernetes quantity: `1000000`, `128Mi`, `1.5Gi`, `10G`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ByteSize(u64);

const SUFFIXES: [(&str, u64); 10] = [
    ("Ki", 1 << 10),
    ("Mi", 1 << 20),
    ("Gi", 1 << 30),
    ("Ti", 1 << 40),
    ("Pi", 1 << 50),
    ("k", 1_000),
    ("M", 1_000_000),
    ("G", 1_000_000_000),
    ("T", 1_000_000_000_000),
    ("P", 1_000_000_000_000_000),
];

impl ByteSize {
    /// The number.
    pub(crate) const fn bytes(self) -> u64 {
        self.0
    }
}

impl FromStr for ByteSize {
    type Err = String;

    /// Parts of a byte are cut off.
    fn from_str(text: &str) -> Result<Self, String> {
        let suffix = SUFFIXES.iter().find_map(|(suffix, unit)| Some((text.strip_suffix(suffix)?, *unit)));
        let (number, unit) = suffix.unwrap_or((text, 1));
        bytes(number, unit)
            .map(Self)
            .ok_or_else(|| format!("`{text}` is no number of bytes such as 1000000, 128Mi or 10Gi"))
    }
}

fn bytes(number: &str, unit: u64) -> Option<u64> {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let is_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || fraction.len() > 9 || !is_digits(whole) || !is_digits(fraction) {
        return None;
    }
    let scale = 10_u128.pow(u32::try_from(fraction.len()).ok()?);
    let scaled: u128 = format!("{whole}{fraction}").parse().ok()?;
    u64::try_from(scaled.checked_mul(u128::from(unit))? / scale).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantities_are_read_as_kubernetes_reads_them() {
        for (text, bytes) in [
            ("0", 0),
            ("1000000", 1_000_000),
            ("128Mi", 134_217_728),
            ("1.5Gi", 1_610_612_736),
            ("10G", 10_000_000_000),
            ("2k", 2_000),
            ("0.0001k", 0),
            ("16383Pi", 16_383 << 50),
        ] {
            assert_eq!(text.parse(), Ok(ByteSize(bytes)), "{text}");
        }
    }

    #[test]
    fn other_text_is_refused() {
        for text in ["", "Mi", "-1", "1 Gi", "1GiB", "0x10", "1e3", "1.Gi.", "99999Pi", ".5Gi"] {
            assert!(text.parse::<ByteSize>().is_err(), "{text}");
        }
    }
}
