//! A hand-built moment: the source waits for the ACKs of its second commit.

use std::rc::Rc;

use semisync_core::source::{SemisyncStatus, WaitOutcome, WaitPoint};
use semisync_core::{BinlogPosition, Generation, Instant};
use semisync_sim::trace::{Answer, Lane, PacketKind};
use semisync_sim::view::{
    ChannelView, LinkView, PacketView, ReplicaPluginView, ServerState, ServerView, SessionView,
    SourceView, WaitView,
};
use semisync_sim::{
    ClusterView, PacketId, ServerIndex, SessionKey, StatementId, TraceEvent, TraceKind,
    TransactionId,
};

pub(crate) const SOURCE: ServerIndex = ServerIndex(0);
pub(crate) const CLIENT: SessionKey = SessionKey(1);

pub(crate) fn position(offset: u64) -> BinlogPosition {
    BinlogPosition::new("binlog.000001", offset)
}

fn at(micros: u64) -> Instant {
    Instant::from_micros(micros)
}

/// Builds a trace, mark by mark.
#[derive(Default)]
pub(crate) struct Trace {
    pub(crate) marks: Vec<Rc<TraceEvent>>,
}

impl Trace {
    pub(crate) fn add(&mut self, micros: u64, lane: Lane, transaction: u64, kind: TraceKind) {
        self.marks.push(Rc::new(TraceEvent {
            seq: self.marks.len() as u64,
            at: at(micros),
            lane,
            transaction: (transaction > 0).then_some(TransactionId(transaction)),
            kind,
        }));
    }

    fn packet(&mut self, sent: u64, id: u64, to: u16, what: &PacketKind, arrives: Option<u64>) {
        let is_ack = matches!(what, PacketKind::Ack { .. });
        let replica = ServerIndex(to);
        let (from, to) = if is_ack {
            (replica, SOURCE)
        } else {
            (SOURCE, replica)
        };
        let packet = PacketId(id);
        let what = what.clone();
        match arrives {
            None => self.add(
                sent,
                Lane::Server(from),
                0,
                TraceKind::PacketSent {
                    packet,
                    from,
                    to,
                    what,
                },
            ),
            Some(arrives) => self.add(
                arrives,
                Lane::Server(to),
                0,
                TraceKind::PacketDelivered {
                    packet,
                    from,
                    to,
                    what,
                },
            ),
        }
    }

    /// A commit whose statement is sent at `start`; the times are those of the default cluster.
    pub(crate) fn commit(&mut self, start: u64, number: u64, end: u64, acknowledged: bool) {
        let server = Lane::Server(SOURCE);
        let client = Lane::Client(SOURCE, CLIENT);
        let statement = StatementId(number);
        let gtid = Some(format!(
            "11111111-1111-1111-1111-111111111111:{}",
            number + 1
        ));
        let text = "INSERT INTO lab.tour (what) VALUES ('travels')".to_owned();
        self.add(
            start,
            client,
            0,
            TraceKind::StatementSent { statement, text },
        );
        let session = Some(CLIENT);
        self.add(start + 80, server, number, TraceKind::Prepared { session });
        let flushed = TraceKind::BinlogFlushed {
            position: position(end),
            gtid: gtid.clone(),
            leader: CLIENT,
        };
        self.add(start + 120, server, number, flushed);
        let event = PacketKind::BinlogEvent {
            event: "Xid".into(),
            position: position(end),
            ack_requested: Some(true),
        };
        let ack = PacketKind::Ack {
            position: position(end),
        };
        let id = number * 10;
        self.packet(start + 130, id, 1, &event, None);
        self.packet(start + 131, id + 1, 2, &event, None);
        self.packet(0, id, 1, &event, Some(start + 380));
        self.add(
            start + 400,
            Lane::Server(ServerIndex(1)),
            number,
            TraceKind::RelayLogWritten {
                position: position(end),
                event: "Xid".into(),
            },
        );
        self.packet(start + 401, id + 2, 1, &ack, None);
        self.packet(0, id + 1, 2, &event, Some(start + 430));
        self.add(
            start + 520,
            server,
            number,
            TraceKind::BinlogSynced {
                position: position(end),
            },
        );
        let waits = TraceKind::CommitWaitStarted {
            session: CLIENT,
            position: position(end),
            wait_point: WaitPoint::AfterSync,
            deadline: at(start + 10_000_520),
        };
        self.add(start + 521, server, number, waits);
        if acknowledged {
            self.finish(start, number, end, gtid);
        }
    }

