//! Cases 85 to 96: a source and a replica on one link, with the bytes between them.

use semisync_core::log::LogMessage;
use semisync_core::replica::{self, Replica, ReplicaConfig};
use semisync_core::source::{
    self, SemisyncStatus, SessionId, Source, SourceConfig, WaitOutcome, WaitTicket, WakeCause,
};
use semisync_core::wire::sequence::ACK_NUMBER;
use semisync_core::wire::{AckPacket, EventHeader, LinkCompression, SequenceNumbers};
use semisync_core::{BinlogPosition, Generation, Instant, ServerId};

/// A source, a replica, and what passes between them.
struct Link {
    source: Source,
    replica: Replica,
    compression: LinkCompression,
    clears_twice: bool,
    connection: Option<Connection>,
    /// Numbers of the event packets sent, as the other side verifies them.
    sent_numbers: Vec<u8>,
    /// Payloads of the ACKs sent.
    acks: Vec<Vec<u8>>,
    log: Vec<u32>,
    released: Vec<WaitOutcome>,
    sleeping: Option<WaitTicket>,
    broken_links: usize,
}

#[derive(Clone, Copy)]
struct Connection {
    semisync: bool,
    source_numbers: SequenceNumbers,
    replica_numbers: SequenceNumbers,
}

/// What the source's server answers the replica's probe with.
#[derive(Clone, Copy)]
enum Probe {
    VariableExists,
    Error(u32),
}

impl Link {
    fn new(compression: LinkCompression) -> Link {
        let mut link = Link {
            source: Source::new(SourceConfig::default()),
            replica: Replica::new(ReplicaConfig::default()),
            compression,
            clears_twice: true,
            connection: None,
            sent_numbers: Vec::new(),
            acks: Vec::new(),
            log: Vec::new(),
            released: Vec::new(),
            sleeping: None,
            broken_links: 0,
        };
        link.drain_source();
        link
    }

    /// Both sides enabled and connected.
    fn connected(compression: LinkCompression) -> Link {
        let mut link = Link::new(compression);
        link.tell_source(source::Input::EnabledSet(true));
        link.tell_replica(replica::Input::EnabledSet(true));
        link.start_receiver(Probe::VariableExists, at(4));
        link
    }

    fn start_receiver(&mut self, probe: Probe, from: BinlogPosition) {
        self.tell_replica(replica::Input::ReceiverStarted {
            user: "repl".into(),
            host: "127.0.0.1".into(),
            port: 3306,
            position: from.clone(),
        });
        self.connect(probe, from);
    }

    /// The handshake, and the dump unless it is refused.
    fn connect(&mut self, probe: Probe, from: BinlogPosition) {
        let mut announced = None;
        let mut orders = self.tell_replica(replica::Input::DumpAboutToBeRequested);
        while let Some(replica::Output::Query(query)) = orders.first() {
            let answer = match (query.starts_with("SELECT"), probe) {
                (true, Probe::VariableExists) => Ok(()),
                (true, Probe::Error(errno)) => Err(replica::QueryError { errno }),
                (false, _) => {
                    announced = Some(1);
                    Ok(())
                }
            };
            orders = self.tell_replica(replica::Input::QueryAnswered(answer));
        }
        if !orders.contains(&replica::Output::RequestDump) {
            return;
        }
        let semisync = Source::announces_semisync(Generation::V9_7, announced, None);
        self.connection = Some(Connection {
            semisync,
            source_numbers: SequenceNumbers::SOURCE_AFTER_FLAGGED_EVENT,
            replica_numbers: SequenceNumbers::replica_after_ack(self.compression),
        });
        if let Probe::VariableExists = probe {
            self.tell_source(source::Input::DumpStarted {
                server_id: REPLICA,
                position: from,
                semisync,
            });
        }
    }

    /// The connection ends, and both sides notice.
    fn disconnect(&mut self) {
        let connection = self.connection.take().expect("a connection");
        self.tell_source(source::Input::DumpStopped {
            server_id: REPLICA,
            semisync: connection.semisync,
        });
    }

