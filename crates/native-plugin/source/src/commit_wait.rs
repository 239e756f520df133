//! A session in a commit wait.

use core::cell::Cell;
use core::ffi::c_int;
use core::sync::atomic::{
    AtomicBool,
    Ordering::{Acquire, Release},
};
use core::time::Duration;

use semisync_abi::instruments::Stage;
use semisync_abi::lock::{LockGuard, VisibleWait};
use semisync_abi::{clock, server};
use semisync_core::Instant;
use semisync_core::source::{Input, SessionId, WakeCause};

use crate::ack_receiver;
use crate::host::{self, Host, Verdict};

/// Tells the machine of a commit, and sleeps as long as it says so.
///
/// `input` gets the name the session has in the machine.
pub(crate) fn wait(input: impl FnOnce(SessionId) -> Input) {
    // Declared before the lock, so that it is left after unlocking: KILL holds a lock of the
    // session while it takes ours.
    let mut visible: Option<VisibleWait> = None;
    let mut killed = how_killed();
    let Some(mut guard) = host::lock() else {
        return;
    };
    let Some(host) = guard.as_mut() else { return };
    let session = host.take_seat();
    host.step(input(session));
    let mut has_read_acks = false;
    while let Some(host) = guard.as_mut() {
        let Verdict::Sleeps { ticket, deadline } = host.verdict(session) else {
            break;
        };
        host.write_log_lines();
        let condition = host.condition(session);
        if visible.is_none() {
            visible = Some(guard.show_wait(&condition, &WAITING_FOR_ACK));
        }
        if !has_read_acks && let Some(turn) = ReadersTurn::take() {
            has_read_acks = true;
            let Some(locked) = read_acks(guard, session, deadline) else {
                return;
            };
            guard = locked;
            drop(turn);
        }
        let is_signalled = match guard.as_mut() {
            Some(host) => host.is_signalled(session),
            None => return,
        };
        // KILL wakes who sleeps on the condition; it may have come before.
        let was_killed = killed != how_killed();
        // The server may have begun to shut down, and killed this session, before KILL could find
        // what it sleeps on.
        let missed_shutdown = guard.as_ref().is_some_and(host::Host::missed_shutdown);
        let cause = match is_signalled || was_killed || missed_shutdown {
            true => WakeCause::Signalled,
            false => guard.sleep(&condition, deadline),
        };
        killed = how_killed();
        if host::POISON.is_poisoned() {
            return;
        }
        if let Some(host) = guard.as_mut() {
            host.step(Input::SessionWoken { ticket, cause });
        }
    }
    if let Some(host) = guard.as_mut() {
        host.leave_seat(session);
    }
    host::finish(guard);
    drop(visible);
}

/// How the current session was killed, if it was: KILL does not reach a session that reads ACKs.
fn how_killed() -> c_int {
    // SAFETY: the current session, if there is one: at the server's start there is none.
    unsafe {
        match server::thd_get_current_thd() {
            session if session.is_null() => 0,
            session => server::thd_killed(session),
        }
    }
}

/// Whether this thread is a session that reads ACKs: it needs nobody to wake it.
pub(crate) fn reads_acks() -> bool {
    READS_ACKS.get()
}

/// Reads ACKs until the session is told to wake, for a short time: then, and for KILL, it sleeps on
/// its condition. `None` after a panic elsewhere.
fn read_acks(mut guard: Guard, session: SessionId, deadline: Instant) -> Option<Guard> {
    guard.as_mut()?.set_reads_acks(session, true);
    let until = deadline.min(clock::now().saturating_add(READING_TIME));
    loop {
        drop(guard);
        let left = until.saturating_since(clock::now());
        let goes_on = MILLISECOND <= left && ack_receiver::read_for(left);
        guard = host::lock()?;
        let host = guard.as_mut()?;
        if !goes_on || host.is_signalled(session) || host.missed_shutdown() {
            host.set_reads_acks(session, false);
            return Some(guard);
        }
    }
}

/// The right to read ACKs; one session has it at a time.
struct ReadersTurn;

impl ReadersTurn {
    fn take() -> Option<ReadersTurn> {
        let was_taken = TURN_IS_TAKEN.swap(true, Acquire);
        (!was_taken).then(|| {
            READS_ACKS.set(true);
            ReadersTurn
        })
    }
}

impl Drop for ReadersTurn {
    fn drop(&mut self) {
        READS_ACKS.set(false);
        TURN_IS_TAKEN.store(false, Release);
    }
}

type Guard = LockGuard<'static, Option<Host>>;

static TURN_IS_TAKEN: AtomicBool = AtomicBool::new(false);

thread_local! {
    static READS_ACKS: Cell<bool> = const { Cell::new(false) };
}

/// More than an ACK of a near replica takes.
const READING_TIME: Duration = Duration::from_millis(10);

const MILLISECOND: Duration = Duration::from_millis(1);

/// What a waiting session, and the idle ACK receiver, shows in the process list.
pub(crate) static WAITING_FOR_ACK: Stage = Stage::new(c"Waiting for semi-sync ACK from replica");
