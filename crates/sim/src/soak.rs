//! Random workloads with random faults, watched by the checkers.
//!
//! One seed decides everything. A run has a phase with faults and a phase in which all of them are
//! healed; in the second one the cluster must come to rest.

use semisync_core::Instant;
use semisync_core::source::WaitPoint;

use crate::checkers::{Checkers, Violation};
use crate::config::{ClusterConfig, ServerConfig, Timing};
use crate::expr::{BinaryOp, Expr};
use crate::operation::{
    ColumnDefinition, ColumnKind, SetLiteral, TableDefinition, VariableAssignment, VariableScope,
};
use crate::prng::Prng;
use crate::value::Value;
use crate::view::ServerState;
use crate::{Cluster, Fault, Operation, PacketId, ServerIndex, SessionKey};

/// What a run came to.
#[derive(Clone, Debug)]
pub struct Report {
    /// The seed.
    pub seed: u64,
    /// Events that ran.
    pub events: u64,
    /// Statements that were sent.
    pub statements: u64,
    /// Faults that were injected.
    pub faults: u64,
    /// The cluster as it came to rest.
    pub cluster: Cluster,
}

/// Runs one seed.
///
/// # Errors
/// The property that did not hold.
pub fn run(seed: u64) -> Result<Report, Violation> {
    let mut soak = Soak::new(seed);
    soak.begin()?;
    for _ in 0..TURNS {
        soak.turn()?;
    }
    soak.heal()?;
    Ok(Report {
        seed,
        events: soak.events,
        statements: soak.statements,
        faults: soak.faults,
        cluster: soak.cluster,
    })
}

struct Soak {
    cluster: Cluster,
    checkers: Checkers,
    prng: Prng,
    sessions: Vec<SessionKey>,
    next_id: i128,
    events: u64,
    statements: u64,
    faults: u64,
}

impl Soak {
    fn new(seed: u64) -> Soak {
        let mut prng = Prng::new(seed);
        prng.begin_event();
        let replicas = 1 + prng.up_to(2) as u16;
        let point = [WaitPoint::AfterSync, WaitPoint::AfterCommit][prng.up_to(1) as usize];
        let count = 1 + prng.up_to(u64::from(replicas) - 1);
        let timeout = [50, 500, 5_000][prng.up_to(2) as usize];
        let option = |name: &str, value: String| (name.to_owned(), Some(value));
        let source = vec![
            option("plugin-load-add", "semisync_source.so".to_owned()),
            option("rpl_semi_sync_source_enabled", "1".to_owned()),
            option("rpl_semi_sync_source_timeout", timeout.to_string()),
            option("rpl_semi_sync_source_wait_point", point.to_string()),
            option(
                "rpl_semi_sync_source_wait_for_replica_count",
                count.to_string(),
            ),
        ];
        let replica = vec![
            option("plugin-load-add", "semisync_replica.so".to_owned()),
            option("rpl_semi_sync_replica_enabled", "1".to_owned()),
        ];
        let server = |index: u16| ServerConfig {
            name: format!("server{index}"),
            generation: semisync_core::Generation::V9_7,
            options: match index {
                0 => source.clone(),
                _ => replica.clone(),
            },
        };
        let config = ClusterConfig {
            seed,
            servers: (0..=replicas).map(server).collect(),
            replication: true,
            timing: Timing::default(),
        };
        Soak {
            cluster: Cluster::new(config),
            checkers: Checkers::new(),
            prng,
            sessions: Vec::new(),
            next_id: 0,
            events: 0,
            statements: 0,
            faults: 0,
        }
    }

    fn begin(&mut self) -> Result<(), Violation> {
        // Counters begin with what the preparations left; a fresh source counts from 0.
        self.inject(Fault::Crash(SOURCE));
        self.inject(Fault::Start(SOURCE));
        self.run_for(3_000_000)?;
        if let Ok(session) = self.cluster.open_session(SOURCE) {
            self.send(session, create_table());
        }
        self.run_for(6_000_000)
    }

    /// One random act, then a random while.
    fn turn(&mut self) -> Result<(), Violation> {
        self.prng.begin_event();
        match self.prng.up_to(99) {
            0..=69 => self.write(),
            70..=89 => self.disturb(),
            _ => self.mend(),
        }
        let longest = [500, 5_000, 300_000, 2_000_000][self.prng.up_to(3) as usize];
        let duration = self.prng.up_to(longest);
        self.run_for(duration)
    }

    fn write(&mut self) {
        let wanted = 1 + self.prng.up_to(4) as usize;
        self.sessions
            .retain(|session| self.cluster.connection(*session).is_some());
        while self.sessions.len() < wanted {
            match self.cluster.open_session(SOURCE) {
                Ok(session) => self.sessions.push(session),
                Err(_) => return,
            }
        }
        let sessions = self.sessions.clone();
        for session in sessions {
            if self.is_idle(session) {
                let statement = self.statement();
                self.send(session, statement);
            }
        }
    }

