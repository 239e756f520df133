//! The notation of the cases, and the one function that checks a case.
//!
//! Steps are separated by `;`. A position is an offset in `binlog.000001`, or `FILE@OFFSET`; `""`
//! is the empty name. `(T)` at the end of a step is its time in milliseconds; without it, time
//! stands still. A session is one lower-case letter.
//!
//! ```text
//! enable   disable   count N   timeout MS   wait_no_replica ON|OFF   wait_point WORD
//! add S2@4   gone S2   async S2@4   ACK S2@500   flush 500   flag 500   sent
//! mark   no-mark   received S2      (what is unacknowledged now, and that S2 has it)
//! a waits 500   a commits   fire a   KILL a   reset   flush-status   shutdown
//! hold          from here on, woken sessions run only when told to: `a runs`
//! ```
//!
//! Seen afterwards, separated by `;`: `ON` or `OFF`; `a asleep|woken|yes|no|timeout|passed`;
//! `deadline a MS`; `wait|reply|commit P` or `?`; `nodes N`; `clients N`; the counters `yes no nt
//! back txw txt tff net ws`; `flags 0 1 …` and `log NUMBER@POSITION/POSITION …` of the last part of
//! the steps. A counter that is not named is 0.

use semisync_core::log::LogMessage;
use semisync_core::source::{
    AckCounting, FlushedMark, Input, Output, SessionId, Source, SourceConfig, WaitOutcome,
    WaitPoint, WaitTicket, WakeCause,
};
use semisync_core::{BinlogPosition, Generation, Instant, ServerId};
use std::collections::BTreeMap;

/// Checks one case for both ways of counting, which agree for counts up to 2.
#[track_caller]
pub(crate) fn check(steps: &[&str], seen: &str) {
    for counting in [AckCounting::Exact, AckCounting::Stock] {
        let config = SourceConfig {
            counting,
            ..SourceConfig::default()
        };
        check_config(config, steps, seen);
    }
}

/// Checks one case of an older server.
#[track_caller]
pub(crate) fn check_generation(generation: Generation, steps: &[&str], seen: &str) {
    let config = SourceConfig {
        generation,
        ..SourceConfig::default()
    };
    check_config(config, steps, seen);
}

#[track_caller]
fn check_config(config: SourceConfig, steps: &[&str], seen: &str) {
    let mut case = Case::new(config);
    for part in steps {
        case.log.clear();
        case.flags.clear();
        for step in part
            .split(';')
            .map(str::trim)
            .filter(|step| !step.is_empty())
        {
            case.step(step);
        }
    }
    let seen = parse_seen(seen);
    for (what, expected) in &seen {
        let found = case.see(what);
        assert_eq!(&found, expected, "{what} after {steps:?}\n{case:#?}");
    }
    for counter in COUNTERS {
        if !seen.contains_key(counter) {
            assert_eq!(
                case.see(counter),
                "0",
                "{counter} after {steps:?}\n{case:#?}"
            );
        }
    }
}

#[derive(Debug)]
struct Case {
    source: Source,
    now: Instant,
    sessions: BTreeMap<char, Session>,
    is_held: bool,
    log: Vec<String>,
    flags: Vec<&'static str>,
    mark: Option<FlushedMark>,
}

#[derive(Debug)]
struct Session {
    state: &'static str,
    ticket: Option<WaitTicket>,
    deadline: Instant,
}

const COUNTERS: [&str; 9] = ["yes", "no", "nt", "back", "txw", "txt", "tff", "net", "ws"];

impl Case {
    fn new(config: SourceConfig) -> Case {
        Case {
            source: Source::new(config),
            now: Instant::ZERO,
            sessions: BTreeMap::new(),
            is_held: false,
            log: Vec::new(),
            flags: Vec::new(),
            mark: None,
        }
    }

    fn step(&mut self, step: &str) {
        let step = match step.rsplit_once(" (") {
            Some((step, time)) => {
                let time = time.trim_end_matches(')').parse().expect("a time");
                self.now = Instant::from_millis(time);
                step
            }
            None => step,
        };
        let words: Vec<_> = step.split_whitespace().collect();
        match words[..] {
            ["mark"] => {
                self.mark = self.source.unacknowledged();
                assert!(self.mark.is_some(), "nothing is unacknowledged");
            }
            ["no-mark"] => assert_eq!(self.source.unacknowledged(), None),
            ["received", replica] => self.feed(Input::ReplicaHasReceived {
                server_id: server(replica),
                mark: self.mark.clone().expect("a mark"),
            }),
            ["hold"] => self.is_held = true,
            [session, "runs"] => self.wake(letter(session), WakeCause::Signalled),
            ["KILL", session] => self.wake(letter(session), WakeCause::Signalled),
            ["fire", session] => self.wake(letter(session), WakeCause::DeadlineReached),
            [session, "waits", at] => self.wait(letter(session), Some(position(at))),
            [session, "commits"] => self.wait(letter(session), None),
            _ => self.feed(input(&words)),
        }
    }

