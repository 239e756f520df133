//! A lab in a few words: servers, sessions, statements, and what they came to.

use std::collections::BTreeMap;

use semisync_core::Instant;
use semisync_sim::config::{ServerConfig, Timing};
use semisync_sim::expr::Expr;
use semisync_sim::operation::{
    ColumnDefinition, ColumnKind, Completion, OkPacket, OnDuplicate, SetLiteral, SqlError,
    TableDefinition, VariableAssignment, VariableScope,
};
use semisync_sim::trace::TraceKind;
use semisync_sim::{
    Cluster, ClusterConfig, Fault, Operation, Outcome, ServerIndex, SessionKey, StatementId, Value,
};

/// The first server.
pub(crate) const SOURCE: ServerIndex = ServerIndex(0);

/// A cluster with clients.
#[derive(Clone)]
pub(crate) struct Lab {
    pub(crate) cluster: Cluster,
    completions: BTreeMap<StatementId, Completion>,
}

impl Lab {
    /// A source and replicas that replicate asynchronously.
    pub(crate) fn new(replicas: u16) -> Lab {
        Lab::with_options(replicas, &[])
    }

    /// The same with lines in every option file.
    pub(crate) fn with_options(replicas: u16, options: &[(&str, &str)]) -> Lab {
        let options: Vec<_> = options
            .iter()
            .map(|(name, value)| ((*name).to_owned(), Some((*value).to_owned())))
            .collect();
        let server = |index: u16| ServerConfig {
            name: match index {
                0 => "source".to_owned(),
                n => format!("replica{n}"),
            },
            generation: semisync_core::Generation::V9_7,
            options: options.clone(),
        };
        Lab::from_config(ClusterConfig {
            seed: 42,
            servers: (0..=replicas).map(server).collect(),
            replication: true,
            timing: Timing::default(),
        })
    }

    pub(crate) fn from_config(config: ClusterConfig) -> Lab {
        Lab {
            cluster: Cluster::new(config),
            completions: BTreeMap::new(),
        }
    }

    /// Plugins installed and enabled everywhere, table `lab.t (id INT PRIMARY KEY, v VARCHAR(20))`.
    pub(crate) fn semisync(replicas: u16) -> Lab {
        let mut lab = Lab::new(replicas);
        lab.enable(replicas);
        lab
    }

    pub(crate) fn enable(&mut self, replicas: u16) {
        let source = self.open(SOURCE);
        self.ok(
            source,
            install("rpl_semi_sync_source", "semisync_source.so"),
        );
        self.ok(source, set("rpl_semi_sync_source_enabled", 1));
        for index in 1..=replicas {
            self.enable_replica(ServerIndex(index));
        }
        self.settle();
        self.ok(source, create_table());
        self.settle();
        self.cluster.close_session(source);
    }

    pub(crate) fn enable_replica(&mut self, replica: ServerIndex) {
        let session = self.open(replica);
        self.ok(
            session,
            install("rpl_semi_sync_replica", "semisync_replica.so"),
        );
        self.ok(session, set("rpl_semi_sync_replica_enabled", 1));
        self.ok(session, stop_receiver());
        self.ok(session, start_receiver());
        self.cluster.close_session(session);
    }

    #[track_caller]
    pub(crate) fn open(&mut self, server: ServerIndex) -> SessionKey {
        let session = self.cluster.open_session(server).expect("a session");
        let is_there = self.cluster.databases(server).contains(&"lab".to_owned());
        if is_there {
            self.ok(session, Operation::UseDatabase("lab".to_owned()));
        }
        session
    }

    #[track_caller]
    pub(crate) fn send(&mut self, session: SessionKey, operation: Operation) -> StatementId {
        let text = text_of(&operation);
        let sent = self.cluster.execute(session, operation, &text);
        sent.expect("a connected session")
    }

    /// Sends a statement and runs until it has returned.
    #[track_caller]
    pub(crate) fn run(&mut self, session: SessionKey, operation: Operation) -> Outcome {
        let id = self.send(session, operation);
        self.wait_for(id)
    }

    #[track_caller]
    pub(crate) fn ok(&mut self, session: SessionKey, operation: Operation) -> OkPacket {
        match self.run(session, operation) {
            Outcome::Ok(ok) => ok,
            other => panic!("expected OK, got {other:?}"),
        }
    }

    #[track_caller]
    pub(crate) fn error(&mut self, session: SessionKey, operation: Operation) -> SqlError {
        match self.run(session, operation) {
            Outcome::Error(error) => error,
            other => panic!("expected an error, got {other:?}"),
        }
    }

    #[track_caller]
    pub(crate) fn wait_for(&mut self, id: StatementId) -> Outcome {
        let patience = self.after(100_000_000);
        while !self.completions.contains_key(&id) {
            let next = self.cluster.next_event_at();
            assert!(
                next.is_some_and(|at| at <= patience),
                "statement {id:?} did not return"
            );
            self.step();
        }
        self.completions[&id].outcome.clone()
    }

    /// What a statement came to, if it has returned.
    pub(crate) fn outcome(&mut self, id: StatementId) -> Option<Outcome> {
        self.collect();
        self.completions.get(&id).map(|done| done.outcome.clone())
    }

    /// How long a statement took, in milliseconds.
    pub(crate) fn millis(&self, id: StatementId) -> u64 {
        let done = &self.completions[&id];
        let micros = done.finished.as_micros() - done.started.as_micros();
        micros / 1000
    }

