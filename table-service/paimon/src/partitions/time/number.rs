//! Numbers in dates, as Java's `DateTimeFormatter` reads them in its strict mode of parsing.

/// When a sign may stand before a number (Java `SignStyle`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sign {
    /// Only a minus.
    Normal,
    /// None.
    Never,
    /// A minus, or a plus before more digits than the least.
    ExceedsPad,
}

/// A number of some digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Number {
    /// Least digits.
    pub(super) min: usize,
    /// Most digits.
    pub(super) max: usize,
    /// Which signs are read.
    pub(super) sign: Sign,
    /// Digits that belong to the numbers right after this one.
    pub(super) reserved: usize,
    /// Added to what is read: 2000 for years of two digits.
    pub(super) base: i64,
}

impl Number {
    /// Exactly `width` digits.
    pub(super) const fn fixed(width: usize) -> Self {
        Self { min: width, max: width, sign: Sign::Never, reserved: 0, base: 0 }
    }

    /// `min` to `max` digits.
    pub(super) const fn of(min: usize, max: usize, sign: Sign) -> Self {
        Self { min, max, sign, reserved: 0, base: 0 }
    }

    pub(super) fn is_fixed(&self) -> bool {
        self.min == self.max && self.sign == Sign::Never
    }

    /// Reads the number at the start of `text`: its value and what follows. `None` when there is none.
    pub(super) fn read<'a>(&self, text: &'a str) -> Option<(i64, &'a str)> {
        let (negative, positive) = (text.starts_with('-'), text.starts_with('+'));
        let may_be_signed = match self.sign {
            Sign::Never => false,
            Sign::Normal => negative,
            Sign::ExceedsPad => true,
        };
        if (negative || positive) && !may_be_signed {
            return None;
        }
        let text = if negative || positive { &text[1..] } else { text };
        let found = text.bytes().take(self.max + self.reserved).take_while(u8::is_ascii_digit).count();
        if found < self.min {
            return None;
        }
        let length =
            if self.reserved > 0 { found.saturating_sub(self.reserved).max(self.min) } else { found };
        let (digits, rest) = text.split_at(length);
        // Longer numbers are no year of ours.
        let value: i64 = digits.parse().ok()?;
        match (self.sign, negative, positive) {
            (_, true, _) if value == 0 => None,
            (_, true, _) => Some((-value, rest)),
            (Sign::ExceedsPad, _, true) if length <= self.min => None,
            (Sign::ExceedsPad, _, false) if length > self.min => None,
            _ => Some((self.base + value, rest)),
        }
    }
}
