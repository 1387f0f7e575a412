//! Words and signs of a condition.

use super::Fault;

/// A word or sign.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Token {
    /// A keyword or column.
    Word(String),
    /// A column in backticks.
    Quoted(String),
    /// A literal in single quotes.
    Text(String),
    /// A number.
    Number(String),
    /// An operator, parenthesis or comma.
    Sign(&'static str),
    /// The end of the text.
    End,
}

impl Token {
    /// The token as messages show it.
    pub(super) fn shown(&self) -> String {
        match self {
            Self::Word(text) | Self::Number(text) => format!("`{text}`"),
            Self::Quoted(text) => format!("column `{text}`"),
            Self::Text(text) => format!("'{text}'"),
            Self::Sign(sign) => format!("`{sign}`"),
            Self::End => "the end".to_owned(),
        }
    }

    /// Whether this is the keyword, in any case of letters.
    pub(super) fn is(&self, keyword: &str) -> bool {
        matches!(self, Self::Word(word) if word.eq_ignore_ascii_case(keyword))
    }
}

/// Signs; longer ones first.
const SIGNS: [&str; 10] = ["<>", "!=", "<=", ">=", "=", "<", ">", "(", ")", ","];

/// The tokens of a text with the positions of their first characters, an [`Token::End`] last.
pub(super) fn tokens(text: &str) -> Result<Vec<(Token, usize)>, Fault> {
    let chars: Vec<char> = text.chars().collect();
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(&first) = chars.get(at) {
        let start = at;
        let token = match first {
            c if c.is_whitespace() => {
                at += 1;
                continue;
            }
            '\'' => Token::Text(quoted(&chars, &mut at, '\'')?),
            '`' => Token::Quoted(quoted(&chars, &mut at, '`')?),
            '"' => {
                return Err(Fault::new(
                    at,
                    "a text stands in single quotes and a column in backticks, not `\"`",
                ));
            }
            c if c.is_alphabetic() || c == '_' => {
                Token::Word(span(&chars, &mut at, |c| c.is_alphanumeric() || c == '_'))
            }
            c if c.is_ascii_digit() || "+-.".contains(c) => {
                at += 1;
                let rest = span(&chars, &mut at, |c| c.is_ascii_alphanumeric() || c == '.');
                Token::Number(format!("{first}{rest}"))
            }
            c => {
                let rest = chars.get(at..).unwrap_or_default();
                let sign = SIGNS.iter().find(|sign| rest.starts_with(&sign.chars().collect::<Vec<_>>()));
                let sign = sign.ok_or_else(|| Fault::new(start, format!("`{c}` is not understood")))?;
                at += sign.len();
                Token::Sign(sign)
            }
        };
        tokens.push((token, start));
    }
    tokens.push((Token::End, chars.len()));
    Ok(tokens)
}

/// What stands between quotes; a doubled quote is one of the text.
fn quoted(chars: &[char], at: &mut usize, quote: char) -> Result<String, Fault> {
    let start = *at;
    let mut text = String::new();
    *at += 1;
    while let Some(&c) = chars.get(*at) {
        *at += 1;
        if c != quote {
            text.push(c);
        } else if chars.get(*at) == Some(&quote) {
            text.push(quote);
            *at += 1;
        } else {
            return Ok(text);
        }
    }
    Err(Fault::new(start, format!("the quote {quote} is not closed")))
}

fn span(chars: &[char], at: &mut usize, belongs: impl Fn(char) -> bool) -> String {
    let text: String = chars.iter().skip(*at).take_while(|c| belongs(**c)).collect();
    *at += text.chars().count();
    text
}
