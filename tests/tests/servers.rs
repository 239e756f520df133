//! The plugins in real MySQL 9.7 servers.
//!
//! `SEMISYNC_MYSQL_ROOT` names a directory with MySQL 9.7 installed and `SEMISYNC_PLUGIN_DIR` the
//! directory of our two libraries; `cargo xtask test` sets both. Servers listen on 127.0.0.1 and
//! end with their test.

#[path = "servers/ack_receiver.rs"]
mod ack_receiver;

#[path = "servers/ack_fuzz.rs"]
mod ack_fuzz;

#[path = "servers/better_than_stock.rs"]
mod better_than_stock;

#[path = "servers/channels.rs"]
mod channels;

#[path = "servers/commit_wait.rs"]
mod commit_wait;

#[path = "servers/counting.rs"]
mod counting;

#[path = "servers/drop_in.rs"]
mod drop_in;

#[path = "servers/faults.rs"]
mod faults;

#[path = "servers/foreign.rs"]
mod foreign;

#[path = "servers/labs.rs"]
mod labs;

#[path = "servers/flight.rs"]
mod flight;

#[path = "servers/loading.rs"]
mod loading;

#[path = "servers/lost_acks.rs"]
mod lost_acks;

#[path = "servers/observed.rs"]
mod observed;

#[path = "servers/pairings.rs"]
mod pairings;

#[path = "servers/swap.rs"]
mod swap;

#[path = "servers/variables.rs"]
mod variables;
