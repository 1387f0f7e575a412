//! Patterns of Java's `DateTimeFormatter`: `y u M d H m s S`, quoted literals and optional sections.

use super::fields::{Field, Fields};
use super::number::{Number, Sign};
use crate::{Error, ErrorKind, Result};

/// A pattern that can be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Formatter(Vec<Part>);

/// A part of a pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    /// This text.
    Literal(String),
    /// A number.
    Number(Field, Number),
    /// The fraction of a second: least and most digits, and whether a point stands before them.
    Fraction(usize, usize, bool),
    /// All of this or nothing.
    Optional(Vec<Part>),
}

impl Formatter {
    /// Reads a pattern as `DateTimeFormatter.ofPattern` does with the root locale.
    pub(crate) fn parse(pattern: &str) -> Result<Self> {
        let mut reader = PatternReader { sections: vec![Section::default()] };
        let mut chars = pattern.chars().peekable();
        while let Some(c) = chars.next() {
            match c {
                '[' => reader.sections.push(Section::default()),
                ']' => reader
                    .close()
                    .ok_or_else(|| unsupported(pattern, "it closes a section that is not open"))?,
                '\'' => {
                    let text =
                        quoted(&mut chars).ok_or_else(|| unsupported(pattern, "a quote is not closed"))?;
                    reader.literal(&text);
                }
                '{' | '}' | '#' => return Err(unsupported(pattern, &format!("{c} is reserved"))),
                'a'..='z' | 'A'..='Z' => {
                    let mut count = 1;
                    while chars.next_if_eq(&c).is_some() {
                        count += 1;
                    }
                    reader.letters(c, count).ok_or_else(|| {
                        unsupported(pattern, &format!("{} is not read", c.to_string().repeat(count)))
                    })?;
                }
                other => reader.literal(&other.to_string()),
            }
        }
        // Sections that are still open end with the pattern.
        while reader.sections.len() > 1 {
            let _ = reader.close();
        }
        Ok(Self(reader.sections.pop().unwrap_or_default().parts))
    }

    /// What is read without a pattern: `y-M-d` and, after a blank, `H:m:s` with or without a fraction.
    pub(crate) fn lenient_default() -> Self {
        let number = |field, max| Part::Number(field, Number::of(1, max, Sign::Normal));
        let literal = |text: &str| Part::Literal(text.to_owned());
        let time = vec![
            literal(" "),
            number(Field::Hour, 2),
            literal(":"),
            number(Field::Minute, 2),
            literal(":"),
            number(Field::Second, 2),
            Part::Optional(vec![Part::Fraction(1, 9, true)]),
        ];
        Self(vec![
            number(Field::Year, 10),
            literal("-"),
            number(Field::Month, 2),
            literal("-"),
            number(Field::Day, 2),
            Part::Optional(time),
        ])
    }

    /// The numbers in a text that the pattern fits as a whole.
    pub(super) fn read(&self, text: &str) -> Option<Fields> {
        let mut fields = Fields::default();
        read_all(&self.0, text, &mut fields)?.is_empty().then_some(fields)
    }
}

fn unsupported(pattern: &str, reason: &str) -> Error {
    Error::new(
        ErrorKind::Unsupported,
        format!(
            "partition.timestamp-formatter = {pattern}: {reason}; use y, u, M, d, H, m, s, S as numbers, texts in quotes and [optional sections]"
        ),
    )
}

/// The text up to the closing quote; two quotes in a row are one.
fn quoted(chars: &mut std::iter::Peekable<std::str::Chars<'_>>) -> Option<String> {
    let mut text = String::new();
    loop {
        match chars.next()? {
            '\'' if chars.next_if_eq(&'\'').is_some() => text.push('\''),
            '\'' => break,
            other => text.push(other),
        }
    }
    Some(if text.is_empty() { "'".to_owned() } else { text })
}

/// Reads parts one after another; what is left of the text. `None` when one does not fit.
fn read_all<'a>(parts: &[Part], text: &'a str, fields: &mut Fields) -> Option<&'a str> {
    let mut rest = text;
    for part in parts {
        rest = match part {
            Part::Literal(literal) => rest.strip_prefix(literal.as_str())?,
            Part::Number(field, number) => {
                let (value, after) = number.read(rest)?;
                fields.set(*field, value)?;
                after
            }
            Part::Fraction(min, max, has_point) => {
                let digits = if *has_point { rest.strip_prefix('.')? } else { rest };
                let length = digits.bytes().take(*max).take_while(u8::is_ascii_digit).count();
                if length < *min {
                    return None;
                }
                let (digits, after) = digits.split_at(length);
                fields.set(Field::Nano, format!("{digits:0<9}").parse().ok()?)?;
                after
            }
            Part::Optional(parts) => {
                let mut tried = fields.clone();
                match read_all(parts, rest, &mut tried) {
                    Some(after) => {
                        *fields = tried;
                        after
                    }
                    None => rest,
                }
            }
        };
    }
    Some(rest)
}

/// The parts of one section as they are collected.
#[derive(Default)]
struct Section {
    parts: Vec<Part>,
    /// The number of variable width at the start of the numbers right before.
    first_of_run: Option<usize>,
}

struct PatternReader {
    /// Open sections, the innermost last.
    sections: Vec<Section>,
}

impl PatternReader {
    fn push(&mut self, part: Part) -> usize {
        // There is always the outermost section.
        let Some(section) = self.sections.last_mut() else { return 0 };
        section.first_of_run = None;
        section.parts.push(part);
        section.parts.len() - 1
    }

    fn literal(&mut self, text: &str) {
        self.push(Part::Literal(text.to_owned()));
    }

    fn close(&mut self) -> Option<()> {
        let section = if self.sections.len() > 1 { self.sections.pop()? } else { return None };
        self.push(Part::Optional(section.parts));
        Some(())
    }

    /// Digits that stand side by side are shared: the first number leaves those of the others, which have a fixed
    /// width, alone.
    fn digits(&mut self, part: Part, fixed_width: Option<usize>) {
        let first = self.sections.last().and_then(|section| section.first_of_run);
        let at = self.push(part);
        let Some(section) = self.sections.last_mut() else { return };
        section.first_of_run = Some(at);
        let Some((first, width)) = first.zip(fixed_width) else { return };
        if let Some(Part::Number(_, leading)) = section.parts.get_mut(first) {
            leading.reserved += width;
        }
        section.first_of_run = Some(first);
    }

    /// A letter that stands `count` times; `None` when Weir does not read it.
    fn letters(&mut self, letter: char, count: usize) -> Option<()> {
        let field = match letter {
            'y' => Field::YearOfEra,
            'u' => Field::Year,
            'M' => Field::Month,
            'd' => Field::Day,
            'H' => Field::Hour,
            'm' => Field::Minute,
            's' => Field::Second,
            'S' if count <= 9 => {
                self.digits(Part::Fraction(count, count, false), Some(count));
                return Some(());
            }
            _ => return None,
        };
        let number = match (letter, count) {
            ('y' | 'u', 2) => Number { base: 2000, ..Number::fixed(2) },
            ('y' | 'u', 1 | 3) => Number::of(count, 19, Sign::Normal),
            ('y' | 'u', 4..=19) => Number::of(count, 19, Sign::ExceedsPad),
            (_, 1) => Number::of(1, 19, Sign::Normal),
            (_, 2) => Number::fixed(2),
            _ => return None,
        };
        self.digits(Part::Number(field, number), number.is_fixed().then_some(number.max));
        Some(())
    }
}
