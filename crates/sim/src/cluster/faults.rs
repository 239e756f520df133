//! What can go wrong, carried out.

use semisync_core::Generation;

use crate::ServerIndex;
use crate::cluster::{Cluster, Event};
use crate::fault::{Fault, FaultError};
use crate::network::Direction;
use crate::trace::{Lane, TraceKind};
use crate::view::ServerState;
use crate::{PacketId, TransactionId};

impl Cluster {
    /// Injects a fault now.
    ///
    /// # Errors
    /// With the reason, when it makes no sense now.
    pub fn inject(&mut self, fault: Fault) -> Result<(), FaultError> {
        self.check_fault(&fault)?;
        self.world.prng.begin_event();
        let words = self.words_of(&fault);
        let kind = TraceKind::FaultInjected {
            fault: fault.clone(),
            words,
        };
        let transaction = self.transaction_of_fault(&fault);
        self.mark(Lane::Cluster, transaction, kind);
        match fault {
            Fault::Crash(ix) => self.process_dies(ix, false),
            Fault::PowerCut(ix) => self.process_dies(ix, true),
            Fault::Shutdown(ix) => self.begin_shutdown(ix),
            Fault::Start(ix) => self.start_server(ix),
            Fault::Upgrade(ix, generation) => {
                let server = self.server_mut(ix);
                server.upgraded_from = Some(server.generation);
                server.generation = generation;
            }
            Fault::Freeze(ix) => self.server_mut(ix).state = ServerState::Frozen,
            Fault::Thaw(ix) => self.thaw(ix),
            Fault::CutLink(a, b) => self.cut(a, b),
            Fault::HealLink(a, b) => self.heal(a, b),
            Fault::SetLinkLatency(a, b, us) => {
                self.world.network.link_mut(a, b).latency_us = Some(us);
            }
            Fault::SetApplyTime(ix, us) => self.server_mut(ix).apply_us = Some(us),
            Fault::HoldPacket(id) => self.hold(id),
            Fault::ReleasePacket(id) => self.release(id),
            Fault::DropPacket(id) => self.drop_packet(id),
        }
        self.settle();
        Ok(())
    }

    fn check_fault(&self, fault: &Fault) -> Result<(), FaultError> {
        match fault {
            Fault::Crash(ix) | Fault::PowerCut(ix) => {
                let running = "only a running server can crash; start it first";
                self.expect_state(*ix, ServerState::is_process, running)
            }
            Fault::Shutdown(ix) => {
                let running = |state| state == ServerState::Running;
                self.expect_state(*ix, running, "only a running server can be shut down")
            }
            Fault::Start(ix) => {
                let down = |state| matches!(state, ServerState::Stopped | ServerState::Crashed);
                self.expect_state(*ix, down, "the server runs already")
            }
            Fault::Upgrade(ix, generation) => {
                let down = |state| matches!(state, ServerState::Stopped | ServerState::Crashed);
                self.expect_state(*ix, down, "shut the server down first")?;
                match (self.server(*ix).generation, generation) {
                    (Generation::V8_4, Generation::V9_7) => Ok(()),
                    (old, new) if old == *new => Err(refused("the server is of this series")),
                    (Generation::V5_5, _) => Err(refused(
                        "5.5 is upgraded one series at a time, and 5.6 to 8.0 are not here",
                    )),
                    _ => Err(refused(
                        "data of a newer series cannot be opened by an older one",
                    )),
                }
            }
            Fault::Freeze(ix) => {
                let running = |state| state == ServerState::Running;
                self.expect_state(*ix, running, "only a running server can be frozen")
            }
            Fault::Thaw(ix) => {
                let frozen = |state| state == ServerState::Frozen;
                self.expect_state(*ix, frozen, "the server is not frozen")
            }
            Fault::CutLink(a, b) => self.expect_link(*a, *b, Some(false)),
            Fault::HealLink(a, b) => self.expect_link(*a, *b, Some(true)),
            Fault::SetLinkLatency(a, b, _) => self.expect_link(*a, *b, None),
            Fault::SetApplyTime(ix, _) => {
                self.expect_state(*ix, |_| true, "there is no such server")
            }
            Fault::HoldPacket(id) => self.expect_packet(*id, Some(false)),
            Fault::ReleasePacket(id) => self.expect_packet(*id, Some(true)),
            Fault::DropPacket(id) => self.expect_packet(*id, None),
        }
    }

    fn expect_state(
        &self,
        ix: ServerIndex,
        holds: impl Fn(ServerState) -> bool,
        reason: &str,
    ) -> Result<(), FaultError> {
        if !self.server_exists(ix) {
            return Err(refused("there is no such server"));
        }
        match holds(self.server(ix).state) {
            true => Ok(()),
            false => Err(refused(reason)),
        }
    }

    fn expect_link(
        &self,
        a: ServerIndex,
        b: ServerIndex,
        cut: Option<bool>,
    ) -> Result<(), FaultError> {
        if !self.server_exists(a) || !self.server_exists(b) || a == b {
            return Err(refused("a link joins two different servers"));
        }
        match (cut, self.world.network.is_cut(a, b)) {
            (Some(false), true) => Err(refused("the link is cut already; it can be healed")),
            (Some(true), false) => Err(refused("the link is not cut")),
            _ => Ok(()),
        }
    }

    fn expect_packet(&self, id: PacketId, held: Option<bool>) -> Result<(), FaultError> {
        let Some(packet) = self.world.network.packets.get(&id) else {
            return Err(refused("this packet is not in flight any more"));
        };
        match (held, packet.is_held) {
            (Some(false), true) => Err(refused("the packet is held already; it can be released")),
            (Some(true), false) => Err(refused("the packet is not held")),
            _ => Ok(()),
        }
    }