    /// The dump thread sends the event that ends at `end`; `position` is where the replica is once
    /// it has queued it. Returns the bytes before the event.
    fn send_event(&mut self, end: BinlogPosition, position: BinlogPosition) -> Vec<u8> {
        let connection = self.connection.expect("a connection");
        let mut ack_requested = false;
        let mut header = Vec::new();
        if connection.semisync {
            let input = source::Input::EventAboutToBeSent {
                server_id: REPLICA,
                position: end,
            };
            for output in self.tell_source(input) {
                if let source::Output::EventFlag {
                    ack_requested: flag,
                } = output
                {
                    ack_requested = flag;
                }
            }
            header.extend(EventHeader { ack_requested }.encode());
        }
        if !self.deliver_numbered(ack_requested) {
            return header;
        }
        let mut packet = header.clone();
        packet.extend(EVENT);
        self.deliver(&packet, position);
        if connection.semisync {
            self.tell_source(source::Input::EventSent { ack_requested });
        }
        header
    }

    /// Sends a packet's number. Returns whether the replica accepts it; if not, the link breaks.
    fn deliver_numbered(&mut self, ack_requested: bool) -> bool {
        let connection = self.connection.as_mut().expect("a connection");
        let number = connection.source_numbers.verified(self.compression);
        self.sent_numbers.push(number);
        if number != connection.replica_numbers.expected() {
            self.broken_links += 1;
            self.disconnect();
            return false;
        }
        for numbers in [
            &mut connection.source_numbers,
            &mut connection.replica_numbers,
        ] {
            numbers.packet = numbers.packet.wrapping_add(1);
            numbers.frame = numbers.frame.wrapping_add(1);
        }
        if ack_requested {
            connection.source_numbers = SequenceNumbers::SOURCE_AFTER_FLAGGED_EVENT;
            connection.replica_numbers = match self.clears_twice {
                true => SequenceNumbers::replica_after_ack(self.compression),
                false => SequenceNumbers::replica_after_ack(LinkCompression::Plain),
            };
        }
        true
    }

    fn deliver(&mut self, packet: &[u8], position: BinlogPosition) {
        let mut skipped = 0;
        for order in self.tell_replica(replica::Input::PacketRead {
            packet_len: packet.len(),
            head: [packet[0], packet[1]],
        }) {
            match order {
                replica::Output::SkipHeader(len) => skipped = len,
                replica::Output::StopReceiver => {
                    self.tell_replica(replica::Input::ReceiverStopped);
                    return self.disconnect();
                }
                other => panic!("unexpected: {other:?}"),
            }
        }
        assert_eq!(&packet[skipped..], EVENT, "the event itself is queued");
        for order in self.tell_replica(replica::Input::EventQueued { position }) {
            if let replica::Output::SendAck(ack) = order {
                let mut payload = Vec::new();
                ack.encode(&mut payload);
                self.acks.push(payload.clone());
                let ack = AckPacket::decode(&payload).expect("what was encoded");
                self.tell_source(source::Input::AckReceived {
                    server_id: REPLICA,
                    position: ack.position,
                });
            }
        }
    }

    /// A commit is flushed, and its session waits.
    fn commit(&mut self, end: BinlogPosition) {
        self.tell_source(source::Input::BinlogFlushed {
            position: end.clone(),
        });
        self.tell_source(source::Input::CommitQueueSynced {
            session: SessionId(1),
            position: Some(end),
        });
    }

    fn tell_replica(&mut self, input: replica::Input) -> Vec<replica::Output> {
        self.replica.handle(Instant::ZERO, input);
        let mut orders = Vec::new();
        while let Some(output) = self.replica.poll_output() {
            match output {
                replica::Output::Log(message) => self.log.push(message.number()),
                other => orders.push(other),
            }
        }
        orders
    }

    fn tell_source(&mut self, input: source::Input) -> Vec<source::Output> {
        self.source.handle(Instant::ZERO, input);
        self.drain_source()
    }

    fn drain_source(&mut self) -> Vec<source::Output> {
        let mut outputs = Vec::new();
        let mut woken = Vec::new();
        while let Some(output) = self.source.poll_output() {
            match output {
                source::Output::SessionSleeps { ticket, .. } => self.sleeping = Some(ticket),
                source::Output::WakeSession { ticket, .. } => woken.push(ticket),
                source::Output::CommitReleased { outcome, .. } => {
                    self.sleeping = None;
                    self.released.push(outcome);
                }
                source::Output::Log(message) => self.note_log(&message),
                other => outputs.push(other),
            }
        }
        for ticket in woken {
            let cause = WakeCause::Signalled;
            outputs.extend(self.tell_source(source::Input::SessionWoken { ticket, cause }));
        }
        outputs
    }

