//! The binary log of a server: its files, their events, and how far they are written and synced.
//!
//! Events have the sizes MySQL writes ([`size`]), so that every position is the real one. Event
//! bodies are shared with the packets and relay logs they are copied to. What is written when is
//! decided by the commit path; who reads it, by the dump threads.

pub mod event;

pub mod size;

pub use event::{BinlogEvent, DdlAction, EventBody, RowChange, RowsKind};

use std::sync::Arc;

use semisync_core::{BinlogFileName, BinlogPosition, Instant};

use crate::gtid::GtidSet;
use crate::shared_log::SharedLog;

/// One binary log file.
#[derive(Clone, Debug)]
pub struct BinlogFile {
    /// Base name.
    pub name: BinlogFileName,
    /// Its events, in order.
    pub events: SharedLog<BinlogEvent>,
    /// Where the next event starts.
    pub size: u64,
    /// How much of it survives a power cut.
    pub synced: u64,
    /// What was executed before it began.
    pub previous_gtids: GtidSet,
}

/// All binary log files of a server, oldest first. There is always one.
#[derive(Clone, Debug)]
pub struct BinaryLog {
    base: String,
    server_id: u32,
    files: Vec<BinlogFile>,
    /// How many files were deleted before the first one.
    deleted: u64,
    /// How far dump threads may read in the last file.
    published: u64,
}

impl BinaryLog {
    /// A log without files; call [`BinaryLog::open_file`] before anything else.
    pub(crate) fn new(base: &str, server_id: u32) -> BinaryLog {
        BinaryLog {
            base: base.to_owned(),
            server_id,
            files: Vec::new(),
            deleted: 0,
            published: 0,
        }
    }

    pub(crate) fn set_server_id(&mut self, server_id: u32) {
        self.server_id = server_id;
    }

    /// The files, oldest first.
    pub fn files(&self) -> &[BinlogFile] {
        &self.files
    }

    /// The file with this name.
    pub fn file(&self, name: &str) -> Option<&BinlogFile> {
        let name = BinlogFileName::new(name);
        self.files.iter().find(|file| file.name == name)
    }

    /// The file that is written.
    pub fn current(&self) -> &BinlogFile {
        &self.files[self.files.len() - 1]
    }

    /// End of what is written.
    pub fn end(&self) -> BinlogPosition {
        let file = self.current();
        BinlogPosition {
            file: file.name.clone(),
            offset: file.size,
        }
    }

    /// How far a dump thread may read in the file with this index.
    pub(crate) fn readable(&self, file: usize) -> u64 {
        match self.files.get(file) {
            Some(_) if file + 1 == self.files.len() => self.published,
            Some(file) => file.size,
            None => 0,
        }
    }

    /// The file with this number, counted over the life of the log, and its index now.
    pub(crate) fn numbered(&self, number: u64) -> Option<(usize, &BinlogFile)> {
        let index = usize::try_from(number.checked_sub(self.deleted)?).ok()?;
        self.files.get(index).map(|file| (index, file))
    }

    /// The number of the file with this index.
    pub(crate) fn number_of(&self, index: usize) -> u64 {
        self.deleted + index as u64
    }

    pub(crate) fn index_of(&self, name: &BinlogFileName) -> Option<usize> {
        self.files.iter().position(|file| file.name == *name)
    }

    /// Lets dump threads read everything written so far.
    pub(crate) fn publish(&mut self) {
        self.published = self.current().size;
    }

    /// Lets everything written so far survive a power cut.
    pub(crate) fn sync(&mut self) {
        let file = self.current_mut();
        file.synced = file.size;
    }

    /// Lets dump threads read up to `position`, if it is in the file that is written.
    pub(crate) fn publish_to(&mut self, position: &BinlogPosition) {
        if self.current().name == position.file {
            self.published = self.published.max(position.offset);
        }
    }

    /// Lets everything up to `position` survive a power cut.
    pub(crate) fn sync_to(&mut self, position: &BinlogPosition) {
        let file = self.current_mut();
        if file.name == position.file {
            file.synced = file.synced.max(position.offset);
        }
    }

