//! `semisync_source.so`: semisynchronous replication on the source side of a MySQL 9.7 server.
//!
//! The decisions are those of [`semisync_core::source::Source`]; this crate lends it a server.
//! [`plugin`] loads and unloads, [`settings`] and [`status`] are its variables, [`hooks`] and
//! [`dump`] are what the server calls, [`host`] holds the machine under its lock, [`commit_wait`]
//! puts sessions to sleep, [`ack_receiver`] is the thread that reads ACKs, and
//! [`recorder`] the one that writes flight recordings.

mod plugin;

mod settings;

mod status;

mod host;

mod commit_wait;

mod hooks;

mod dump;

mod ack_receiver;

mod recorder;
