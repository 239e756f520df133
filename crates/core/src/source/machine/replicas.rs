//! Replicas: dumps that start and stop, which events ask for an ACK, and what an ACK releases.

use super::super::ack_counter::{Ack, Counted};
use super::super::{FlushedMark, Output};
use super::Source;
use crate::ServerId;
use crate::log::LogMessage;
use crate::position::BinlogPosition;
use crate::time::Instant;
use crate::wire::AckError;

impl Source {
    /// A replica that asks to start at a position has everything before it: that is its first ACK.
    pub(super) fn dump_started(
        &mut self,
        server_id: ServerId,
        position: BinlogPosition,
        semisync: bool,
    ) {
        if semisync {
            self.counters.clients += 1;
            self.observation.dump_started(server_id);
            self.count_ack(server_id, position.clone());
        }
        self.log(LogMessage::DumpStarted {
            semisync,
            server_id,
            position,
        });
    }

    /// Losing a replica matters at one edge only: when exactly one is missing for the first time.
    pub(super) fn dump_stopped(&mut self, server_id: ServerId, semisync: bool) {
        self.log(LogMessage::DumpStopped {
            semisync,
            server_id,
        });
        if !semisync {
            return;
        }
        let clients = self.counters.clients.checked_sub(1);
        assert!(
            clients.is_some(),
            "a semisynchronous dump stopped that never started"
        );
        self.counters.clients = clients.unwrap_or(0);
        self.observation.dump_stopped(server_id);
        let falls_back = !self.config.wait_no_replica || self.is_shutting_down;
        if !self.is_on || !self.has_one_replica_too_few() || !falls_back {
            return;
        }
        if self.is_shutting_down && self.has_unacknowledged_commits() {
            self.log(LogMessage::ForcedShutdown);
        }
        self.switch_off();
    }

    pub(super) fn event_about_to_be_sent(&mut self, server_id: ServerId, position: BinlogPosition) {
        let ack_requested = self.is_enabled && self.asks_for_ack(server_id, position);
        self.outputs.push_back(Output::EventFlag { ack_requested });
    }

    /// No room for the header: events of this connection cannot be marked, so the source is
    /// disabled.
    pub(super) fn event_header_did_not_fit(&mut self) {
        self.log(LogMessage::NoSpaceForEventHeader);
        self.disable();
    }

    pub(super) fn ack_received(
        &mut self,
        now: Instant,
        server_id: ServerId,
        position: BinlogPosition,
    ) {
        self.observation.ack_received(now, server_id, &position);
        self.trace(|_| LogMessage::AckReceived {
            position: position.clone(),
            server_id,
        });
        self.count_ack(server_id, position);
    }

    /// What a replica asks not to be sent again it has written, as its ACK would say, and it is
    /// never asked for that ACK again. While OFF only an ACK switches on, as in the stock plugin.
    pub(super) fn replica_has_received(&mut self, server_id: ServerId, mark: &FlushedMark) {
        let commit = self.commit.known();
        let is_flushed = commit.is_some_and(|commit| self.order.reaches(commit, &mark.position));
        if self.is_on && is_flushed && mark.resets == self.resets {
            self.count_ack(server_id, mark.position.clone());
        }
    }

    pub(super) fn ack_rejected(&mut self, error: AckError) {
        match error {
            AckError::MagicNumber => self.log(LogMessage::AckMagicNumberWrong),
            AckError::TooShort => self.log(LogMessage::AckTooShort),
            AckError::FileNameTooLong => self.log(LogMessage::AckFileNameTooLong),
            AckError::Goodbye => {}
        }
    }

    /// Enough replicas have everything up to the position.
    pub(super) fn report(&mut self, position: &BinlogPosition) {
        if !self.is_enabled {
            return;
        }
        if !self.is_on {
            self.try_switch_on(position);
        }
        if self
            .reply
            .known()
            .is_none_or(|reply| self.order.reaches(position, reply))
        {
            self.reply.set(position);
            self.trace(|source| LogMessage::ReplyAt {
                position: source.reply.stored().clone(),
            });
        }
        let is_waited_for = self.order.reaches(self.reply.stored(), self.wait.stored());
        if 0 < self.counters.wait_sessions && is_waited_for {
            self.wait.forget();
            self.trace(|_| LogMessage::WaitersSignalled);
            self.signal_acknowledged();
        }
    }

    /// Whether exactly one replica fewer is registered than must acknowledge.
    pub(super) fn has_one_replica_too_few(&self) -> bool {
        self.counters.clients + 1 == u32::from(self.config.wait_for_replica_count)
    }

    fn count_ack(&mut self, server_id: ServerId, position: BinlogPosition) {
        if self.config.wait_for_replica_count == 1 {
            return self.report(&position);
        }
        match self.acks.insert(Ack {
            server_id,
            position,
        }) {
            Counted::NotGreater => self.trace(|_| LogMessage::AckNotGreater),
            Counted::Stored { slot } => {
                self.trace(|_| LogMessage::AckStored { slot: slot as u32 });
            }
            Counted::Replaced { slot } => {
                self.trace(|_| LogMessage::AckReplaced { slot: slot as u32 });
            }
            Counted::Reported(position) => self.report(&position),
        }
    }

    /// The source has caught up when everything flushed is acknowledged.
    fn try_switch_on(&mut self, position: &BinlogPosition) {
        let commit = self.commit.known();
        if commit.is_none_or(|commit| self.order.reaches(position, commit)) {
            self.is_on = true;
            self.log(LogMessage::SwitchedOn {
                position: position.clone(),
            });
        }
    }

    fn has_unacknowledged_commits(&self) -> bool {
        match (self.reply.known(), self.commit.known()) {
            (Some(reply), Some(commit)) => self.order.is_before(reply, commit),
            (None, _) | (_, None) => false,
        }
    }

    fn asks_for_ack(&mut self, server_id: ServerId, position: BinlogPosition) -> bool {
        let ack_requested = if self.is_on {
            let reply = self.reply.known();
            if reply.is_some_and(|reply| self.order.reaches(reply, &position)) {
                return false;
            }
            let wait = self.wait.known();
            if wait.is_some_and(|wait| self.order.is_before(&position, wait)) {
                false
            } else {
                self.trace(|source| LogMessage::PositionProbed {
                    position: position.clone(),
                    entry: source.flushed.len() as u32,
                });
                self.flushed.is_end(&position)
            }
        } else {
            let commit = self.commit.known();
            commit.is_none_or(|commit| self.order.reaches(&position, commit))
        };
        self.trace(|source| LogMessage::EventFlagDecided {
            server_id,
            position,
            ack_requested,
            is_on: source.is_on,
        });
        ack_requested
    }
}
