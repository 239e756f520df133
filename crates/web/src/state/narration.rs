//! One sentence for each fact, for the feed, the inspector and screen readers.

use semisync_core::log::LogLevel;
use semisync_core::source::{WaitOutcome, WaitPoint};
use semisync_sim::trace::{Answer, Lane, PacketKind};
use semisync_sim::{ServerIndex, TraceEvent, TraceKind};

use super::names::Names;
use super::pace::spell;

/// What happened, in one sentence.
pub fn sentence(event: &TraceEvent, names: &Names) -> String {
    let who = who(event.lane, names);
    match &event.kind {
        TraceKind::SessionOpened { .. }
        | TraceKind::SessionClosed
        | TraceKind::StatementSent { .. }
        | TraceKind::StatementAnswered { .. }
        | TraceKind::LockWaitStarted { .. }
        | TraceKind::LockWaitEnded { .. } => client_sentence(&event.kind, &who),
        TraceKind::Prepared { .. }
        | TraceKind::BinlogFlushed { .. }
        | TraceKind::BinlogSynced { .. }
        | TraceKind::CommitWaitStarted { .. }
        | TraceKind::CommitWaitEnded { .. }
        | TraceKind::EngineCommitted { .. }
        | TraceKind::RolledBack { .. } => commit_sentence(event, &who),
        TraceKind::PacketSent { from, to, what, .. } => format!(
            "{} sends {} to {}.",
            names.server(*from),
            packet_words(what),
            names.server(*to)
        ),
        TraceKind::PacketDelivered { from, to, what, .. } => format!(
            "{} receives {} from {}.",
            names.server(*to),
            packet_words(what),
            names.server(*from)
        ),
        TraceKind::PacketLost { from, to, what, .. } => format!(
            "Lost on the way from {} to {}: {}.",
            names.server(*from),
            names.server(*to),
            packet_words(what)
        ),
        TraceKind::ConnectionBroken { from, to } => format!(
            "The connection between {} and {} is broken.",
            names.server(*from),
            names.server(*to)
        ),
        TraceKind::FaultInjected { words, .. } => format!("You: {words}"),
        TraceKind::ReceiverStarted
        | TraceKind::ReceiverConnected { .. }
        | TraceKind::ReceiverStopped
        | TraceKind::ApplierStarted
        | TraceKind::ApplierStopped
        | TraceKind::RelayLogWritten { .. }
        | TraceKind::RelayLogSynced { .. }
        | TraceKind::Applied { .. } => replica_sentence(&event.kind, &who, names),
        TraceKind::DumpStarted { .. }
        | TraceKind::DumpStopped { .. }
        | TraceKind::AckReceived { .. }
        | TraceKind::SwitchedOn { .. }
        | TraceKind::SwitchedOff
        | TraceKind::PluginInstalled { .. }
        | TraceKind::PluginUninstalled { .. }
        | TraceKind::VariableSet { .. }
        | TraceKind::ServerCrashed { .. }
        | TraceKind::ServerStopped
        | TraceKind::ServerStarting
        | TraceKind::ServerReady
        | TraceKind::TransactionLost { .. }
        | TraceKind::LogLine { .. } => server_sentence(&event.kind, &who, names),
    }
}

/// What a packet is, as part of a sentence.
pub fn packet_words(what: &PacketKind) -> String {
    match what {
        PacketKind::BinlogEvent {
            event,
            position,
            ack_requested,
        } => match ack_requested {
            Some(true) => format!("the {event} event up to {position} and asks for an ACK"),
            Some(false) => format!("the {event} event up to {position}, no ACK asked"),
            None => format!("the {event} event up to {position}, asynchronously"),
        },
        PacketKind::Ack { position } => format!("an ACK for everything up to {position}"),
        PacketKind::Handshake(text) => format!("“{text}”"),
        PacketKind::Heartbeat => "a heartbeat".to_owned(),
        PacketKind::Goodbye => "the end of the connection".to_owned(),
    }
}

/// What a wait's end promised to the client.
pub fn outcome_words(outcome: WaitOutcome) -> &'static str {
    match outcome {
        WaitOutcome::Acknowledged => "enough replicas have it in their relay logs",
        WaitOutcome::TimedOut => {
            "no ACK came in time, and the source fell back to asynchronous replication"
        }
        WaitOutcome::Asynchronous => "the source replicates asynchronously and did not wait on",
        WaitOutcome::NotWaited => "nothing waits at this point",
    }
}

fn who(lane: Lane, names: &Names) -> String {
    match lane {
        Lane::Cluster => "You".to_owned(),
        Lane::Server(server) => names.server(server).to_owned(),
        Lane::Client(_, key) => match names.address(key) {
            Some(at) => format!("Client {}", names.prompt(at)),
            None => format!("Client {}", key.0),
        },
    }
}

fn client_sentence(kind: &TraceKind, who: &str) -> String {
    match kind {
        TraceKind::SessionOpened { processlist_id } => {
            format!("{who} connects (id {processlist_id} in the processlist).")
        }
        TraceKind::SessionClosed => format!("{who} disconnects."),
        TraceKind::StatementSent { text, .. } => format!("{who} sends: {}", one_line(text)),
        TraceKind::StatementAnswered { answer, .. } => match answer {
            Answer::Ok => format!("{who} has its answer."),
            Answer::Error(code) => format!("{who} gets error {code}."),
            Answer::LostConnection => format!(
                "{who} loses its connection and cannot know whether the statement took effect."
            ),
        },
        TraceKind::LockWaitStarted { what, .. } => format!("{who} waits for {what}."),
        _ => format!("{who} has its lock."),
    }
}

