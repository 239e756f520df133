//! The conversation of clients with their servers: sending, answers, lost connections.

use std::collections::VecDeque;

use semisync_core::BinlogPosition;
use semisync_sim::expr::Expr;
use semisync_sim::gtid::GtidSet;
use semisync_sim::operation::{Completion, OkPacket, Operation, Outcome, Warning, WarningLevel};
use semisync_sim::{SessionKey, SqlError, Value};

use super::client::{Client, Running, Typed};
use super::{SessionAddress, TerminalEntry, Workbench};
use crate::environment::Environment;
use crate::layout;
use crate::lexer::{TokenKind, tokenize};
use crate::line_reader::{Command, Request};
use crate::lowering::NoRow;
use crate::plan::{self, Plan, Then, Wanted};
use crate::query::Answer;

/// What the connection attempt of a client prints when it fails.
const NO_CONNECTION: &str = "ERROR: \nCan't connect to the server\n\n";

/// The client sends a statement again after a lost connection, but not for ever.
const MOST_RETRIES: u32 = 2;

/// How often a waiting function looks.
const WAIT_STEP_US: u64 = 1_000;

impl Workbench {
    /// Hands the answers the cluster has for clients to them.
    pub(super) fn deliver(&mut self) {
        loop {
            let completions = self.cluster.take_completions();
            if completions.is_empty() {
                return;
            }
            for completion in completions {
                if self.killers.remove(&completion.session) {
                    self.cluster.close_session(completion.session);
                } else if let Some(at) = self.addresses.get(&completion.session).copied() {
                    self.answered(at, completion);
                }
            }
        }
    }

    /// Goes on with what a client has typed, until it has to wait.
    pub(super) fn pump(&mut self, at: SessionAddress) {
        loop {
            let client = self.client(at);
            if client.running.is_some() {
                return;
            }
            let Some(typed) = client.queue.pop_front() else {
                return;
            };
            self.begin(at, typed);
        }
    }

    pub(super) fn press_ctrl_c(&mut self, at: SessionAddress) {
        self.print_running(at, "^C -- query aborted\n");
        let client = self.client(at);
        let connection = client
            .session
            .and_then(|session| self.cluster.connection(session));
        let Some(connection) = connection else {
            return;
        };
        let processlist_id = connection.processlist_id;
        let Ok(session) = self.cluster.open_session(at.server) else {
            return;
        };
        let kill = Operation::Kill {
            connection: false,
            processlist_id,
        };
        if self.cluster.execute(session, kill, "").is_ok() {
            self.killers.insert(session);
        }
    }

    fn client(&mut self, at: SessionAddress) -> &mut Client {
        self.clients.entry(at).or_default()
    }

    fn begin(&mut self, at: SessionAddress, typed: Typed) {
        let now = self.cluster.now();
        let entries = &mut self.screens.entry(at).or_default().entries;
        entries.push(TerminalEntry {
            typed: typed.typed,
            sent: now,
            answered: None,
            printed: String::new(),
        });
        let entry = entries.len() - 1;
        let mut running = Running {
            entry,
            text: String::new(),
            vertical: false,
            is_use: false,
            started: now,
            retries: 0,
            rest: VecDeque::new(),
            sent: None,
            then: Then::Finished,
        };
        match typed.request {
            Request::Statement { text, vertical } => {
                let mut statements = split_statements(&text);
                running.text = statements.pop_front().unwrap_or_default();
                running.rest = statements;
                running.vertical = vertical;
            }
            Request::Command(Command::Use, database) if database.is_empty() => {
                let text = "ERROR: \nUSE must be followed by a database name\n";
                self.print(at, entry, text);
                self.finish_entry(at, entry);
                return;
            }
            Request::Command(Command::Use, database) => {
                // The client takes one word.
                running.text = first_word(&database).to_owned();
                running.is_use = true;
            }
            Request::Command(command, argument) => {
                let printed = self.command(at, command, &argument);
                self.print(at, entry, &printed);
                self.finish_entry(at, entry);
                return;
            }
        }
        self.client(at).running = Some(running);
        if self.client(at).session.is_none() && !self.reconnect(at) {
            self.finish(at);
            return;
        }
        self.send(at);
    }

