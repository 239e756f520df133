//! A place in a statement's tokens.

use std::cell::RefCell;

use semisync_core::Generation;
use semisync_sim::SqlError;

use crate::deprecated::DeprecatedOperator;
use crate::lexer::{Token, TokenKind, syntax_error, tokenize};

/// Why a rule gave up: error 1064 at this byte.
#[derive(Clone, Copy, Debug)]
pub(super) struct Refusal {
    pub(super) at: usize,
}

pub(super) type Result<T> = std::result::Result<T, Refusal>;

/// Tokens and how far they are read.
pub(super) struct Cursor<'a> {
    text: &'a str,
    tokens: Vec<Token>,
    next: usize,
    /// How far a sequence of keywords was right that went wrong.
    furthest: usize,
    generation: Generation,
    placeholders: usize,
    /// Operators seen: how long a chain of them can be at most.
    operators: usize,
    /// Operators that work and will not for ever, with what to write instead, as they came.
    deprecated: Vec<DeprecatedOperator>,
    /// How many expressions are being read one in the other.
    depth: usize,
    /// Words tried while the end of the statement was next.
    tried: RefCell<Vec<&'static str>>,
}

impl<'a> Cursor<'a> {
    pub(super) fn new(text: &'a str, generation: Generation) -> Cursor<'a> {
        Cursor {
            text,
            tokens: tokenize(text),
            next: 0,
            furthest: 0,
            generation,
            placeholders: 0,
            operators: 0,
            deprecated: Vec::new(),
            depth: 0,
            tried: RefCell::default(),
        }
    }

    pub(super) fn generation(&self) -> Generation {
        self.generation
    }

    pub(super) fn placeholders(&self) -> usize {
        self.placeholders
    }

    pub(super) fn next_placeholder(&mut self) -> usize {
        self.placeholders += 1;
        self.placeholders - 1
    }

    /// Counts an operator; so many in one statement that evaluating it could exhaust the stack are
    /// refused.
    pub(super) fn count_operator(&mut self) -> Result<()> {
        self.operators += 1;
        if MOST_OPERATORS < self.operators {
            return Err(self.unexpected());
        }
        Ok(())
    }

    /// Takes an operator that is deprecated.
    pub(super) fn accept_deprecated(&mut self, operator: DeprecatedOperator) -> bool {
        let is_next = self.accept_symbol(operator.symbol());
        if is_next {
            self.deprecated.push(operator);
        }
        is_next
    }

    /// The deprecated operators taken until now.
    pub(super) fn take_deprecated(&mut self) -> Vec<DeprecatedOperator> {
        std::mem::take(&mut self.deprecated)
    }

    /// Reads something inside of something else; too deep nesting is refused.
    pub(super) fn nested<T>(&mut self, read: impl FnOnce(&mut Self) -> Result<T>) -> Result<T> {
        if MOST_DEPTH < self.depth {
            return Err(self.unexpected());
        }
        self.depth += 1;
        let result = read(self);
        self.depth -= 1;
        result
    }

    pub(super) fn tried_at_end(&self) -> Vec<&'static str> {
        let mut words = self.tried.borrow().clone();
        words.sort_unstable();
        words.dedup();
        words
    }

    pub(super) fn error(&self, refusal: Refusal) -> SqlError {
        syntax_error(self.text, refusal.at)
    }

    /// The refusal of the next token.
    pub(super) fn unexpected(&self) -> Refusal {
        Refusal {
            at: self.tokens[self.next.max(self.furthest)].start,
        }
    }

    pub(super) fn peek(&self) -> &Token {
        &self.tokens[self.next]
    }

    pub(super) fn peek_kind(&self) -> &TokenKind {
        &self.peek().kind
    }

    pub(super) fn peek_second(&self) -> &TokenKind {
        let last = self.tokens.len() - 1;
        &self.tokens[(self.next + 1).min(last)].kind
    }

    /// Whether something stands between the next token and the one after it.
    pub(super) fn is_apart_from_next(&self) -> bool {
        let after = self.tokens.get(self.next + 1);
        after.is_some_and(|after| self.peek().end < after.start)
    }

    pub(super) fn is_at_end(&self) -> bool {
        *self.peek_kind() == TokenKind::End
    }

    pub(super) fn expect_end(&self) -> Result<()> {
        if self.is_at_end() {
            Ok(())
        } else {
            Err(self.unexpected())
        }
    }

    /// Takes the next token, whatever it is.
    pub(super) fn advance(&mut self) -> TokenKind {
        let kind = self.peek_kind().clone();
        if kind != TokenKind::End {
            self.next += 1;
        }
        kind
    }

    pub(super) fn position(&self) -> usize {
        self.next
    }

    pub(super) fn rewind(&mut self, position: usize) {
        self.next = position;
    }