    fn wait(&mut self, letter: char, position: Option<BinlogPosition>) {
        let session = SessionId(u64::from(u32::from(letter)));
        let input = match self.source.config().wait_point {
            WaitPoint::AfterSync => Input::CommitQueueSynced { session, position },
            WaitPoint::AfterCommit => Input::TransactionCommitted {
                session,
                position,
                is_real_transaction: true,
            },
        };
        self.feed(input);
    }

    fn wake(&mut self, letter: char, cause: WakeCause) {
        let session = &self.sessions[&letter];
        let ticket = session.ticket.expect("a sleeping session");
        self.feed(Input::SessionWoken { ticket, cause });
    }

    /// Tells the machine, and lets the sessions it wakes run, in the order they were woken.
    fn feed(&mut self, input: Input) {
        self.source.handle(self.now, input);
        let mut woken = Vec::new();
        while let Some(output) = self.source.poll_output() {
            match output {
                Output::SessionSleeps {
                    session,
                    ticket,
                    deadline,
                } => self.note(session, "asleep", Some(ticket), deadline),
                Output::WakeSession { session, ticket } => {
                    let noted = self.sessions.get_mut(&letter_of(session)).expect("known");
                    assert_eq!(noted.ticket, Some(ticket), "woken with its own ticket");
                    assert_eq!(noted.state, "asleep", "woken once");
                    noted.state = "woken";
                    woken.push(letter_of(session));
                }
                Output::CommitReleased { session, outcome } => {
                    let state = match outcome {
                        WaitOutcome::Acknowledged => "yes",
                        WaitOutcome::TimedOut => "timeout",
                        WaitOutcome::Asynchronous => "no",
                        WaitOutcome::NotWaited => "passed",
                    };
                    self.note(session, state, None, Instant::ZERO);
                }
                Output::EventFlag { ack_requested } => {
                    self.flags.push(if ack_requested { "1" } else { "0" });
                }
                Output::Log(message) => self.log.push(in_short(&message)),
                Output::StartAckReceiver => self.log.push("start".into()),
                Output::StopAckReceiver => self.log.push("stop".into()),
            }
        }
        if !self.is_held {
            for letter in woken {
                self.wake(letter, WakeCause::Signalled);
            }
        }
    }

    fn note(
        &mut self,
        session: SessionId,
        state: &'static str,
        ticket: Option<WaitTicket>,
        deadline: Instant,
    ) {
        let session_noted = Session {
            state,
            ticket,
            deadline,
        };
        self.sessions.insert(letter_of(session), session_noted);
    }

    fn see(&self, what: &str) -> String {
        let counters = self.source.counters();
        let number = match what {
            "yes" => counters.yes_tx,
            "no" => counters.no_tx,
            "nt" => counters.no_times,
            "back" => counters.wait_pos_backtraverse,
            "txw" => counters.tx_waits,
            "txt" => counters.tx_wait_time_us,
            "tff" => counters.timefunc_failures,
            "net" => counters.net_waits,
            "ws" => u64::from(counters.wait_sessions),
            "clients" => u64::from(counters.clients),
            "nodes" => self.source.unacknowledged_positions() as u64,
            "status" => return self.source.status().to_string(),
            "wait" => return known(self.source.waited_for()),
            "reply" => return known(self.source.acknowledged()),
            "commit" => return known(self.source.flushed()),
            "flags" => return self.flags.join(" "),
            "log" => return self.log.join(" "),
            "due" => return self.due(),
            _ => return self.see_session(what),
        };
        number.to_string()
    }

    fn see_session(&self, what: &str) -> String {
        if let Some(session) = what.strip_prefix("deadline ") {
            let deadline = self.sessions[&letter(session)].deadline;
            return (deadline.as_micros() / 1000).to_string();
        }
        self.sessions[&letter(what)].state.to_owned()
    }

    /// The machine's next deadline.
    fn due(&self) -> String {
        match self.source.poll_timeout() {
            Some(deadline) => (deadline.at.as_micros() / 1000).to_string(),
            None => "never".to_owned(),
        }
    }
}

