//! Tokens of a statement, each with its place, so that a syntax error can quote from there.

use semisync_sim::SqlError;

/// A token and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Token {
    /// What it is.
    pub(crate) kind: TokenKind,
    /// Byte offset of its first character.
    pub(crate) start: usize,
    /// Byte offset behind its last character.
    pub(crate) end: usize,
}

/// What a token is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum TokenKind {
    /// A word without quotes: a keyword or a name.
    Word(String),
    /// A name in backticks.
    Quoted(String),
    /// A string literal, unescaped.
    Text(String),
    /// A number as written.
    Number(String),
    /// `@name`, `@'name'`
    UserVariable(String),
    /// `@@`
    SystemVariable,
    /// An operator or punctuation.
    Symbol(&'static str),
    /// A character no statement contains.
    Unknown,
    /// The end of the statement.
    End,
}

/// Cuts a statement into tokens; the last one is [`TokenKind::End`].
pub(crate) fn tokenize(text: &str) -> Vec<Token> {
    let mut lexer = Lexer {
        text,
        at: 0,
        in_version_comment: false,
    };
    let mut tokens = Vec::new();
    loop {
        lexer.skip_blank();
        let start = lexer.at;
        let kind = lexer.next_kind();
        let is_end = kind == TokenKind::End;
        tokens.push(Token {
            kind,
            start,
            end: lexer.at,
        });
        if is_end {
            return tokens;
        }
    }
}

/// Error 1064 at the token that begins at byte `at`.
pub(crate) fn syntax_error(text: &str, at: usize) -> SqlError {
    let near: String = text[at..].chars().take(NEAR_LENGTH).collect();
    let line = 1 + text[..at].matches('\n').count();
    SqlError::new(
        1064,
        "42000",
        format!(
            "You have an error in your SQL syntax; check the manual that corresponds to your MySQL server version for the right syntax to use near '{near}' at line {line}"
        ),
    )
}

const NEAR_LENGTH: usize = 80;

const SYMBOLS: &[&str] = &[
    "<=>", "==", "=<", "=>", ":=", "<=", ">=", "<>", "!=", "&&", "||", "(", ")", ",", ";", ".",
    "=", "<", ">", "+", "-", "*", "/", "%", "!", "?", "&", "|", "^", "~", "{", "}", ":",
];

struct Lexer<'a> {
    text: &'a str,
    at: usize,
    in_version_comment: bool,
}

impl<'a> Lexer<'a> {
    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn skip_blank(&mut self) {
        loop {
            let rest = self.rest();
            let blank = rest.len() - rest.trim_start().len();
            if blank > 0 {
                self.at += blank;
            } else if rest.starts_with('#') || is_dash_comment(rest) {
                self.at += rest.find('\n').unwrap_or(rest.len());
            } else if let Some(versioned) = rest.strip_prefix("/*!") {
                self.in_version_comment = true;
                let digits = versioned.bytes().take_while(u8::is_ascii_digit).count();
                self.at += 3 + digits;
            } else if rest.starts_with("*/") && self.in_version_comment {
                self.in_version_comment = false;
                self.at += 2;
            } else if rest.starts_with("/*") {
                self.at += rest.find("*/").map_or(rest.len(), |end| end + 2);
            } else {
                return;
            }
        }
    }

    fn next_kind(&mut self) -> TokenKind {
        let rest = self.rest();
        let Some(first) = rest.chars().next() else {
            return TokenKind::End;
        };
        match first {
            '\'' | '"' => self.text_literal(first),
            '`' => match self.quoted('`') {
                Some(name) => TokenKind::Quoted(name),
                None => TokenKind::Unknown,
            },
            '@' if rest.starts_with("@@") => {
                self.at += 2;
                TokenKind::SystemVariable
            }
            '@' => self.user_variable(),
            '0'..='9' => self.number(),
            '.' if rest[1..].starts_with(|c: char| c.is_ascii_digit()) && !self.follows_name() => {
                self.number()
            }
            c if is_word_character(c) => self.word(),
            _ => self.symbol(),
        }
    }

    fn follows_name(&self) -> bool {
        self.text[..self.at].ends_with(|c: char| is_word_character(c) || c == '`')
    }

    fn word(&mut self) -> TokenKind {
        let length = word_length(self.rest());
        let word = self.rest()[..length].to_owned();
        self.at += length;
        TokenKind::Word(word)
    }

    fn number(&mut self) -> TokenKind {
        let rest = self.rest();
        let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
        let mut length = digits(rest);
        if rest[length..].starts_with('.') {
            length += 1 + digits(&rest[length + 1..]);
        }
        if rest[length..].starts_with(['e', 'E']) {
            let sign = usize::from(rest[length + 1..].starts_with(['-', '+']));
            let exponent = digits(&rest[length + 1 + sign..]);
            if exponent > 0 {
                length += 1 + sign + exponent;
            }
        }
        let is_name = word_length(rest) > length && !rest[..length].contains(['.', 'e', 'E']);
        if is_name {
            return self.word();
        }
        let number = rest[..length].to_owned();
        self.at += length;
        TokenKind::Number(number)
    }

