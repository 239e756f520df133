//! What was written is read back and replays; what is damaged says so and breaks nothing.

use proptest::prelude::*;
use semisync_core::source::{
    Input, Output, SessionId, Source, SourceConfig, WaitPoint, WaitTicket, WakeCause,
};
use semisync_core::{BinlogPosition, Instant, ServerId, UtcTime};
use semisync_flight::write::{FILE_HEAD, Tap, block};
use semisync_flight::{Ending, Entry, Origin, ReadError, Recording, Replay, Step};

/// A source under load, with a tap on it.
struct Server {
    source: Source,
    tap: Tap,
    now: u64,
    offset: u64,
    asleep: Vec<(SessionId, WaitTicket)>,
    dumps: Vec<ServerId>,
}

impl Server {
    fn new() -> Server {
        let mut server = Server {
            source: Source::new(SourceConfig::default()),
            tap: Tap::new(1 << 20),
            now: 1_000,
            offset: 4,
            asleep: Vec::new(),
            dumps: Vec::new(),
        };
        server.tell(Input::EnabledSet(true));
        server.act(7);
        server.act(7);
        server
    }

    fn tell(&mut self, input: Input) {
        self.now += 37;
        let at = Instant::from_micros(self.now);
        self.tap.tell(at, &input);
        self.source.handle(at, input);
        while let Some(output) = self.source.poll_output() {
            self.tap.ordered(&output);
            match output {
                Output::SessionSleeps {
                    session, ticket, ..
                } => self.asleep.push((session, ticket)),
                Output::CommitReleased { session, .. } => {
                    self.asleep.retain(|(asleep, _)| *asleep != session);
                }
                Output::WakeSession { .. }
                | Output::EventFlag { .. }
                | Output::StartAckReceiver
                | Output::StopAckReceiver
                | Output::Log(_) => {}
            }
        }
        self.tap.told();
    }

    /// One of the things that happen to a server.
    fn act(&mut self, what: u8) {
        let position = BinlogPosition::new("binlog.000001", self.offset);
        match what {
            0..=2 => {
                self.offset += 300;
                let position = BinlogPosition::new("binlog.000001", self.offset);
                self.tell(Input::BinlogFlushed {
                    position: position.clone(),
                });
                let session = SessionId(self.offset);
                let position = Some(position);
                self.tell(Input::CommitQueueSynced { session, position });
            }
            3 | 4 => {
                let ids = self.dumps.clone();
                for server_id in ids {
                    let position = position.clone();
                    self.tell(Input::AckReceived {
                        server_id,
                        position,
                    });
                }
            }
            5 | 6 => {
                let cause = match what {
                    5 => WakeCause::Signalled,
                    _ => WakeCause::DeadlineReached,
                };
                if let Some((session, ticket)) = self.asleep.first().copied() {
                    self.asleep.retain(|(asleep, _)| *asleep != session);
                    self.tell(Input::SessionWoken { ticket, cause });
                }
            }
            7 => {
                let server_id = ServerId(2 + self.dumps.len() as u32);
                self.dumps.push(server_id);
                let semisync = true;
                self.tell(Input::DumpStarted {
                    server_id,
                    position,
                    semisync,
                });
            }
            8 => {
                if let Some(server_id) = self.dumps.pop() {
                    let semisync = true;
                    self.tell(Input::DumpStopped {
                        server_id,
                        semisync,
                    });
                }
            }
            9 => self.tell(Input::WaitForReplicaCountSet(1 + (self.now % 3) as u16)),
            10 => self.tell(Input::WaitPointSet(WaitPoint::AfterSync)),
            11 => self.tell(Input::BinaryLogsReset),
            _ => self.tell(Input::EnabledSet(self.now.is_multiple_of(2))),
        }
    }

    fn begin(&mut self) {
        let origin = Origin {
            server_version: "9.7.4".to_owned(),
            at: Instant::from_micros(self.now),
            utc: UtcTime {
                unix_micros: 1_795_168_800_000_000,
            },
        };
        self.tap.begin(&origin, &self.source);
    }

    fn take(&mut self) -> Vec<u8> {
        self.tap.take(Vec::new())
    }
}

fn file(blocks: &[&[u8]]) -> Vec<u8> {
    let mut file = FILE_HEAD.to_vec();
    for entries in blocks {
        file.extend_from_slice(&block(entries));
    }
    file
}

