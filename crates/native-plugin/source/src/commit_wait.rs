//! A session in a commit wait.

use semisync_abi::instruments::Stage;
use semisync_abi::lock::VisibleWait;
use semisync_core::source::{Input, SessionId, WakeCause};

use crate::host::{self, Verdict};

/// Tells the machine of a commit, and sleeps as long as it says so.
///
/// `input` gets the name the session has in the machine.
pub(crate) fn wait(input: impl FnOnce(SessionId) -> Input) {
    // Declared before the lock, so that it is left after unlocking: KILL holds a lock of the
    // session while it takes ours.
    let mut visible: Option<VisibleWait> = None;
    let Some(mut guard) = host::lock() else {
        return;
    };
    let Some(host) = guard.as_mut() else { return };
    let session = host.take_seat();
    host.step(input(session));
    while let Some(host) = guard.as_mut() {
        let Verdict::Sleeps { ticket, deadline } = host.verdict(session) else {
            break;
        };
        host.write_log_lines();
        let condition = host.condition(session);
        if visible.is_none() {
            visible = Some(guard.show_wait(&condition, &WAITING_FOR_ACK));
        }
        // The server may have begun to shut down, and killed this session, before KILL could find
        // what it sleeps on.
        let missed_shutdown = guard.as_ref().is_some_and(host::Host::missed_shutdown);
        let cause = match missed_shutdown {
            true => WakeCause::Signalled,
            false => guard.sleep(&condition, deadline),
        };
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

/// What a waiting session, and the idle ACK receiver, shows in the process list.
pub(crate) static WAITING_FOR_ACK: Stage = Stage::new(c"Waiting for semi-sync ACK from replica");
