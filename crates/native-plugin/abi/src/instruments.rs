//! Names in the Performance Schema, and threads that carry one.

use core::ffi::{CStr, c_int, c_uint, c_void};
use core::mem::MaybeUninit;
use core::ptr;

use crate::layout::plugin::ServerWritable;
use crate::layout::threads::{
    InstrumentInfo, StageInfo, THREAD_SINGLETON_AUTO_SEQUENCE, ThreadHandle, ThreadInfo,
    ThreadStart,
};
use crate::server;

/// A stage of a session or thread, registered once and then valid for ever.
#[derive(Debug)]
pub struct Stage(ServerWritable<StageInfo>);

/// A thread name, registered once.
#[derive(Debug)]
pub struct ThreadName {
    category: &'static CStr,
    name: &'static CStr,
    os_name: &'static CStr,
    key: ServerWritable<c_uint>,
}

/// Which table of instruments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InstrumentKind {
    /// `wait/synch/mutex/semisync/…`
    Mutex,
    /// `wait/synch/cond/semisync/…`
    Condition,
    /// `memory/semisync/…`
    Memory,
}

/// A running thread. [`Thread::join`] it before the library may go.
#[derive(Debug)]
pub struct Thread {
    handle: libc::pthread_t,
}

impl Stage {
    /// A stage with this text.
    pub const fn new(text: &'static CStr) -> Stage {
        Stage(ServerWritable::new(StageInfo {
            key: 0,
            name: text.as_ptr(),
            flags: 0,
            documentation: NO_TEXT.as_ptr(),
        }))
    }

    pub(crate) const fn as_ptr(&self) -> *const StageInfo {
        self.0.as_ptr()
    }

    /// The current thread shows this stage.
    pub fn enter(&self) {
        // SAFETY: the service table lives as long as the server; the key was written at
        // registration, or is 0, which means no instrument.
        unsafe {
            ((*server::psi_stage_service).start)((*self.0.as_ptr()).key, NO_TEXT.as_ptr(), 0);
        }
    }
}

impl ThreadName {
    /// A name below the stock plugin's category, and the operating system's form of it.
    pub const fn new(name: &'static CStr, os_name: &'static CStr) -> ThreadName {
        ThreadName {
            category: CATEGORY,
            name,
            os_name,
            key: ServerWritable::new(0),
        }
    }

    /// A name below our own category.
    pub const fn of_ours(name: &'static CStr, os_name: &'static CStr) -> ThreadName {
        ThreadName {
            category: OWN_CATEGORY,
            name,
            os_name,
            key: ServerWritable::new(0),
        }
    }

    /// Starts a thread under this name; the error is an errno.
    ///
    /// # Safety
    /// `start` must be sound to call on a new thread, and must not unwind.
    pub unsafe fn spawn(&self, start: ThreadStart) -> Result<Thread, c_int> {
        let mut handle = MaybeUninit::<ThreadHandle>::zeroed();
        // SAFETY: the service table lives as long as the server; null attributes make a joinable
        // thread; the caller vouches for `start`.
        let errno = unsafe {
            ((*server::psi_thread_service).spawn)(
                *self.key.as_ptr(),
                0,
                handle.as_mut_ptr(),
                ptr::null(),
                start,
                ptr::null_mut::<c_void>(),
            )
        };
        if errno != 0 {
            return Err(errno);
        }
        // SAFETY: all-zero is a valid handle, and success wrote the thread into it.
        let handle = unsafe { handle.assume_init() };
        Ok(Thread {
            handle: handle.thread,
        })
    }
}

impl Thread {
    /// Waits until it has ended; the error is an errno.
    pub fn join(self) -> Result<(), c_int> {
        // SAFETY: a joinable thread, joined once.
        match unsafe { libc::pthread_join(self.handle, ptr::null_mut()) } {
            0 => Ok(()),
            errno => Err(errno),
        }
    }
}

/// Makes stages known to the Performance Schema.
pub fn register_stages(stages: &[&'static Stage]) {
    let mut infos: Vec<*mut StageInfo> = stages.iter().map(|stage| stage.0.as_ptr()).collect();
    // SAFETY: the service copies the list and keeps the stages, which are statics.
    unsafe {
        ((*server::psi_stage_service).register)(
            CATEGORY.as_ptr(),
            infos.as_mut_ptr(),
            infos.len() as c_int,
        );
    }
}

/// Makes a thread name known to the Performance Schema.
pub fn register_thread(thread: &'static ThreadName) {
    let mut info = ThreadInfo {
        key: thread.key.as_ptr(),
        name: thread.name.as_ptr(),
        os_name: thread.os_name.as_ptr(),
        flags: THREAD_SINGLETON_AUTO_SEQUENCE,
        volatility: 0,
        documentation: NO_TEXT.as_ptr(),
    };
    // SAFETY: the service copies the description and writes the static key.
    unsafe {
        ((*server::psi_thread_service).register)(thread.category.as_ptr(), &raw mut info, 1);
    }
}

/// Makes instrument names known, so that monitoring finds what it finds with the stock plugin.
pub fn register_names(kind: InstrumentKind, names: &[&'static CStr]) {
    for name in names {
        let mut key: c_uint = 0;
        let mut info = InstrumentInfo {
            key: &raw mut key,
            name: name.as_ptr(),
            flags: 0,
            volatility: 0,
            documentation: NO_TEXT.as_ptr(),
        };
        // SAFETY: each service copies the description and writes the key before it returns; the
        // tables live as long as the server.
        unsafe {
            let service = match kind {
                InstrumentKind::Mutex => server::psi_mutex_service,
                InstrumentKind::Condition => server::psi_cond_service,
                InstrumentKind::Memory => server::psi_memory_service,
            };
            ((*service).register)(CATEGORY.as_ptr(), &raw mut info, 1);
        }
    }
}

const CATEGORY: &CStr = c"semisync";

const OWN_CATEGORY: &CStr = c"semisync_lab";

const NO_TEXT: &CStr = c"";