fn input(words: &[&str]) -> Input {
    match *words {
        ["enable"] => Input::EnabledSet(true),
        ["disable"] => Input::EnabledSet(false),
        ["count", count] => Input::WaitForReplicaCountSet(count.parse().expect("a count")),
        ["timeout", ms] => Input::TimeoutSet(ms.parse().expect("milliseconds")),
        ["wait_no_replica", word] => Input::WaitNoReplicaSet(word == "ON"),
        ["wait_point", "AFTER_SYNC"] => Input::WaitPointSet(WaitPoint::AfterSync),
        ["wait_point", "AFTER_COMMIT"] => Input::WaitPointSet(WaitPoint::AfterCommit),
        ["trace", level] => Input::TraceLevelSet(level.parse().expect("a level")),
        ["receiver-failed"] => Input::AckReceiverStartFailed { errno: 11 },
        ["flush", at] => Input::BinlogFlushed {
            position: position(at),
        },
        ["flag", at] => Input::EventAboutToBeSent {
            server_id: ServerId(2),
            position: position(at),
        },
        ["sent", "flagged"] => Input::EventSent {
            ack_requested: true,
        },
        ["sent"] => Input::EventSent {
            ack_requested: false,
        },
        ["add", replica] => dump_started(replica, true),
        ["async", replica] => dump_started(replica, false),
        ["gone", replica] => Input::DumpStopped {
            server_id: server(replica),
            semisync: true,
        },
        ["ACK", replica] => {
            let (server_id, position) = replica_at(replica);
            Input::AckReceived {
                server_id,
                position,
            }
        }
        ["reset"] => Input::BinaryLogsReset,
        ["flush-status"] => Input::StatusFlushed,
        ["shutdown"] => Input::ShutdownStarted,
        _ => panic!("no such step: {words:?}"),
    }
}

fn dump_started(replica: &str, semisync: bool) -> Input {
    let (server_id, position) = replica_at(replica);
    Input::DumpStarted {
        server_id,
        position,
        semisync,
    }
}

fn parse_seen(seen: &str) -> BTreeMap<String, String> {
    let entry = |part: &str| match part {
        "ON" | "OFF" => ("status".to_owned(), part.to_owned()),
        _ => {
            let name_words = if part.starts_with("deadline") { 2 } else { 1 };
            let words: Vec<_> = part.split_whitespace().collect();
            let (name, value) = words.split_at(name_words);
            (name.join(" "), value.join(" "))
        }
    };
    let parts = seen.split(';').map(str::trim);
    parts.filter(|part| !part.is_empty()).map(entry).collect()
}

fn replica_at(text: &str) -> (ServerId, BinlogPosition) {
    let (replica, at) = text.split_once('@').expect("S2@position");
    (server(replica), position(at))
}

fn server(text: &str) -> ServerId {
    let id = text.strip_prefix('S').expect("a replica is written S2");
    ServerId(id.parse().expect("a server id"))
}

fn position(text: &str) -> BinlogPosition {
    let (file, offset) = text.rsplit_once('@').unwrap_or((FILE, text));
    let file = file.trim_matches('"');
    BinlogPosition::new(file, offset.parse().expect("an offset"))
}

fn short(position: &BinlogPosition) -> String {
    match position.file.to_string().as_str() {
        FILE => position.offset.to_string(),
        "" => format!("\"\"@{}", position.offset),
        file => format!("{file}@{}", position.offset),
    }
}

fn known(position: Option<&BinlogPosition>) -> String {
    position.map_or_else(|| "?".to_owned(), short)
}

fn in_short(message: &LogMessage) -> String {
    let number = message.number();
    match message {
        LogMessage::SwitchedOn { position } => format!("{number}@{}", short(position)),
        LogMessage::CommitWaitTimedOut {
            waited_for,
            acknowledged,
        } => format!("{number}@{}/{}", short(waited_for), short(acknowledged)),
        LogMessage::PositionOutOfOrder { tail, new } => {
            format!("{number}@{}/{}", short(tail), short(new))
        }
        other => other.number().to_string(),
    }
}

fn letter(word: &str) -> char {
    let mut letters = word.chars();
    let letter = letters.next().filter(char::is_ascii_lowercase);
    assert!(letters.next().is_none(), "no such step or session: {word}");
    letter.expect("a session is one lower-case letter")
}

fn letter_of(session: SessionId) -> char {
    char::from(u8::try_from(session.0).expect("a letter"))
}

const FILE: &str = "binlog.000001";
