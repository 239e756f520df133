//! CHANGE REPLICATION SOURCE TO, START, STOP, RESET, PURGE.

use semisync_core::Generation;
use semisync_sim::operation::{Login, Until};

use super::admin;
use super::cursor::{Cursor, Result};
use super::expression::expression;
use crate::lexer::TokenKind;
use crate::statement::{SourceOption, Statement, Threads};

/// After CHANGE.
pub(super) fn change_source(c: &mut Cursor<'_>) -> Result<Statement> {
    if is_old(c) && c.accept("MASTER") {
        c.expect("TO")?;
    } else if !is_old(c) && c.accept("REPLICATION") {
        c.expect("SOURCE")?;
        c.expect("TO")?;
    } else {
        return Err(c.unexpected());
    }
    let options = c.list(source_option)?;
    let channel = channel(c)?.unwrap_or_default();
    Ok(Statement::ChangeSource { options, channel })
}

/// After START.
pub(super) fn start(c: &mut Cursor<'_>) -> Result<Statement> {
    if c.accept("TRANSACTION") {
        return admin::begin_options(c);
    }
    replica_word(c)?;
    let threads = threads(c)?;
    let until = match c.accept("UNTIL") {
        true => Some(until(c)?),
        false => None,
    };
    let mut login = None;
    for word in ["USER", "PASSWORD", "DEFAULT_AUTH", "PLUGIN_DIR"] {
        if c.accept(word) {
            c.expect_symbol("=")?;
            let text = c.text()?;
            let login = login.get_or_insert_with(Login::default);
            match word {
                "USER" => login.user = text,
                "PASSWORD" => login.password = text,
                _ => {}
            }
        }
    }
    let channel = channel(c)?;
    Ok(Statement::StartReplica {
        threads,
        until,
        login,
        channel,
    })
}

/// After STOP.
pub(super) fn stop(c: &mut Cursor<'_>) -> Result<Statement> {
    replica_word(c)?;
    let threads = threads(c)?;
    let channel = channel(c)?;
    Ok(Statement::StopReplica { threads, channel })
}

/// After RESET.
pub(super) fn reset(c: &mut Cursor<'_>) -> Result<Statement> {
    if c.accept("PERSIST") {
        let if_exists = c.accept_all(&["IF", "EXISTS"]);
        let name = if c.is_at_end() { None } else { Some(c.name()?) };
        return Ok(Statement::ResetPersist { name, if_exists });
    }
    if is_old(c) && c.accept("MASTER") {
        return Ok(Statement::ResetBinaryLogs { to: None });
    }
    if !is_old(c) && c.accept("BINARY") {
        for word in ["LOGS", "AND", "GTIDS"] {
            c.expect(word)?;
        }
        let to = if c.accept("TO") {
            Some(c.integer()?)
        } else {
            None
        };
        return Ok(Statement::ResetBinaryLogs { to });
    }
    replica_word(c)?;
    let all = c.accept("ALL");
    let channel = channel(c)?;
    Ok(Statement::ResetReplica { all, channel })
}

/// After PURGE.
pub(super) fn purge(c: &mut Cursor<'_>) -> Result<Statement> {
    if !(c.accept("BINARY") || is_old(c) && c.accept("MASTER")) {
        return Err(c.unexpected());
    }
    c.expect("LOGS")?;
    if c.accept("BEFORE") {
        return expression(c).map(Statement::PurgeBinaryLogsBefore);
    }
    c.expect("TO")?;
    let to = c.text()?;
    Ok(Statement::PurgeBinaryLogs { to })
}

/// `FOR CHANNEL 'name'`
pub(super) fn channel(c: &mut Cursor<'_>) -> Result<Option<String>> {
    if !c.accept("FOR") {
        return Ok(None);
    }
    c.expect("CHANNEL")?;
    c.name_or_text().map(Some)
}

/// Whether this server speaks of masters and slaves.
pub(super) fn is_old(c: &Cursor<'_>) -> bool {
    c.generation() == Generation::V5_5
}

/// REPLICA, or SLAVE on old servers.
pub(super) fn replica_word(c: &mut Cursor<'_>) -> Result<()> {
    let word = if is_old(c) { "SLAVE" } else { "REPLICA" };
    c.expect(word)
}

fn threads(c: &mut Cursor<'_>) -> Result<Threads> {
    let mut threads = Threads {
        receiver: false,
        applier: false,
    };
    loop {
        if c.accept("IO_THREAD") {
            threads.receiver = true;
        } else if c.accept("SQL_THREAD") {
            threads.applier = true;
        } else if threads.receiver || threads.applier {
            return Err(c.unexpected());
        } else {
            return Ok(Threads {
                receiver: true,
                applier: true,
            });
        }
        if !c.accept_symbol(",") {
            return Ok(threads);
        }
    }
}