    fn finish(&mut self, start: u64, number: u64, end: u64, gtid: Option<String>) {
        let server = Lane::Server(SOURCE);
        let ack = PacketKind::Ack {
            position: position(end),
        };
        self.packet(0, number * 10 + 2, 1, &ack, Some(start + 690));
        let received = TraceKind::AckReceived {
            replica: ServerIndex(1),
            position: position(end),
        };
        self.add(start + 690, server, 0, received);
        let ended = TraceKind::CommitWaitEnded {
            session: CLIENT,
            position: position(end),
            outcome: WaitOutcome::Acknowledged,
        };
        self.add(start + 691, server, number, ended);
        self.add(
            start + 750,
            server,
            number,
            TraceKind::EngineCommitted { gtid: gtid.clone() },
        );
        let answered = TraceKind::StatementAnswered {
            statement: StatementId(number),
            answer: Answer::Ok,
        };
        self.add(start + 760, Lane::Client(SOURCE, CLIENT), 0, answered);
        self.add(
            start + 800,
            Lane::Server(ServerIndex(1)),
            number,
            TraceKind::Applied { gtid },
        );
    }
}

/// One acknowledged commit, a pause of ten seconds, and a second commit that waits.
pub(crate) fn trace() -> Trace {
    let mut trace = Trace::default();
    let server = Lane::Server(SOURCE);
    trace.add(
        10,
        Lane::Client(SOURCE, CLIENT),
        0,
        TraceKind::SessionOpened { processlist_id: 9 },
    );
    trace.add(400, server, 0, TraceKind::SwitchedOn { position: None });
    trace.commit(1_000, 1, 640, true);
    trace.commit(10_002_000, 2, 940, false);
    trace
}

fn server(index: u16, name: &str) -> ServerView {
    ServerView {
        index: ServerIndex(index),
        name: name.to_owned(),
        generation: Generation::V9_7,
        state: ServerState::Running,
        binlog_end: position(940),
        gtid_executed: "11111111-1111-1111-1111-111111111111:1-2".to_owned(),
        visible_rows: 1,
        source: None,
        replica_plugin: None,
        channel: None,
        sessions: Vec::new(),
        waiting: Vec::new(),
    }
}

fn replica(index: u16, name: &str) -> ServerView {
    ServerView {
        replica_plugin: Some(ReplicaPluginView {
            enabled: true,
            status: SemisyncStatus::On,
        }),
        channel: Some(ChannelView {
            source: Some(SOURCE),
            receiver: "Yes".into(),
            applier: "Yes".into(),
            semisync: true,
            received: position(940),
            applied: position(640),
            to_apply: 1,
        }),
        ..server(index, name)
    }
}

fn source() -> ServerView {
    let counter = |name: &str, value: &str| (format!("Rpl_semi_sync_source_{name}"), value.into());
    ServerView {
        source: Some(SourceView {
            enabled: true,
            status: SemisyncStatus::On,
            clients: 2,
            timeout_ms: 10_000,
            wait_point: "AFTER_SYNC".into(),
            wait_for_replica_count: 1,
            wait_no_replica: true,
            acknowledged: Some(position(640)),
            status_variables: vec![counter("clients", "2"), counter("yes_tx", "1")],
        }),
        sessions: vec![SessionView {
            key: CLIENT,
            processlist_id: 9,
            statement: Some("INSERT INTO lab.tour (what) VALUES ('travels')".into()),
            state: "Waiting for semi-sync ACK from replica".into(),
            in_transaction: false,
        }],
        waiting: vec![WaitView {
            session: CLIENT,
            transaction: Some(TransactionId(2)),
            position: position(940),
            since: at(10_002_521),
            deadline: at(20_002_521),
        }],
        ..server(0, "source")
    }
}

/// The snapshot at the end of [`trace`].
pub(crate) fn view() -> ClusterView {
    let link = |to| LinkView {
        from: SOURCE,
        to: ServerIndex(to),
        connected: true,
        semisync: true,
        cut: false,
        latency_us: 250,
    };
    let packet = |id, from, to, sent, due, what| PacketView {
        id: PacketId(id),
        from: ServerIndex(from),
        to: ServerIndex(to),
        sent: at(sent),
        due,
        bytes: vec![
            0xEF, 0xAC, 3, 0, 0, 0, 0, 0, 0, b'b', b'i', b'n', b'l', b'o', b'g',
        ],
        what,
        transaction: Some(TransactionId(2)),
    };
    let xid = PacketKind::BinlogEvent {
        event: "Xid".into(),
        position: position(940),
        ack_requested: Some(true),
    };
    ClusterView {
        now: at(10_002_560),
        servers: vec![source(), replica(1, "replica1"), replica(2, "replica2")],
        links: vec![link(1), link(2)],
        packets: vec![
            packet(21, 0, 2, 10_002_400, Some(at(10_002_650)), xid),
            packet(
                22,
                1,
                0,
                10_002_401,
                Some(at(10_002_660)),
                PacketKind::Ack {
                    position: position(940),
                },
            ),
        ],
    }
}
