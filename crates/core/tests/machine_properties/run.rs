//! Random runs: numbers become inputs that a real host could give.

use std::collections::BTreeMap;

use proptest::prelude::*;
use semisync_core::source::{
    FlushedMark, Input, Output, SessionId, Source, SourceConfig, WaitPoint, WaitTicket, WakeCause,
};
use semisync_core::wire::AckError;
use semisync_core::{BinlogPosition, Instant, ServerId};

/// One random step. Indices are taken modulo what there is.
#[derive(Clone, Debug)]
pub(crate) enum Step {
    /// Time goes on, or back.
    Pass { ms: i32 },
    /// A flush group: usually the next position, sometimes any.
    Flush { rank: Option<u16> },
    /// A session commits up to a position around the last flush.
    Commit { back: u8, wait_point: bool },
    /// A session that was told to wake runs.
    Run { index: u8 },
    /// A sleeping session is killed.
    Kill { index: u8 },
    /// A sleeping session's deadline passes.
    Fire { index: u8 },
    /// A replica acknowledges a position around the last flush.
    Ack { server: u8, back: u8 },
    /// A replica connects.
    Connect { server: u8, start: Option<u8> },
    /// What is unacknowledged is noted.
    Mark,
    /// A replica that connected has what was noted last.
    Received { server: u8 },
    /// A replica's connection ends.
    Disconnect { index: u8 },
    /// An event is about to be sent.
    Flag { back: u8 },
    /// The operator sets something.
    Set(Setting),
    /// RESET BINARY LOGS AND GTIDS.
    Reset,
    /// Anything else, by number.
    Other(u8),
}

#[derive(Clone, Debug)]
pub(crate) enum Setting {
    Enabled(bool),
    WaitNoReplica(bool),
    Count(u16),
    Timeout(u64),
    WaitPoint(bool),
}

pub(crate) fn steps(len: usize) -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        4 => (-5..200i32).prop_map(|ms| Step::Pass { ms }),
        25 => prop::option::weighted(0.01, 0..400u16).prop_map(|rank| Step::Flush { rank }),
        30 => (prop_oneof![8 => 0..3u8, 1 => 3..8u8], prop::bool::weighted(0.95))
            .prop_map(|(back, wait_point)| Step::Commit { back, wait_point }),
        15 => any::<u8>().prop_map(|index| Step::Run { index }),
        3 => any::<u8>().prop_map(|index| Step::Kill { index }),
        1 => any::<u8>().prop_map(|index| Step::Fire { index }),
        30 => (0..10u8, prop_oneof![30 => 0..7u8, 1 => Just(7)])
            .prop_map(|(server, back)| Step::Ack { server, back }),
        4 => (0..10u8, prop::option::of(0..7u8))
            .prop_map(|(server, start)| Step::Connect { server, start }),
        4 => Just(Step::Mark),
        3 => (0..10u8).prop_map(|server| Step::Received { server }),
        3 => any::<u8>().prop_map(|index| Step::Disconnect { index }),
        8 => (0..8u8).prop_map(|back| Step::Flag { back }),
        3 => setting().prop_map(Step::Set),
        1 => Just(Step::Reset),
        2 => any::<u8>().prop_map(Step::Other),
    ];
    prop::collection::vec(step, 0..len)
}

fn setting() -> impl Strategy<Value = Setting> {
    prop_oneof![
        4 => prop::bool::weighted(0.85).prop_map(Setting::Enabled),
        1 => any::<bool>().prop_map(Setting::WaitNoReplica),
        3 => (0..=8u16).prop_map(Setting::Count),
        1 => prop_oneof![Just(0), 1..20_000u64, Just(u64::MAX)].prop_map(Setting::Timeout),
        1 => any::<bool>().prop_map(Setting::WaitPoint),
    ]
}

/// A machine, and what its host has to remember.
pub(crate) struct Run {
    pub(crate) source: Source,
    pub(crate) now: Instant,
    sleeping: BTreeMap<SessionId, Sleeper>,
    connected: Vec<(ServerId, bool)>,
    mark: Option<FlushedMark>,
    last_rank: u64,
    next_session: u64,
}

#[derive(Clone, Copy)]
struct Sleeper {
    ticket: WaitTicket,
    signalled: bool,
}

impl Run {
    pub(crate) fn new(config: SourceConfig) -> Run {
        let mut source = Source::new(config);
        while source.poll_output().is_some() {}
        Run {
            source,
            now: Instant::from_millis(1_000_000),
            sleeping: BTreeMap::new(),
            connected: Vec::new(),
            mark: None,
            last_rank: 0,
            next_session: 0,
        }
    }

