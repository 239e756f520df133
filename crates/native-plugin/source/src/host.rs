//! The machine under its lock.
//!
//! [`report`] is how everything but a commit wait reaches it: under one lock the machine is told
//! and its outputs are carried out, except those that must not run under the lock (log lines, the
//! ACK receiver's start and stop), which follow after it.

use core::sync::atomic::{AtomicBool, AtomicU32, Ordering::Relaxed};
use std::sync::Arc;

use semisync_abi::guard::Poison;
use semisync_abi::lock::{Condition, Lock, LockGuard};
use semisync_abi::{clock, error_log, fault, server};
use semisync_core::Instant;
use semisync_core::log::LogMessage;
use semisync_core::source::{
    Counters, FlushedMark, Input, Output, SemisyncStatus, SessionId, Source, SourceConfig,
    WaitTicket,
};
use semisync_core::variables::{ObservedValue, ObservedVariable, WallClock};
use semisync_flight::Origin;
use semisync_flight::write::Tap;

use crate::{ack_receiver, settings, status};

/// The lock. KILL takes it too, so it is a server mutex; only sessions in a commit wait sleep on
/// conditions with it.
static HOST: Lock<Option<Host>> = Lock::new(None);

/// Set by a caught panic: the machine is never asked again, all waits end, dumps go on.
pub(crate) static POISON: Poison = Poison::new(release_everybody);

/// Mirrors [`Source::is_enabled`], so that a disabled plugin costs a commit no lock: the machine
/// answers every hook of a disabled source with nothing to do.
static ENABLED: AtomicBool = AtomicBool::new(false);

/// Semisynchronous dumps, for [`can_uninstall`] after a panic.
static DUMPS: AtomicU32 = AtomicU32::new(0);

/// What the lock protects.
pub(crate) struct Host {
    source: Source,
    seats: Vec<Seat>,
    free_seats: Vec<usize>,
    deferred: Vec<Deferred>,
    event_flag: bool,
    published: Counters,
    shutdown_reported: bool,
    /// While a flight is recorded.
    tap: Option<Tap>,
}

/// A place for one session to sleep. Its number is the machine's [`SessionId`].
struct Seat {
    condition: Arc<Condition>,
    verdict: Verdict,
}

/// What the machine last said about the session in a seat.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Its commit goes on.
    Released,
    /// It sleeps, at the longest until the deadline.
    Sleeps {
        /// Its wait.
        ticket: WaitTicket,
        /// When it gives up.
        deadline: Instant,
    },
}

/// An output that is carried out after unlocking.
pub(crate) enum Deferred {
    Log(LogMessage),
    StartAckReceiver,
    StopAckReceiver,
}

/// Makes a new machine from the variables. Nothing else may run yet.
pub(crate) fn start() {
    POISON.reset();
    DUMPS.store(0, Relaxed);
    status::reset();
    *HOST.lock() = Some(Host::new(settings::config()));
    if settings::is_enabled() {
        report(Input::EnabledSet(true));
    }
}

/// Drops the machine. No hook may be running.
pub(crate) fn stop() {
    ENABLED.store(false, Relaxed);
    *HOST.lock() = None;
}

/// Access to the machine; `None` when it is not there or must not be asked any more.
pub(crate) fn lock() -> Option<LockGuard<'static, Option<Host>>> {
    if POISON.is_poisoned() {
        return None;
    }
    let host = HOST.lock();
    // A panic may have been caught while this thread waited for the lock.
    (host.is_some() && !POISON.is_poisoned()).then_some(host)
}

/// Unlocks, then carries out what had to wait for that.
pub(crate) fn finish(mut host: LockGuard<'static, Option<Host>>) {
    let deferred = host.as_mut().map(Host::take_deferred).unwrap_or_default();
    drop(host);
    for output in deferred {
        match output {
            Deferred::Log(message) => error_log::write(&message),
            Deferred::StartAckReceiver => {
                if let Err(errno) = ack_receiver::start() {
                    settings::set_disabled();
                    report(Input::AckReceiverStartFailed { errno });
                }
            }
            Deferred::StopAckReceiver => ack_receiver::stop(),
        }
    }
}

