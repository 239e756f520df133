//! The relay log: what the receiver wrote and the applier has not read yet.

use std::sync::Arc;

use semisync_core::{BinlogFileName, BinlogPosition, Instant};

use crate::binlog::{BinlogEvent, EventBody, size};
use crate::gtid::{Gtid, GtidSet};
use crate::shared_log::SharedLog;

/// The relay log files, oldest first.
#[derive(Clone, Debug)]
pub(crate) struct RelayLog {
    base: String,
    /// Number of the first file kept.
    first: u64,
    files: Vec<RelayFile>,
    /// Events since the last sync.
    unsynced: u64,
    /// RESET REPLICA has ended the last file; START REPLICA opens the next one.
    is_closed: bool,
    /// The files that RESET REPLICA left are still there when the applier goes to the next one.
    spares_once: bool,
}

/// One file. Events keep the source's end positions; where they start is the place in this file.
#[derive(Clone, Debug)]
pub(crate) struct RelayFile {
    pub(crate) name: BinlogFileName,
    pub(crate) events: SharedLog<BinlogEvent>,
    pub(crate) size: u64,
    /// How many events survive a power cut.
    synced: usize,
}

impl RelayLog {
    pub(crate) fn new(base: &str) -> RelayLog {
        RelayLog {
            base: base.to_owned(),
            first: 1,
            files: Vec::new(),
            unsynced: 0,
            is_closed: false,
            spares_once: false,
        }
    }

    /// Ends the last file: the server stops.
    pub(crate) fn stop(&mut self, now: Instant, server_id: u32) {
        if !self.is_closed {
            self.append_own(now, server_id, EventBody::Stop, size::STOP);
        }
    }

    /// Ends the last file: RESET REPLICA.
    pub(crate) fn close(&mut self, now: Instant, server_id: u32) {
        self.stop(now, server_id);
        self.is_closed = true;
        self.spares_once = true;
    }

    /// Whether its last file has ended and the next one is not begun.
    pub(crate) fn is_closed(&self) -> bool {
        self.is_closed
    }

    pub(crate) fn files(&self) -> &[RelayFile] {
        &self.files
    }

    /// The file with this number.
    pub(crate) fn file(&self, number: u64) -> Option<&RelayFile> {
        let index = number.checked_sub(self.first)?;
        self.files.get(usize::try_from(index).ok()?)
    }

    /// Where the event at this place begins, which may not be there yet.
    pub(crate) fn position_before(&self, (number, index): (u64, usize)) -> BinlogPosition {
        let Some(file) = self.file(number) else {
            return BinlogPosition::default();
        };
        let before = index.checked_sub(1).and_then(|last| file.events.get(last));
        let offset = before.map_or(4, |event| event.start + u64::from(event.size));
        BinlogPosition {
            file: file.name.clone(),
            offset,
        }
    }

    /// Number of the first file, and of the last.
    pub(crate) fn numbers(&self) -> (u64, u64) {
        let count = self.files.len() as u64;
        (self.first, self.first + count.saturating_sub(1))
    }

    pub(crate) fn space(&self) -> u64 {
        self.files.iter().map(|file| file.size).sum::<u64>()
    }

    /// Begins the next file.
    pub(crate) fn open_file(&mut self, now: Instant, server_id: u32, retrieved: &GtidSet) {
        self.is_closed = false;
        let number = self.first + self.files.len() as u64;
        let name = BinlogFileName::new(format!("{}.{number:06}", self.base));
        if let Some(last) = self.files.last_mut() {
            last.synced = last.events.len();
        }
        self.files.push(RelayFile {
            name,
            events: SharedLog::new(),
            size: size::MAGIC,
            synced: 0,
        });
        self.append_own(
            now,
            server_id,
            EventBody::FormatDescription,
            size::FORMAT_DESCRIPTION,
        );
        let previous = EventBody::PreviousGtids(Arc::new(retrieved.clone()));
        self.append_own(now, server_id, previous, size::previous_gtids(retrieved));
        self.sync();
    }

