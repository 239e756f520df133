//! The links between servers: connections, the packets on them, and what disturbs them.
//!
//! A connection delivers in order, as TCP does: a packet that is held keeps those behind it. A cut
//! link loses nothing and delivers nothing. What a packet means is decided by the dump and receiver
//! threads.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use semisync_core::{BinlogPosition, Instant};

use crate::binlog::BinlogEvent;
use crate::gtid::{GtidSet, ServerUuid};
use crate::queue::EventKey;
use crate::sorted_map::SortedMap;
use crate::trace::PacketKind;
use crate::{PacketId, ServerIndex, TransactionId};

/// A connection between a receiver thread and its source, unique in the life of a cluster.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct ConnectionId(pub(crate) u64);

/// Which way a packet goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Direction {
    ToSource,
    ToReplica,
}

/// A connection.
#[derive(Clone, Debug)]
pub(crate) struct Connection {
    pub(crate) replica: ServerIndex,
    pub(crate) source: ServerIndex,
    /// In flight, in order, for each direction.
    lanes: [Lane; 2],
    /// Which ends are closed: the source's, the replica's.
    closed: [bool; 2],
}

#[derive(Clone, Debug, Default)]
struct Lane {
    packets: VecDeque<PacketId>,
    last_arrival: Instant,
}

/// A packet in flight.
#[derive(Clone, Debug)]
pub(crate) struct Packet {
    pub(crate) connection: ConnectionId,
    pub(crate) direction: Direction,
    pub(crate) from: ServerIndex,
    pub(crate) to: ServerIndex,
    pub(crate) sent: Instant,
    /// When it arrives; `None` while it is held or the link is cut.
    pub(crate) due: Option<Instant>,
    pub(crate) is_held: bool,
    pub(crate) event: Option<EventKey>,
    /// It has arrived, behind one that has not.
    pub(crate) has_arrived: bool,
    pub(crate) payload: Payload,
    pub(crate) what: PacketKind,
    pub(crate) bytes: Vec<u8>,
    pub(crate) transaction: Option<TransactionId>,
}

/// What a packet means to the thread that reads it.
#[derive(Clone, Debug)]
pub(crate) enum Payload {
    /// Opens the connection.
    Connect {
        user: String,
        password: String,
    },
    /// The server answers: connected, or nobody listens.
    Connected,
    /// The server refuses the account: number and text of its error.
    Denied(u32, String),
    Refused,
    /// A query of the receiver.
    Query(String),
    /// Its answer: fine, or an error number.
    Answer(Result<(), u32>),
    /// The account may not replicate: number and text of the error.
    RegistrationRefused(u32, String),
    /// COM_REGISTER_SLAVE
    Register(Registration),
    /// COM_BINLOG_DUMP, COM_BINLOG_DUMP_GTID
    RequestDump(DumpRequest),
    /// An event of the dump; the header bytes of a semisynchronous one come with it.
    Event(DumpedEvent),
    /// The dump ends with an error.
    DumpError(u16, String),
    /// An ACK, as bytes.
    Ack,
    /// The sender closed the connection (also: its process died).
    Close,
}

/// What a replica says about itself.
#[derive(Clone, Debug)]
pub(crate) struct Registration {
    pub(crate) server_id: u32,
    pub(crate) host: String,
    pub(crate) port: u16,
}

/// Where a dump shall start.
#[derive(Clone, Debug)]
pub(crate) struct DumpRequest {
    pub(crate) server_id: u32,
    pub(crate) uuid: ServerUuid,
    pub(crate) position: BinlogPosition,
    /// With auto-position: what the replica has.
    pub(crate) has: Option<Arc<GtidSet>>,
}

/// A packet of a dump.
#[derive(Clone, Debug)]
pub(crate) struct DumpedEvent {
    /// The bytes before the event, if the dump is semisynchronous.
    pub(crate) header: Option<[u8; 2]>,
    pub(crate) content: DumpContent,
}

#[derive(Clone, Debug)]
pub(crate) enum DumpContent {
    /// Which file comes next, or where the dump starts.
    FakeRotate(BinlogPosition),
    /// The description of the file, sent again when a dump starts.
    FormatDescription(BinlogEvent),
    /// An event of the file.
    Event(BinlogEvent),
    /// Nothing new; where the dump stands.
    Heartbeat(BinlogPosition),
}

/// A link between two servers.
#[derive(Clone, Debug, Default)]
pub(crate) struct Link {
    pub(crate) is_cut: bool,
    pub(crate) latency_us: Option<u64>,
}

/// All links, connections and packets.
#[derive(Clone, Debug, Default)]
pub(crate) struct Network {
    pub(crate) links: BTreeMap<(ServerIndex, ServerIndex), Link>,
    pub(crate) connections: BTreeMap<ConnectionId, Connection>,
    pub(crate) packets: SortedMap<PacketId, Box<Packet>>,
    last_connection: u64,
    last_packet: u64,
}

impl Network {
    pub(crate) fn open(&mut self, replica: ServerIndex, source: ServerIndex) -> ConnectionId {
        self.last_connection += 1;
        let id = ConnectionId(self.last_connection);
        let connection = Connection {
            replica,
            source,
            lanes: Default::default(),
            closed: [false; 2],
        };
        self.connections.insert(id, connection);
        id
    }

    pub(crate) fn next_packet_id(&mut self) -> PacketId {
        self.last_packet += 1;
        PacketId(self.last_packet)
    }

