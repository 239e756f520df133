//! Connections, variables, plugins, sessions, tables.

use crate::accounts::Accounts;
use crate::cluster::Cluster;
use crate::commit::Stage;
use crate::engine::{Actor, Isolation};
use crate::inspect::{ConnectionRow, PluginRow, ProcessRow, VariableRow};
use crate::operation::TableDefinition;
use crate::replication::channel::ReceiverPhase;
use crate::server::Server;
use crate::value::Value;
use crate::variables::ordinary;
use crate::{ServerIndex, SessionKey};

impl Cluster {
    /// A client's connection; `None` when it is broken or was killed.
    pub fn connection(&self, session: SessionKey) -> Option<ConnectionRow> {
        let server = self.server(self.session_server(session)?);
        let state = server.sessions.get(&session)?;
        if state.client_gone {
            return None;
        }
        let open = server.engine.transaction(Actor::Session(session));
        Some(ConnectionRow {
            processlist_id: state.processlist_id,
            database: state.db.clone(),
            in_transaction: state.in_transaction || open.is_some_and(|open| open.is_explicit),
        })
    }

    /// The series of a server's programs now.
    pub fn generation(&self, server: ServerIndex) -> semisync_core::Generation {
        self.server(server).generation
    }

    /// Global values of all system variables the server has now, by name.
    pub fn global_variables(&self, server: ServerIndex) -> Vec<VariableRow> {
        let up = self.running_server(server);
        up.map(|server| server.variable_rows(None))
            .unwrap_or_default()
    }

    /// What a session sees of all system variables: its own value, else the global one, by name.
    pub fn session_variables(&self, session: SessionKey) -> Vec<VariableRow> {
        let server = self.session_server(session);
        let up = server.and_then(|server| self.running_server(server));
        up.map(|server| server.variable_rows(Some(session)))
            .unwrap_or_default()
    }

    /// Global status variables the server has now, by name.
    pub fn status_variables(&self, server: ServerIndex) -> Vec<(String, String)> {
        let Some(server) = self.running_server(server) else {
            return Vec::new();
        };
        let threads = server.sessions.len() + server.replicas.len();
        let uptime = self.world.now.as_micros() / 1_000_000;
        let mut rows = server.plugin_status();
        rows.push(("Threads_connected".to_owned(), threads.to_string()));
        rows.push(("Uptime".to_owned(), uptime.to_string()));
        rows.sort();
        rows
    }

    /// Installed plugins.
    pub fn plugins(&self, server: ServerIndex) -> Vec<PluginRow> {
        let up = self.running_server(server);
        up.map(Server::plugin_listing).unwrap_or_default()
    }

    /// The accounts of a server.
    pub fn accounts(&self, server: ServerIndex) -> Option<&Accounts> {
        Some(self.running_server(server)?.engine.accounts())
    }

    /// Rows of mysql.plugin: name as typed and library, by name.
    pub fn plugin_rows(&self, server: ServerIndex) -> Vec<(String, String)> {
        let up = self.running_server(server);
        let rows = up.into_iter().flat_map(|server| server.plugin_rows.clone());
        let mut rows: Vec<_> = rows.collect();
        rows.sort_by_key(|(name, _)| name.to_lowercase());
        rows
    }

    /// Variables in mysqld-auto.cnf with their values, the one set last first.
    pub fn persisted_variables(&self, server: ServerIndex) -> Vec<(String, String)> {
        let up = self.running_server(server);
        let rows = up
            .into_iter()
            .flat_map(|server| server.persisted.iter().rev());
        rows.cloned().collect()
    }

    /// Sessions and threads with a processlist id.
    pub fn processlist(&self, server: ServerIndex) -> Vec<ProcessRow> {
        let Some(server) = self.running_server(server) else {
            return Vec::new();
        };
        let mut rows = vec![daemon_row(self)];
        rows.extend(self.session_rows(server));
        rows.extend(self.dump_rows(server));
        rows.extend(channel_rows(self, server));
        rows.sort_by_key(|row| row.id);
        rows
    }