    /// Begins the next file. `number` overrides the suffix (RESET … TO n).
    pub(crate) fn open_file(&mut self, now: Instant, executed: &GtidSet, number: Option<u64>) {
        let number = number.unwrap_or_else(|| self.next_number());
        let name = BinlogFileName::new(format!("{}.{number:06}", self.base));
        self.files.push(BinlogFile {
            name,
            events: SharedLog::new(),
            size: size::MAGIC,
            synced: 0,
            previous_gtids: executed.clone(),
        });
        self.append(now, EventBody::FormatDescription, size::FORMAT_DESCRIPTION);
        let previous = EventBody::PreviousGtids(Arc::new(executed.clone()));
        self.append(now, previous, size::previous_gtids(executed));
        self.sync();
        self.publish();
    }

    /// Ends the file with a Rotate event and begins the next one.
    pub(crate) fn rotate(&mut self, now: Instant, executed: &GtidSet) {
        let next = format!("{}.{:06}", self.base, self.next_number());
        let size = size::rotate(next.len());
        self.append(now, EventBody::Rotate { next, position: 4 }, size);
        self.sync();
        self.open_file(now, executed, None);
    }

    /// Ends the file as a clean shutdown does.
    pub(crate) fn stop(&mut self, now: Instant) {
        self.append(now, EventBody::Stop, size::STOP);
        self.sync();
    }

    /// Deletes everything; the caller opens a new first file.
    pub(crate) fn delete_all(&mut self) {
        self.deleted += self.files.len() as u64;
        self.files.clear();
        self.published = 0;
    }

    /// Deletes the files before the one with this index.
    pub(crate) fn purge_before(&mut self, index: usize) {
        self.deleted += index as u64;
        self.files.drain(..index);
    }

    /// Writes an event of this server's own.
    pub(crate) fn append(&mut self, now: Instant, body: EventBody, size: u64) {
        let event = BinlogEvent {
            start: 0,
            end: 0,
            size: size as u32,
            server_id: self.server_id,
            timestamp: now,
            transaction: None,
            body: Arc::new(body),
        };
        self.append_event(event);
    }

    /// Writes an event; its positions are set here.
    pub(crate) fn append_event(&mut self, mut event: BinlogEvent) {
        let file = self.current_mut();
        event.start = file.size;
        event.end = file.size + u64::from(event.size);
        file.size = event.end;
        file.events.push(event);
    }

    /// What a crash leaves: after a power cut only what was synced, and never half a transaction.
    /// Gives back the identifiers and transactions that were cut off.
    pub(crate) fn recover(&mut self, power_cut: bool) -> Vec<BinlogEvent> {
        let file = self.current_mut();
        let limit = if power_cut { file.synced } else { file.size };
        let mut keep = 0;
        let mut complete = 0;
        for (index, event) in file.events.iter().enumerate() {
            if limit < event.end {
                break;
            }
            keep = index + 1;
            if event.body.ends_transaction() || !event.body.is_in_transaction() {
                complete = keep;
            }
        }
        debug_assert!(complete <= keep);
        let cut: Vec<_> = file.events.iter_from(complete).cloned().collect();
        file.events.truncate(complete);
        file.size = file.events.last().map_or(size::MAGIC, |event| event.end);
        file.synced = file.size;
        self.published = self.current().size;
        cut
    }

    /// All identifiers in all files.
    pub(crate) fn executed(&self) -> GtidSet {
        let mut set = self.purged();
        for file in &self.files {
            set.union(&file.previous_gtids);
        }
        if let Some(last) = self.files.last() {
            for event in &last.events {
                if let EventBody::Gtid { gtid, .. } = &*event.body {
                    set.add(*gtid);
                }
            }
        }
        set
    }

    /// What was executed before the oldest file (`gtid_purged`).
    pub fn purged(&self) -> GtidSet {
        self.files
            .first()
            .map(|file| file.previous_gtids.clone())
            .unwrap_or_default()
    }

    /// Moves all times `by` microseconds nearer to 0.
    pub(crate) fn rebase(&mut self, by: u64) {
        for file in &mut self.files {
            let events = file.events.iter().cloned().map(|mut event| {
                let at = event.timestamp.as_micros().saturating_sub(by);
                event.timestamp = Instant::from_micros(at);
                event
            });
            file.events = events.collect();
        }
    }

    fn current_mut(&mut self) -> &mut BinlogFile {
        let last = self.files.len() - 1;
        &mut self.files[last]
    }

    fn next_number(&self) -> u64 {
        let last = self.files.last();
        let number = last.and_then(|file| {
            let name = file.name.to_string();
            name.rsplit_once('.')
                .and_then(|(_, digits)| digits.parse::<u64>().ok())
        });
        number.map_or(1, |number| number + 1)
    }
}
