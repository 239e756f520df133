//! Configuration: what setting a variable does, and RESET BINARY LOGS AND GTIDS.

use super::super::{Output, WaitPoint};
use super::Source;
use crate::Generation;
use crate::log::LogMessage;

impl Source {
    pub(super) fn enable(&mut self) {
        if self.is_enabled {
            return;
        }
        self.is_enabled = true;
        if !self.has_list {
            self.has_list = true;
            self.log(LogMessage::Initialised);
        }
        self.forget_positions();
        let count = u32::from(self.config.wait_for_replica_count);
        self.is_on = self.config.wait_no_replica || count <= self.counters.clients;
        self.log(LogMessage::EnabledOnSource);
        if self.has_ack_receiver() {
            self.outputs.push_back(Output::StartAckReceiver);
        }
    }

    pub(super) fn disable(&mut self) {
        if self.disable_without_receiver() && self.has_ack_receiver() {
            self.outputs.push_back(Output::StopAckReceiver);
        }
    }

    pub(super) fn ack_receiver_start_failed(&mut self, errno: i32) {
        self.log(LogMessage::AckReceiverStartFailed { errno });
        self.disable_without_receiver();
    }

    /// Losing the last replica does not switch off while the value is ON, and setting it ON
    /// switches on, silently, even with no replica at all.
    pub(super) fn set_wait_no_replica(&mut self, value: bool) {
        if value == self.config.wait_no_replica {
            return;
        }
        self.config.wait_no_replica = value;
        if value {
            self.is_on = self.is_enabled;
        } else if self.is_on && self.counters.clients == 0 {
            self.switch_off();
        }
    }

    pub(super) fn set_count(&mut self, count: u16) {
        if self.config.generation == Generation::V5_5 {
            return;
        }
        let count = count.max(1);
        self.config.wait_for_replica_count = count;
        if let Some(position) = self.acks.resize(count) {
            self.report(&position);
        }
    }

    pub(super) fn set_wait_point(&mut self, wait_point: WaitPoint) {
        if self.config.generation != Generation::V5_5 {
            self.config.wait_point = wait_point;
        }
    }

    /// Positions start again at the beginning. Nodes that nobody waits on would be greater than all
    /// new ones, so they go; the stock plugin keeps them and then switches off at each flush.
    pub(super) fn binary_logs_reset(&mut self) {
        self.resets += 1;
        self.acks.clear();
        self.forget_positions();
        self.counters.reset();
        self.flushed.drop_idle(&mut self.waits);
    }

    fn disable_without_receiver(&mut self) -> bool {
        if !self.is_enabled {
            return false;
        }
        self.switch_off();
        self.is_enabled = false;
        self.has_list = 0 < self.flushed.len();
        self.forget_positions();
        self.acks.clear();
        self.log(LogMessage::DisabledOnSource);
        true
    }

    fn forget_positions(&mut self) {
        self.commit.forget();
        self.reply.forget();
        self.wait.forget();
    }

    /// In 5.5 the dump thread itself reads the ACK after each flagged event.
    fn has_ack_receiver(&self) -> bool {
        self.config.generation != Generation::V5_5
    }
}