    fn session_rows(&self, server: &Server) -> Vec<ProcessRow> {
        let rows = server.sessions.iter().map(|(key, session)| {
            let running = session.statement.as_ref();
            let command = match (session.is_killed, running.is_some()) {
                (true, _) => "Killed",
                (false, true) => "Query",
                (false, false) => "Sleep",
            };
            ProcessRow {
                id: session.processlist_id,
                user: session.user.clone(),
                host: "localhost".to_owned(),
                db: session.db.clone(),
                command: command.to_owned(),
                time: self.seconds_since(session.since),
                state: Some(server.session_state(*key).to_owned()),
                info: running.map(|running| running.text.clone()),
            }
        });
        rows.collect()
    }

    fn dump_rows(&self, server: &Server) -> Vec<ProcessRow> {
        let dumps = server.replicas.values().filter_map(|connection| {
            let dump = connection.dump.as_ref()?;
            let port = 40_000 + connection.processlist_id;
            let command = match dump.has {
                Some(_) => "Binlog Dump GTID",
                None => "Binlog Dump",
            };
            let state = match dump.is_scheduled {
                true => "Sending binlog event to replica",
                false => "Source has sent all binlog to replica; waiting for more updates",
            };
            Some(ProcessRow {
                id: connection.processlist_id,
                user: connection.user.clone(),
                host: format!("localhost:{port}"),
                db: None,
                command: command.to_owned(),
                time: self.seconds_since(connection.since),
                state: Some(state.to_owned()),
                info: None,
            })
        });
        dumps.collect()
    }

    pub(super) fn seconds_since(&self, at: semisync_core::Instant) -> u64 {
        self.world.now.saturating_since(at).as_secs()
    }

    pub(super) fn running_server(&self, ix: ServerIndex) -> Option<&Server> {
        let server = self.servers.get(usize::from(ix.0))?;
        server.is_up().then_some(server)
    }

    // --- Data ---

    /// User databases by name.
    pub fn databases(&self, server: ServerIndex) -> Vec<String> {
        let up = self.running_server(server);
        let names = up.map(|server| server.engine.databases().keys().cloned().collect());
        names.unwrap_or_default()
    }

    /// Tables of a user database by name; `None` if there is no such database.
    pub fn tables(&self, server: ServerIndex, db: &str) -> Option<Vec<String>> {
        let database = self.running_server(server)?.engine.databases().get(db)?;
        Some(database.keys().cloned().collect())
    }

    /// A table's definition.
    pub fn table_definition(
        &self,
        server: ServerIndex,
        db: &str,
        table: &str,
    ) -> Option<TableDefinition> {
        let table = self.running_server(server)?.engine.table(db, table).ok()?;
        Some((*table.definition).clone())
    }

    /// The next AUTO_INCREMENT value of a table, 1 if it has generated none.
    pub fn auto_increment(&self, server: ServerIndex, db: &str, table: &str) -> i128 {
        let up = self.running_server(server);
        let next = up.and_then(|server| {
            let table = server.engine.table(db, table).ok()?;
            Some(server.engine.coming_auto_increment(table))
        });
        next.unwrap_or(1)
    }

    /// Rows of a user table as the session sees them now, in primary key order; `None` if there is
    /// no such table.
    pub fn rows(&self, session: SessionKey, db: &str, table: &str) -> Option<Vec<Vec<Value>>> {
        let server = self.running_server(self.session_server(session)?)?;
        let actor = Some(Actor::Session(session));
        let state = server.sessions.get(&session);
        if let Some(found) = state.and_then(|state| state.found_rows.as_ref()) {
            return Some(found.iter().map(|row| row.to_vec()).collect());
        }
        let isolation = state.map_or(Isolation::default(), |state| state.reads_at);
        let rows = server.engine.visible_rows(actor, isolation, db, table)?;
        Some(rows.iter().map(|row| row.to_vec()).collect())
    }

