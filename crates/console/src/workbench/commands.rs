//! The client's own commands, and its hints.

use semisync_core::Generation;
use semisync_sim::{SessionKey, SqlError, database_denied};

use super::{SessionAddress, Workbench};
use crate::line_reader::Command;
use crate::parser::{FIRST_WORDS, expected_after, parse};
use crate::tables::{no_such_database, system_tables};

impl Workbench {
    /// What a client command prints, and does.
    pub(super) fn command(
        &mut self,
        at: SessionAddress,
        command: Command,
        argument: &str,
    ) -> String {
        match command {
            Command::Help => self.help(at),
            Command::Status => self.status(at),
            Command::ShowWarnings => self.set_shows_warnings(at, true),
            Command::HideWarnings => self.set_shows_warnings(at, false),
            Command::Connect => {
                self.close(at);
                String::new()
            }
            Command::ResetConnection => {
                if let Some(client) = self.clients.get_mut(&at) {
                    client.memory = Default::default();
                }
                String::new()
            }
            Command::Quit => {
                self.close(at);
                if let Some(client) = self.clients.get_mut(&at) {
                    client.was_connected = false;
                }
                "Bye\n".to_owned()
            }
            Command::Print => format!("--------------\n{argument}\n--------------\n\n"),
            Command::NoQuery => "ERROR: \nNo query specified\n\n".to_owned(),
            Command::Unknown => format!("ERROR: \nUnknown command '\\{argument}'.\n\n"),
            Command::System => NO_SHELL.to_owned(),
            Command::Source => format!("ERROR: \nFailed to open file '{argument}', error: 2\n"),
            Command::Login => self.log_in(at, argument),
            Command::Use | Command::Nothing => String::new(),
        }
    }

    fn set_shows_warnings(&mut self, at: SessionAddress, shows: bool) -> String {
        if let Some(client) = self.clients.get_mut(&at) {
            client.shows_warnings = shows;
        }
        let word = if shows { "enabled" } else { "disabled" };
        format!("Show warnings {word}.\n")
    }

    /// `mysql -u user …`: another client takes this one's place, if it can connect.
    fn log_in(&mut self, at: SessionAddress, options: &str) -> String {
        let login = Login::parse(options);
        match self.connect_as(at, &login) {
            Ok(session) => {
                self.close(at);
                self.addresses.insert(session, at);
                self.connections.insert(session, at);
                if let Some(client) = self.clients.get_mut(&at) {
                    client.session = Some(session);
                    client.was_connected = true;
                    client.shows_warnings = false;
                    client.memory.warnings = vec![super::conversation::greeting_refused()];
                    client.database = login.database;
                    client.login = Some((login.user, login.password.unwrap_or_default()));
                }
                String::new()
            }
            Err(error) => {
                let warning = match login.password {
                    Some(_) => PASSWORD_WARNING,
                    None => "",
                };
                format!("{warning}{error}\n")
            }
        }
    }

    fn connect_as(&mut self, at: SessionAddress, login: &Login) -> Result<SessionKey, SqlError> {
        let password = login.password.as_deref().unwrap_or_default();
        let session = self
            .cluster
            .open_session_as(at.server, &login.user, password)?;
        let Some(database) = &login.database else {
            return Ok(session);
        };
        let (_, account) = self.cluster.session_account(session);
        let refused = if !self.cluster.knows_database(session, database) {
            Some(database_denied(&account, database))
        } else if self.cluster.tables(at.server, database).is_none()
            && system_tables(database).is_none()
        {
            Some(no_such_database(database))
        } else {
            None
        };
        if let Some(error) = refused {
            self.cluster.close_session(session);
            return Err(error);
        }
        self.cluster.set_default_database(session, database);
        Ok(session)
    }

    /// Ends the connection; the next statement opens another.
    fn close(&mut self, at: SessionAddress) {
        let Some(client) = self.clients.get_mut(&at) else {
            return;
        };
        if let Some(session) = client.session {
            self.addresses.remove(&session);
            client.forget_connection();
            self.cluster.close_session(session);
        }
    }