    fn note_log(&mut self, message: &LogMessage) {
        self.log.push(message.number());
    }
}

const REPLICA: ServerId = ServerId(2);
const EVENT: &[u8] = b"an event";

fn at(offset: u64) -> BinlogPosition {
    BinlogPosition::new("binlog.000001", offset)
}

/// Three events of a commit, the second flagged, and one more; the numbers they were sent with.
fn numbers_around_a_flagged_event(compression: LinkCompression) -> (Vec<u8>, Link) {
    let mut link = Link::connected(compression);
    link.commit(at(500));
    link.send_event(at(400), at(400));
    link.send_event(at(500), at(500));
    link.commit(at(700));
    link.send_event(at(600), at(600));
    (link.sent_numbers.clone(), link)
}

#[test]
fn c85_on_a_plain_link_the_source_counts_from_1_again() {
    let (numbers, link) = numbers_around_a_flagged_event(LinkCompression::Plain);
    assert_eq!(numbers, [1, 2, 1]);
    assert_eq!(link.broken_links, 0);
    assert_eq!(link.acks.len(), 1);
    assert_eq!(ACK_NUMBER, 0);
}

#[test]
fn c86_on_a_compressed_link_the_source_counts_from_0_again() {
    let (numbers, link) = numbers_around_a_flagged_event(LinkCompression::Compressed);
    assert_eq!(numbers, [0, 1, 0]);
    let after = SequenceNumbers::SOURCE_AFTER_FLAGGED_EVENT;
    assert_eq!((after.frame, after.packet), (0, 1));
    assert_eq!(link.broken_links, 0);
    let expected = SequenceNumbers::replica_after_ack(LinkCompression::Compressed);
    assert_eq!(expected.expected(), 0);
}

#[test]
fn c87_without_the_second_clear_a_compressed_link_breaks_after_every_commit() {
    let mut link = Link::connected(LinkCompression::Compressed);
    link.clears_twice = false;
    for commit in 1..=3 {
        let end = at(commit * 1000);
        link.commit(end.clone());
        link.send_event(end.clone(), end.clone());
        link.send_event(at(commit * 1000 + 1), at(commit * 1000 + 1));
        assert!(link.connection.is_none());
        link.connect(Probe::VariableExists, end);
    }
    assert_eq!(link.broken_links, 3);
    assert_eq!(link.released, [WaitOutcome::Acknowledged; 3]);
    assert_eq!(link.source.counters().yes_tx, 3);
}

#[test]
fn c88_a_source_without_the_plugin_is_followed_asynchronously() {
    let mut link = Link::new(LinkCompression::Plain);
    link.tell_replica(replica::Input::EnabledSet(true));
    link.log.clear();
    link.start_receiver(Probe::Error(1193), at(4));
    assert_eq!(link.log, [11179, 11184]);
    assert_eq!(link.replica.status(), SemisyncStatus::Off);
    let header = link.send_event(at(500), at(500));
    assert!(header.is_empty());
    assert!(link.acks.is_empty());
}

#[test]
fn c89_a_probe_that_fails_refuses_the_dump() {
    let mut link = Link::new(LinkCompression::Plain);
    link.tell_replica(replica::Input::EnabledSet(true));
    link.log.clear();
    link.start_receiver(Probe::Error(1045), at(4));
    assert_eq!(link.log, [11179, 11183]);
    assert!(link.connection.is_none());
}

#[test]
fn c90_a_disabled_source_sends_headers_and_asks_for_nothing() {
    let mut link = Link::new(LinkCompression::Plain);
    link.tell_replica(replica::Input::EnabledSet(true));
    link.start_receiver(Probe::VariableExists, at(4));
    link.commit(at(500));
    assert_eq!(link.send_event(at(500), at(500)), [0xEF, 0x00]);
    assert_eq!(link.source.counters().clients, 1);
    assert_eq!(link.source.counters().net_waits, 0);
    assert!(link.acks.is_empty());
    assert_eq!(link.released, [WaitOutcome::NotWaited]);
}