    pub(crate) fn link(&self, a: ServerIndex, b: ServerIndex) -> Option<&Link> {
        self.links.get(&ends(a, b))
    }

    pub(crate) fn link_mut(&mut self, a: ServerIndex, b: ServerIndex) -> &mut Link {
        self.links.entry(ends(a, b)).or_default()
    }

    pub(crate) fn is_cut(&self, a: ServerIndex, b: ServerIndex) -> bool {
        self.link(a, b).is_some_and(|link| link.is_cut)
    }

    /// Puts a packet on its lane; gives back when it may arrive at the earliest after those before.
    pub(crate) fn enqueue(&mut self, id: PacketId, packet: Packet) {
        let lane = packet.direction as usize;
        if let Some(connection) = self.connections.get_mut(&packet.connection) {
            connection.lanes[lane].packets.push_back(id);
        }
        self.packets.insert(id, Box::new(packet));
    }

    /// When a packet that would arrive at `at` can arrive, behind those before it.
    pub(crate) fn in_order(
        &mut self,
        connection: ConnectionId,
        direction: Direction,
        at: Instant,
    ) -> Instant {
        match self.connections.get_mut(&connection) {
            Some(connection) => {
                let lane = &mut connection.lanes[direction as usize];
                lane.last_arrival = lane.last_arrival.max(at);
                lane.last_arrival
            }
            None => at,
        }
    }

    /// Whether all packets before this one on its lane have been delivered.
    pub(crate) fn is_next(&self, id: PacketId) -> bool {
        let Some(packet) = self.packets.get(&id) else {
            return false;
        };
        let connection = self.connections.get(&packet.connection);
        connection.is_none_or(|connection| {
            connection.lanes[packet.direction as usize].packets.front() == Some(&id)
        })
    }

    /// Takes a packet off its lane; gives back the one behind it if that has arrived already.
    pub(crate) fn take(&mut self, id: PacketId) -> Option<(Box<Packet>, Option<PacketId>)> {
        let packet = self.packets.remove(&id)?;
        let mut behind = None;
        if let Some(connection) = self.connections.get_mut(&packet.connection) {
            let lane = &mut connection.lanes[packet.direction as usize];
            if lane.packets.front() == Some(&id) {
                lane.packets.pop_front();
            } else {
                lane.packets.retain(|other| *other != id);
            }
            behind = lane.packets.front().copied();
        }
        let behind = behind.filter(|behind| {
            let packet = self.packets.get(behind);
            packet.is_some_and(|packet| packet.has_arrived && !packet.is_held)
        });
        Some((packet, behind))
    }

    /// How many packets travel on one lane.
    pub(crate) fn in_flight(&self, connection: ConnectionId, direction: Direction) -> usize {
        let connection = self.connections.get(&connection);
        connection.map_or(0, |connection| {
            connection.lanes[direction as usize].packets.len()
        })
    }

    /// One end is closed. True if both are.
    pub(crate) fn close_end(&mut self, id: ConnectionId, towards: Direction) -> bool {
        let Some(connection) = self.connections.get_mut(&id) else {
            return false;
        };
        connection.closed[towards as usize] = true;
        connection.closed == [true; 2]
    }

    /// Forgets a connection; gives back the packets that were on it, which are lost.
    pub(crate) fn remove(&mut self, id: ConnectionId) -> Vec<(PacketId, Box<Packet>)> {
        let Some(connection) = self.connections.remove(&id) else {
            return Vec::new();
        };
        let lanes = connection.lanes.into_iter();
        let ids = lanes.flat_map(|lane| lane.packets);
        ids.filter_map(|id| self.packets.remove(&id).map(|packet| (id, packet)))
            .collect()
    }

    /// Moves all times `by` microseconds nearer to 0.
    pub(crate) fn rebase(&mut self, by: u64) {
        for connection in self.connections.values_mut() {
            for lane in &mut connection.lanes {
                let at = lane.last_arrival.as_micros().saturating_sub(by);
                lane.last_arrival = Instant::from_micros(at);
            }
        }
    }

    /// Takes everything off a connection that stays open.
    pub(crate) fn drain(&mut self, id: ConnectionId) -> Vec<(PacketId, Box<Packet>)> {
        let Some(connection) = self.connections.get_mut(&id) else {
            return Vec::new();
        };
        let lanes = connection.lanes.iter_mut();
        let ids: Vec<_> = lanes
            .flat_map(|lane| std::mem::take(&mut lane.packets))
            .collect();
        ids.into_iter()
            .filter_map(|id| self.packets.remove(&id).map(|packet| (id, packet)))
            .collect()
    }

    /// Packets between two servers, in the order they were sent.
    pub(crate) fn between(&self, a: ServerIndex, b: ServerIndex) -> Vec<PacketId> {
        let packets = self.packets.iter();
        let on_link = packets.filter(|(_, packet)| ends(packet.from, packet.to) == ends(a, b));
        on_link.map(|(id, _)| *id).collect()
    }
}

impl Payload {
    /// Whether it is a heartbeat, which never means that something is still going on.
    pub(crate) fn is_heartbeat(&self) -> bool {
        matches!(
            self,
            Payload::Event(DumpedEvent {
                content: DumpContent::Heartbeat(_),
                ..
            })
        )
    }
}

fn ends(a: ServerIndex, b: ServerIndex) -> (ServerIndex, ServerIndex) {
    (a.min(b), a.max(b))
}
