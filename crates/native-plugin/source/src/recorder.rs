//! The flight recorder: writes down what the machine is told, off the commit path.
//!
//! Hooks leave entries in memory of a fixed size (a [`Tap`] under the machine's lock); a thread
//! writes them to a file a few times a second. `NAME.flight` in the data directory is written until
//! it has half of the size allowed; then it becomes `NAME.old.flight`, and a new one begins with
//! the machine's whole state, so each file can be replayed by itself. When the disk is slow, what
//! finds no room is counted and left out; when it fails, recording ends. Commits notice neither.

mod file;
mod variables;

use core::ffi::c_void;
use core::ptr;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use semisync_abi::error_log::{self, Level};
use semisync_abi::guard;
use semisync_abi::instruments::{Thread, ThreadName};
use semisync_abi::{clock, fault, server, version};
use semisync_flight::write::{FILE_HEAD, block};
use semisync_flight::{Origin, write::Tap};

use crate::host::{self, RecordingTurn};
use file::Files;

pub(crate) use variables::{register, unregister};

static STATE: Mutex<State> = Mutex::new(State::NEW);

/// Signalled when the thread is to stop.
static STOP: Condvar = Condvar::new();

struct State {
    /// What is recorded to; empty when nothing is.
    name: String,
    thread: Option<Thread>,
    must_stop: bool,
    /// Why recording ended by itself.
    failure: Option<String>,
    /// Inputs left out since the plugin's start.
    lost: u64,
    /// Asked for at the plugin's start: later the server may hold the locks it needs to answer.
    server_version: String,
}

impl State {
    const NEW: State = State {
        name: String::new(),
        thread: None,
        must_stop: false,
        failure: None,
        lost: 0,
        server_version: String::new(),
    };
}

/// Records to this name from now on; the empty name ends recording.
pub(crate) fn record_to(name: &str) {
    if is_recording_to(name) {
        return;
    }
    stop();
    if name.is_empty() {
        return;
    }
    if let Err(reason) = start(name) {
        fail(&reason);
    }
}

fn is_recording_to(name: &str) -> bool {
    let state = state();
    state.name == name && state.failure.is_none()
}

/// Ends recording; what was told so far is in the file.
pub(crate) fn stop() {
    let thread = {
        let mut state = state();
        state.must_stop = true;
        state.name.clear();
        state.failure = None;
        state.thread.take()
    };
    STOP.notify_all();
    if let Some(Err(errno)) = thread.map(Thread::join) {
        fail(&format!("its thread cannot be joined (errno {errno})"));
    }
}

/// Begins a life of the plugin.
fn begin() {
    *state() = State {
        server_version: version::server_version().unwrap_or_default(),
        ..State::NEW
    };
}

/// Ends it. What a static holds is nobody's when the library is unmapped: it must hold no memory.
fn end() {
    stop();
    *state() = State::NEW;
}

/// `OFF`, `RECORDING`, or why it ended.
pub(crate) fn status() -> String {
    let state = state();
    match (&state.failure, &state.thread) {
        (Some(reason), _) => format!("FAILED: {reason}"),
        (None, Some(_)) => "RECORDING".to_owned(),
        (None, None) => "OFF".to_owned(),
    }
}

/// Inputs that found no room in memory because the disk was too slow.
pub(crate) fn lost() -> u64 {
    state().lost
}

fn start(name: &str) -> Result<(), String> {
    let mut state = state();
    state.name = name.to_owned();
    state.must_stop = false;
    // SAFETY: `run` touches statics only, and catches panics.
    match unsafe { THREAD_NAME.spawn(run) } {
        Ok(thread) => {
            state.thread = Some(thread);
            Ok(())
        }
        Err(errno) => Err(format!("its thread cannot be started (errno {errno})")),
    }
}

unsafe extern "C" fn run(_argument: *mut c_void) -> *mut c_void {
    // SAFETY: called once at the start of a thread, and undone at its end.
    unsafe { server::my_thread_init() };
    let name = state().name.clone();
    let failed = Err("an internal error (see above)".to_owned());
    // A fault of the recorder is none of the machine's: the plugin is not poisoned by it.
    let result = guard::contain("the flight recorder", failed, || {
        fault::point("flight_recorder", &host::POISON);
        record(&name)
    });
    host::close_tap();
    if let Err(reason) = result {
        fail(&reason);
    }
    // SAFETY: undoes `my_thread_init`.
    unsafe { server::my_thread_end() };
    ptr::null_mut()
}

/// Writes until it is told to stop, or the plugin is poisoned.
fn record(name: &str) -> Result<(), String> {
    let mut files = Files::create(name).map_err(|error| format!("{name}.flight: {error}"))?;
    let mut spare = Vec::with_capacity(CAPACITY);
    let origin = origin();
    host::open_tap(Tap::new(CAPACITY), &origin());
    loop {
        let turn = match wait() || host::POISON.is_poisoned() {
            true => RecordingTurn::Last,
            false if variables::size() / 2 <= files.written() => RecordingTurn::NewFile,
            false => RecordingTurn::Same,
        };
        let taken = host::take_entries(spare, turn, &origin);
        state().lost += taken.lost;
        let result = match (taken.entries.is_empty(), turn) {
            (true, _) => Ok(()),
            (false, RecordingTurn::NewFile) => files
                .write(&block(&taken.entries))
                .and_then(|()| files.turn_over()),
            (false, RecordingTurn::Same | RecordingTurn::Last) => {
                files.write(&block(&taken.entries))
            }
        };
        result.map_err(|error| format!("{name}.flight: {error}"))?;
        if host::POISON.is_poisoned() {
            return Err(
                "the plugin failed, and the recording ends with what it was told".to_owned(),
            );
        }
        if turn == RecordingTurn::Last {
            return Ok(());
        }
        spare = taken.entries;
        spare.clear();
    }
}

/// Waits for the next turn; true when it is the last.
fn wait() -> bool {
    let state = state();
    let waited = STOP.wait_timeout_while(state, TURN, |state| !state.must_stop);
    let (state, _) = waited.unwrap_or_else(PoisonError::into_inner);
    state.must_stop
}

/// Tells the present moment, of this server.
fn origin() -> impl Fn() -> Origin {
    let server_version = state().server_version.clone();
    move || Origin {
        server_version: server_version.clone(),
        at: clock::now(),
        utc: clock::utc(),
    }
}

fn fail(reason: &str) {
    let text = format!("semisync plugin: the flight recorder ended: {reason}");
    error_log::write_text(Level::Error, &text);
    state().failure = Some(reason.to_owned());
}

fn state() -> MutexGuard<'static, State> {
    // Every step in here is a single assignment.
    STATE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The thread's name in the Performance Schema.
pub(crate) static THREAD_NAME: ThreadName = ThreadName::of_ours(c"Flight_recorder", c"ss_flight");

/// How long entries stay in memory.
const TURN: Duration = Duration::from_millis(100);

/// Bytes of entries in memory: a quarter of a second of 100,000 commits a second.
const CAPACITY: usize = 4 << 20;
