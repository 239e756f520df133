//! The machines, one for each replication channel.
//!
//! A channel's hooks all run on its receiver thread; the list is locked only while a machine is
//! told something, never while its outputs are carried out.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use semisync_abi::guard::Poison;
use semisync_abi::{clock, error_log};
use semisync_core::Generation;
use semisync_core::replica::{DisableConduct, Input, Output, Replica, ReplicaConfig};
use semisync_core::source::SemisyncStatus;

use crate::settings;

/// Set by a caught panic: no machine is asked again, no ACK is sent, replication goes on.
pub(crate) static POISON: Poison = Poison::new(switch_off);

static CHANNELS: Mutex<BTreeMap<Vec<u8>, Channel>> = Mutex::new(BTreeMap::new());

struct Channel {
    machine: Replica,
    /// Whether the packets of the running dump carry the event header, for when the machine
    /// cannot be asked any more.
    has_headers: bool,
}

/// Begins without channels.
pub(crate) fn start() {
    POISON.reset();
    channels().clear();
    settings::show_status(false);
}

/// Drops all machines. No hook may be running.
pub(crate) fn stop() {
    channels().clear();
    settings::show_status(false);
}

/// Tells one channel's machine what happened; `None` when it must not be asked any more.
pub(crate) fn step(name: &[u8], input: Input) -> Option<Vec<Output>> {
    if POISON.is_poisoned() {
        return None;
    }
    let mut channels = channels();
    if !channels.contains_key(name) {
        channels.insert(name.to_vec(), Channel::new());
    }
    let channel = channels.get_mut(name)?;
    let before = channel.machine.status();
    let outputs = channel.step(input);
    if before != channel.machine.status() {
        let is_on = channels.values().any(Channel::is_on);
        settings::show_status(is_on);
    }
    Some(outputs)
}

/// Tells all machines of a changed variable.
pub(crate) fn tell_all(input: &Input) {
    if POISON.is_poisoned() {
        return;
    }
    for channel in channels().values_mut() {
        let outputs = channel.step(input.clone());
        assert!(outputs.is_empty(), "a variable orders nothing: {outputs:?}");
    }
}

/// Whether the packets of a channel's dump carry the event header.
pub(crate) fn has_headers(name: &[u8]) -> bool {
    channels()
        .get(name)
        .is_some_and(|channel| channel.has_headers)
}

/// After a panic: the channel's next dump is an ordinary one.
pub(crate) fn forget_headers(name: &[u8]) {
    if let Some(channel) = channels().get_mut(name) {
        channel.has_headers = false;
    }
}

/// Whether UNINSTALL PLUGIN may go on.
pub(crate) fn can_uninstall() -> bool {
    let channels = channels();
    match POISON.is_poisoned() {
        true => channels.values().all(|channel| !channel.has_headers),
        false => channels
            .values()
            .all(|channel| channel.machine.can_uninstall()),
    }
}

fn switch_off() {
    settings::set_disabled();
    settings::show_status(false);
    error_log::write_text(
        error_log::Level::Error,
        "semisync plugin: switched off after an internal error; no ACKs are sent any more and \
         replication goes on. Reinstall the plugin to switch it on again",
    );
}

impl Channel {
    fn new() -> Channel {
        let mut channel = Channel {
            machine: Replica::new(ReplicaConfig {
                generation: Generation::V9_7,
                disable_conduct: DisableConduct::Graceful,
            }),
            has_headers: false,
        };
        for input in [
            Input::EnabledSet(settings::is_enabled()),
            Input::TraceLevelSet(settings::trace_level()),
        ] {
            let outputs = channel.step(input);
            assert!(outputs.is_empty(), "a variable orders nothing: {outputs:?}");
        }
        channel
    }

    fn step(&mut self, input: Input) -> Vec<Output> {
        self.machine.handle(clock::now(), input);
        let mut outputs = Vec::new();
        while let Some(output) = self.machine.poll_output() {
            if output == Output::RequestDump {
                self.has_headers = self.is_on();
            }
            outputs.push(output);
        }
        self.has_headers &= self.is_on();
        outputs
    }

    fn is_on(&self) -> bool {
        self.machine.status() == SemisyncStatus::On
    }
}

fn channels() -> MutexGuard<'static, BTreeMap<Vec<u8>, Channel>> {
    // After a panic only `has_headers` is read, which is always whole.
    CHANNELS.lock().unwrap_or_else(PoisonError::into_inner)
}
