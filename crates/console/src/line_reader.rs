//! What the `mysql` client does with typed lines before the server sees anything.
//!
//! It finds the ends of statements (`;`, `\g`, `\G`, or another delimiter), outside quotes and
//! comments, and takes out its own commands.

use crate::lexer::is_dash_comment;

/// What a line turned out to ask for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Request {
    /// A statement for the server.
    Statement { text: String, vertical: bool },
    /// A command of the client, with its argument.
    Command(Command, String),
}

/// The client's own commands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Command {
    /// `\h`, `?`, `help`
    Help,
    /// `\s`, `status`
    Status,
    /// `\u`, `use`
    Use,
    /// `\W`, `warnings`
    ShowWarnings,
    /// `\w`, `nowarning`
    HideWarnings,
    /// `\r`, `connect`
    Connect,
    /// `\p`, `print`
    Print,
    /// `\x`, `resetconnection`
    ResetConnection,
    /// `\q`, `quit`, `exit`
    Quit,
    /// `mysql -u user …`: from the shell, another client in place of this one.
    Login,
    /// `system command`: for a shell, which the client of 9.7 leaves alone.
    System,
    /// `source file`: there are no files; the argument is its name.
    Source,
    /// A delimiter with nothing before it.
    NoQuery,
    /// `\n`, `\t`, `\#` and others that do nothing here.
    Nothing,
    /// An unknown backslash command; the argument is its letter.
    Unknown,
}

/// Reads typed lines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LineReader {
    delimiter: String,
    buffer: String,
    open: Open,
}

/// What is open at the end of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Open {
    Nothing,
    Quote(char),
    Comment,
}

impl Default for LineReader {
    fn default() -> LineReader {
        LineReader {
            delimiter: ";".to_owned(),
            buffer: String::new(),
            open: Open::Nothing,
        }
    }
}

impl LineReader {
    /// Whether everything typed so far has been asked for.
    pub(crate) fn is_idle(&self) -> bool {
        self.buffer.trim().is_empty() && self.open == Open::Nothing
    }

    /// The current delimiter.
    pub(crate) fn delimiter(&self) -> &str {
        &self.delimiter
    }

    /// The prompt of the next line, as wide as `main`.
    pub(crate) fn prompt(&self, main: &str) -> String {
        let mark = match self.open {
            _ if self.is_idle() => return main.to_owned(),
            Open::Nothing => "-> ".to_owned(),
            Open::Quote(quote) => format!("{quote}> "),
            Open::Comment => "/*> ".to_owned(),
        };
        format!("{mark:>width$}", width = main.chars().count())
    }

    /// Reads one line, without its line break.
    pub(crate) fn read(&mut self, line: &str) -> Vec<Request> {
        if self.is_idle()
            && let Some(request) = self.word_command(line)
        {
            self.buffer.clear();
            return request.into_iter().collect();
        }
        let mut requests = Vec::new();
        let mut rest = line;
        while !rest.is_empty() {
            rest = self.read_some(rest, &mut requests);
        }
        if !self.buffer.is_empty() {
            self.buffer.push('\n');
        }
        requests
    }