    /// Sends what the client runs; it is connected.
    fn send(&mut self, at: SessionAddress) {
        let client = self.client(at);
        let (Some(session), Some(running)) = (client.session, client.running.clone()) else {
            return;
        };
        let plan = if running.is_use {
            Plan {
                operation: semisync_sim::Operation::UseDatabase(running.text.clone()),
                then: Then::DatabaseChanged,
            }
        } else {
            let env = self.environment(at, session, &running.text, &[]);
            plan::plan(&running.text, &env)
        };
        self.execute(at, plan);
    }

    fn execute(&mut self, at: SessionAddress, plan: Plan) {
        let client = self.client(at);
        let (Some(session), Some(running)) = (client.session, client.running.as_mut()) else {
            return;
        };
        running.then = plan.then;
        let text = if running.is_use {
            String::new()
        } else {
            running.text.clone()
        };
        match self.cluster.execute(session, plan.operation, &text) {
            Ok(statement) => {
                if let Some(running) = &mut self.client(at).running {
                    running.sent = Some(statement);
                }
            }
            Err(_) => self.lost(at),
        }
    }

    fn environment<'a>(
        &'a self,
        at: SessionAddress,
        session: SessionKey,
        text: &'a str,
        arguments: &'a [Value],
    ) -> Environment<'a> {
        Environment {
            cluster: &self.cluster,
            server: at.server,
            session,
            memory: &self.clients[&at].memory,
            text,
            arguments,
            waited: None,
        }
    }

    fn answered(&mut self, at: SessionAddress, completion: Completion) {
        let client = self.client(at);
        let is_awaited = client
            .running
            .as_ref()
            .is_some_and(|running| running.sent == Some(completion.statement));
        if !is_awaited {
            return;
        }
        let Some(running) = client.running.clone() else {
            return;
        };
        match (completion.outcome, running.then.clone()) {
            (Outcome::LostConnection, Then::KilledItself) => {
                let interrupted = SqlError::new(1317, "70100", "Query execution was interrupted");
                self.failed(at, &interrupted);
            }
            (Outcome::LostConnection, _) => self.lost(at),
            (Outcome::Error(error), _) => self.failed(at, &error),
            (Outcome::Ok(_), Then::Next(next)) => self.execute(at, *next),
            (Outcome::Ok(_), Then::Answer(statement, arguments)) => {
                self.read(at, &statement, &arguments, None);
            }
            (Outcome::Ok(packet), then) => self.succeeded(at, packet, then),
            (Outcome::Read, Then::Answer(statement, arguments)) => {
                self.read(at, &statement, &arguments, None);
            }
            (
                Outcome::Read,
                Then::Slept {
                    statement,
                    arguments,
                    until,
                },
            ) => {
                let was_interrupted = self.cluster.now().as_micros() < until;
                let result = Value::of_bool(was_interrupted);
                self.read(at, &statement, &arguments, Some(&result));
            }
            (Outcome::Read, then @ Then::WaitFor { .. }) => self.look_again(at, then),
            (Outcome::Read, Then::Fail(error)) => self.failed(at, &error),
            (
                Outcome::Read,
                Then::Prepare {
                    name,
                    prepared: Err(error),
                },
            ) => {
                let prepared = &mut self.client(at).memory.prepared;
                prepared.remove(&name.to_ascii_lowercase());
                self.failed(at, &error);
            }
            (Outcome::Read, then) => self.succeeded(at, OkPacket::default(), then),
        }
    }

    /// Looks whether what a function waits for has come; if not, later once more.
    fn look_again(&mut self, at: SessionAddress, then: Then) {
        let Then::WaitFor {
            statement,
            arguments,
            wanted,
            until,
            looks_at,
        } = then
        else {
            return;
        };
        let now = self.cluster.now().as_micros();
        let was_interrupted = looks_at.is_some_and(|at| now < at);
        if was_interrupted {
            // SOURCE_POS_WAIT() was killed.
            self.read(at, &statement, &arguments, Some(&Value::Null));
            return;
        }
        let has_waited = looks_at.is_some();
        let is_over = until.is_some_and(|until| until <= self.cluster.now().as_micros());
        match self.wait_result(at, &wanted, has_waited, is_over) {
            Ok(Some(value)) => self.read(at, &statement, &arguments, Some(&value)),
            Ok(None) => self.execute(
                at,
                Plan {
                    operation: wanted.wait(),
                    then: Then::WaitFor {
                        statement,
                        arguments,
                        wanted,
                        until,
                        looks_at: Some(now + WAIT_STEP_US),
                    },
                },
            ),
            Err(error) => self.failed(at, &error),
        }
    }

    /// What a waiting function returns now; `None` to go on waiting.
    fn wait_result(
        &self,
        at: SessionAddress,
        wanted: &Wanted,
        has_waited: bool,
        is_over: bool,
    ) -> Result<Option<Value>, SqlError> {
        match wanted {
            Wanted::Gtids(wanted) => {
                if wanted.parse::<GtidSet>().is_err() {
                    let text = format!("Malformed GTID set specification '{wanted}'.");
                    return Err(SqlError::new(1772, "HY000", text));
                }
                let executed = self.cluster.gtid_executed(at.server);
                let sets = [wanted.clone(), executed].map(|set| Expr::Literal(Value::Text(set)));
                let call = Expr::Call("GTID_SUBSET".to_owned(), sets.to_vec());
                if call.holds(&NoRow)? {
                    return Ok(Some(Value::Int(0)));
                }
                Ok(is_over.then_some(Value::Int(1)))
            }
            Wanted::SourcePosition(file, position) => {
                let status = self.cluster.replica_status(at.server);
                let Some(status) = status.filter(|status| status.applier_running) else {
                    return Ok(Some(Value::Null));
                };
                let applied =
                    BinlogPosition::new(&status.relay_source_log_file, status.exec_source_log_pos);
                if BinlogPosition::new(file, *position) <= applied {
                    return Ok(Some(Value::of_bool(has_waited)));
                }
                Ok(is_over.then_some(Value::Int(-1)))
            }
        }
    }

    fn succeeded(&mut self, at: SessionAddress, mut packet: OkPacket, then: Then) {
        let session = self.client(at).session;
        let connection = session.and_then(|session| self.cluster.connection(session));
        let client = self.client(at);
        // A server that ends the connection with its answer says no more about the database.
        if let Some(connection) = connection {
            client.database = connection.database;
        }
        let mut is_use = false;
        match then {
            Then::SetUserVariables(variables, warnings) => {
                packet.warnings.extend(warnings);
                for (name, value) in variables {
                    client.memory.set_user_variable(&name, value);
                }
            }
            Then::Prepare {
                name,
                prepared: Ok(text),
            } => {
                packet.info = Some("Statement prepared".to_owned());
                let name = name.to_ascii_lowercase();
                client.memory.prepared.insert(name, text);
            }
            Then::Deallocate { name } => {
                client.memory.prepared.remove(&name.to_ascii_lowercase());
            }
            Then::DatabaseChanged => is_use = true,
            Then::Finished
            | Then::Answer(..)
            | Then::Slept { .. }
            | Then::WaitFor { .. }
            | Then::KilledItself
            | Then::Prepare { .. }
            | Then::Fail(_)
            | Then::Next(_) => {}
        }
        plan::remember_ok(&mut client.memory, &packet);
        let elapsed = self.elapsed(at);
        let printed = if is_use {
            "Database changed\n".to_owned()
        } else {
            layout::ok(&packet, elapsed)
        };
        self.print_running(at, &printed);
        self.print_warnings(at);
        self.finish_statement(at);
    }

    fn read(
        &mut self,
        at: SessionAddress,
        statement: &crate::statement::Statement,
        arguments: &[Value],
        waited: Option<&Value>,
    ) {
        let Some(session) = self.client(at).session else {
            return;
        };
        let text = self
            .client(at)
            .running
            .as_ref()
            .map_or(String::new(), |running| running.text.clone());
        let env = Environment {
            waited,
            ..self.environment(at, session, &text, arguments)
        };
        let answered = plan::answer(statement, &env);
        let (answer, variables) = match answered {
            Ok(answered) => answered,
            Err(error) => return self.failed(at, &error),
        };
        let elapsed = self.elapsed(at);
        let client = self.client(at);
        for (name, value) in variables {
            client.memory.set_user_variable(&name, value);
        }
        let vertical = client
            .running
            .as_ref()
            .is_some_and(|running| running.vertical);
        let printed = match answer {
            Answer::Rows { result, warnings } => {
                let printed = layout::result_set(&result, vertical, warnings.len(), elapsed);
                client.memory.found_rows = result.rows.len() as i128;
                client.memory.row_count = -1;
                if !plan::keeps_warnings(statement) {
                    client.memory.warnings = warnings;
                }
                printed
            }
            Answer::Lines(lines) => lines,
            Answer::Failed(error) => return self.failed(at, &error),
            Answer::Ok(packet) => {
                plan::remember_ok(&mut client.memory, &packet);
                layout::ok(&packet, elapsed)
            }
        };
        self.print_running(at, &printed);
        if !plan::keeps_warnings(statement) {
            self.print_warnings(at);
        }
        self.finish_statement(at);
    }

    fn failed(&mut self, at: SessionAddress, error: &SqlError) {
        let client = self.client(at);
        client.memory.warnings = plan::error_warnings(error);
        client.memory.row_count = -1;
        if error.code == 1064 {
            client.refused = client.running.as_ref().map(|running| running.text.clone());
        }
        self.print_running(at, &layout::error(error));
        self.finish_statement(at);
    }

    /// The connection broke: the client says so, connects again, and sends the statement again.
    fn lost(&mut self, at: SessionAddress) {
        let client = self.client(at);
        if let Some(session) = client.session.take() {
            self.addresses.remove(&session);
        }
        self.client(at).forget_connection();
        self.print_running(
            at,
            "ERROR 2013 (HY000): Lost connection to MySQL server during query\n",
        );
        let retries = self
            .client(at)
            .running
            .as_ref()
            .map_or(0, |running| running.retries);
        if retries >= MOST_RETRIES || !self.reconnect(at) {
            self.finish(at);
            return;
        }
        if let Some(running) = &mut self.client(at).running {
            running.retries += 1;
        }
        self.send(at);
    }

    /// Connects, with the lines of a reconnect if it was connected before; false when that fails.
    fn reconnect(&mut self, at: SessionAddress) -> bool {
        let is_first = !self.client(at).was_connected;
        if !is_first {
            self.print_running(at, "No connection. Trying to reconnect...\n");
        }
        let client = self.client(at);
        // `use` asks the server for its database first, and forgets it when that fails.
        if client
            .running
            .as_ref()
            .is_some_and(|running| running.is_use)
            && !is_first
        {
            client.database = None;
        }
        let database = client.database.clone();
        let error = match self.connect(at, database.as_deref()) {
            Ok(session) => {
                self.addresses.insert(session, at);
                self.connections.insert(session, at);
                let id = self.cluster.connection(session);
                let id = id.map_or(0, |connection| connection.processlist_id);
                let client = self.client(at);
                client.session = Some(session);
                client.was_connected = true;
                client.memory.warnings = vec![greeting_refused()];
                if !is_first {
                    let database = database.as_deref().unwrap_or("*** NONE ***");
                    self.print_running(
                        at,
                        &format!("Connection id:    {id}\nCurrent database: {database}\n\n"),
                    );
                }
                return true;
            }
            Err(error) => error,
        };
        self.print_running(at, &format!("{error}\n{NO_CONNECTION}"));
        false
    }

    fn connect(
        &mut self,
        at: SessionAddress,
        database: Option<&str>,
    ) -> Result<SessionKey, SqlError> {
        let login = self.client(at).login.clone();
        let (user, password) = login.unwrap_or_else(|| ("root".to_owned(), String::new()));
        let session = self.cluster.open_session_as(at.server, &user, &password)?;
        if let Some(database) = database {
            self.cluster.set_default_database(session, database);
        }
        Ok(session)
    }

    fn elapsed(&mut self, at: SessionAddress) -> std::time::Duration {
        let now = self.cluster.now();
        let running = self.client(at).running.as_ref();
        running.map_or(std::time::Duration::ZERO, |running| {
            now.saturating_since(running.started)
        })
    }

    /// The statement is over; the next one of the same request follows.
    fn finish_statement(&mut self, at: SessionAddress) {
        let now = self.cluster.now();
        let client = self.client(at);
        let Some(running) = &mut client.running else {
            return;
        };
        match running.rest.pop_front() {
            Some(text) => {
                running.text = text;
                running.started = now;
                running.retries = 0;
                self.send(at);
            }
            None => self.finish(at),
        }
    }

    /// The request is over; the next one follows.
    fn finish(&mut self, at: SessionAddress) {
        let Some(running) = self.client(at).running.take() else {
            return;
        };
        self.finish_entry(at, running.entry);
        self.pump(at);
    }

    fn finish_entry(&mut self, at: SessionAddress, entry: usize) {
        let now = self.cluster.now();
        if let Some(entry) = self.entry_mut(at, entry) {
            entry.answered = Some(now);
        }
    }

    fn print(&mut self, at: SessionAddress, entry: usize, text: &str) {
        if let Some(entry) = self.entry_mut(at, entry) {
            entry.printed.push_str(text);
        }
    }

    fn entry_mut(&mut self, at: SessionAddress, entry: usize) -> Option<&mut TerminalEntry> {
        self.screens.get_mut(&at)?.entries.get_mut(entry)
    }

    fn print_running(&mut self, at: SessionAddress, text: &str) {
        let entry = self
            .client(at)
            .running
            .as_ref()
            .map(|running| running.entry);
        if let Some(entry) = entry {
            self.print(at, entry, text);
        }
    }

    fn print_warnings(&mut self, at: SessionAddress) {
        let client = self.client(at);
        if client.shows_warnings {
            let lines = layout::warnings(&client.memory.warnings);
            self.print_running(at, &lines);
        }
    }
}