    pub(crate) fn step(&mut self) -> bool {
        let stepped = self.cluster.step();
        self.collect();
        stepped
    }

    fn collect(&mut self) {
        for completion in self.cluster.take_completions() {
            self.completions.insert(completion.statement, completion);
        }
    }

    /// Runs until nothing is in flight.
    #[track_caller]
    pub(crate) fn settle(&mut self) {
        let patience = self.after(60_000_000);
        while !self.cluster.is_quiescent() {
            let next = self.cluster.next_event_at();
            assert!(
                next.is_some_and(|at| at <= patience),
                "it never comes to rest"
            );
            self.step();
        }
    }

    /// Runs until `holds`.
    #[track_caller]
    pub(crate) fn until(&mut self, holds: impl Fn(&Cluster) -> bool) {
        let patience = self.after(200_000_000);
        while !holds(&self.cluster) {
            let next = self.cluster.next_event_at();
            assert!(next.is_some_and(|at| at <= patience), "it never happens");
            self.step();
        }
    }

    /// Runs until the last mark is of this kind.
    #[track_caller]
    pub(crate) fn until_mark(&mut self, is_it: impl Fn(&TraceKind) -> bool) {
        let seen = self.cluster.trace().len();
        self.until(|cluster| {
            let mut new = cluster.trace().iter_from(seen);
            new.any(|event| is_it(&event.kind))
        });
    }

    pub(crate) fn wait_millis(&mut self, millis: u64) {
        let until = self.after(millis * 1000);
        self.cluster.advance_to(until);
        self.collect();
    }

    #[track_caller]
    pub(crate) fn fault(&mut self, fault: Fault) {
        self.cluster
            .inject(fault)
            .expect("a fault that makes sense");
        self.collect();
    }

    pub(crate) fn status(&self, server: ServerIndex, name: &str) -> String {
        let rows = self.cluster.status_variables(server);
        let row = rows.into_iter().find(|(row, _)| row == name);
        row.map(|(_, value)| value).unwrap_or_default()
    }

    /// Source status by the last part of its name.
    pub(crate) fn source_status(&self, name: &str) -> String {
        self.status(SOURCE, &format!("Rpl_semi_sync_source_{name}"))
    }

    /// First column of the committed rows of `lab.t`.
    pub(crate) fn ids(&self, server: ServerIndex) -> Vec<i128> {
        let rows = self.cluster.committed_rows(server, "lab", "t");
        let id = |row: &Vec<Value>| match row[0] {
            Value::Int(id) => id,
            _ => -1,
        };
        rows.unwrap_or_default().iter().map(id).collect()
    }

    fn after(&self, micros: u64) -> Instant {
        Instant::from_micros(self.cluster.now().as_micros() + micros)
    }
}

pub(crate) fn install(name: &str, library: &str) -> Operation {
    Operation::InstallPlugin {
        name: name.to_owned(),
        library: library.to_owned(),
    }
}

pub(crate) fn set(name: &str, value: i128) -> Operation {
    set_literal(name, SetLiteral::Int(value))
}

pub(crate) fn set_word(name: &str, word: &str) -> Operation {
    set_literal(name, SetLiteral::Word(word.to_owned()))
}

fn set_literal(name: &str, value: SetLiteral) -> Operation {
    Operation::SetVariables(vec![VariableAssignment {
        scope: VariableScope::Global,
        name: name.to_owned(),
        value: Some(value),
    }])
}

pub(crate) fn stop_receiver() -> Operation {
    Operation::StopReplica {
        receiver: true,
        applier: false,
        channel: None,
    }
}

pub(crate) fn start_receiver() -> Operation {
    Operation::StartReplica {
        receiver: true,
        applier: false,
        channel: None,
        login: None,
    }
}

pub(crate) fn create_table() -> Operation {
    let column = |name: &str, kind, nullable| ColumnDefinition {
        name: name.to_owned(),
        kind,
        nullable,
        default: None,
        auto_increment: false,
        words: Vec::new(),
    };
    Operation::CreateTable {
        db: "lab".to_owned(),
        table: TableDefinition {
            name: "t".to_owned(),
            columns: vec![
                column("id", ColumnKind::Int, false),
                column("v", ColumnKind::VarChar(20), true),
            ],
            primary_key: vec![0],
        },
        if_not_exists: false,
        is_like: false,
        text: "CREATE TABLE t (id INT PRIMARY KEY, v VARCHAR(20))".to_owned(),
    }
}

pub(crate) fn insert(id: i128) -> Operation {
    insert_named(id, "x")
}

pub(crate) fn insert_named(id: i128, name: &str) -> Operation {
    Operation::Insert {
        db: "lab".to_owned(),
        table: "t".to_owned(),
        columns: Vec::new(),
        rows: vec![vec![
            Expr::Literal(Value::Int(id)),
            Expr::Literal(Value::Text(name.to_owned())),
        ]],
        on_duplicate: OnDuplicate::Fail,
        is_select: false,
    }
}

pub(crate) fn kill(processlist_id: u64, connection: bool) -> Operation {
    Operation::Kill {
        connection,
        processlist_id,
    }
}

fn text_of(operation: &Operation) -> String {
    match operation {
        Operation::Insert { .. } => "INSERT INTO t VALUES (…)".to_owned(),
        Operation::CreateTable { text, .. } => text.clone(),
        other => format!("{other:?}"),
    }
}