    fn status(&self, at: SessionAddress) -> String {
        let session = self.clients.get(&at).and_then(|client| client.session);
        let connection = session.and_then(|session| self.cluster.connection(session));
        let id = connection
            .as_ref()
            .map_or(0, |connection| connection.processlist_id);
        let database = connection
            .and_then(|connection| connection.database)
            .unwrap_or_default();
        let version = self
            .cluster
            .global_variables(at.server)
            .into_iter()
            .find(|row| row.name == "version")
            .map_or(String::new(), |row| row.shown);
        let delimiter = self
            .clients
            .get(&at)
            .map_or(";", |client| client.reader.delimiter());
        let user = session.map_or_else(String::new, |session| {
            self.cluster.session_account(session).0
        });
        let uptime = self.cluster.now().as_micros() / 1_000_000;
        format!(
            "--------------\nmysql  Ver {version} for virtual clusters\n\n\
             Connection id:\t\t{id}\nCurrent database:\t{database}\nCurrent user:\t\t{user}@localhost\n\
             SSL:\t\t\tNot in use\nCurrent pager:\t\tstdout\nUsing outfile:\t\t''\n\
             Using delimiter:\t{delimiter}\nServer version:\t\t{version}\nProtocol version:\t10\n\
             Connection:\t\tLocalhost via UNIX socket\nServer characterset:\tutf8mb4\n\
             Db     characterset:\tutf8mb4\nClient characterset:\tutf8mb4\n\
             Conn.  characterset:\tutf8mb4\nUNIX socket:\t\t/var/run/mysqld/mysqld.sock\n\
             Uptime:\t\t\t{uptime} sec\n--------------\n\n"
        )
    }

    fn help(&self, at: SessionAddress) -> String {
        let mut text = HELP.to_owned();
        let generation = self.generation(at);
        let refused = self
            .clients
            .get(&at)
            .and_then(|client| client.refused.as_deref());
        if let Some(hint) = refused.and_then(|refused| hint(refused, generation)) {
            text.push_str(&hint);
            text.push('\n');
        }
        text
    }

    pub(super) fn generation(&self, at: SessionAddress) -> Generation {
        self.cluster.generation(at.server)
    }
}

/// What stands behind `mysql` on a command line.
#[derive(Default)]
struct Login {
    user: String,
    password: Option<String>,
    database: Option<String>,
}

impl Login {
    fn parse(options: &str) -> Login {
        let mut login = Login {
            user: "root".to_owned(),
            ..Login::default()
        };
        let mut words = options.split_whitespace();
        while let Some(word) = words.next() {
            let (name, value) = match word.strip_prefix("--") {
                Some(long) => match long.split_once('=') {
                    Some((name, value)) => (name, value.to_owned()),
                    None => (long, String::new()),
                },
                None if word.starts_with('-') && word.len() >= 2 => {
                    let (short, value) = (&word[..2], &word[2..]);
                    let takes_next = value.is_empty() && short != "-p";
                    let value = match takes_next {
                        true => words.next().unwrap_or_default(),
                        false => value,
                    };
                    (short, value.to_owned())
                }
                None => ("-D", word.to_owned()),
            };
            match name {
                "-u" | "user" => login.user = value,
                "-p" | "password" => login.password = Some(value).filter(|it| !it.is_empty()),
                "-D" | "database" => login.database = Some(value),
                // Where the server is, the prompt says.
                _ => {}
            }
        }
        login
    }
}

/// What the client of 9.7 says of `system` unless it was started with `--system-command`.
const NO_SHELL: &str =
    "ERROR: \n'system' command received, but the --system-command option is off. Skipping.\n";

const PASSWORD_WARNING: &str =
    "mysql: [Warning] Using a password on the command line interface can be insecure.\n";

/// What could be meant by a statement that was refused: today's words for an old statement, else its
/// words as far as they are right and the nearest word that could follow.
fn hint(refused: &str, generation: Generation) -> Option<String> {
    let words: Vec<&str> = refused.split_whitespace().collect();
    let meant = todays_words(&words, generation).or_else(|| nearest_words(&words, generation))?;
    let is_whole = parse(&meant, generation).is_ok();
    let more = if is_whole { "" } else { " …" };
    Some(format!(
        "The last statement was not understood: `{refused}`. Did you mean `{meant}{more}`?\n"
    ))
}

fn todays_words(words: &[&str], generation: Generation) -> Option<String> {
    if generation == Generation::V5_5 {
        return None;
    }
    let joined = words.join(" ");
    OLD_STATEMENTS.iter().find_map(|(old, today)| {
        let head = joined.get(..old.len())?;
        let rest = &joined[old.len()..];
        let is_old = head.eq_ignore_ascii_case(old) && (rest.is_empty() || rest.starts_with(' '));
        is_old.then(|| format!("{today}{}", rest.replace("MASTER_", "SOURCE_")))
    })
}

