//! Conditions from tokens. `NOT` binds closest, then `AND`, then `OR`.

use super::token::{Token, tokens};
use super::{Comparison, Expression, Fault, Literal, Name};

/// Deepest nesting of parentheses and `NOT`.
const MAX_DEPTH: usize = 64;

const KEYWORDS: [&str; 8] = ["AND", "OR", "NOT", "IN", "IS", "NULL", "TRUE", "FALSE"];

/// Parses a whole text.
pub(super) fn parse(text: &str) -> Result<Expression, Fault> {
    let mut parser = Parser { tokens: tokens(text)?, at: 0, depth: 0 };
    let expression = parser.or()?;
    match parser.next() {
        (Token::End, _) => Ok(expression),
        (token, position) => {
            Err(Fault::new(position, format!("expected AND, OR or the end, found {}", token.shown())))
        }
    }
}

struct Parser {
    tokens: Vec<(Token, usize)>,
    at: usize,
    depth: usize,
}

impl Parser {
    fn peek(&self) -> (&Token, usize) {
        self.tokens
            .get(self.at)
            .or_else(|| self.tokens.last())
            .map_or((&Token::End, 0), |(token, at)| (token, *at))
    }

    fn next(&mut self) -> (Token, usize) {
        let (token, position) = self.peek();
        let token = (token.clone(), position);
        self.at += 1;
        token
    }

    /// Takes the next token if it is this keyword or sign.
    fn take(&mut self, wanted: &str) -> bool {
        let (token, _) = self.peek();
        let is_wanted = token.is(wanted) || matches!(token, Token::Sign(sign) if *sign == wanted);
        self.at += usize::from(is_wanted);
        is_wanted
    }

    fn require(&mut self, wanted: &str) -> Result<(), Fault> {
        if self.take(wanted) {
            return Ok(());
        }
        let (token, position) = self.peek();
        Err(Fault::new(position, format!("expected {wanted}, found {}", token.shown())))
    }

    fn or(&mut self) -> Result<Expression, Fault> {
        let mut left = self.and()?;
        while self.take("OR") {
            left = Expression::Or(Box::new(left), Box::new(self.and()?));
        }
        Ok(left)
    }

    fn and(&mut self) -> Result<Expression, Fault> {
        let mut left = self.not()?;
        while self.take("AND") {
            left = Expression::And(Box::new(left), Box::new(self.not()?));
        }
        Ok(left)
    }

    fn not(&mut self) -> Result<Expression, Fault> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(Fault::new(self.peek().1, format!("more than {MAX_DEPTH} levels of nesting")));
        }
        let expression = if self.take("NOT") {
            Expression::Not(Box::new(self.not()?))
        } else if self.take("(") {
            let inner = self.or()?;
            self.require(")")?;
            inner
        } else {
            self.comparison()?
        };
        self.depth -= 1;
        Ok(expression)
    }

    fn comparison(&mut self) -> Result<Expression, Fault> {
        let (token, position) = self.next();
        if let Some(text) = literal_text(&token) {
            let comparison = self.operator()?.mirrored();
            let (token, at) = self.next();
            let name = name(token, at)?;
            return Ok(Expression::Compare(name, comparison, Literal { text, position }));
        }
        let name = name(token, position)?;
        if self.take("IS") {
            let is_negated = self.take("NOT");
            self.require("NULL")?;
            return Ok(negated(Expression::IsNull(name), is_negated));
        }
        let is_negated = self.take("NOT");
        if is_negated || self.peek().0.is("IN") {
            self.require("IN")?;
            return Ok(negated(Expression::In(name, self.list()?), is_negated));
        }
        Ok(Expression::Compare(name, self.operator()?, self.literal()?))
    }

    fn operator(&mut self) -> Result<Comparison, Fault> {
        let (token, position) = self.next();
        Ok(match token {
            Token::Sign("=") => Comparison::Equal,
            Token::Sign("<>" | "!=") => Comparison::NotEqual,
            Token::Sign("<") => Comparison::Less,
            Token::Sign("<=") => Comparison::LessOrEqual,
            Token::Sign(">") => Comparison::Greater,
            Token::Sign(">=") => Comparison::GreaterOrEqual,
            other => {
                let expected = "expected =, <>, <, <=, >, >=, IN or IS";
                return Err(Fault::new(position, format!("{expected}, found {}", other.shown())));
            }
        })
    }

    fn list(&mut self) -> Result<Vec<Literal>, Fault> {
        self.require("(")?;
        let mut literals = vec![self.literal()?];
        while self.take(",") {
            literals.push(self.literal()?);
        }
        self.require(")")?;
        Ok(literals)
    }

    fn literal(&mut self) -> Result<Literal, Fault> {
        let (token, position) = self.next();
        if let Some(text) = literal_text(&token) {
            return Ok(Literal { text, position });
        }
        Err(Fault::new(
            position,
            match &token {
                Token::Word(word) if word.eq_ignore_ascii_case("NULL") => {
                    "nothing equals NULL: write IS NULL or IS NOT NULL,".to_owned()
                }
                Token::Word(word) if !is_keyword(word) => {
                    format!("expected a value, found `{word}`: a text stands in single quotes,")
                }
                other => format!("expected a value, found {}", other.shown()),
            },
        ))
    }
}

fn negated(expression: Expression, is_negated: bool) -> Expression {
    if is_negated { Expression::Not(Box::new(expression)) } else { expression }
}

fn is_keyword(word: &str) -> bool {
    KEYWORDS.iter().any(|keyword| word.eq_ignore_ascii_case(keyword))
}

fn literal_text(token: &Token) -> Option<String> {
    match token {
        Token::Text(text) | Token::Number(text) => Some(text.clone()),
        Token::Word(word) if token.is("TRUE") || token.is("FALSE") => Some(word.to_ascii_lowercase()),
        _ => None,
    }
}

fn name(token: Token, position: usize) -> Result<Name, Fault> {
    match token {
        Token::Word(text) if !is_keyword(&text) => Ok(Name { text, position }),
        Token::Quoted(text) => Ok(Name { text, position }),
        other => Err(Fault::new(position, format!("expected a column, found {}", other.shown()))),
    }
}