/// After UNTIL. Both parts of a position have to be given.
fn until(c: &mut Cursor<'_>) -> Result<Until> {
    if c.accept("SQL_BEFORE_GTIDS") {
        c.expect_symbol("=")?;
        return c.text().map(Until::BeforeGtids);
    }
    if c.accept("SQL_AFTER_GTIDS") {
        c.expect_symbol("=")?;
        return c.text().map(Until::AfterGtids);
    }
    if c.accept("SQL_AFTER_MTS_GAPS") {
        return Ok(Until::AfterGaps);
    }
    let (mut file, mut position) = (None, None);
    let mut of_relay_log = false;
    loop {
        let is_file = c.accept_any(&["SOURCE_LOG_FILE", "RELAY_LOG_FILE"]);
        let is_position = match is_file {
            Some(_) => None,
            None => c.accept_any(&["SOURCE_LOG_POS", "RELAY_LOG_POS"]),
        };
        c.expect_symbol("=")?;
        match (is_file, is_position) {
            (Some(word), _) => {
                of_relay_log = word.starts_with("RELAY");
                file = Some(c.text()?);
            }
            (None, Some(_)) => position = Some(c.integer()?),
            (None, None) => return Err(c.unexpected()),
        }
        if !c.accept_symbol(",") {
            break;
        }
    }
    let file = file.unwrap_or_default();
    // Position 0 stands for one that was left out: the server refuses it.
    let position = position.unwrap_or(0);
    Ok(match of_relay_log {
        true => Until::RelayPosition(file, position),
        false => Until::SourcePosition(file, position),
    })
}

fn source_option(c: &mut Cursor<'_>) -> Result<(String, SourceOption)> {
    let TokenKind::Word(word) = c.peek_kind().clone() else {
        return Err(c.unexpected());
    };
    let upper = word.to_ascii_uppercase();
    let name = if is_old(c) {
        upper.replace("MASTER_", "SOURCE_")
    } else {
        upper.clone()
    };
    if !OPTIONS.contains(&name.as_str()) || (is_old(c) && upper.starts_with("SOURCE_")) {
        for option in OPTIONS {
            c.is_word(option);
        }
        return Err(c.unexpected());
    }
    c.advance();
    c.expect_symbol("=")?;
    let is_text = TEXT_OPTIONS.contains(&name.as_str());
    let value = match c.peek_kind().clone() {
        TokenKind::Text(text) if is_text => SourceOption::Text(text),
        TokenKind::Number(number) if !is_text => SourceOption::Number(number),
        TokenKind::Word(word) => SourceOption::Word(word),
        _ => return Err(c.unexpected()),
    };
    c.advance();
    Ok((name, value))
}

/// Options whose value is a string; that of the others is a number or a word.
const TEXT_OPTIONS: &[&str] = &[
    "NETWORK_NAMESPACE",
    "PRIVILEGE_CHECKS_USER",
    "RELAY_LOG_FILE",
    "SOURCE_BIND",
    "SOURCE_COMPRESSION_ALGORITHMS",
    "SOURCE_HOST",
    "SOURCE_LOG_FILE",
    "SOURCE_PASSWORD",
    "SOURCE_PUBLIC_KEY_PATH",
    "SOURCE_SSL_CA",
    "SOURCE_SSL_CAPATH",
    "SOURCE_SSL_CERT",
    "SOURCE_SSL_CIPHER",
    "SOURCE_SSL_KEY",
    "SOURCE_USER",
];

const OPTIONS: &[&str] = &[
    "ASSIGN_GTIDS_TO_ANONYMOUS_TRANSACTIONS",
    "GET_SOURCE_PUBLIC_KEY",
    "GTID_ONLY",
    "NETWORK_NAMESPACE",
    "PRIVILEGE_CHECKS_USER",
    "RELAY_LOG_FILE",
    "RELAY_LOG_POS",
    "REQUIRE_ROW_FORMAT",
    "REQUIRE_TABLE_PRIMARY_KEY_CHECK",
    "SOURCE_AUTO_POSITION",
    "SOURCE_BIND",
    "SOURCE_COMPRESSION_ALGORITHMS",
    "SOURCE_CONNECTION_AUTO_FAILOVER",
    "SOURCE_CONNECT_RETRY",
    "SOURCE_DELAY",
    "SOURCE_HEARTBEAT_PERIOD",
    "SOURCE_HOST",
    "SOURCE_LOG_FILE",
    "SOURCE_LOG_POS",
    "SOURCE_PASSWORD",
    "SOURCE_PORT",
    "SOURCE_PUBLIC_KEY_PATH",
    "SOURCE_RETRY_COUNT",
    "SOURCE_SSL",
    "SOURCE_SSL_CA",
    "SOURCE_SSL_CAPATH",
    "SOURCE_SSL_CERT",
    "SOURCE_SSL_CIPHER",
    "SOURCE_SSL_KEY",
    "SOURCE_SSL_VERIFY_SERVER_CERT",
    "SOURCE_USER",
    "SOURCE_ZSTD_COMPRESSION_LEVEL",
];