const OLD_STATEMENTS: &[(&str, &str)] = &[
    ("SHOW MASTER STATUS", "SHOW BINARY LOG STATUS"),
    ("SHOW MASTER LOGS", "SHOW BINARY LOGS"),
    ("SHOW SLAVE STATUS", "SHOW REPLICA STATUS"),
    ("SHOW SLAVE HOSTS", "SHOW REPLICAS"),
    ("START SLAVE", "START REPLICA"),
    ("STOP SLAVE", "STOP REPLICA"),
    ("RESET SLAVE", "RESET REPLICA"),
    ("RESET MASTER", "RESET BINARY LOGS AND GTIDS"),
    ("CHANGE MASTER TO", "CHANGE REPLICATION SOURCE TO"),
    ("PURGE MASTER LOGS TO", "PURGE BINARY LOGS TO"),
];

fn nearest_words(words: &[&str], generation: Generation) -> Option<String> {
    let mut right = String::new();
    for (index, word) in words.iter().enumerate() {
        let expected = if right.is_empty() {
            FIRST_WORDS.to_vec()
        } else {
            expected_after(&right, generation)
        };
        let upper = word.to_ascii_uppercase();
        if !expected.contains(&upper.as_str()) {
            let nearest = nearest(&upper, &expected)?;
            let rest = words[index + 1..].join(" ");
            let whole = format!("{right}{nearest} {rest}");
            if parse(whole.trim(), generation).is_ok() {
                return Some(whole.trim().to_owned());
            }
            return Some(format!("{right}{nearest}"));
        }
        right.push_str(&upper);
        right.push(' ');
    }
    None
}

fn nearest<'a>(word: &str, among: &[&'a str]) -> Option<&'a str> {
    let close = among.iter().map(|known| (distance(word, known), *known));
    close
        .min()
        .filter(|(distance, known)| *distance <= known.len() / 2)
        .map(|(_, known)| known)
}

/// How many letters to insert, delete or change.
fn distance(left: &str, right: &str) -> usize {
    let right: Vec<char> = right.chars().collect();
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (index, from) in left.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = index + 1;
        for (column, to) in right.iter().enumerate() {
            let changed = diagonal + usize::from(from != *to);
            diagonal = row[column + 1];
            row[column + 1] = changed.min(row[column] + 1).min(diagonal + 1);
        }
    }
    row[right.len()]
}

const HELP: &str = "
A virtual MySQL server; statements end with ;, \\g or \\G.

Commands of the client:
?         (\\?) Synonym for `help'.
clear     (\\c) Clear the current input statement.
connect   (\\r) Reconnect to the server.
delimiter (\\d) Set statement delimiter.
ego       (\\G) Send command to mysql server, display result vertically.
exit      (\\q) Exit mysql. Same as quit.
go        (\\g) Send command to mysql server.
help      (\\h) Display this help.
nowarning (\\w) Don't show warnings after every statement.
print     (\\p) Print current command.
quit      (\\q) Quit mysql.
resetconnection(\\x) Clean session context.
status    (\\s) Get status information from the server.
use       (\\u) Use another database. Takes database name as argument.
warnings  (\\W) Show warnings after every statement.

Statements to begin with:
  INSTALL PLUGIN rpl_semi_sync_source SONAME 'semisync_source.so';
  INSTALL PLUGIN rpl_semi_sync_replica SONAME 'semisync_replica.so';
  SET GLOBAL rpl_semi_sync_source_enabled = 1;
  STOP REPLICA IO_THREAD; START REPLICA IO_THREAD;
  SHOW STATUS LIKE 'Rpl_semi_sync%';  SHOW VARIABLES LIKE 'rpl_semi%';
  SHOW REPLICAS;  SHOW REPLICA STATUS\\G  SHOW PROCESSLIST;  SHOW PLUGINS;
  SHOW BINARY LOG STATUS;  SHOW BINLOG EVENTS;  SHOW WARNINGS;
  SELECT * FROM performance_schema.error_log;
  CREATE TABLE, INSERT, UPDATE, DELETE, SELECT, BEGIN, COMMIT, ROLLBACK, KILL, FLUSH, CHANGE REPLICATION SOURCE TO

";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hint_names_the_nearest_statement() {
        let hint = |text: &str| hint(text, Generation::V9_7).unwrap_or_default();
        assert!(hint("SHOW SLAVE STATUS").ends_with("`SHOW REPLICA STATUS`?\n"));
        assert!(hint("start slave io_thread").ends_with("`START REPLICA io_thread`?\n"));
        assert!(hint("SHOW MASTER STATUS").ends_with("`SHOW BINARY LOG STATUS`?\n"));
        assert!(hint("SHWO STATUS").ends_with("`SHOW STATUS`?\n"));
        assert!(hint("SHOW PLUGNIS").ends_with("`SHOW PLUGINS`?\n"));
        assert!(hint("INSTAL something").ends_with("`INSTALL …`?\n"));
        assert_eq!(hint("SHOW STATUS"), "");
    }
}