/// A client asks a new connection whether it takes `$$`; no server does.
pub(super) fn greeting_refused() -> Warning {
    let SqlError { code, message, .. } = crate::lexer::syntax_error("$$", 0);
    Warning {
        level: WarningLevel::Error,
        code,
        message,
    }
}

/// The statements of a text with semicolons in it, as a server takes them under another delimiter.
fn split_statements(text: &str) -> VecDeque<String> {
    let mut statements = VecDeque::new();
    let mut start = 0;
    for token in tokenize(text) {
        if token.kind == TokenKind::Symbol(";") {
            statements.push_back(text[start..token.start].to_owned());
            start = token.end;
        }
    }
    let last = text[start..].trim();
    if !last.is_empty() || statements.is_empty() {
        statements.push_back(text[start..].trim_start().to_owned());
    }
    statements
}

/// The first word, or what stands in quotes.
fn first_word(text: &str) -> &str {
    let is_quoted = text.starts_with(['`', '\'', '"']);
    match text.find(char::is_whitespace) {
        Some(end) if !is_quoted => &text[..end],
        _ => text,
    }
}

impl Wanted {
    /// A turn of waiting for it.
    fn wait(&self) -> semisync_sim::Operation {
        let micros = WAIT_STEP_US;
        match self {
            Wanted::Gtids(_) => semisync_sim::Operation::AwaitTransactions { micros },
            Wanted::SourcePosition(..) => semisync_sim::Operation::AwaitPosition { micros },
        }
    }
}
