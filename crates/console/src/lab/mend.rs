//! `! mend`: everything is repaired as an operator would, and the cluster has to come to rest.
//!
//! Packets go on, processes thaw and start, links heal, idle transactions are rolled back, threads
//! of replication that stand still are started. Whoever waits for an ACK that nobody can give any
//! more is released by switching semisynchronous replication off, late; a server that waits for
//! one all the same is ended with kill -9. The checkers judge the rest.

use std::time::Duration;

use semisync_core::{Generation, Naming};
use semisync_sim::checkers::Violation;
use semisync_sim::view::{ClusterView, ServerState};
use semisync_sim::{Fault, ServerIndex};

use super::player::Player;
use crate::workbench::SessionAddress;

impl Player {
    pub(super) fn mend(&mut self) {
        let mut words = String::new();
        for turn in 0..TURNS {
            self.end_faults();
            self.run_for(TURN);
            self.end_faults();
            if GIVES_UP_AFTER <= turn {
                self.release_waiters(turn);
            }
            self.leave_transactions();
            self.start_replication();
            self.run_for(TURN);
            words = self.pending().join("; ");
            let is_last = turn + 1 == TURNS;
            if words.is_empty() && self.is_at_rest(is_last) {
                return;
            }
        }
        if self.watch.is_some() && !words.is_empty() {
            self.violation.get_or_insert(Violation {
                property: "a mended cluster comes to rest",
                at: self.bench.now(),
                words,
            });
        }
    }

    fn run_for(&mut self, time: Duration) {
        self.run_until(self.bench.now().saturating_add(time));
    }

    /// Whether all properties hold at rest; the last time, what does not hold counts. (A receiver
    /// needs a minute to notice that the other end lost power.)
    fn is_at_rest(&mut self, is_last: bool) -> bool {
        let Some(watch) = &mut self.watch else {
            return true;
        };
        let verdict = watch.at_rest(self.bench.cluster());
        let is_at_rest = verdict.is_ok();
        if is_last && self.violation.is_none() {
            self.violation = verdict.err();
        }
        is_at_rest
    }

    fn end_faults(&mut self) {
        for cure in cures(&self.bench.cluster().view()) {
            // One cure can end what another was for.
            let _ = self.bench.inject(cure);
            self.look();
        }
        for (id, is_held) in self.bench.cluster().packets_in_flight() {
            if is_held {
                let _ = self.bench.inject(Fault::ReleasePacket(id));
                self.look();
            }
        }
    }

    /// Sessions that do nothing in a transaction roll back: their locks would keep appliers waiting.
    fn leave_transactions(&mut self) {
        let view = self.bench.cluster().view();
        let sessions = view.servers.iter().flat_map(|server| &server.sessions);
        let idle = sessions.filter(|it| it.in_transaction && it.statement.is_none());
        let idle: Vec<_> = idle.map(|session| session.key).collect();
        let connections: Vec<_> = self.bench.connections().collect();
        for (key, at) in connections {
            if idle.contains(&key) && self.bench.submit(at, "ROLLBACK;").is_ok() {
                self.look();
            }
        }
    }

    fn start_replication(&mut self) {
        for server in self.bench.cluster().view().servers {
            let stands = server.channel.as_ref().is_some_and(|channel| {
                channel.source.is_some() && (channel.receiver == "No" || channel.applier == "No")
            });
            if server.state == ServerState::Running && stands {
                let words = match server.generation {
                    Generation::V5_5 => "START SLAVE;",
                    Generation::V8_4 | Generation::V9_7 => "START REPLICA;",
                };
                self.operator_types(server.index, words);
            }
        }
    }

    fn release_waiters(&mut self, turn: u32) {
        for server in self.bench.cluster().view().servers {
            let hangs = KILLS_AFTER <= turn && !server.waiting.is_empty();
            if server.state == ServerState::Stopping || hangs {
                // A shutdown, or UNINSTALL PLUGIN, can wait for an ACK as long as the commit does.
                let _ = self.bench.inject(Fault::Crash(server.index));
                self.look();
            }
            if server.state == ServerState::Running && !server.waiting.is_empty() {
                let side = match self.bench.cluster().source_naming(server.index) {
                    Some(Naming::MasterSlave) => "master",
                    Some(Naming::SourceReplica) | None => "source",
                };
                let words = format!("SET GLOBAL rpl_semi_sync_{side}_enabled = 0;");
                self.operator_types(server.index, &words);
            }
        }
    }

    fn operator_types(&mut self, server: ServerIndex, words: &str) {
        let session = OPERATOR;
        // A session that is still busy does this at the next turn.
        let _ = self.bench.submit(SessionAddress { server, session }, words);
        self.look();
    }

    /// What is still going on or has not begun.
    fn pending(&self) -> Vec<String> {
        let cluster = self.bench.cluster();
        let view = cluster.view();
        let mut pending = Vec::new();
        for server in &view.servers {
            let name = &server.name;
            if server.state != ServerState::Running {
                pending.push(format!("{name} is {:?}", server.state));
            }
            if let Some(channel) = &server.channel
                && channel.source.is_some()
                && channel.receiver == "Connecting"
            {
                pending.push(format!("the receiver of {name} is connecting"));
            }
            for session in &server.sessions {
                if let Some(statement) = &session.statement {
                    pending.push(format!("{name} runs ({}): {statement}", session.state));
                }
            }
        }
        if pending.is_empty() && !cluster.is_idle() {
            let packets = view.packets.iter();
            let packets = packets.map(|it| format!("packet {:?}, due {:?}", it.what, it.due));
            pending.extend(packets);
            let channels = view
                .servers
                .iter()
                .filter_map(|it| Some((it, it.channel.as_ref()?)));
            pending.extend(channels.map(|(server, channel)| {
                let (receiver, applier) = (&channel.receiver, &channel.applier);
                let to_apply = channel.to_apply;
                format!("{}: {receiver} {applier}, {to_apply} to apply", server.name)
            }));
            pending.push("something is still going on".to_owned());
        }
        pending
    }
}

/// What would end each fault that is active, but held packets.
pub(crate) fn cures(view: &ClusterView) -> Vec<Fault> {
    let mut cures = Vec::new();
    for server in &view.servers {
        match server.state {
            ServerState::Frozen => cures.push(Fault::Thaw(server.index)),
            ServerState::Crashed | ServerState::Stopped => cures.push(Fault::Start(server.index)),
            ServerState::Running | ServerState::Starting | ServerState::Stopping => {}
        }
    }
    let cut = view.links.iter().filter(|link| link.cut);
    cures.extend(cut.map(|link| Fault::HealLink(link.from, link.to)));
    cures
}

/// Each turn lasts twice this.
const TURN: Duration = Duration::from_secs(15);

const TURNS: u32 = 12;

/// Turns after which waiting for ACKs is given up.
const GIVES_UP_AFTER: u32 = 3;

/// Turns after which a server whose commits still wait is ended.
const KILLS_AFTER: u32 = 6;

/// The session of whoever repairs.
const OPERATOR: u32 = 99;
