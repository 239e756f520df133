//! Replication: dump threads on the source; receiver, relay log and applier on the replica.
//!
//! The handshake, the order of packets and the reconnect rules are MySQL's; whether a dump is
//! semisynchronous, which events ask for an ACK and when an ACK is sent comes from the core.

pub(crate) mod channel;

mod checkpoint;

pub(crate) mod relay_log;

pub(crate) mod receiver;

pub(crate) mod handshake;

pub(crate) mod dump;

pub(crate) mod dump_start;

pub(crate) mod applier;

pub(crate) mod apply;

pub(crate) mod obstacles;

mod kill;

pub(crate) mod until;