    fn statement(&mut self) -> Operation {
        let known = 1 + self.prng.up_to(self.next_id.unsigned_abs() as u64) as i128;
        let table = || ("lab".to_owned(), "t".to_owned());
        let by_key = |key: i128| {
            let column = Box::new(Expr::Column("id".to_owned()));
            let key = Box::new(Expr::Literal(Value::Int(key)));
            Some(Expr::Binary(BinaryOp::Equal, column, key))
        };
        let (db, table) = table();
        match self.prng.up_to(9) {
            0 => Operation::Begin,
            1 => Operation::Commit,
            2 => Operation::Rollback,
            3 => Operation::Delete {
                db,
                table,
                filter: by_key(known),
            },
            4 => Operation::Update {
                db,
                table,
                assignments: vec![(
                    "v".to_owned(),
                    Expr::Literal(Value::Text(format!("v{}", self.statements))),
                )],
                filter: by_key(known),
            },
            _ => {
                self.next_id += 1;
                Operation::Insert {
                    db,
                    table,
                    columns: Vec::new(),
                    rows: vec![vec![
                        Expr::Literal(Value::Int(self.next_id)),
                        Expr::Literal(Value::Text("x".to_owned())),
                    ]],
                }
            }
        }
    }

    fn disturb(&mut self) {
        let servers = self.cluster.config().servers.len() as u64;
        let any = ServerIndex(self.prng.up_to(servers - 1) as u16);
        let replica = ServerIndex(1 + self.prng.up_to(servers - 2) as u16);
        let packet = self.any_packet();
        let fault = match (self.prng.up_to(11), packet) {
            (0, _) => Fault::Crash(any),
            (1, _) => Fault::Crash(replica),
            (2, _) => Fault::Freeze(replica),
            (3, _) => Fault::Shutdown(any),
            (4 | 5, _) => Fault::CutLink(SOURCE, replica),
            (6, Some(packet)) => Fault::HoldPacket(packet),
            (7, Some(packet)) => Fault::DropPacket(packet),
            (8, _) => Fault::SetLinkLatency(SOURCE, replica, self.prng.up_to(40_000)),
            (9, _) => Fault::SetApplyTime(replica, self.prng.up_to(20_000)),
            (10, _) => return self.kill_somebody(),
            _ => return self.set_something(),
        };
        self.inject(fault);
    }

    fn kill_somebody(&mut self) {
        let Some(victim) = self.sessions.first().copied() else {
            return;
        };
        let id = self
            .cluster
            .connection(victim)
            .map(|row| row.processlist_id);
        let connection = self.prng.up_to(1) == 1;
        if let (Some(processlist_id), Ok(killer)) = (id, self.cluster.open_session(SOURCE)) {
            let kill = Operation::Kill {
                connection,
                processlist_id,
            };
            self.send(killer, kill);
        }
    }

    fn set_something(&mut self) {
        let (name, value) = match self.prng.up_to(4) {
            0 => ("rpl_semi_sync_source_enabled", self.prng.up_to(1)),
            1 => ("rpl_semi_sync_source_wait_no_replica", self.prng.up_to(1)),
            2 => ("rpl_semi_sync_source_wait_point", self.prng.up_to(1)),
            3 => ("rpl_semi_sync_source_timeout", 10 + self.prng.up_to(3000)),
            _ => ("binlog_order_commits", self.prng.up_to(1)),
        };
        if let Ok(session) = self.cluster.open_session(SOURCE) {
            let assignment = VariableAssignment {
                scope: VariableScope::Global,
                name: name.to_owned(),
                value: Some(SetLiteral::Int(i128::from(value))),
            };
            self.send(session, Operation::SetVariables(vec![assignment]));
        }
    }

    fn any_packet(&mut self) -> Option<PacketId> {
        let packets = self.cluster.view().packets;
        let last = packets.len().checked_sub(1)?;
        let chosen = self.prng.up_to(last as u64) as usize;
        packets.get(chosen).map(|packet| packet.id)
    }

    /// Ends one fault.
    fn mend(&mut self) {
        let cures = self.cures();
        if let Some(last) = cures.len().checked_sub(1) {
            let chosen = self.prng.up_to(last as u64) as usize;
            self.inject(cures[chosen].clone());
        }
    }

