//! A lock and conditions the server reaches into.
//!
//! KILL locks the mutex a session waits with and broadcasts its condition, so both must be the
//! server's own kind and must not move while a session may be inside.

use core::cell::UnsafeCell;
use core::ffi::CStr;
use core::fmt;
use core::marker::PhantomData;
use core::mem::MaybeUninit;
use core::ops::{Deref, DerefMut};
use core::ptr;

use semisync_core::Instant;
use semisync_core::source::WakeCause;

use crate::clock;
use crate::instruments::Stage;
use crate::layout::threads::{ServerCond, ServerMutex, StageInfo};
use crate::server;

/// A value behind a server mutex. Made for statics: it never moves.
pub struct Lock<T> {
    mutex: ServerMutex,
    value: UnsafeCell<T>,
}

// SAFETY: the value is reached through a guard only, one thread at a time; what the guard lends
// may be taken away to other threads, hence `Send`.
unsafe impl<T: Send> Sync for Lock<T> {}

/// Access to the value of a [`Lock`]; unlocks when dropped, on the thread that locked.
pub struct LockGuard<'a, T> {
    lock: &'a Lock<T>,
    _stays_on_its_thread: PhantomData<*const ()>,
}

/// A condition to sleep on, at a fixed address.
pub struct Condition {
    cond: Box<ServerCond>,
}

// SAFETY: a pthread condition may be used from any thread; the instrument pointer stays null.
unsafe impl Send for Condition {}
// SAFETY: as above.
unsafe impl Sync for Condition {}

/// While it lives, the current session shows a stage in the process list and KILL finds what it
/// sleeps on. Declare it before the guard it comes from, so that it is dropped after it: leaving
/// takes a lock that KILL holds while it takes ours.
pub struct VisibleWait {
    old_stage: StageInfo,
}

impl<T> Lock<T> {
    /// An unlocked lock.
    pub const fn new(value: T) -> Lock<T> {
        Lock {
            mutex: ServerMutex {
                native: UnsafeCell::new(libc::PTHREAD_MUTEX_INITIALIZER),
                psi: UnsafeCell::new(ptr::null_mut()),
            },
            value: UnsafeCell::new(value),
        }
    }

    /// Waits for the value.
    pub fn lock(&self) -> LockGuard<'_, T> {
        // SAFETY: an initialised mutex that never moves.
        let result = unsafe { libc::pthread_mutex_lock(self.mutex.native.get()) };
        assert!(result == 0, "locking failed: errno {result}");
        LockGuard {
            lock: self,
            _stays_on_its_thread: PhantomData,
        }
    }
}

impl<T> LockGuard<'_, T> {
    /// Sleeps on `condition` until it is signalled or `deadline` passes; unlocked meanwhile.
    pub fn sleep(&mut self, condition: &Condition, deadline: Instant) -> WakeCause {
        let until = clock::timespec(deadline);
        let mutex = self.lock.mutex.native.get();
        // SAFETY: this thread holds the mutex, the condition is initialised for this clock, and
        // both outlive the call.
        let result = unsafe {
            libc::pthread_cond_timedwait(condition.cond.native.get(), mutex, &raw const until)
        };
        if result == 0 {
            WakeCause::Signalled
        } else {
            WakeCause::DeadlineReached
        }
    }

    /// Makes the current session's wait visible, and reachable for KILL.
    pub fn show_wait(&self, condition: &Condition, stage: &'static Stage) -> VisibleWait {
        let mut old_stage = MaybeUninit::<StageInfo>::zeroed();
        // SAFETY: called on a session's thread with the mutex held; mutex, condition and stage
        // stay where they are until the wait is left; the old stage is written by the call.
        unsafe {
            server::thd_enter_cond(
                ptr::null_mut(),
                &raw const *condition.cond,
                &raw const self.lock.mutex,
                stage.as_ptr(),
                old_stage.as_mut_ptr(),
                FUNCTION.as_ptr(),
                FILE.as_ptr(),
                0,
            );
        }
        VisibleWait {
            // SAFETY: all-zero is a valid StageInfo, and the call only replaces it by another.
            old_stage: unsafe { old_stage.assume_init() },
        }
    }
}

impl Drop for VisibleWait {
    fn drop(&mut self) {
        // SAFETY: the session entered the wait on this thread, and the mutex is unlocked again.
        unsafe {
            server::thd_exit_cond(
                ptr::null_mut(),
                &raw const self.old_stage,
                FUNCTION.as_ptr(),
                FILE.as_ptr(),
                0,
            );
        }
    }
}

impl<T> Deref for LockGuard<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        // SAFETY: this thread holds the mutex.
        unsafe { &*self.lock.value.get() }
    }
}

impl<T> DerefMut for LockGuard<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        // SAFETY: this thread holds the mutex, and `&mut self` makes this the only access.
        unsafe { &mut *self.lock.value.get() }
    }
}

impl<T> Drop for LockGuard<'_, T> {
    fn drop(&mut self) {
        // SAFETY: this thread holds the mutex.
        unsafe { libc::pthread_mutex_unlock(self.lock.mutex.native.get()) };
    }
}

impl Condition {
    /// A condition whose deadlines are those of [`clock::now`].
    pub fn new() -> Condition {
        let condition = Condition {
            cond: Box::new(ServerCond {
                native: UnsafeCell::new(libc::PTHREAD_COND_INITIALIZER),
                psi: UnsafeCell::new(ptr::null_mut()),
            }),
        };
        let mut attributes = MaybeUninit::<libc::pthread_condattr_t>::uninit();
        // SAFETY: the attributes are initialised before they are used and destroyed once; the
        // condition is initialised in the place where it stays.
        unsafe {
            libc::pthread_condattr_init(attributes.as_mut_ptr());
            libc::pthread_condattr_setclock(attributes.as_mut_ptr(), libc::CLOCK_MONOTONIC);
            libc::pthread_cond_init(condition.cond.native.get(), attributes.as_ptr());
            libc::pthread_condattr_destroy(attributes.as_mut_ptr());
        }
        condition
    }

    /// Wakes whoever sleeps on it.
    pub fn signal(&self) {
        // SAFETY: an initialised condition.
        unsafe { libc::pthread_cond_broadcast(self.cond.native.get()) };
    }
}

impl Default for Condition {
    fn default() -> Condition {
        Condition::new()
    }
}

impl Drop for Condition {
    fn drop(&mut self) {
        // SAFETY: initialised in `new`; whoever drops it knows that nobody sleeps on it.
        unsafe { libc::pthread_cond_destroy(self.cond.native.get()) };
    }
}

impl<T> fmt::Debug for Lock<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lock").finish_non_exhaustive()
    }
}

impl fmt::Debug for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Condition").finish_non_exhaustive()
    }
}

const FUNCTION: &CStr = c"commit_wait";

const FILE: &CStr = c"semisync";
