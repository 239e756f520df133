//! The status variables of our own source plugin, which the stock one does not have.
//!
//! They have a prefix of their own, so that listings of `Rpl_semi_sync%` stay those of the stock
//! plugin. Each is read from the machine's [`Observation`] when somebody asks.

use alloc::string::String;
use core::fmt::{self, Write};

use crate::source::{ObservedReplica, SemisyncStatus, Source, WaitHistogram};
use crate::time::{Instant, UtcTime};

/// One of them.
#[derive(Debug)]
pub struct ObservedVariable {
    /// Its whole name.
    pub name: &'static str,
    /// What it tells, in a few words.
    pub help: &'static str,
    read: Read,
}

/// A value of an [`ObservedVariable`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ObservedValue {
    /// Printed as a number.
    Number(u64),
    /// Printed as it is, at most [`MAX_TEXT_LEN`] bytes.
    Text(String),
}

/// The host's clock and the wall clock, read at the same time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WallClock {
    /// The clock of the inputs.
    pub now: Instant,
    /// The wall clock.
    pub utc: UtcTime,
}

#[derive(Debug)]
enum Read {
    Number(fn(&Source, Instant) -> u64),
    Text(fn(&Source, WallClock) -> String),
    /// Waits up to the bound with this index.
    WaitsUpTo(usize),
}

/// All of them, in the order the plugin declares them.
pub static OBSERVED_VARIABLES: [ObservedVariable; 23] = [
    ObservedVariable {
        name: STATE,
        help: "DISABLED, SEMISYNCHRONOUS, ASYNCHRONOUS (fell back), or FAILED (see the error log)",
        read: Read::Text(|source, _| String::from(state(source))),
    },
    ObservedVariable {
        name: "Semisync_lab_source_blocked_since",
        help: "UTC time at which the longest wait of now began; empty when no commit waits",
        read: Read::Text(|source, clock| match source.blocked_since() {
            Some(at) => time_of(at, clock),
            None => String::new(),
        }),
    },
    ObservedVariable {
        name: "Semisync_lab_source_blocked_us",
        help: "Microseconds the longest wait of now has lasted; 0 when no commit waits",
        read: Read::Number(|source, now| match source.blocked_since() {
            Some(since) => now.saturating_since(since).as_micros() as u64,
            None => 0,
        }),
    },
    ObservedVariable {
        name: "Semisync_lab_source_timed_out_waits",
        help: "Waits that ended because their own timeout passed",
        read: Read::Number(|source, _| source.observation().timed_out_waits),
    },
    ObservedVariable {
        name: "Semisync_lab_source_unacknowledged_waits",
        help: "Waits that slept and ended without their ACKs, those timed out among them",
        read: Read::Number(|source, _| source.observation().unacknowledged_waits),
    },
    ObservedVariable {
        name: "Semisync_lab_source_replicas",
        help: "A JSON array with the last ACK of each semisynchronous replica and its time",
        read: Read::Text(replicas),
    },
    ObservedVariable {
        name: "Semisync_lab_source_ack_waits",
        help: "Waits that ended with their ACKs",
        read: Read::Number(|source, _| source.observation().ack_waits().total()),
    },
    waits_up_to(0, "Semisync_lab_source_ack_waits_le_100us"),
    waits_up_to(1, "Semisync_lab_source_ack_waits_le_200us"),
    waits_up_to(2, "Semisync_lab_source_ack_waits_le_500us"),
    waits_up_to(3, "Semisync_lab_source_ack_waits_le_1ms"),
    waits_up_to(4, "Semisync_lab_source_ack_waits_le_2ms"),
    waits_up_to(5, "Semisync_lab_source_ack_waits_le_5ms"),
    waits_up_to(6, "Semisync_lab_source_ack_waits_le_10ms"),
    waits_up_to(7, "Semisync_lab_source_ack_waits_le_20ms"),
    waits_up_to(8, "Semisync_lab_source_ack_waits_le_50ms"),
    waits_up_to(9, "Semisync_lab_source_ack_waits_le_100ms"),
    waits_up_to(10, "Semisync_lab_source_ack_waits_le_200ms"),
    waits_up_to(11, "Semisync_lab_source_ack_waits_le_500ms"),
    waits_up_to(12, "Semisync_lab_source_ack_waits_le_1s"),
    waits_up_to(13, "Semisync_lab_source_ack_waits_le_2s"),
    waits_up_to(14, "Semisync_lab_source_ack_waits_le_5s"),
    waits_up_to(15, "Semisync_lab_source_ack_waits_le_10s"),
];