    /// What would end each fault that is active.
    fn cures(&self) -> Vec<Fault> {
        let view = self.cluster.view();
        let mut cures = Vec::new();
        for server in &view.servers {
            match server.state {
                ServerState::Frozen => cures.push(Fault::Thaw(server.index)),
                ServerState::Crashed | ServerState::Stopped => {
                    cures.push(Fault::Start(server.index));
                }
                ServerState::Running | ServerState::Starting | ServerState::Stopping => {}
            }
            if server.index != SOURCE && self.cluster.world.network.is_cut(SOURCE, server.index) {
                cures.push(Fault::HealLink(SOURCE, server.index));
            }
        }
        let packets = self.cluster.world.network.packets.iter();
        let held = packets.filter(|(_, packet)| packet.is_held);
        cures.extend(held.map(|(id, _)| Fault::ReleasePacket(*id)));
        cures
    }

    /// The second phase: all faults end, sessions leave, and the cluster comes to rest.
    fn heal(&mut self) -> Result<(), Violation> {
        for session in std::mem::take(&mut self.sessions) {
            self.cluster.close_session(session);
        }
        for _ in 0..HEALING_TURNS {
            for cure in self.cures() {
                self.inject(cure);
            }
            self.run_for(15_000_000)?;
            self.restart_receivers();
            self.run_for(15_000_000)?;
            if self.cures().is_empty() && self.cluster.is_quiescent() {
                return self.checkers.at_rest(&self.cluster);
            }
        }
        let view = self.cluster.view();
        let servers = view.servers.iter().map(|server| {
            let channel = server.channel.as_ref();
            let receiver = channel.map_or("-", |channel| channel.receiver.as_str());
            let status = self.cluster.replica_status(server.index);
            let errors = status.map(|status| (status.receiver_error, status.applier_error));
            format!(
                "{} {:?} {} receiver {receiver} {errors:?}, {} sessions, {} waiting",
                server.name,
                server.state,
                server.gtid_executed,
                server.sessions.len(),
                server.waiting.len()
            )
        });
        let packets = view.packets.iter().map(|packet| {
            let (from, to) = (packet.from.0, packet.to.0);
            format!(
                "packet {from} to {to}, due {:?}: {:?}",
                packet.due, packet.what
            )
        });
        let sessions = view.servers.iter().flat_map(|server| &server.sessions);
        let busy = sessions.filter(|session| session.statement.is_some());
        let statements = busy.map(|session| {
            let text = session.statement.as_deref().unwrap_or_default();
            format!("session {} {:?}: {text}", session.key.0, session.state)
        });
        let pending = packets.chain(statements);
        Err(Violation {
            property: "a healed cluster comes to rest",
            at: self.cluster.now(),
            words: servers.chain(pending).collect::<Vec<_>>().join("; "),
        })
    }

    /// Receivers that have given up are started by hand, as an operator would.
    fn restart_receivers(&mut self) {
        let servers = self.cluster.config().servers.len() as u16;
        for replica in (1..servers).map(ServerIndex) {
            let status = self.cluster.replica_status(replica);
            let has_given_up = status.is_some_and(|status| {
                let error = status.receiver_error.map_or(0, |(number, _, _)| number);
                status.receiver_running == "No" && error == 2003
            });
            if has_given_up && let Ok(session) = self.cluster.open_session(replica) {
                let start = Operation::StartReplica {
                    receiver: true,
                    applier: false,
                    channel: None,
                };
                self.send(session, start);
                self.cluster.close_session(session);
            }
        }
    }

    // --- Driving ---

    fn is_idle(&self, session: SessionKey) -> bool {
        let Some(server) = self.cluster.session_server(session) else {
            return false;
        };
        let state = self.cluster.server(server).sessions.get(&session);
        state.is_some_and(|state| state.statement.is_none() && !state.client_gone)
    }

    fn send(&mut self, session: SessionKey, operation: Operation) {
        let text = format!("{operation:?}");
        if self.cluster.execute(session, operation, &text).is_ok() {
            self.statements += 1;
        }
    }

    fn inject(&mut self, fault: Fault) {
        if self.cluster.inject(fault).is_ok() {
            self.faults += 1;
        }
    }

    fn run_for(&mut self, micros: u64) -> Result<(), Violation> {
        let until = Instant::from_micros(self.cluster.now().as_micros() + micros);
        while self.cluster.next_event_at().is_some_and(|at| at <= until) {
            self.cluster.step();
            self.events += 1;
            self.checkers.observe(&self.cluster)?;
        }
        self.cluster.advance_to(until);
        self.cluster.take_completions();
        self.checkers.observe(&self.cluster)
    }
}

fn create_table() -> Operation {
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
        text: "CREATE TABLE lab.t (id INT PRIMARY KEY, v VARCHAR(20))".to_owned(),
    }
}

const SOURCE: ServerIndex = ServerIndex(0);

/// Acts in the phase with faults.
const TURNS: u32 = 120;

/// How often healing is tried, 30 seconds each.
const HEALING_TURNS: u32 = 12;
