//! The only way from C into Rust.
//!
//! A panic must not cross into C, and no fault of ours may hold a commit up. [`guard`] catches a
//! panic, writes it to the error log, poisons the plugin and gives the answer that lets the server
//! go on. What poisoning means is the plugin's: it stops deciding and keeps serving.

use core::sync::atomic::{AtomicBool, Ordering};
use std::panic::{self, AssertUnwindSafe};

use crate::error_log::{self, Level};

/// Whether a panic was caught in this plugin, and what to do the first time.
#[derive(Debug)]
pub struct Poison {
    caught: AtomicBool,
    on_first: fn(),
}

impl Poison {
    /// Not poisoned; `on_first` runs once, on the thread that panicked.
    pub const fn new(on_first: fn()) -> Poison {
        Poison {
            caught: AtomicBool::new(false),
            on_first,
        }
    }

    /// Whether a panic was caught.
    pub fn is_poisoned(&self) -> bool {
        self.caught.load(Ordering::Acquire)
    }

    /// Forgets it, when the plugin is initialised anew.
    pub fn reset(&self) {
        self.caught.store(false, Ordering::Release);
    }
}

/// Runs `body` for the server; after a panic in it, gives `otherwise`.
pub fn guard<R>(hook: &str, poison: &Poison, otherwise: R, body: impl FnOnce() -> R) -> R {
    match panic::catch_unwind(AssertUnwindSafe(body)) {
        Ok(result) => result,
        Err(payload) => {
            // Dropping a payload can run foreign code that panics again.
            core::mem::forget(payload);
            let first = !poison.caught.swap(true, Ordering::AcqRel);
            // The second guard covers the reaction itself: nothing may get out of here.
            let reaction = panic::catch_unwind(AssertUnwindSafe(|| {
                let text = format!("semisync plugin: an internal error was caught in {hook}");
                error_log::write_text(Level::Error, &text);
                if first {
                    (poison.on_first)();
                }
            }));
            core::mem::forget(reaction);
            otherwise
        }
    }
}

/// As [`guard`], for work that nothing depends on: a panic in it poisons nothing.
pub fn contain<R>(what: &str, otherwise: R, body: impl FnOnce() -> R) -> R {
    static NOBODY: Poison = Poison::new(|| {});
    guard(what, &NOBODY, otherwise, body)
}

/// Sends panic messages to the server's error log, as one line each.
pub fn report_panics() {
    panic::set_hook(Box::new(|info| {
        let text = format!("semisync plugin: {}", info.to_string().replace('\n', " "));
        error_log::write_text(Level::Error, &text);
    }));
}

/// Takes the hook of [`report_panics`] away before the library may be unloaded.
pub fn stop_reporting_panics() {
    drop(panic::take_hook());
}
