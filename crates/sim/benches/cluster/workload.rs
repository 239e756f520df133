//! The workload of the benchmarks.

use semisync_core::Generation;
use semisync_sim::config::{ServerConfig, Timing};
use semisync_sim::expr::Expr;
use semisync_sim::operation::{ColumnDefinition, ColumnKind, OnDuplicate, TableDefinition};
use semisync_sim::{Cluster, ClusterConfig, Operation, ServerIndex, SessionKey, Value};

const SOURCE: ServerIndex = ServerIndex(0);

/// A source, two semisynchronous replicas, and clients that insert one row after the other.
#[derive(Clone)]
pub(crate) struct Workload {
    pub(crate) cluster: Cluster,
    sessions: Vec<SessionKey>,
    next_id: i128,
}

impl Workload {
    pub(crate) fn new(clients: usize) -> Workload {
        let options = |side: &str| {
            let option = |name: String, value: &str| (name, Some(value.to_owned()));
            vec![
                option("plugin-load-add".to_owned(), &format!("semisync_{side}.so")),
                option(format!("rpl_semi_sync_{side}_enabled"), "1"),
            ]
        };
        let server = |index: u16| ServerConfig {
            name: format!("server{index}"),
            generation: Generation::V9_7,
            options: options(if index == 0 { "source" } else { "replica" }),
        };
        let mut cluster = Cluster::new(ClusterConfig {
            seed: 1,
            servers: (0..3).map(server).collect(),
            replication: true,
            timing: Timing::default(),
        });
        let open = |cluster: &mut Cluster| cluster.open_session(SOURCE).expect("a session");
        let first = open(&mut cluster);
        let sent = cluster.execute(first, create_table(), "CREATE TABLE");
        sent.expect("a statement");
        while !cluster.is_quiescent() {
            cluster.step();
        }
        let sessions = (0..clients).map(|_| open(&mut cluster)).collect();
        let mut workload = Workload {
            cluster,
            sessions,
            next_id: 0,
        };
        for session in workload.sessions.clone() {
            workload.insert(session);
        }
        workload
    }

    fn insert(&mut self, session: SessionKey) {
        self.next_id += 1;
        let insert = Operation::Insert {
            db: "lab".to_owned(),
            table: "t".to_owned(),
            columns: Vec::new(),
            rows: vec![vec![Expr::Literal(Value::Int(self.next_id))]],
            on_duplicate: OnDuplicate::Fail,
            is_select: false,
        };
        let sent = self.cluster.execute(session, insert, "INSERT");
        sent.expect("an idle session");
    }

    pub(crate) fn run(&mut self, events: u64) {
        for _ in 0..events {
            assert!(self.cluster.step());
            for done in self.cluster.take_completions() {
                if self.sessions.contains(&done.session) {
                    self.insert(done.session);
                }
            }
        }
    }
}

fn create_table() -> Operation {
    Operation::CreateTable {
        db: "lab".to_owned(),
        table: TableDefinition {
            name: "t".to_owned(),
            columns: vec![ColumnDefinition {
                name: "id".to_owned(),
                kind: ColumnKind::Int,
                nullable: false,
                default: None,
                auto_increment: false,
                words: Vec::new(),
            }],
            primary_key: vec![0],
        },
        if_not_exists: false,
        is_like: false,
        text: "CREATE TABLE lab.t (id INT PRIMARY KEY)".to_owned(),
    }
}
