//! Line editing at a prompt, and its history. Positions are UTF-16 units, as browsers count them.

/// The keys of readline that a prompt honours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EditKey {
    /// Ctrl-A
    LineStart,
    /// Ctrl-E
    LineEnd,
    /// Ctrl-K
    KillToEnd,
    /// Ctrl-U
    KillToStart,
    /// Ctrl-W
    KillWord,
    /// Alt-B
    WordBack,
    /// Alt-F
    WordForward,
}

/// Text and the place of the caret in it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Line {
    /// The text, with its line breaks.
    pub text: String,
    /// The caret, in UTF-16 units.
    pub caret: usize,
}

impl Line {
    /// A text with the caret at its end.
    pub fn at_end(text: impl Into<String>) -> Line {
        let text = text.into();
        let caret = text.encode_utf16().count();
        Line { text, caret }
    }

    /// The line after a key.
    pub fn press(&self, key: EditKey) -> Line {
        let at = self.byte_at(self.caret);
        let (before, after) = self.text.split_at(at);
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        let line_end = after
            .find('\n')
            .map_or(self.text.len(), |newline| at + newline);
        match key {
            EditKey::LineStart => self.with_caret(line_start),
            EditKey::LineEnd => self.with_caret(line_end),
            EditKey::KillToEnd => self.without(at, line_end.max(at)),
            EditKey::KillToStart => self.without(line_start, at),
            EditKey::KillWord => self.without(word_start(before), at),
            EditKey::WordBack => self.with_caret(word_start(before)),
            EditKey::WordForward => self.with_caret(at + word_end(after)),
        }
    }

    /// The line with `text` in place of what stands between the start of the word and the caret.
    pub fn complete(&self, text: &str) -> Line {
        let at = self.byte_at(self.caret);
        let start = completed_word_start(&self.text[..at]);
        let mut new = self.text[..start].to_owned();
        new.push_str(text);
        let caret = new.encode_utf16().count();
        new.push_str(&self.text[at..]);
        Line { text: new, caret }
    }

    /// What stands before the caret.
    pub fn before_caret(&self) -> &str {
        &self.text[..self.byte_at(self.caret)]
    }

    /// Whether Up and Down leave the text: the caret is on its first or last line.
    pub fn is_on_first_line(&self) -> bool {
        !self.before_caret().contains('\n')
    }

    /// See [`Line::is_on_first_line`].
    pub fn is_on_last_line(&self) -> bool {
        !self.text[self.byte_at(self.caret)..].contains('\n')
    }

    fn byte_at(&self, caret: usize) -> usize {
        let mut units = 0;
        for (byte, character) in self.text.char_indices() {
            if units >= caret {
                return byte;
            }
            units += character.len_utf16();
        }
        self.text.len()
    }

    fn with_caret(&self, byte: usize) -> Line {
        Line {
            text: self.text.clone(),
            caret: self.text[..byte].encode_utf16().count(),
        }
    }

    fn without(&self, from: usize, to: usize) -> Line {
        let caret = self.text[..from].encode_utf16().count();
        Line {
            text: format!("{}{}", &self.text[..from], &self.text[to..]),
            caret,
        }
    }
}

/// Statements typed before, and the draft that browsing them must not lose.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct History {
    entries: Vec<String>,
    place: Option<usize>,
    draft: String,
}

impl History {
    /// A history with these statements, oldest first.
    pub fn new(entries: Vec<String>) -> History {
        History {
            entries,
            ..History::default()
        }
    }

    /// The statements, oldest first.
    pub fn entries(&self) -> &[String] {
        &self.entries
    }

    /// Adds a statement, unless it repeats the last one.
    pub fn push(&mut self, statement: &str) {
        self.place = None;
        let statement = statement.trim();
        if !statement.is_empty() && self.entries.last().is_none_or(|last| last != statement) {
            self.entries.push(statement.to_owned());
        }
        if self.entries.len() > HISTORY_LENGTH {
            self.entries.remove(0);
        }
    }

    /// The statement before; `current` is kept as the draft when browsing begins.
    pub fn older(&mut self, current: &str) -> Option<String> {
        let place = match self.place {
            None => {
                self.draft = current.to_owned();
                self.entries.len().checked_sub(1)?
            }
            Some(place) => place.checked_sub(1)?,
        };
        self.place = Some(place);
        self.entries.get(place).cloned()
    }

    /// The statement after, or the draft at last.
    pub fn newer(&mut self) -> Option<String> {
        let place = self.place? + 1;
        if let Some(entry) = self.entries.get(place) {
            self.place = Some(place);
            return Some(entry.clone());
        }
        self.place = None;
        Some(std::mem::take(&mut self.draft))
    }
}