/// Replays all segments; gives how many steps agreed and how many did not.
fn replay(recording: &Recording) -> (usize, usize) {
    let (mut agreed, mut differed) = (0, 0);
    for segment in &recording.segments {
        let mut replay = Replay::new(segment);
        while let Some(step) = replay.step() {
            let agrees = match step {
                Step::Told { agrees, .. } | Step::Counted { agrees, .. } => agrees,
                Step::Ended(Ending::InOrder) => true,
                Step::Ended(_) => false,
            };
            match agrees {
                true => agreed += 1,
                false => differed += 1,
            }
        }
    }
    (agreed, differed)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn a_recording_from_any_moment_on_replays_as_it_was(
        before in prop::collection::vec(0_u8..13, 0..80),
        after in prop::collection::vec(0_u8..13, 1..80),
    ) {
        let mut server = Server::new();
        before.iter().for_each(|what| server.act(*what));
        server.take();
        server.begin();
        let first = server.take();
        after.iter().for_each(|what| server.act(*what));
        server.tap.count(&server.source.counters().clone());
        server.tap.end();
        let second = server.take();

        let recording = Recording::read(&file(&[&first, &second])).expect("a recording");
        prop_assert!(!recording.is_torn);
        prop_assert_eq!(replay(&recording), (recording.inputs() + 2, 0));
        let mut replayed = Replay::new(&recording.segments[0]);
        while replayed.step().is_some() {}
        prop_assert_eq!(replayed.source().counters(), server.source.counters());
        prop_assert_eq!(replayed.source().observation(), server.source.observation());
    }

    #[test]
    fn a_changed_byte_breaks_nothing(
        actions in prop::collection::vec(0_u8..13, 1..60),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
    ) {
        let mut server = Server::new();
        actions.iter().for_each(|what| server.act(*what));
        server.take();
        server.begin();
        actions.iter().for_each(|what| server.act(*what));
        let mut entries = server.take();
        for (index, byte) in changes {
            let index = index.index(entries.len());
            entries[index] = byte;
        }
        // The checksum is made anew: whatever gets past it must be refused or replayed.
        if let Ok(recording) = Recording::read(&file(&[&entries])) {
            replay(&recording);
        }
    }
}

#[test]
fn a_torn_end_is_noticed_and_the_rest_is_read() {
    let mut server = Server::new();
    server.take();
    server.begin();
    let first = server.take();
    server.act(0);
    let second = server.take();
    let whole = file(&[&first, &second]);
    for len in 8..whole.len() {
        let recording = Recording::read(&whole[..len]).expect("a recording");
        let ends_at_a_block = len == 8 || len == 8 + 8 + first.len();
        assert_eq!(recording.is_torn, !ends_at_a_block, "{len} bytes");
        assert_eq!(recording.inputs(), 0);
    }
    assert_eq!(Recording::read(&whole).map(|r| r.inputs()), Ok(2));
}

#[test]
fn what_is_no_recording_is_refused() {
    let error = |bytes: &[u8]| Recording::read(bytes).map(|r| r.inputs()).unwrap_err();
    assert_eq!(error(b""), ReadError::NotARecording);
    assert_eq!(error(b"\x7fELF, and more"), ReadError::NotARecording);
    let version = ReadError::OtherVersion { version: 9 };
    assert_eq!(error(b"SSLFLT\x00\x09"), version);
    let damaged = ReadError::Damaged { at_byte: 8 };
    assert_eq!(error(&file(&[b"\xff no entry"])), damaged);
}

#[test]
fn what_finds_no_room_is_counted_and_never_leaves_a_hole() {
    let mut server = Server::new();
    server.tap = Tap::new(1_000);
    server.begin();
    for _ in 0..50 {
        server.act(0);
    }
    let lost = server.tap.lost();
    assert!(0 < lost && lost < 100, "{lost}");
    let entries = server.take();
    assert!(server.tap.is_empty());
    let recording = Recording::read(&file(&[&entries])).expect("a recording");
    assert_eq!(recording.inputs() as u64 + lost, 100);
    let last = recording.segments[0].entries.last();
    assert!(matches!(last, Some(Entry::Lost { inputs }) if *inputs == lost));
}

#[test]
fn an_input_that_the_machine_did_not_come_back_from_is_the_last_one() {
    let mut server = Server::new();
    server.take();
    server.begin();
    let at = Instant::from_micros(server.now);
    server.tap.tell(at, &Input::BinaryLogsReset);
    let entries = server.take();
    let recording = Recording::read(&file(&[&entries])).expect("a recording");
    let mut replay = Replay::new(&recording.segments[0]);
    let input = &Input::BinaryLogsReset;
    let fatal = Step::Ended(Ending::Fatal { at, input });
    assert_eq!(replay.step(), Some(fatal));
    assert_eq!(replay.step(), None);
}

#[test]
fn another_outcome_than_the_servers_is_noticed() {
    let mut server = Server::new();
    server.take();
    server.begin();
    server.act(0);
    server.act(3);
    let mut entries = server.take();
    // The digest of the last input.
    let last = entries.len() - 1;
    entries[last] ^= 1;
    let recording = Recording::read(&file(&[&entries])).expect("a recording");
    assert_eq!(replay(&recording).1, 1);
}