#[test]
fn c91_enabling_a_running_replica_needs_a_restart_of_its_receiver() {
    let mut link = Link::new(LinkCompression::Plain);
    link.tell_source(source::Input::EnabledSet(true));
    link.start_receiver(Probe::VariableExists, at(4));
    link.tell_replica(replica::Input::EnabledSet(true));
    assert!(link.send_event(at(500), at(500)).is_empty());
    assert_eq!(link.source.counters().clients, 0);
    assert_eq!(link.replica.status(), SemisyncStatus::Off);

    link.tell_replica(replica::Input::ReceiverStopped);
    link.disconnect();
    link.start_receiver(Probe::VariableExists, at(500));
    assert_eq!(link.source.counters().clients, 1);
    assert_eq!(link.replica.status(), SemisyncStatus::On);
}

#[test]
fn c92_disabling_a_running_replica_breaks_its_reconnect() {
    let mut link = Link::connected(LinkCompression::Plain);
    link.tell_replica(replica::Input::EnabledSet(false));
    link.disconnect();
    link.log.clear();
    link.connect(Probe::VariableExists, at(4));
    assert_eq!(link.source.counters().clients, 0);
    assert_eq!(link.replica.status(), SemisyncStatus::On);
    link.send_event(at(500), at(500));
    assert_eq!(link.log, [11170, 11178, 11171]);
    assert!(link.connection.is_none(), "the receiver stopped");
}

/// The replica has the commit's event, but the link broke before its ACK.
fn received_but_not_acknowledged() -> Link {
    let mut link = Link::connected(LinkCompression::Plain);
    link.commit(at(500));
    link.disconnect();
    assert!(link.sleeping.is_some());
    link
}

#[test]
fn c93_with_auto_position_a_received_commit_is_skipped_and_waits_for_the_next() {
    let mut link = received_but_not_acknowledged();
    link.connect(Probe::VariableExists, BinlogPosition::new("", 4));
    assert!(link.released.is_empty(), "the start says nothing");
    link.tell_source(source::Input::BinlogFlushed { position: at(900) });
    link.send_event(at(900), at(900));
    assert_eq!(link.released, [WaitOutcome::Acknowledged]);

    let mut link = received_but_not_acknowledged();
    link.connect(Probe::VariableExists, BinlogPosition::new("", 4));
    let ticket = link.sleeping.expect("a sleeping session");
    let cause = WakeCause::DeadlineReached;
    link.tell_source(source::Input::SessionWoken { ticket, cause });
    assert_eq!(link.released, [WaitOutcome::TimedOut]);
}

#[test]
fn c94_without_auto_position_the_start_position_acknowledges() {
    let mut link = received_but_not_acknowledged();
    link.connect(Probe::VariableExists, at(500));
    assert_eq!(link.released, [WaitOutcome::Acknowledged]);
}

#[test]
fn c95_a_flagged_rotate_event_is_acknowledged_with_the_next_file() {
    let mut link = Link::connected(LinkCompression::Plain);
    link.tell_source(source::Input::BinlogFlushed { position: at(500) });
    link.tell_source(source::Input::BinlogFlushed { position: at(500) });
    assert_eq!(link.source.status(), SemisyncStatus::Off);
    let header = link.send_event(at(544), BinlogPosition::new("binlog.000002", 4));
    assert_eq!(header, [0xEF, 0x01]);
    assert_eq!(link.acks, [b"\xEF\x04\0\0\0\0\0\0\0binlog.000002".to_vec()]);
    assert_eq!(link.source.status(), SemisyncStatus::On);
}

#[test]
fn c96_the_first_events_of_a_file_are_not_flagged() {
    let mut link = Link::connected(LinkCompression::Plain);
    let previous_gtids = BinlogPosition::new("binlog.000002", 158);
    link.commit(BinlogPosition::new("binlog.000002", 500));
    let header = link.send_event(previous_gtids.clone(), previous_gtids);
    assert_eq!(header, [0xEF, 0x00]);
    assert!(link.acks.is_empty());
}
