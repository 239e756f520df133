//! Which paths a Rust source uses: `use` trees spelled out, and paths in expressions and types.
//!
//! A reader of tokens, not of Rust: good enough to see what a file reaches for, without macros.

/// A path in code and the line where it stands, counted from 1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct UsedPath {
    pub(super) line: usize,
    pub(super) path: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Token {
    Name(String),
    Separator,
    Sign(char),
}

/// Every path in `source`, without comments, texts and test modules.
pub(super) fn used_paths(source: &str) -> Vec<UsedPath> {
    let code = code_only(source);
    let code = without_test_module(&code);
    let tokens = tokens(code);
    let mut paths = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        match &tokens[at].1 {
            Token::Name(name) if name == "use" => {
                at = use_tree(&tokens, at + 1, &mut Vec::new(), &mut paths);
            }
            Token::Name(_) => at = plain_path(&tokens, at, &mut paths),
            Token::Separator | Token::Sign(_) => at += 1,
        }
    }
    paths
}

/// The source with comments and the contents of texts blanked out; lines stay where they are.
pub(super) fn code_only(source: &str) -> String {
    let chars: Vec<char> = source.chars().collect();
    let mut code = String::with_capacity(source.len());
    let mut at = 0;
    while at < chars.len() {
        let end = end_of_blank(&chars, at).min(chars.len());
        if end == at {
            code.push(chars[at]);
            at += 1;
            continue;
        }
        code.extend(
            chars[at..end]
                .iter()
                .map(|c| if *c == '\n' { '\n' } else { ' ' }),
        );
        at = end;
    }
    code
}

/// The end of the comment, text or character that starts at `at`; `at` itself when none does.
fn end_of_blank(chars: &[char], at: usize) -> usize {
    let next = chars.get(at + 1).copied();
    match (chars[at], next) {
        ('/', Some('/')) => find(chars, at, |c| c == '\n'),
        ('/', Some('*')) => end_of_block_comment(chars, at),
        ('"', _) => end_of_text(chars, at + 1),
        ('r', Some('"' | '#')) if !follows_name(chars, at) => end_of_raw_text(chars, at),
        ('\'', Some('\\')) => find(chars, at + 3, |c| c == '\'') + 1,
        ('\'', Some(_)) if chars.get(at + 2) == Some(&'\'') => at + 3,
        _ => at,
    }
}

fn follows_name(chars: &[char], at: usize) -> bool {
    // `br"` is a raw text too; any other letter before the `r` makes it part of a name.
    at.checked_sub(1)
        .is_some_and(|before| is_name(chars[before]) && chars[before] != 'b')
}

fn find(chars: &[char], from: usize, is_end: impl Fn(char) -> bool) -> usize {
    (from..chars.len())
        .find(|at| is_end(chars[*at]))
        .unwrap_or(chars.len())
}

fn end_of_block_comment(chars: &[char], from: usize) -> usize {
    let mut depth = 0usize;
    let mut at = from;
    while at < chars.len() {
        match (chars[at], chars.get(at + 1)) {
            ('/', Some('*')) => (depth, at) = (depth + 1, at + 2),
            ('*', Some('/')) => (depth, at) = (depth - 1, at + 2),
            _ => at += 1,
        }
        if depth == 0 {
            break;
        }
    }
    at.min(chars.len())
}

fn end_of_text(chars: &[char], from: usize) -> usize {
    let mut at = from;
    while at < chars.len() && chars[at] != '"' {
        at += if chars[at] == '\\' { 2 } else { 1 };
    }
    (at + 1).min(chars.len())
}

fn end_of_raw_text(chars: &[char], from: usize) -> usize {
    let hashes = chars[from + 1..].iter().take_while(|c| **c == '#').count();
    let open = from + 1 + hashes;
    if chars.get(open) != Some(&'"') {
        return from;
    }
    let closes = |at: usize| {
        chars[at] == '"'
            && chars[at + 1..]
                .iter()
                .take(hashes)
                .filter(|c| **c == '#')
                .count()
                == hashes
    };
    match (open + 1..chars.len()).find(|at| closes(*at)) {
        Some(close) => close + 1 + hashes,
        None => chars.len(),
    }
}

/// Test modules stand at the end of their file.
fn without_test_module(code: &str) -> &str {
    let mut from = 0;
    while let Some(found) = code[from..].find("#[cfg(test)]") {
        let start = from + found;
        let after = code[start + "#[cfg(test)]".len()..].trim_start();
        if after.starts_with("mod ") {
            return &code[..start];
        }
        from = start + 1;
    }
    code
}

fn is_name(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

fn tokens(code: &str) -> Vec<(usize, Token)> {
    let mut tokens = Vec::new();
    for (index, line) in code.lines().enumerate() {
        let mut rest = line;
        while let Some(first) = rest.chars().next() {
            let length = if is_name(first) {
                let length = rest.find(|c| !is_name(c)).unwrap_or(rest.len());
                tokens.push((index + 1, Token::Name(rest[..length].to_owned())));
                length
            } else if rest.starts_with("::") {
                tokens.push((index + 1, Token::Separator));
                2
            } else {
                if !first.is_whitespace() {
                    tokens.push((index + 1, Token::Sign(first)));
                }
                first.len_utf8()
            };
            rest = &rest[length..];
        }
    }
    tokens
}

/// Reads one `use` tree from `at`; `prefix` is the path so far. Returns where it ends.
fn use_tree(
    tokens: &[(usize, Token)],
    mut at: usize,
    prefix: &mut Vec<String>,
    paths: &mut Vec<UsedPath>,
) -> usize {
    let depth = prefix.len();
    let mut renamed = false;
    let mut grouped = false;
    while at < tokens.len() {
        let (line, token) = &tokens[at];
        match token {
            Token::Name(name) if name == "as" => renamed = true,
            Token::Name(name) if !renamed => prefix.push(name.clone()),
            Token::Name(_) | Token::Separator => {}
            Token::Sign('*') => prefix.push("*".to_owned()),
            Token::Sign('{') => {
                grouped = true;
                loop {
                    at = use_tree(tokens, at + 1, prefix, paths);
                    if !matches!(tokens.get(at), Some((_, Token::Sign(',')))) {
                        break;
                    }
                }
            }
            Token::Sign(_) => {
                if depth < prefix.len() && !grouped {
                    paths.push(UsedPath {
                        line: *line,
                        path: prefix.join("::"),
                    });
                }
                prefix.truncate(depth);
                return at;
            }
        }
        at += 1;
    }
    prefix.truncate(depth);
    at
}

fn plain_path(tokens: &[(usize, Token)], from: usize, paths: &mut Vec<UsedPath>) -> usize {
    let mut names = Vec::new();
    let mut at = from;
    while let Some((_, Token::Name(name))) = tokens.get(at) {
        names.push(name.as_str());
        at += 1;
        match tokens.get(at) {
            Some((_, Token::Separator)) => at += 1,
            _ => break,
        }
    }
    paths.push(UsedPath {
        line: tokens[from].0,
        path: names.join("::"),
    });
    at
}

#[cfg(test)]
mod tests;
