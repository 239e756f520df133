//! `semisync_replica.so`: semisynchronous replication on the replica side of a MySQL 9.7 server.
//!
//! The decisions are those of [`semisync_core::replica::Replica`], one for each replication
//! channel. [`plugin`] loads and unloads, [`settings`] are its variables, [`channels`] holds the
//! machines, and [`hooks`] is what the receiver threads call.

mod plugin;

mod settings;

mod channels;

mod hooks;
