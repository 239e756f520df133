//! Binary logs, relay logs, GTIDs, the error log.

use crate::ServerIndex;
use crate::binlog::BinlogEvent;
use crate::cluster::Cluster;
use crate::inspect::{BinlogEventRow, BinlogFileRow, ErrorLogRow};
use crate::variables::ordinary;

impl Cluster {
    /// Binary log files; empty without a binary log.
    pub fn binlog_files(&self, server: ServerIndex) -> Vec<BinlogFileRow> {
        let Some(server) = self.running_server(server).filter(|it| it.has_binlog()) else {
            return Vec::new();
        };
        let files = server.binlog.files().iter().map(|file| BinlogFileRow {
            name: file.name.to_string(),
            size: file.size,
        });
        files.collect()
    }

    /// Events of a binary log file; `None` if there is no such file.
    pub fn binlog_events(&self, server: ServerIndex, file: &str) -> Option<Vec<BinlogEventRow>> {
        let server = self.running_server(server).filter(|it| it.has_binlog())?;
        let version = server.global(ordinary!("version")).shown();
        let found = server.binlog.file(file)?;
        let rows = found.events.iter().map(|event| BinlogEventRow {
            file: found.name.to_string(),
            position: event.start,
            event_type: event.body.type_name().to_owned(),
            server_id: event.server_id,
            end_position: event.end,
            info: event.info(&version),
        });
        Some(rows.collect())
    }

    /// Events of a relay log file (the first one without a name); `None` if there is no such file.
    pub fn relay_log_events(
        &self,
        server: ServerIndex,
        file: Option<&str>,
    ) -> Option<Vec<BinlogEventRow>> {
        let server = self.running_server(server)?;
        let version = server.global(ordinary!("version")).shown();
        let relay_log = &server.channel.as_ref()?.relay_log;
        if relay_log.is_closed() {
            return Some(Vec::new());
        }
        let mut files = relay_log.files().iter();
        let found = match file {
            Some(name) => files.find(|file| file.name.to_string() == name)?,
            None => files.next()?,
        };
        let row = |event: &BinlogEvent| BinlogEventRow {
            file: found.name.to_string(),
            position: event.start,
            event_type: event.body.type_name().to_owned(),
            server_id: event.server_id,
            end_position: event.end,
            info: event.info(&version),
        };
        Some(found.events.iter().map(row).collect())
    }

    /// `gtid_executed`
    pub fn gtid_executed(&self, server: ServerIndex) -> String {
        let up = self.running_server(server);
        up.map(|server| server.gtid_executed.to_string())
            .unwrap_or_default()
    }

    /// The error log, oldest first, filtered by `log_error_verbosity` as of writing.
    pub fn error_log(&self, server: ServerIndex) -> Vec<ErrorLogRow> {
        let server = self.servers.get(usize::from(server.0));
        server
            .map(|server| server.error_log.iter().cloned().collect())
            .unwrap_or_default()
    }
}
