//! A session as a recording: configuration and timed inputs, from which everything else is derived.
//!
//! [`Recording`] is the plain data a link, a file or a test holds. [`Playback`] replays it, can stand
//! at any moment of it, and acts there: acting in the past forks, and the old future stays as a
//! branch. Neither knows a wall clock; how fast time passes is the caller's business.

mod playback;

pub use playback::{ActError, Branch, Playback, Unit};

use semisync_core::Instant;
use semisync_sim::{ClusterConfig, Fault};
use serde::{Deserialize, Serialize};

use crate::workbench::SessionAddress;

/// What happened from outside, and when; together with the configuration it decides everything.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recording {
    /// Version of this form, [`FORMAT`].
    pub format: u32,
    /// The cluster before the first input.
    pub config: ClusterConfig,
    /// The inputs, oldest first.
    pub inputs: Vec<TimedInput>,
    /// How far the session went.
    pub end: Moment,
    /// Where the play head stood when this was written down.
    pub cursor: Moment,
}

/// The version of [`Recording`] that this code writes and reads.
pub const FORMAT: u32 = 1;

/// A moment of a session. The count comes first: several events can happen in the same microsecond.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
pub struct Moment {
    /// Events of the cluster that have run.
    pub events: u64,
    /// Cluster time.
    pub at: Instant,
}

/// An input and its moment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TimedInput {
    /// After how many events, at what time.
    pub when: Moment,
    /// What was done.
    pub input: Input,
}

/// What a person can do to the cluster.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Input {
    /// Text typed at a prompt: one or more whole statements.
    Typed {
        /// The prompt.
        at: SessionAddress,
        /// The text.
        text: String,
    },
    /// Ctrl-C at a prompt whose statement runs.
    Interrupted {
        /// The prompt.
        at: SessionAddress,
    },
    /// A fault, or its end.
    Fault(Fault),
}

/// Why a text is not a recording.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReadError {
    /// It was written by another version.
    Format(u32),
    /// It is no recording at all.
    Malformed(String),
}

impl Recording {
    /// A recording in which nothing was done yet.
    pub fn new(config: ClusterConfig) -> Recording {
        Recording {
            format: FORMAT,
            config,
            inputs: Vec::new(),
            end: Moment::default(),
            cursor: Moment::default(),
        }
    }

    /// The recording as one line of JSON.
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).expect("a recording has only string keys")
    }

    /// Reads what [`Recording::to_json`] wrote.
    ///
    /// # Errors
    /// See [`ReadError`].
    pub fn from_json(text: &str) -> Result<Recording, ReadError> {
        #[derive(Deserialize)]
        struct Head {
            format: u32,
        }
        let malformed = |error: serde_json::Error| ReadError::Malformed(error.to_string());
        let head: Head = serde_json::from_str(text).map_err(malformed)?;
        if head.format != FORMAT {
            return Err(ReadError::Format(head.format));
        }
        serde_json::from_str(text).map_err(malformed)
    }
}

impl std::fmt::Display for ReadError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            ReadError::Format(format) => {
                write!(
                    f,
                    "the session has format {format}, this page reads {FORMAT}"
                )
            }
            ReadError::Malformed(reason) => write!(f, "not a recorded session: {reason}"),
        }
    }
}

impl std::error::Error for ReadError {}

#[cfg(test)]
mod tests;
