//! Real MySQL 9.7 servers for tests: private, on 127.0.0.1, gone with the test.
//!
//! [`Installation`] finds MySQL and both pairs of plugins, [`Server`] runs one server with the
//! plugins asked for, [`Topology`] connects a source and its replicas, [`FakeReplica`] is a
//! replica that misbehaves as told, [`ForeignAcker`] one of other people's making. Conditions are waited for with [`wait_for`], never slept for.

mod fake_replica;
mod fault_libraries;
mod foreign_acker;
mod installation;
mod memcheck;
mod scratch;
mod server;
mod session;
mod topology;
mod wait;

pub use fake_replica::FakeReplica;
pub use fault_libraries::fault_libraries;
pub use foreign_acker::{ForeignAcker, Manners};
pub use installation::{Installation, Plugins};
pub use server::{Server, ServerOptions};
pub use session::{Rows, Session, SqlError};
pub use topology::{INSTALL_REPLICA, INSTALL_SOURCE, Link, Topology};
pub use wait::{wait_for, wait_until};
