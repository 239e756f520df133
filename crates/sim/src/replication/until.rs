//! START REPLICA UNTIL: where the applier stops by itself.

use semisync_core::BinlogPosition;

use super::channel::Applier;
use crate::binlog::{BinlogEvent, EventBody};
use crate::gtid::GtidSet;
use crate::operation::{self, SqlError};
use crate::server::error_log::Line;

/// The condition, with its sets read.
#[derive(Clone, Debug)]
pub(crate) enum Until {
    BeforeGtids(GtidSet),
    AfterGtids(GtidSet),
    SourcePosition(BinlogPosition),
    RelayPosition(String, u64),
    AfterGaps,
}

impl Until {
    /// Reads the condition of a statement.
    ///
    /// # Errors
    /// 1772
    pub(crate) fn read(until: &operation::Until) -> Result<Until, SqlError> {
        let set = |text: &String| {
            text.parse().map_err(|_| {
                let text = format!("Malformed GTID set specification '{text}'.");
                SqlError::new(1772, "HY000", text)
            })
        };
        Ok(match until {
            operation::Until::BeforeGtids(text) => Until::BeforeGtids(set(text)?),
            operation::Until::AfterGtids(text) => Until::AfterGtids(set(text)?),
            operation::Until::SourcePosition(file, offset) => {
                Until::SourcePosition(BinlogPosition::new(file, *offset))
            }
            operation::Until::RelayPosition(file, offset) => {
                Until::RelayPosition(file.clone(), *offset)
            }
            operation::Until::AfterGaps => Until::AfterGaps,
        })
    }

    /// Whether it has come before anything more is read.
    pub(crate) fn has_come(
        &self,
        executed: &GtidSet,
        applier: &Applier,
        relay: &BinlogPosition,
    ) -> bool {
        match self {
            Until::BeforeGtids(set) => !set.subtract(executed).eq(set),
            Until::AfterGtids(set) => set.is_subset(executed),
            Until::SourcePosition(position) => {
                !applier.executed.file.is_empty() && *position <= applier.executed
            }
            Until::RelayPosition(file, offset) => BinlogPosition::new(file, *offset) <= *relay,
            Until::AfterGaps => true,
        }
    }

    /// Whether the transaction that begins with this event is not to be applied any more.
    pub(crate) fn excludes(
        &self,
        event: &BinlogEvent,
        relay_file: &str,
        source_file: &str,
    ) -> bool {
        match self {
            Until::BeforeGtids(set) => {
                matches!(&*event.body, EventBody::Gtid { gtid, .. } if set.contains(*gtid))
            }
            Until::SourcePosition(position) => {
                let start = event.end.saturating_sub(u64::from(event.size));
                *position <= BinlogPosition::new(source_file, start)
            }
            Until::RelayPosition(file, offset) => file == relay_file && *offset <= event.start,
            Until::AfterGtids(_) | Until::AfterGaps => false,
        }
    }

    /// What the error log says of it; `applied` if nothing had to be read for that.
    pub(crate) fn line(&self, applied: bool) -> Line {
        let stopped = "Replica SQL thread stopped";
        match self {
            Until::BeforeGtids(set) if applied => {
                let text =
                    format!("{stopped} because UNTIL SQL_BEFORE_GTIDS {set} is already applied");
                Line::note(10377, "Repl", text)
            }
            Until::BeforeGtids(set) => {
                let text = format!("{stopped} because it reached UNTIL SQL_BEFORE_GTIDS {set}");
                Line::note(10378, "Repl", text)
            }
            Until::AfterGtids(set) => {
                let text = format!("{stopped} because it reached UNTIL SQL_AFTER_GTIDS {set}");
                Line::system(10379, "Repl", text)
            }
            Until::SourcePosition(BinlogPosition { offset, .. })
            | Until::RelayPosition(_, offset) => {
                let text = format!("{stopped} because it reached its UNTIL position {offset}");
                Line::note(10376, "Repl", text)
            }
            Until::AfterGaps => {
                let text = format!(
                    "{stopped} according to UNTIL SQL_AFTER_MTS_GAPS as it has processed all gap \
                     transactions left from the previous replica session."
                );
                Line::note(10380, "Repl", text)
            }
        }
    }

    /// Until_Condition, Until_Log_File, Until_Log_Pos
    pub(crate) fn shown(&self) -> (&'static str, String, u64) {
        match self {
            Until::BeforeGtids(_) => ("SQL_BEFORE_GTIDS", String::new(), 0),
            Until::AfterGtids(_) => ("SQL_AFTER_GTIDS", String::new(), 0),
            Until::SourcePosition(BinlogPosition { file, offset }) => {
                ("Source", file.to_string(), *offset)
            }
            Until::RelayPosition(file, offset) => ("Relay", file.clone(), *offset),
            Until::AfterGaps => ("SQL_AFTER_MTS_GAPS", String::new(), 0),
        }
    }
}