/// The longest beginning that all candidates share.
pub fn common_prefix(candidates: &[String]) -> String {
    let Some((first, rest)) = candidates.split_first() else {
        return String::new();
    };
    let mut prefix = first.as_str();
    for other in rest {
        let same = prefix
            .char_indices()
            .zip(other.chars())
            .find(|((_, a), b)| a != b)
            .map_or(prefix.len().min(other.len()), |((byte, _), _)| byte);
        prefix = &prefix[..same];
    }
    prefix.to_owned()
}

/// Where the word to complete begins: names may hold dots, at signs and quotes.
pub fn completed_word_start(before: &str) -> usize {
    let is_part = |c: char| c.is_alphanumeric() || "_@.$".contains(c);
    before.rfind(|c| !is_part(c)).map_or(0, |at| {
        at + before[at..].chars().next().map_or(1, char::len_utf8)
    })
}

fn word_start(before: &str) -> usize {
    let trimmed = before.trim_end_matches(|c: char| !is_word(c));
    trimmed.rfind(|c: char| !is_word(c)).map_or(0, |at| {
        at + trimmed[at..].chars().next().map_or(1, char::len_utf8)
    })
}

fn word_end(after: &str) -> usize {
    let start = after.find(is_word).unwrap_or(after.len());
    let rest = &after[start..];
    start + rest.find(|c: char| !is_word(c)).unwrap_or(rest.len())
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

const HISTORY_LENGTH: usize = 500;

#[cfg(test)]
mod tests {
    use super::*;

    /// `|` stands for the caret.
    fn line(marked: &str) -> Line {
        let caret = marked.find('|').expect("a caret");
        Line {
            text: marked.replace('|', ""),
            caret: marked[..caret].encode_utf16().count(),
        }
    }

    #[track_caller]
    fn check(before: &str, key: EditKey, after: &str) {
        assert_eq!(line(before).press(key), line(after));
    }

    #[test]
    fn keys_move_and_kill_within_their_line() {
        check("SELECT |1;", EditKey::LineStart, "|SELECT 1;");
        check("a\nbc|d\ne", EditKey::LineStart, "a\n|bcd\ne");
        check("a\nb|cd\ne", EditKey::LineEnd, "a\nbcd|\ne");
        check("a\nb|cd\ne", EditKey::KillToEnd, "a\nb|\ne");
        check("a\nbc|d\ne", EditKey::KillToStart, "a\n|d\ne");
    }

    #[test]
    fn words_are_letters_digits_and_underscores() {
        check("SET rpl_semi |", EditKey::KillWord, "SET |");
        check("SELECT @@x.|y", EditKey::WordBack, "SELECT @@|x.y");
        check("SEL|ECT 1", EditKey::WordForward, "SELECT| 1");
        check("|", EditKey::KillWord, "|");
    }

    #[test]
    fn the_caret_counts_utf16_units() {
        check("'😀é' x|y", EditKey::KillWord, "'😀é' |y");
    }

    #[test]
    fn completion_replaces_the_word_before_the_caret() {
        let done = line("SET GLOBAL rpl_s| = 1").complete("rpl_semi_sync_source_enabled");
        assert_eq!(done, line("SET GLOBAL rpl_semi_sync_source_enabled| = 1"));
    }

    #[test]
    fn browsing_the_history_keeps_the_draft() {
        let mut history = History::new(vec!["SELECT 1;".into(), "SELECT 2;".into()]);
        assert_eq!(history.older("draf").as_deref(), Some("SELECT 2;"));
        assert_eq!(history.older("SELECT 2;").as_deref(), Some("SELECT 1;"));
        assert_eq!(history.older("SELECT 1;"), None);
        assert_eq!(history.newer().as_deref(), Some("SELECT 2;"));
        assert_eq!(history.newer().as_deref(), Some("draf"));
        assert_eq!(history.newer(), None);
    }

    #[test]
    fn the_history_never_repeats_its_last_statement() {
        let mut history = History::default();
        for statement in ["SELECT 1;", "SELECT 1;", "", "SELECT 2;", "SELECT 1;"] {
            history.push(statement);
        }
        assert_eq!(history.entries(), ["SELECT 1;", "SELECT 2;", "SELECT 1;"]);
    }

    #[test]
    fn candidates_share_a_beginning() {
        let names = ["rpl_a", "rpl_b"].map(String::from);
        assert_eq!(common_prefix(&names), "rpl_");
        assert_eq!(common_prefix(&[]), "");
    }
}