fn commit_sentence(event: &TraceEvent, who: &str) -> String {
    match &event.kind {
        TraceKind::Prepared { .. } => format!("{who}: the engine prepares the transaction."),
        TraceKind::BinlogFlushed { position, gtid, .. } => match gtid {
            Some(gtid) => {
                format!("{who} writes {gtid} to its binary log, which ends at {position}.")
            }
            None => format!("{who} writes to its binary log, which ends at {position}."),
        },
        TraceKind::BinlogSynced { position } => {
            format!("{who} has fsynced its binary log up to {position}.")
        }
        TraceKind::CommitWaitStarted {
            wait_point,
            deadline,
            ..
        } => {
            let rows = match wait_point {
                WaitPoint::AfterSync => "nobody sees the rows yet",
                WaitPoint::AfterCommit => "others already see the rows",
            };
            let left = deadline.saturating_since(event.at).as_micros();
            let left = spell(u64::try_from(left).unwrap_or(u64::MAX));
            format!("{who}: the commit waits for an ACK, at most {left}; {rows}.")
        }
        TraceKind::CommitWaitEnded { outcome, .. } => {
            format!("{who}: the commit goes on: {}.", outcome_words(*outcome))
        }
        TraceKind::EngineCommitted { gtid } => match gtid {
            Some(gtid) => format!("{who}: the engine commits {gtid}; now others see the rows."),
            None => format!("{who}: the engine commits; now others see the rows."),
        },
        _ => format!("{who}: the transaction is rolled back."),
    }
}

fn replica_sentence(kind: &TraceKind, who: &str, names: &Names) -> String {
    match kind {
        TraceKind::ReceiverStarted => format!("{who}: the receiver thread starts."),
        TraceKind::ReceiverConnected { source } => {
            format!(
                "{who}: the receiver thread is connected to {}.",
                names.server(*source)
            )
        }
        TraceKind::ReceiverStopped => format!("{who}: the receiver thread stops."),
        TraceKind::ApplierStarted => format!("{who}: the applier thread starts."),
        TraceKind::ApplierStopped => format!("{who}: the applier thread stops."),
        TraceKind::RelayLogWritten { position, event } => {
            format!("{who} writes the {event} event up to {position} to its relay log.")
        }
        TraceKind::RelayLogSynced { position } => {
            format!("{who} has fsynced its relay log up to {position}.")
        }
        TraceKind::Applied { gtid: Some(gtid) } => {
            format!("{who} has applied {gtid}; readers there see the rows now.")
        }
        _ => format!("{who} has applied the transaction; readers there see the rows now."),
    }
}

fn server_sentence(kind: &TraceKind, who: &str, names: &Names) -> String {
    match kind {
        TraceKind::DumpStarted {
            replica,
            semisync,
            position,
        } => {
            let how = if *semisync {
                "semisynchronously"
            } else {
                "asynchronously"
            };
            let replica = names.server(*replica);
            format!("{who} starts to send its binary log to {replica}, {how}, from {position}.")
        }
        TraceKind::DumpStopped { replica, .. } => {
            format!(
                "{who} no longer sends its binary log to {}.",
                names.server(*replica)
            )
        }
        TraceKind::AckReceived { replica, position } => {
            let replica = names.server(*replica);
            format!("{who} counts the ACK: {replica} has everything up to {position}.")
        }
        TraceKind::SwitchedOn { .. } => {
            format!("{who}: semisynchronous replication is ON; commits wait for an ACK.")
        }
        TraceKind::SwitchedOff => format!(
            "{who}: semisynchronous replication is OFF; commits no longer wait for replicas."
        ),
        TraceKind::PluginInstalled { name } => format!("{who}: the plugin {name} is installed."),
        TraceKind::PluginUninstalled { name } => format!("{who}: the plugin {name} is removed."),
        TraceKind::VariableSet { name, value } => format!("{who}: {name} is now {value}."),
        TraceKind::ServerCrashed { power_cut: true } => {
            format!("{who} loses power; what was not fsynced is gone.")
        }
        TraceKind::ServerCrashed { power_cut: false } => {
            format!("{who} dies at once; what it wrote to files stays.")
        }
        TraceKind::ServerStopped => format!("{who} has shut down."),
        TraceKind::ServerStarting => format!("{who} starts."),
        TraceKind::ServerReady => format!("{who} accepts connections."),
        TraceKind::TransactionLost { gtid } => format!("{who} no longer has {gtid}: it is lost."),
        TraceKind::LogLine { level, text, .. } => {
            let level = match level {
                LogLevel::Error => "error",
                LogLevel::Warning => "warning",
                LogLevel::Note => "note",
            };
            format!("{who}, error log, {level}: {text}")
        }
        _ => String::new(),
    }
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A list of servers as part of a sentence.
pub fn list(servers: &[ServerIndex], names: &Names) -> String {
    let names: Vec<&str> = servers.iter().map(|server| names.server(*server)).collect();
    match names.as_slice() {
        [] => "no replica".to_owned(),
        [one] => (*one).to_owned(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}