    /// The input of a step, if it makes sense now, and the session of a `SessionWoken`.
    pub(crate) fn input(&mut self, step: &Step) -> Option<(Input, Option<SessionId>)> {
        let input = match *step {
            Step::Pass { ms } => {
                let ms = i64::from(ms) * 1000;
                self.now = Instant::from_micros(self.now.as_micros().saturating_add_signed(ms));
                return None;
            }
            Step::Run { index } => return self.wake(index, true, WakeCause::Signalled),
            Step::Kill { index } => return self.wake(index, false, WakeCause::Signalled),
            Step::Fire { index } => {
                let signalled = index % 4 == 0;
                return self.wake(index / 4, signalled, WakeCause::DeadlineReached);
            }
            Step::Flush { rank } => {
                self.last_rank = rank.map_or(self.last_rank + 1, u64::from);
                Input::BinlogFlushed {
                    position: position(self.last_rank),
                }
            }
            Step::Commit { back, wait_point } => self.commit(back, wait_point),
            Step::Ack { server, back } => Input::AckReceived {
                server_id: server_id(server),
                position: self.around(back),
            },
            Step::Connect { server, start } => {
                let semisync = server != 0;
                self.connected.push((server_id(server), semisync));
                Input::DumpStarted {
                    server_id: server_id(server),
                    position: start.map_or_else(auto_position, |back| self.around(back)),
                    semisync,
                }
            }
            Step::Mark => {
                self.mark = self.source.unacknowledged().or(self.mark.take());
                return None;
            }
            Step::Received { server } => Input::ReplicaHasReceived {
                server_id: server_id(server),
                mark: self.mark.clone()?,
            },
            Step::Disconnect { index } => {
                let count = self.connected.len();
                let index = usize::from(index).checked_rem(count)?;
                let (server_id, semisync) = self.connected.swap_remove(index);
                Input::DumpStopped {
                    server_id,
                    semisync,
                }
            }
            Step::Flag { back } => Input::EventAboutToBeSent {
                server_id: server_id(1),
                position: self.around(back),
            },
            Step::Set(ref setting) => setting_input(setting),
            Step::Reset => {
                self.last_rank = 0;
                Input::BinaryLogsReset
            }
            Step::Other(number) => other_input(number),
        };
        Some((input, None))
    }

    /// Feeds an input and takes the outputs.
    pub(crate) fn feed(&mut self, input: Input) -> Vec<Output> {
        self.source.handle(self.now, input);
        let outputs: Vec<_> = std::iter::from_fn(|| self.source.poll_output()).collect();
        for output in &outputs {
            match *output {
                Output::SessionSleeps {
                    session, ticket, ..
                } => {
                    let signalled = false;
                    self.sleeping.insert(session, Sleeper { ticket, signalled });
                }
                Output::WakeSession { session, ticket } => {
                    let sleeper = self.sleeping.get_mut(&session).expect("a sleeping session");
                    assert_eq!(sleeper.ticket, ticket);
                    assert!(!sleeper.signalled, "woken twice");
                    sleeper.signalled = true;
                }
                Output::CommitReleased { session, .. } => {
                    self.sleeping.remove(&session);
                }
                Output::EventFlag { .. }
                | Output::StartAckReceiver
                | Output::StopAckReceiver
                | Output::Log(_) => {}
            }
        }
        outputs
    }

    pub(crate) fn sleeping(&self) -> usize {
        self.sleeping.len()
    }

    fn wake(
        &self,
        index: u8,
        signalled: bool,
        cause: WakeCause,
    ) -> Option<(Input, Option<SessionId>)> {
        let all = self.sleeping.iter();
        let chosen: Vec<_> = all
            .filter(|(_, sleeper)| sleeper.signalled == signalled)
            .collect();
        let (session, sleeper) = chosen[usize::from(index).checked_rem(chosen.len())?];
        let ticket = sleeper.ticket;
        Some((Input::SessionWoken { ticket, cause }, Some(*session)))
    }

    fn commit(&mut self, back: u8, at_the_wait_point: bool) -> Input {
        self.next_session += 1;
        let session = SessionId(self.next_session);
        let position = (back != 5).then(|| self.around(back));
        let after_sync = self.source.config().wait_point == WaitPoint::AfterSync;
        if after_sync == at_the_wait_point {
            Input::CommitQueueSynced { session, position }
        } else {
            Input::TransactionCommitted {
                session,
                position,
                is_real_transaction: back != 4,
            }
        }
    }

    /// A position at or before the last flush, or (7) a little after it.
    fn around(&self, back: u8) -> BinlogPosition {
        position(match back {
            7 => self.last_rank + 2,
            back => self.last_rank.saturating_sub(u64::from(back)),
        })
    }
}

/// Ranks run through files around the one where names grow longer.
fn position(rank: u64) -> BinlogPosition {
    let file = format!("binlog.{:06}", 999_998 + rank / 5);
    BinlogPosition::new(file, 100 + rank % 5)
}

fn auto_position() -> BinlogPosition {
    BinlogPosition::new("", 4)
}

fn server_id(server: u8) -> ServerId {
    ServerId(u32::from(server) + 100)
}

fn setting_input(setting: &Setting) -> Input {
    match *setting {
        Setting::Enabled(value) => Input::EnabledSet(value),
        Setting::WaitNoReplica(value) => Input::WaitNoReplicaSet(value),
        Setting::Count(count) => Input::WaitForReplicaCountSet(count),
        Setting::Timeout(ms) => Input::TimeoutSet(ms),
        Setting::WaitPoint(after_sync) => Input::WaitPointSet(match after_sync {
            true => WaitPoint::AfterSync,
            false => WaitPoint::AfterCommit,
        }),
    }
}

fn other_input(number: u8) -> Input {
    match number % 16 {
        0 => Input::ShutdownStarted,
        1..=4 => Input::StatusFlushed,
        5 => Input::AckReceiverStartFailed { errno: 11 },
        6 => Input::EventHeaderDidNotFit,
        7 => Input::EventFlushFailed,
        8 => Input::DumpRegistrationFailed {
            server_id: server_id(number),
        },
        9 => Input::AckRejected {
            error: AckError::Goodbye,
        },
        _ => Input::EventSent {
            ack_requested: number.is_multiple_of(2),
        },
    }
}
