//! The `semisync-lab` command.
fn main() {}