/// The name of the variable that a host answers itself after a fault of its own, with [`FAILED`].
pub const STATE: &str = "Semisync_lab_source_state";

/// The state of a host that does not ask its machine any more.
pub const FAILED: &str = "FAILED";

/// A status variable's text has no room for more.
pub const MAX_TEXT_LEN: usize = 1_023;

impl ObservedVariable {
    /// Its value at a moment.
    pub fn value(&self, source: &Source, clock: WallClock) -> ObservedValue {
        match self.read {
            Read::Number(read) => ObservedValue::Number(read(source, clock.now)),
            Read::Text(read) => ObservedValue::Text(read(source, clock)),
            Read::WaitsUpTo(bound) => {
                ObservedValue::Number(source.observation().ack_waits().up_to(bound))
            }
        }
    }
}

impl fmt::Display for ObservedValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ObservedValue::Number(number) => number.fmt(f),
            ObservedValue::Text(text) => f.write_str(text),
        }
    }
}

const fn waits_up_to(bound: usize, name: &'static str) -> ObservedVariable {
    assert!(bound < WaitHistogram::BOUNDS_US.len());
    ObservedVariable {
        name,
        help: "Waits that ended with their ACKs within this time",
        read: Read::WaitsUpTo(bound),
    }
}

fn state(source: &Source) -> &'static str {
    match (source.is_enabled(), source.status()) {
        (false, _) => "DISABLED",
        (true, SemisyncStatus::On) => "SEMISYNCHRONOUS",
        (true, SemisyncStatus::Off) => "ASYNCHRONOUS",
    }
}

/// `[{"server_id": 2, "connected": true, "acks": 7, "file": "binlog.000001", "position": 1325,
/// "at": "2026-11-20 10:00:00.000000", "age_us": 1200}]`, connected ones first; as many as fit.
fn replicas(source: &Source, clock: WallClock) -> String {
    let replicas = source.observation().replicas();
    let connected = replicas.iter().filter(|replica| 0 < replica.dumps);
    let left = replicas.iter().filter(|replica| replica.dumps == 0);
    let mut text = String::from("[");
    for replica in connected.chain(left) {
        let entry = entry(replica, clock);
        if MAX_TEXT_LEN < text.len() + ", ".len() + entry.len() + "]".len() {
            break;
        }
        if 1 < text.len() {
            text.push_str(", ");
        }
        text.push_str(&entry);
    }
    text.push(']');
    text
}

fn entry(replica: &ObservedReplica, clock: WallClock) -> String {
    let mut text = String::new();
    let connected = 0 < replica.dumps;
    let (server_id, acks) = (replica.server_id.0, replica.acks);
    // Writing into a string does not fail.
    let _ = write!(
        text,
        "{{\"server_id\": {server_id}, \"connected\": {connected}, \"acks\": {acks}"
    );
    if let Some(ack) = &replica.last_ack {
        text.push_str(", \"file\": \"");
        for letter in ack.position.file.as_bytes().escape_ascii() {
            text.push(match letter {
                // A name that is no text would be no JSON.
                b'\\' | b'"' => '?',
                letter => char::from(letter),
            });
        }
        let (position, at) = (ack.position.offset, time_of(ack.at, clock));
        let age = clock.now.saturating_since(ack.at).as_micros();
        let _ = write!(
            text,
            "\", \"position\": {position}, \"at\": \"{at}\", \"age_us\": {age}"
        );
    }
    text.push('}');
    text
}

fn time_of(at: Instant, clock: WallClock) -> String {
    let ago = clock.now.saturating_since(at);
    alloc::format!("{}", clock.utc.saturating_sub(ago))
}

#[cfg(test)]
mod tests;