/// Tells the machine what happened.
pub(crate) fn report(input: Input) {
    let Some(mut guard) = lock() else { return };
    if let Some(host) = guard.as_mut() {
        host.step(input);
    }
    finish(guard);
}

/// Tells the machine that an event is about to be sent, and whether it asks for an ACK.
pub(crate) fn event_flag(input: Input) -> bool {
    let Some(mut guard) = lock() else {
        return false;
    };
    let flag = guard.as_mut().is_some_and(|host| {
        host.event_flag = false;
        host.step(input);
        host.event_flag
    });
    finish(guard);
    flag
}

/// What a replica's dump request is worth comparing with, if anything.
pub(crate) fn unacknowledged() -> Option<FlushedMark> {
    lock()?.as_ref()?.source.unacknowledged()
}

/// Whether commits and events concern the machine at all.
pub(crate) fn is_enabled() -> bool {
    ENABLED.load(Relaxed)
}

/// `Rpl_semi_sync_source_status`.
pub(crate) fn status() -> SemisyncStatus {
    match lock().as_deref() {
        Some(Some(host)) => host.source.status(),
        Some(None) | None => SemisyncStatus::Off,
    }
}

/// A variable of our own; `None` when the machine must not be asked any more.
pub(crate) fn observe(variable: &ObservedVariable) -> Option<ObservedValue> {
    let guard = lock()?;
    let host = guard.as_ref()?;
    let clock = WallClock {
        now: clock::now(),
        utc: clock::utc(),
    };
    Some(variable.value(&host.source, clock))
}

/// Begins to record what the machine is told.
pub(crate) fn open_tap(mut tap: Tap, origin: &Origin) {
    if let Some(host) = HOST.lock().as_mut()
        && !POISON.is_poisoned()
    {
        tap.begin(origin, &host.source);
        host.tap = Some(tap);
    }
}

/// Ends recording.
pub(crate) fn close_tap() {
    if let Some(host) = HOST.lock().as_mut() {
        host.tap = None;
    }
}

/// Why entries are taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RecordingTurn {
    /// Recording goes on.
    Same,
    /// What follows begins a file.
    NewFile,
    /// Recording ends.
    Last,
}

/// Entries of a recording that were taken from memory.
#[derive(Default)]
pub(crate) struct Taken {
    pub(crate) entries: Vec<u8>,
    pub(crate) lost: u64,
}

/// Takes the entries made since the last time, also after a panic; the memory of `spare` takes
/// their place.
pub(crate) fn take_entries(
    spare: Vec<u8>,
    turn: RecordingTurn,
    origin: impl Fn() -> Origin,
) -> Taken {
    let mut guard = HOST.lock();
    let Some(host) = guard.as_mut() else {
        return Taken::default();
    };
    let Some(tap) = &mut host.tap else {
        return Taken::default();
    };
    let lost = tap.lost();
    let is_whole = !POISON.is_poisoned();
    if is_whole && lost == 0 && !tap.is_empty() {
        tap.count(host.source.counters());
    }
    if is_whole && lost == 0 && turn == RecordingTurn::Last {
        tap.end();
    }
    let entries = tap.take(spare);
    let goes_on = turn == RecordingTurn::NewFile || lost != 0 && turn == RecordingTurn::Same;
    if is_whole && goes_on {
        tap.begin(&origin(), &host.source);
    }
    Taken { entries, lost }
}

/// The counters; after a panic, as they last were.
pub(crate) fn counters() -> Counters {
    HOST.lock()
        .as_ref()
        .map(|host| host.published)
        .unwrap_or_default()
}

/// Whether UNINSTALL PLUGIN may go on.
pub(crate) fn can_uninstall() -> bool {
    match lock().as_deref() {
        Some(Some(host)) => host.source.can_uninstall(),
        Some(None) | None => DUMPS.load(Relaxed) == 0,
    }
}

/// A semisynchronous dump began (`true`) or ended.
pub(crate) fn count_dump(began: bool) {
    match began {
        true => DUMPS.fetch_add(1, Relaxed),
        false => DUMPS.fetch_sub(1, Relaxed),
    };
}