    /// Committed rows of a user table, as a new reader sees them.
    pub fn committed_rows(
        &self,
        server: ServerIndex,
        db: &str,
        table: &str,
    ) -> Option<Vec<Vec<Value>>> {
        let rows = self.running_server(server)?.engine.visible_rows(
            None,
            Isolation::default(),
            db,
            table,
        )?;
        Some(rows.iter().map(|row| row.to_vec()).collect())
    }
}

impl Server {
    /// The column State of SHOW PROCESSLIST for a session.
    pub(crate) fn session_state(&self, key: SessionKey) -> &'static str {
        if self.waits.contains_key(&Actor::Session(key)) {
            return "Waiting for semi-sync ACK from replica";
        }
        let Some(session) = self.sessions.get(&key) else {
            return "";
        };
        let running = session.statement.as_ref();
        if running.is_some_and(|running| {
            let is_show = running
                .text
                .get(..4)
                .is_some_and(|verb| verb.eq_ignore_ascii_case("SHOW"));
            is_show && running.phase == crate::server::session::Phase::Executing
        }) {
            return "init";
        }
        let actor = Actor::Session(key);
        if self.commits.blocked.iter().any(|job| job.actor == actor) {
            return "Waiting for commit lock";
        }
        let job = self.commits.job_of(actor);
        if let Some(job) = job
            && job.position.is_none()
            && self.commits.stages[Stage::Flush as usize].owner.is_none()
        {
            // It waits for LOCK_log, which a rotation holds.
            return "waiting for handler commit";
        }
        session.state()
    }
}

fn daemon_row(cluster: &Cluster) -> ProcessRow {
    ProcessRow {
        id: 5,
        user: "event_scheduler".to_owned(),
        host: "localhost".to_owned(),
        db: None,
        command: "Daemon".to_owned(),
        time: cluster.world.now.as_micros() / 1_000_000,
        state: Some("Waiting on empty queue".to_owned()),
        info: None,
    }
}

fn channel_rows(cluster: &Cluster, server: &Server) -> Vec<ProcessRow> {
    let Some(channel) = &server.channel else {
        return Vec::new();
    };
    let row = |id, host: &str, since, command: &str, state: &str| ProcessRow {
        id,
        user: "system user".to_owned(),
        host: host.to_owned(),
        db: None,
        command: command.to_owned(),
        time: cluster.seconds_since(since),
        state: Some(state.to_owned()),
        info: None,
    };
    let mut rows = Vec::new();
    let receiver = &channel.receiver;
    if receiver.phase != ReceiverPhase::Stopped {
        let id = receiver.processlist_id;
        rows.push(row(
            id,
            "connecting host",
            receiver.since,
            "Connect",
            receiver.state(),
        ));
    }
    let applier = &channel.applier;
    if applier.is_running {
        let id = applier.processlist_id;
        let now = cluster.world.now;
        // A thread's time is that of the event it executed last, on the source's clock.
        let at_work = applier.applying.as_ref().filter(|it| it.due <= now);
        let event = at_work.and_then(|applying| applying.events.first());
        let last = match event {
            Some(event) => event.timestamp,
            None if applier.last_applied.is_some() => applier.last_timestamp,
            None => applier.since,
        };
        rows.push(row(id, "", last, "Query", applier.state(now)));
        for worker in 1..=server
            .global(ordinary!("replica_parallel_workers"))
            .as_u64()
        {
            let (at_work, is_busy) = applier.worker_state(now);
            if applier.is_stopping && worker != 1 {
                continue;
            }
            // The first worker has applied what there was: rows as a statement, as its command says.
            let (since, command, state) = match worker {
                1 if server.waits.contains_key(&Actor::Applier) => {
                    (last, "Query", "Waiting for semi-sync ACK from replica")
                }
                1 if server.read_lock.keeps_applier() => {
                    (last, "Connect", "Waiting for global read lock")
                }
                1 if is_busy || applier.applied_rows => (last, "Query", at_work),
                _ => (
                    applier.since,
                    "Connect",
                    "Waiting for an event from Coordinator",
                ),
            };
            rows.push(row(id + worker, "", since, command, state));
        }
    }
    rows
}