    /// Reads up to and including the next thing that means something; returns what is left.
    fn read_some<'a>(&mut self, rest: &'a str, requests: &mut Vec<Request>) -> &'a str {
        let first = rest.chars().next().expect("there is more to read");
        let width = first.len_utf8();
        match self.open {
            Open::Quote(quote) => {
                let escaped = first == '\\' && quote != '`';
                let width = if escaped {
                    1 + next_width(&rest[1..])
                } else {
                    width
                };
                if first == quote {
                    self.open = Open::Nothing;
                }
                self.take(rest, width)
            }
            Open::Comment if rest.starts_with("*/") => {
                self.open = Open::Nothing;
                self.take(rest, 2)
            }
            Open::Comment => self.take(rest, width),
            Open::Nothing if rest.starts_with(&self.delimiter) => {
                let after = &rest[self.delimiter.len()..];
                self.end_of_statement(after, false, requests)
            }
            Open::Nothing if first == '\\' => self.backslash(&rest[1..], requests),
            Open::Nothing if first == '#' || is_dash_comment(rest) => {
                let alone = self.buffer.trim().is_empty();
                self.buffer.push_str(rest);
                if alone {
                    requests.push(self.statement(false));
                }
                ""
            }
            Open::Nothing => {
                if rest.starts_with("/*") {
                    self.open = Open::Comment;
                } else if matches!(first, '\'' | '"' | '`') {
                    self.open = Open::Quote(first);
                } else if first.is_whitespace() && self.buffer.is_empty() {
                    return &rest[width..];
                }
                self.take(rest, width)
            }
        }
    }

    fn take<'a>(&mut self, rest: &'a str, width: usize) -> &'a str {
        self.buffer.push_str(&rest[..width]);
        &rest[width..]
    }

    /// A delimiter: a comment behind it belongs to the statement.
    fn end_of_statement<'a>(
        &mut self,
        after: &'a str,
        vertical: bool,
        requests: &mut Vec<Request>,
    ) -> &'a str {
        let after = after.trim_start();
        let mut left = after;
        if after.starts_with('#') || is_dash_comment(after) {
            self.buffer.push_str(after);
            left = "";
        }
        requests.push(self.statement(vertical));
        left
    }

    fn statement(&mut self, vertical: bool) -> Request {
        let text = std::mem::take(&mut self.buffer);
        if text.trim().is_empty() {
            return Request::Command(Command::NoQuery, String::new());
        }
        let text = text.trim_end().to_owned();
        Request::Statement { text, vertical }
    }

    fn backslash<'a>(&mut self, after: &'a str, requests: &mut Vec<Request>) -> &'a str {
        let letter = after.chars().next().unwrap_or('\\');
        let rest = &after[next_width(after)..];
        match letter {
            'g' | 'G' => return self.end_of_statement(rest, letter == 'G', requests),
            'c' => {
                self.buffer.clear();
                return rest;
            }
            'd' => {
                self.set_delimiter(rest);
                return "";
            }
            'p' => {
                let printed = self.buffer.trim_end().to_owned();
                requests.push(Request::Command(Command::Print, printed));
                return rest;
            }
            _ => {}
        }
        let command = COMMANDS.iter().find(|(known, _, _)| *known == letter);
        let (command, argument) = match command {
            Some((_, _, command)) if command.takes_the_line() => (*command, argument_of(rest)),
            Some((_, _, command)) => {
                requests.push(Request::Command(*command, String::new()));
                return rest;
            }
            None => {
                requests.push(Request::Command(Command::Unknown, letter.to_string()));
                return rest;
            }
        };
        requests.push(Request::Command(command, argument));
        ""
    }

    /// A command by its word, first on a line; `Some(None)` when it is done already.
    fn word_command(&mut self, line: &str) -> Option<Option<Request>> {
        let trimmed = line.trim();
        let end = trimmed
            .find(|c: char| c.is_whitespace() || c == ';')
            .unwrap_or(trimmed.len());
        let (word, rest) = trimmed.split_at(end);
        let word = word.to_ascii_lowercase();
        if let Some(options) = login_options(trimmed) {
            return Some(Some(Request::Command(Command::Login, options.to_owned())));
        }
        if word == "delimiter" {
            self.set_delimiter(rest);
            return Some(None);
        }
        let (_, _, command) = COMMANDS.iter().find(|(_, known, _)| *known == word)?;
        // `use` takes its argument; `help topic` and the like are for the server.
        let argument = argument_of(rest);
        if !argument.is_empty() && !command.takes_the_line() {
            return None;
        }
        // More behind a delimiter is read as usual.
        if rest.trim_end_matches([';', ' ']).contains(';') {
            return None;
        }
        Some(Some(Request::Command(*command, argument)))
    }

    fn set_delimiter(&mut self, rest: &str) {
        if let Some(delimiter) = rest.split_whitespace().next() {
            self.delimiter = delimiter.to_owned();
        }
    }
}

impl Command {
    /// Whether what follows on its line is its argument.
    fn takes_the_line(self) -> bool {
        matches!(
            self,
            Command::Use | Command::Connect | Command::System | Command::Source
        )
    }
}

/// The options of `mysql -u user …`, which is for the shell: options follow and no delimiter.
pub fn login_options(line: &str) -> Option<&str> {
    let options = line.trim().strip_prefix("mysql ")?.trim_start();
    (options.starts_with('-') && !options.contains([';', '\\', '\n'])).then_some(options)
}

fn next_width(text: &str) -> usize {
    text.chars().next().map_or(0, char::len_utf8)
}

fn argument_of(rest: &str) -> String {
    let rest = rest.trim().trim_end_matches(';').trim();
    rest.trim_matches(['`', '\'', '"']).to_owned()
}

