//! The boundary to a MySQL 9.7 server: what its plugins see, as Rust types.
//!
//! [`layout`] mirrors the server's structs and holds nothing else; [`server`] names the symbols the
//! server exports; [`guard`] is the only way from C into Rust. The rest wraps single services:
//! locks, stages and threads, the clock, the error log, network packets. Nothing here decides
//! anything about replication: that is `semisync-core`.
//!
//! Everything is for x86-64 Linux and release builds of one server series; [`version`] refuses the
//! others.

#[cfg(not(all(target_os = "linux", target_arch = "x86_64")))]
compile_error!("the mirrored layouts are those of MySQL 9.7 on x86-64 Linux");

pub mod layout;

pub mod server;

pub mod guard;

pub mod library;

pub mod fault;

pub mod error_log;

mod registry;

pub mod version;

pub mod clock;

pub mod lock;

pub mod instruments;

pub mod packets;

pub mod variables;

pub mod own_variables;

pub mod global_variables;

mod c_text;

pub use c_text::{base_name, c_bytes, c_string};