    /// The text from a token (by position) to the end of the last one taken.
    pub(super) fn source_since(&self, position: usize) -> &'a str {
        let start = self.tokens[position].start;
        let end = self.tokens[self.next.saturating_sub(1).max(position)].end;
        &self.text[start..end]
    }

    /// The string literal at a position, by itself.
    pub(super) fn text_at(&self, position: usize) -> String {
        match &self.tokens[position].kind {
            TokenKind::Text(text) => text.clone(),
            _ => String::new(),
        }
    }

    /// Takes the keyword if it is next.
    pub(super) fn accept(&mut self, keyword: &'static str) -> bool {
        let found = self.is_word(keyword);
        if found {
            self.next += 1;
        }
        found
    }

    /// Whether the keyword is next.
    pub(super) fn is_word(&self, keyword: &'static str) -> bool {
        match self.peek_kind() {
            TokenKind::Word(word) => word.eq_ignore_ascii_case(keyword),
            TokenKind::End => {
                self.tried.borrow_mut().push(keyword);
                false
            }
            _ => false,
        }
    }

    /// Takes the keywords if all of them are next, else nothing; but then a refusal is of the first
    /// token that is not as it should be.
    pub(super) fn accept_all(&mut self, keywords: &[&'static str]) -> bool {
        let start = self.next;
        for keyword in keywords {
            if !self.accept(keyword) {
                if start < self.next {
                    self.furthest = self.furthest.max(self.next);
                }
                self.next = start;
                return false;
            }
        }
        true
    }

    /// Takes the first of these keywords that is next.
    pub(super) fn accept_any(&mut self, keywords: &[&'static str]) -> Option<&'static str> {
        keywords
            .iter()
            .copied()
            .find(|keyword| self.accept(keyword))
    }

    pub(super) fn expect(&mut self, keyword: &'static str) -> Result<()> {
        if self.accept(keyword) {
            Ok(())
        } else {
            Err(self.unexpected())
        }
    }

    pub(super) fn is_symbol(&self, symbol: &str) -> bool {
        matches!(self.peek_kind(), TokenKind::Symbol(found) if *found == symbol)
    }

    pub(super) fn accept_symbol(&mut self, symbol: &str) -> bool {
        let found = self.is_symbol(symbol);
        if found {
            self.next += 1;
        }
        found
    }

    pub(super) fn expect_symbol(&mut self, symbol: &str) -> Result<()> {
        if self.accept_symbol(symbol) {
            Ok(())
        } else {
            Err(self.unexpected())
        }
    }

    /// A name: in backticks, or a word that is not reserved.
    pub(super) fn name(&mut self) -> Result<String> {
        match self.peek_kind() {
            TokenKind::Quoted(name) => {
                let name = name.clone();
                self.next += 1;
                Ok(name)
            }
            TokenKind::Word(word) if !is_reserved(word) => {
                let name = word.clone();
                self.next += 1;
                Ok(name)
            }
            _ => Err(self.unexpected()),
        }
    }

    /// A name after a point, where reserved words are allowed.
    pub(super) fn any_name(&mut self) -> Result<String> {
        match self.peek_kind() {
            TokenKind::Quoted(name) | TokenKind::Word(name) => {
                let name = name.clone();
                self.next += 1;
                Ok(name)
            }
            _ => Err(self.unexpected()),
        }
    }

    /// A string literal.
    pub(super) fn text(&mut self) -> Result<String> {
        match self.peek_kind() {
            TokenKind::Text(text) => {
                let text = text.clone();
                self.next += 1;
                Ok(text)
            }
            _ => Err(self.unexpected()),
        }
    }

    /// A name or a string literal.
    pub(super) fn name_or_text(&mut self) -> Result<String> {
        match self.peek_kind() {
            TokenKind::Text(_) => self.text(),
            _ => self.name(),
        }
    }

    /// An unsigned integer.
    pub(super) fn integer(&mut self) -> Result<u64> {
        match self.peek_kind() {
            TokenKind::Number(digits) => match digits.parse() {
                Ok(number) => {
                    self.next += 1;
                    Ok(number)
                }
                Err(_) => Err(self.unexpected()),
            },
            _ => Err(self.unexpected()),
        }
    }

    /// One or more of something, separated by commas.
    pub(super) fn list<T>(
        &mut self,
        mut one: impl FnMut(&mut Self) -> Result<T>,
    ) -> Result<Vec<T>> {
        let mut items = vec![one(self)?];
        while self.accept_symbol(",") {
            items.push(one(self)?);
        }
        Ok(items)
    }
}

const MOST_OPERATORS: usize = 400;

const MOST_DEPTH: usize = 40;

/// Whether a word cannot be a name without backticks.
pub(super) fn is_reserved(word: &str) -> bool {
    let upper = word.to_ascii_uppercase();
    RESERVED.binary_search(&upper.as_str()).is_ok()
}

/// Reserved words of 9.7 that statements here could meet, in order.
const RESERVED: &[&str] = &[
    "ACCESSIBLE",
    "ADD",
    "ALL",
    "ALTER",
    "ANALYZE",
    "AND",
    "AS",
    "ASC",
    "BEFORE",
    "BETWEEN",
    "BIGINT",
    "BINARY",
    "BLOB",
    "BOTH",
    "BY",
    "CALL",
    "CASCADE",
    "CASE",
    "CHANGE",
    "CHAR",
    "CHARACTER",
    "CHECK",
    "COLLATE",
    "COLUMN",
    "CONDITION",
    "CONSTRAINT",
    "CONTINUE",
    "CONVERT",
    "CREATE",
    "CROSS",
    "CURRENT_DATE",
    "CURRENT_TIME",
    "CURRENT_TIMESTAMP",
    "CURRENT_USER",
    "CURSOR",
    "DATABASE",
    "DATABASES",
    "DECIMAL",
    "DECLARE",
    "DEFAULT",
    "DELAYED",
    "DELETE",
    "DESC",
    "DESCRIBE",
    "DISTINCT",
    "DIV",
    "DOUBLE",
    "DROP",
    "DUAL",
    "EACH",
    "ELSE",
    "ELSEIF",
    "EMPTY",
    "ENCLOSED",
    "ESCAPED",
    "EXCEPT",
    "EXISTS",
    "EXIT",
    "EXPLAIN",
    "FALSE",
    "FETCH",
    "FLOAT",
    "FOR",
    "FORCE",
    "FOREIGN",
    "FROM",
    "FULLTEXT",
    "FUNCTION",
    "GENERATED",
    "GET",
    "GRANT",
    "GROUP",
    "GROUPING",
    "GROUPS",
    "HAVING",
    "IF",
    "IGNORE",
    "IN",
    "INDEX",
    "INFILE",
    "INNER",
    "INOUT",
    "INSERT",
    "INT",
    "INTEGER",
    "INTERSECT",
    "INTERVAL",
    "INTO",
    "IS",
    "ITERATE",
    "JOIN",
    "KEY",
    "KEYS",
    "KILL",
    "LAG",
    "LATERAL",
    "LEAD",
    "LEADING",
    "LEAVE",
    "LEFT",
    "LIKE",
    "LIMIT",
    "LINEAR",
    "LINES",
    "LOAD",
    "LOCALTIME",
    "LOCALTIMESTAMP",
    "LOCK",
    "LONG",
    "LONGBLOB",
    "LONGTEXT",
    "LOOP",
    "LOW_PRIORITY",
    "MATCH",
    "MAXVALUE",
    "MEDIUMINT",
    "MEDIUMTEXT",
    "MOD",
    "MODIFIES",
    "NATURAL",
    "NOT",
    "NO_WRITE_TO_BINLOG",
    "NULL",
    "NUMERIC",
    "OF",
    "ON",
    "OPTIMIZE",
    "OPTION",
    "OPTIONALLY",
    "OR",
    "ORDER",
    "OUT",
    "OUTER",
    "OUTFILE",
    "OVER",
    "PARTITION",
    "PRIMARY",
    "PROCEDURE",
    "PURGE",
    "RANGE",
    "RANK",
    "READ",
    "READS",
    "REAL",
    "RECURSIVE",
    "REFERENCES",
    "REGEXP",
    "RELEASE",
    "RENAME",
    "REPEAT",
    "REPLACE",
    "REQUIRE",
    "RESTRICT",
    "RETURN",
    "REVOKE",
    "RIGHT",
    "RLIKE",
    "ROW",
    "ROWS",
    "SCHEMA",
    "SCHEMAS",
    "SELECT",
    "SET",
    "SHOW",
    "SMALLINT",
    "SPATIAL",
    "SQL",
    "STARTING",
    "SYSTEM",
    "TABLE",
    "TERMINATED",
    "THEN",
    "TINYINT",
    "TINYTEXT",
    "TO",
    "TRAILING",
    "TRIGGER",
    "TRUE",
    "UNDO",
    "UNION",
    "UNIQUE",
    "UNLOCK",
    "UNSIGNED",
    "UPDATE",
    "USAGE",
    "USE",
    "USING",
    "UTC_DATE",
    "UTC_TIME",
    "UTC_TIMESTAMP",
    "VALUES",
    "VARBINARY",
    "VARCHAR",
    "VARYING",
    "VIRTUAL",
    "WHEN",
    "WHERE",
    "WHILE",
    "WINDOW",
    "WITH",
    "WRITE",
    "XOR",
    "ZEROFILL",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reserved_words_are_in_order() {
        assert!(RESERVED.is_sorted());
        assert!(is_reserved("select") && !is_reserved("status"));
    }
}