    fn transaction_of_fault(&self, fault: &Fault) -> Option<TransactionId> {
        match fault {
            Fault::HoldPacket(id) | Fault::ReleasePacket(id) | Fault::DropPacket(id) => {
                self.world.network.packets.get(id)?.transaction
            }
            _ => None,
        }
    }

    /// The fault as a lab script says it.
    fn words_of(&self, fault: &Fault) -> String {
        let name = |ix: &ServerIndex| self.server(*ix).name.clone();
        match fault {
            Fault::Crash(ix) => format!("crash {}", name(ix)),
            Fault::PowerCut(ix) => format!("power-cut {}", name(ix)),
            Fault::Shutdown(ix) => format!("shutdown {}", name(ix)),
            Fault::Start(ix) => format!("start {}", name(ix)),
            Fault::Upgrade(ix, generation) => {
                format!("upgrade {} {}", name(ix), series(*generation))
            }
            Fault::Freeze(ix) => format!("freeze {}", name(ix)),
            Fault::Thaw(ix) => format!("thaw {}", name(ix)),
            Fault::CutLink(a, b) => format!("cut {} {}", name(a), name(b)),
            Fault::HealLink(a, b) => format!("heal {} {}", name(a), name(b)),
            Fault::SetLinkLatency(a, b, us) => format!("latency {} {} {us}us", name(a), name(b)),
            Fault::SetApplyTime(ix, us) => format!("apply-time {} {us}us", name(ix)),
            Fault::HoldPacket(id) => format!("hold packet {}", id.0),
            Fault::ReleasePacket(id) => format!("release packet {}", id.0),
            Fault::DropPacket(id) => format!("drop packet {}", id.0),
        }
    }

    fn thaw(&mut self, ix: ServerIndex) {
        self.server_mut(ix).state = ServerState::Running;
        self.unpark(ix);
    }

    /// What a stopped process did not see happens now. (To a dead one: packets bounce, the rest is
    /// void.)
    pub(crate) fn unpark(&mut self, ix: ServerIndex) {
        let now = self.world.now;
        for event in self.world.parked.remove(&ix).unwrap_or_default() {
            let key = self.world.queue.push(now, event.clone());
            if let Event::PacketArrives(id) = event
                && let Some(packet) = self.world.network.packets.get_mut(&id)
            {
                packet.event = Some(key);
            }
        }
    }

    fn cut(&mut self, a: ServerIndex, b: ServerIndex) {
        self.world.network.link_mut(a, b).is_cut = true;
        for id in self.world.network.between(a, b) {
            self.stop_packet(id);
        }
    }

    fn heal(&mut self, a: ServerIndex, b: ServerIndex) {
        self.world.network.link_mut(a, b).is_cut = false;
        for id in self.world.network.between(a, b) {
            let packet = self.world.network.packets.get(&id);
            let waits = packet.is_some_and(|packet| {
                !packet.is_held && packet.event.is_none() && !packet.has_arrived
            });
            if waits {
                self.dispatch(id);
            }
        }
    }

    /// Takes a packet's arrival out of the queue.
    fn stop_packet(&mut self, id: PacketId) {
        if let Some(packet) = self.world.network.packets.get_mut(&id) {
            packet.due = None;
            if let Some(key) = packet.event.take() {
                self.world.queue.cancel(key);
            }
        }
    }

    fn hold(&mut self, id: PacketId) {
        self.stop_packet(id);
        if let Some(packet) = self.world.network.packets.get_mut(&id) {
            packet.is_held = true;
            packet.has_arrived = false;
        }
    }

    fn release(&mut self, id: PacketId) {
        let Some(packet) = self.world.network.packets.get_mut(&id) else {
            return;
        };
        packet.is_held = false;
        let (from, to) = (packet.from, packet.to);
        if !self.world.network.is_cut(from, to) {
            self.dispatch(id);
        }
    }

    /// A lost packet breaks its connection: both ends notice.
    fn drop_packet(&mut self, id: PacketId) {
        self.stop_packet(id);
        let Some((packet, _)) = self.world.network.take(id) else {
            return;
        };
        let kind = TraceKind::PacketLost {
            packet: id,
            from: packet.from,
            to: packet.to,
            what: packet.what,
        };
        self.mark(Lane::Server(packet.to), packet.transaction, kind);
        for (id, lost) in self.world.network.drain(packet.connection) {
            if let Some(key) = lost.event {
                self.world.queue.cancel(key);
            }
            let kind = TraceKind::PacketLost {
                packet: id,
                from: lost.from,
                to: lost.to,
                what: lost.what,
            };
            self.mark(Lane::Server(lost.to), lost.transaction, kind);
        }
        self.send_close(packet.connection, Direction::ToReplica, Vec::new());
        self.send_close(packet.connection, Direction::ToSource, Vec::new());
    }
}

impl ServerState {
    /// Whether there is a process.
    pub(crate) fn is_process(self) -> bool {
        match self {
            ServerState::Running
            | ServerState::Starting
            | ServerState::Frozen
            | ServerState::Stopping => true,
            ServerState::Stopped | ServerState::Crashed => false,
        }
    }
}

/// The series as a lab script names it.
fn series(generation: Generation) -> &'static str {
    match generation {
        Generation::V5_5 => "5.5",
        Generation::V8_4 => "8.4",
        Generation::V9_7 => "9.7",
    }
}

fn refused(reason: &str) -> FaultError {
    FaultError {
        reason: reason.to_owned(),
    }
}