    /// Ends the file and begins the next one, as each Rotate event from the source makes it.
    pub(crate) fn rotate(&mut self, now: Instant, server_id: u32, retrieved: &GtidSet) {
        let next = format!("{}.{:06}", self.base, self.first + self.files.len() as u64);
        let size = size::rotate(next.len());
        let rotate = EventBody::Rotate { next, position: 4 };
        self.append_own(now, server_id, rotate, size);
        self.open_file(now, server_id, retrieved);
    }

    /// A new file says how the source writes its events, as the one before did.
    pub(crate) fn repeat_source_description(&mut self, own_id: u32) {
        let mut events = self.files.iter().rev().flat_map(|file| file.events.iter());
        let description = events.find(|event| {
            matches!(*event.body, EventBody::FormatDescription) && event.server_id != own_id
        });
        if let Some(mut description) = description.cloned() {
            description.end = 0;
            self.append(description);
        }
    }

    /// Writes an event of this server's own.
    fn append_own(&mut self, now: Instant, server_id: u32, body: EventBody, size: u64) {
        let end = self.files.last().map_or(0, |file| file.size) + size;
        self.append(BinlogEvent {
            start: 0,
            end,
            size: size as u32,
            server_id,
            timestamp: now,
            transaction: None,
            body: Arc::new(body),
        });
    }

    /// Writes an event; its place in the file is set here.
    pub(crate) fn append(&mut self, mut event: BinlogEvent) {
        let Some(file) = self.files.last_mut() else {
            return;
        };
        event.start = file.size;
        file.size += u64::from(event.size);
        file.events.push(event);
        self.unsynced += 1;
    }

    /// Whether writing one more event will make a sync due.
    pub(crate) fn next_event_is_synced(&self, every: u64) -> bool {
        0 < every && every <= self.unsynced + 1
    }

    /// Whether `sync_relay_log` events have come since the last sync.
    pub(crate) fn sync_is_due(&self, every: u64) -> bool {
        0 < every && every <= self.unsynced
    }

    pub(crate) fn sync(&mut self) {
        if let Some(file) = self.files.last_mut() {
            file.synced = file.events.len();
        }
        self.unsynced = 0;
    }

    /// Deletes the files before this number.
    pub(crate) fn purge_before(&mut self, number: u64) {
        if std::mem::take(&mut self.spares_once) {
            return;
        }
        let count = number
            .saturating_sub(self.first)
            .min(self.files.len() as u64);
        self.files.drain(..count as usize);
        self.first += count;
    }

    /// What a power cut leaves; gives back the transactions that are still complete.
    pub(crate) fn power_cut(&mut self) {
        if let Some(file) = self.files.last_mut() {
            file.events.truncate(file.synced);
            let end = |event: &BinlogEvent| event.start + u64::from(event.size);
            file.size = file.events.last().map_or(size::MAGIC, end);
        }
        self.unsynced = 0;
    }

    /// The transactions that are complete in it, or were in files that are gone.
    pub(crate) fn complete_transactions(&self) -> GtidSet {
        let mut set = GtidSet::new();
        let mut current: Option<Gtid> = None;
        for event in self.files.iter().flat_map(|file| file.events.iter()) {
            match &*event.body {
                EventBody::Gtid { gtid, .. } => current = Some(*gtid),
                EventBody::PreviousGtids(before) => set.union(before),
                _ => {}
            }
            if event.body.ends_transaction()
                && let Some(gtid) = current.take()
            {
                set.add(gtid);
            }
        }
        set
    }

    /// How many transactions end at or after this place.
    pub(crate) fn transactions_from(&self, (number, index): (u64, usize)) -> u64 {
        let mut count = 0;
        let (_, last) = self.numbers();
        let mut start = index;
        for number in number..=last {
            if let Some(file) = self.file(number) {
                let events = file.events.iter_from(start);
                count += events.filter(|event| event.body.ends_transaction()).count() as u64;
            }
            start = 0;
        }
        count
    }
}
