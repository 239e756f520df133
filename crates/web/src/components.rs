//! The parts of the page: each takes values and callbacks, and draws.

pub mod app;

mod details;
mod feed;
mod flight;
mod header;
mod help;
mod icon;
mod inspector;
mod opening;
mod prompt;
mod scene;
mod server_card;
mod simplifications;
mod stage;
mod status;
mod tape;
mod terminal;
mod tour;
mod transport;
