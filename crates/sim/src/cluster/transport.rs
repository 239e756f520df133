//! Packets between servers: sending, arriving, and the ends of connections.

use semisync_core::Instant;

use crate::cluster::{Cluster, Event};
use crate::network::{ConnectionId, Direction, Packet, Payload};
use crate::trace::{Lane, PacketKind, TraceKind};
use crate::view::ServerState;
use crate::{PacketId, ServerIndex, TransactionId};

impl Cluster {
    /// Sends a packet over a connection.
    pub(crate) fn send(
        &mut self,
        connection: ConnectionId,
        direction: Direction,
        payload: Payload,
        what: PacketKind,
        bytes: Vec<u8>,
        transaction: Option<TransactionId>,
    ) {
        let Some((replica, source)) = self
            .world
            .network
            .connections
            .get(&connection)
            .map(|connection| (connection.replica, connection.source))
        else {
            return;
        };
        let (from, to) = match direction {
            Direction::ToSource => (replica, source),
            Direction::ToReplica => (source, replica),
        };
        let id = self.world.network.next_packet_id();
        let kind = TraceKind::PacketSent {
            packet: id,
            from,
            to,
            what: what.clone(),
        };
        self.mark(Lane::Server(from), transaction, kind);
        let packet = Packet {
            connection,
            direction,
            from,
            to,
            sent: self.world.now,
            due: None,
            is_held: false,
            event: None,
            has_arrived: false,
            payload,
            what,
            bytes,
            transaction,
        };
        self.world.network.enqueue(id, packet);
        if !self.world.network.is_cut(from, to) {
            self.dispatch(id);
        }
    }

    /// Sets a packet on its way: it arrives after the latency of the link.
    pub(crate) fn dispatch(&mut self, id: PacketId) {
        let Some(packet) = self.world.network.packets.get(&id) else {
            return;
        };
        let (connection, direction) = (packet.connection, packet.direction);
        let latency = self.latency_us(packet.from, packet.to);
        let jitter = self.world.prng.up_to(self.world.timing.link_jitter_us);
        let at = self.world.now.as_micros().saturating_add(latency + jitter);
        let network = &mut self.world.network;
        let at = network.in_order(connection, direction, Instant::from_micros(at));
        let key = self.world.queue.push(at, Event::PacketArrives(id));
        if let Some(packet) = self.world.network.packets.get_mut(&id) {
            packet.due = Some(at);
            packet.event = Some(key);
        }
    }

    pub(crate) fn latency_us(&self, a: ServerIndex, b: ServerIndex) -> u64 {
        let set = self
            .world
            .network
            .link(a, b)
            .and_then(|link| link.latency_us);
        let pair = (a.min(b).0, a.max(b).0);
        let timing = &self.world.timing;
        let configured = timing.link_latency_overrides.get(&pair).copied();
        set.or(configured).unwrap_or(timing.link_latency_us)
    }

    /// A packet reaches the other end.
    pub(crate) fn packet_arrives(&mut self, id: PacketId) {
        let Some(packet) = self.world.network.packets.get_mut(&id) else {
            return;
        };
        let to = packet.to;
        packet.event = None;
        if self.server(to).state == ServerState::Frozen {
            // The kernel has it; the process reads it when it goes on.
            self.park(to, Event::PacketArrives(id));
            return;
        }
        if !self.world.network.is_next(id) {
            if let Some(packet) = self.world.network.packets.get_mut(&id) {
                packet.has_arrived = true;
            }
            return;
        }
        let Some((packet, behind)) = self.world.network.take(id) else {
            return;
        };
        if let Some(behind) = behind {
            let key = self
                .world
                .queue
                .push(self.world.now, Event::PacketArrives(behind));
            if let Some(packet) = self.world.network.packets.get_mut(&behind) {
                packet.has_arrived = false;
                packet.event = Some(key);
            }
        }
        self.deliver(id, packet);
    }

    fn deliver(&mut self, id: PacketId, packet: Box<Packet>) {
        let Packet {
            connection,
            direction,
            from,
            to,
            payload,
            what,
            bytes,
            transaction,
            ..
        } = *packet;
        if !self.is_listening(connection, direction, to, &payload) {
            self.bounce(id, connection, direction, (from, to), what, payload);
            return;
        }
        let kind = TraceKind::PacketDelivered {
            packet: id,
            from,
            to,
            what,
        };
        self.mark(Lane::Server(to), transaction, kind);
        match direction {
            Direction::ToSource => self.source_reads(to, connection, payload, &bytes),
            Direction::ToReplica => {
                // A byte for the OK stands before every packet of a dump.
                let len = bytes.len();
                self.replica_reads(to, connection, payload, len, transaction);
                self.dump_has_room(from, connection);
            }
        }
    }

    /// Whether the process at the receiving end knows the connection.
    fn is_listening(
        &self,
        connection: ConnectionId,
        direction: Direction,
        to: ServerIndex,
        payload: &Payload,
    ) -> bool {
        let server = self.server(to);
        match (direction, payload) {
            (Direction::ToSource, Payload::Connect { .. }) => server.accepts_connections(),
            (Direction::ToSource, _) => server.replicas.contains_key(&connection),
            (Direction::ToReplica, _) => {
                let channel = server.channel.as_ref();
                channel.is_some_and(|channel| channel.receiver.connection == Some(connection))
            }
        }
    }

    /// Nobody reads the packet: the other end is told, unless it has closed as well.
    fn bounce(
        &mut self,
        id: PacketId,
        connection: ConnectionId,
        direction: Direction,
        (from, to): (ServerIndex, ServerIndex),
        what: PacketKind,
        payload: Payload,
    ) {
        if matches!(payload, Payload::Close) {
            let kind = TraceKind::PacketDelivered {
                packet: id,
                from,
                to,
                what,
            };
            self.mark(Lane::Server(to), None, kind);
            return;
        }
        let kind = TraceKind::PacketLost {
            packet: id,
            from,
            to,
            what,
        };
        self.mark(Lane::Server(to), None, kind);
        let back = match direction {
            Direction::ToSource => Direction::ToReplica,
            Direction::ToReplica => Direction::ToSource,
        };
        match payload {
            Payload::Connect { .. } => {
                self.send_handshake(connection, back, Payload::Refused, "refused");
            }
            _ => self.send_close(connection, back, Vec::new()),
        }
    }

    // --- Ends ---

    /// Tells the other end that this one is closed. `bytes`: what a clean close says first.
    pub(crate) fn send_close(
        &mut self,
        connection: ConnectionId,
        direction: Direction,
        bytes: Vec<u8>,
    ) {
        let what = PacketKind::Goodbye;
        self.send(connection, direction, Payload::Close, what, bytes, None);
    }

    pub(crate) fn close_source_end(&mut self, id: ConnectionId) {
        self.close_end(id, Direction::ToSource);
    }

    pub(crate) fn close_replica_end(&mut self, id: ConnectionId) {
        self.close_end(id, Direction::ToReplica);
    }

    fn close_end(&mut self, id: ConnectionId, towards: Direction) {
        if self.world.network.close_end(id, towards) {
            for (packet, lost) in self.world.network.remove(id) {
                if let Some(key) = lost.event {
                    self.world.queue.cancel(key);
                }
                if matches!(lost.payload, Payload::Close) {
                    continue;
                }
                let kind = TraceKind::PacketLost {
                    packet,
                    from: lost.from,
                    to: lost.to,
                    what: lost.what,
                };
                self.mark(Lane::Server(lost.to), lost.transaction, kind);
            }
        }
    }
}