    fn user_variable(&mut self) -> TokenKind {
        self.at += 1;
        let name = match self.rest().chars().next() {
            Some(quote @ ('\'' | '"' | '`')) => match self.quoted(quote) {
                Some(name) => name,
                None => return TokenKind::Unknown,
            },
            _ => {
                let rest = self.rest();
                let length = rest
                    .find(|c: char| !is_word_character(c) && c != '.')
                    .unwrap_or(rest.len());
                let name = rest[..length].to_owned();
                self.at += length;
                name
            }
        };
        TokenKind::UserVariable(name)
    }

    fn text_literal(&mut self, quote: char) -> TokenKind {
        match self.quoted(quote) {
            Some(text) => TokenKind::Text(text),
            None => TokenKind::Unknown,
        }
    }

    /// The contents between quotes; a doubled quote stands for one, and in strings a backslash
    /// escapes. `None`, at the end of the text, when the quote is not closed.
    fn quoted(&mut self, quote: char) -> Option<String> {
        let mut contents = String::new();
        let mut characters = self.rest().char_indices().skip(1).peekable();
        let closed = loop {
            let Some((index, c)) = characters.next() else {
                break None;
            };
            if c == '\\' && quote != '`' {
                let Some((_, escaped)) = characters.next() else {
                    break None;
                };
                unescape(escaped, &mut contents);
            } else if c != quote {
                contents.push(c);
            } else if characters.peek().is_some_and(|(_, next)| *next == quote) {
                characters.next();
                contents.push(quote);
            } else {
                break Some(index + 1);
            }
        };
        match closed {
            Some(length) => {
                self.at += length;
                Some(contents)
            }
            None => {
                self.at = self.text.len();
                None
            }
        }
    }

    fn symbol(&mut self) -> TokenKind {
        for symbol in SYMBOLS {
            if self.rest().starts_with(symbol) {
                self.at += symbol.len();
                return TokenKind::Symbol(symbol);
            }
        }
        self.at += self.rest().chars().next().map_or(0, char::len_utf8);
        TokenKind::Unknown
    }
}

/// Whether the text begins with a `-- ` comment.
pub(crate) fn is_dash_comment(text: &str) -> bool {
    text.strip_prefix("--")
        .is_some_and(|rest| rest.is_empty() || rest.starts_with(|c: char| c.is_whitespace()))
}

fn unescape(c: char, into: &mut String) {
    match c {
        'n' => into.push('\n'),
        't' => into.push('\t'),
        'r' => into.push('\r'),
        '0' => into.push('\0'),
        // LIKE patterns keep these two escaped.
        '%' | '_' => {
            into.push('\\');
            into.push(c);
        }
        other => into.push(other),
    }
}

fn is_word_character(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_' || c == '$' || !c.is_ascii()
}

fn word_length(text: &str) -> usize {
    text.find(|c: char| !is_word_character(c))
        .unwrap_or(text.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(text: &str) -> Vec<TokenKind> {
        let mut kinds: Vec<TokenKind> = tokenize(text).into_iter().map(|t| t.kind).collect();
        assert_eq!(kinds.pop(), Some(TokenKind::End));
        kinds
    }

    fn word(word: &str) -> TokenKind {
        TokenKind::Word(word.to_owned())
    }

    fn string(text: &str) -> TokenKind {
        TokenKind::Text(text.to_owned())
    }

    #[test]
    fn strings_unescape_and_keep_escaped_wildcards() {
        assert_eq!(
            kinds(r#"'it''s' "a\nb" 'a\%b' 'a\'b'"#),
            [
                string("it's"),
                string("a\nb"),
                string("a\\%b"),
                string("a'b")
            ]
        );
    }

    #[test]
    fn names_numbers_and_variables_are_told_apart() {
        let number = |n: &str| TokenKind::Number(n.to_owned());
        assert_eq!(kinds("1 1.5 1e3 .5"), ["1", "1.5", "1e3", ".5"].map(number));
        assert_eq!(
            kinds("@a @@global.b `c``d` 2x"),
            [
                TokenKind::UserVariable("a".to_owned()),
                TokenKind::SystemVariable,
                word("global"),
                TokenKind::Symbol("."),
                word("b"),
                TokenKind::Quoted("c`d".to_owned()),
                word("2x"),
            ]
        );
    }

    #[test]
    fn comments_are_blank_but_version_comments_are_not() {
        assert_eq!(
            kinds("a /* b */ -- c\n d # e\n f /*!80000 g */ h"),
            ["a", "d", "f", "g", "h"].map(word)
        );
        assert_eq!(kinds("1--1").len(), 4);
    }

    #[test]
    fn an_error_quotes_to_the_end_and_counts_lines() {
        let error = syntax_error("SELECT 'a\nb' x y z", 15);
        assert!(error.message.ends_with("near 'y z' at line 2"), "{error}");
        let long = format!("x{}", "y".repeat(100));
        let error = syntax_error(&long, 1);
        assert!(
            error.message.contains(&format!("'{}'", "y".repeat(80))),
            "{error}"
        );
    }

    #[test]
    fn an_open_quote_is_an_unknown_token() {
        assert_eq!(kinds("a 'b\\"), [word("a"), TokenKind::Unknown]);
        assert_eq!(kinds("a 'b"), [word("a"), TokenKind::Unknown]);
    }
}
