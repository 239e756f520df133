//! One `mysql` client: what it remembers about its connection and what it has still to send.

use std::collections::VecDeque;

use semisync_core::Instant;
use semisync_sim::{SessionKey, StatementId};

use crate::environment::SessionMemory;
use crate::line_reader::{LineReader, Request};
use crate::plan::Then;

/// A client at a prompt.
#[derive(Clone, Debug, Default)]
pub(super) struct Client {
    /// Its connection.
    pub(super) session: Option<SessionKey>,
    /// Whether it ever had one.
    pub(super) was_connected: bool,
    /// The user and the password it was started with; root without one by default.
    pub(super) login: Option<(String, String)>,
    /// The database it asks for when it connects.
    pub(super) database: Option<String>,
    pub(super) reader: LineReader,
    pub(super) shows_warnings: bool,
    pub(super) memory: SessionMemory,
    /// Typed and not sent yet.
    pub(super) queue: VecDeque<Typed>,
    pub(super) running: Option<Running>,
    /// The statement that was refused last, for the hint in `help`.
    pub(super) refused: Option<String>,
}

/// A request and how it was typed.
#[derive(Clone, Debug)]
pub(super) struct Typed {
    pub(super) typed: String,
    pub(super) request: Request,
}

/// A request that is being answered.
#[derive(Clone, Debug)]
pub(super) struct Running {
    /// Its entry on the screen.
    pub(super) entry: usize,
    pub(super) text: String,
    pub(super) vertical: bool,
    /// Whether the client's own `use` asks.
    pub(super) is_use: bool,
    pub(super) started: Instant,
    /// How often it was sent again on a new connection.
    pub(super) retries: u32,
    /// Statements of the same request that come after it.
    pub(super) rest: VecDeque<String>,
    /// What the server works on.
    pub(super) sent: Option<StatementId>,
    pub(super) then: Then,
}

impl Client {
    pub(super) fn is_busy(&self) -> bool {
        self.running.is_some() || !self.queue.is_empty()
    }

    /// The connection and all that was remembered with it are gone.
    pub(super) fn forget_connection(&mut self) {
        self.session = None;
        self.memory = SessionMemory::default();
    }
}