const COMMANDS: &[(char, &str, Command)] = &[
    ('h', "help", Command::Help),
    ('?', "?", Command::Help),
    ('s', "status", Command::Status),
    ('u', "use", Command::Use),
    ('W', "warnings", Command::ShowWarnings),
    ('w', "nowarning", Command::HideWarnings),
    ('r', "connect", Command::Connect),
    ('x', "resetconnection", Command::ResetConnection),
    ('q', "quit", Command::Quit),
    ('q', "exit", Command::Quit),
    ('c', "clear", Command::Nothing),
    ('n', "nopager", Command::Nothing),
    ('t', "notee", Command::Nothing),
    ('#', "rehash", Command::Nothing),
    ('!', "system", Command::System),
    ('.', "source", Command::Source),
    ('g', "go", Command::NoQuery),
    ('G', "ego", Command::NoQuery),
];

#[cfg(test)]
mod tests {
    use super::*;

    fn statement(text: &str) -> Request {
        Request::Statement {
            text: text.to_owned(),
            vertical: false,
        }
    }

    #[track_caller]
    fn check(lines: &[&str], expected: &[Request]) -> LineReader {
        let mut reader = LineReader::default();
        let mut requests = Vec::new();
        for line in lines {
            requests.extend(reader.read(line));
        }
        assert_eq!(requests, expected, "{lines:?}");
        reader
    }

    #[test]
    fn statements_end_at_delimiters_outside_quotes_and_comments() {
        check(
            &["SELECT ';' /* ; */ , \"\\\";\"; SELECT 2"],
            &[statement("SELECT ';' /* ; */ , \"\\\";\"")],
        );
        check(
            &["SELECT 1 -- ;", "+ 2", ";"],
            &[statement("SELECT 1 -- ;\n+ 2")],
        );
        check(
            &["SELECT 5; -- trailing", "# alone"],
            &[statement("SELECT 5-- trailing"), statement("# alone")],
        );
        check(
            &["SELECT 3\\GSELECT 4\\g"],
            &[
                Request::Statement {
                    text: "SELECT 3".to_owned(),
                    vertical: true,
                },
                statement("SELECT 4"),
            ],
        );
    }

    #[test]
    fn prompts_say_what_is_open_and_keep_their_width() {
        let prompt = |lines: &[&str]| check(lines, &[]).prompt("source> ");
        assert_eq!(prompt(&[]), "source> ");
        assert_eq!(prompt(&["SELECT"]), "     -> ");
        assert_eq!(prompt(&["SELECT 'a"]), "     '> ");
        assert_eq!(prompt(&["SELECT \"a"]), "     \"> ");
        assert_eq!(prompt(&["SELECT `a"]), "     `> ");
        assert_eq!(prompt(&["SELECT /* a"]), "    /*> ");
    }

    #[test]
    fn another_delimiter_lets_semicolons_through() {
        check(
            &[
                "DELIMITER //",
                "SELECT 1; SELECT 2//",
                "delimiter ;",
                "SELECT 3;",
            ],
            &[statement("SELECT 1; SELECT 2"), statement("SELECT 3")],
        );
    }

    #[test]
    fn commands_are_words_first_on_a_line_or_letters_anywhere() {
        let command = |command, argument: &str| Request::Command(command, argument.to_owned());
        check(&["help"], &[command(Command::Help, "")]);
        check(&["HELP;"], &[command(Command::Help, "")]);
        check(&["?"], &[command(Command::Help, "")]);
        check(&["\\h"], &[command(Command::Help, "")]);
        check(&["use lab"], &[command(Command::Use, "lab")]);
        check(&["USE `lab`;"], &[command(Command::Use, "lab")]);
        check(&["\\u lab"], &[command(Command::Use, "lab")]);
        check(&["help 'contents';"], &[statement("help 'contents'")]);
        check(&[";"], &[command(Command::NoQuery, "")]);
        check(&["\\W"], &[command(Command::ShowWarnings, "")]);
        check(&["\\! ls -l;"], &[command(Command::System, "ls -l")]);
        check(&["source a.sql"], &[command(Command::Source, "a.sql")]);
        check(&["\\k"], &[command(Command::Unknown, "k")]);
        let reader = check(&["SELECT 1 \\c"], &[]);
        assert!(reader.is_idle());
    }
}