/// After a panic: whoever sleeps wakes, sees the poison and goes on.
fn release_everybody() {
    ENABLED.store(false, Relaxed);
    settings::set_disabled();
    if let Some(host) = HOST.lock().as_ref() {
        for seat in &host.seats {
            seat.condition.signal();
        }
    }
    error_log::write_text(
        error_log::Level::Error,
        "semisync plugin: switched off after an internal error; replication goes on \
         asynchronously. Reinstall the plugin to switch it on again",
    );
}

impl Host {
    fn new(config: SourceConfig) -> Host {
        Host {
            source: Source::new(config),
            seats: Vec::new(),
            free_seats: Vec::new(),
            deferred: Vec::new(),
            event_flag: false,
            published: Counters::default(),
            shutdown_reported: false,
            tap: None,
        }
    }

    /// Tells the machine what happened and carries out what it orders.
    pub(crate) fn step(&mut self, input: Input) {
        if server::is_shutting_down() && !self.shutdown_reported {
            self.shutdown_reported = true;
            self.handle(Input::ShutdownStarted);
        }
        self.handle(input);
    }

    /// Whether the server began to shut down since the machine was last told.
    pub(crate) fn missed_shutdown(&self) -> bool {
        server::is_shutting_down() && !self.shutdown_reported
    }

    fn handle(&mut self, input: Input) {
        let was_reset = matches!(input, Input::BinaryLogsReset);
        let now = clock::now();
        if let Some(tap) = &mut self.tap {
            tap.tell(now, &input);
        }
        fault::point("machine", &POISON);
        self.source.handle(now, input);
        self.drain();
        if let Some(tap) = &mut self.tap {
            tap.told();
        }
        status::publish(&mut self.published, self.source.counters(), was_reset);
        ENABLED.store(self.source.is_enabled(), Relaxed);
    }

    fn drain(&mut self) {
        while let Some(output) = self.source.poll_output() {
            if let Some(tap) = &mut self.tap {
                tap.ordered(&output);
            }
            match output {
                Output::SessionSleeps {
                    session,
                    ticket,
                    deadline,
                } => {
                    self.seat(session).verdict = Verdict::Sleeps { ticket, deadline };
                }
                Output::WakeSession { session, ticket: _ } => {
                    self.seat(session).condition.signal();
                }
                Output::CommitReleased {
                    session,
                    outcome: _,
                } => {
                    self.seat(session).verdict = Verdict::Released;
                }
                Output::EventFlag { ack_requested } => self.event_flag = ack_requested,
                Output::StartAckReceiver => self.deferred.push(Deferred::StartAckReceiver),
                Output::StopAckReceiver => self.deferred.push(Deferred::StopAckReceiver),
                Output::Log(message) => self.deferred.push(Deferred::Log(message)),
            }
        }
    }

    fn take_deferred(&mut self) -> Vec<Deferred> {
        core::mem::take(&mut self.deferred)
    }

    /// Writes the log lines that are due now: the session is about to sleep with the lock.
    pub(crate) fn write_log_lines(&mut self) {
        self.deferred.retain(|deferred| match deferred {
            Deferred::Log(message) => {
                error_log::write(message);
                false
            }
            Deferred::StartAckReceiver | Deferred::StopAckReceiver => true,
        });
    }

    /// Gives a session a seat.
    pub(crate) fn take_seat(&mut self) -> SessionId {
        let index = self.free_seats.pop().unwrap_or_else(|| {
            self.seats.push(Seat {
                condition: Arc::new(Condition::new()),
                verdict: Verdict::Released,
            });
            self.seats.len() - 1
        });
        self.seats[index].verdict = Verdict::Released;
        SessionId(index as u64)
    }

    /// Takes the seat back.
    pub(crate) fn leave_seat(&mut self, session: SessionId) {
        self.free_seats.push(session.0 as usize);
    }

    /// What the machine last said about the session.
    pub(crate) fn verdict(&mut self, session: SessionId) -> Verdict {
        self.seat(session).verdict
    }

    /// What the session sleeps on.
    pub(crate) fn condition(&mut self, session: SessionId) -> Arc<Condition> {
        Arc::clone(&self.seat(session).condition)
    }

    fn seat(&mut self, session: SessionId) -> &mut Seat {
        &mut self.seats[session.0 as usize]
    }
}
