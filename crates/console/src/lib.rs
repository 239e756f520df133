//! The SQL a person may type, as the `mysql` client prints it.
//!
//! It owns parsing, results and their layout, clients with their prompts, lab scripts, the
//! recording of a session, and how a flight recording of a real source is printed. It holds no replication decision and no clock: time is cluster time.
//! Start with [`workbench`].
#![forbid(unsafe_code)]

pub mod recording;

pub mod workbench;

pub mod lab;

pub mod flight;
pub mod soak;

mod statement;

mod lexer;

mod parser;

mod layout;

mod calendar;

mod environment;

mod deprecated;

mod lowering;

mod tables;

mod query;

mod shows;

mod plan;

mod line_reader;

pub use recording::{Playback, Recording};
pub use workbench::{Screen, SessionAddress, SubmitError, TerminalEntry, Workbench};
