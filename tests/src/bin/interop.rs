//! Every source with every replica over every connection: `cargo xtask interop`.

use std::process::ExitCode;

use semisync_tests::interop::{Cell, play_pair};
use semisync_tests::servers::Plugins;

fn main() -> ExitCode {
    if 1 < std::env::args().count() {
        println!(
            "usage: interop\n\n\
             Plays the 80 cells of source (ours, stock), replica (ours, stock), connection (plain, TLS,\n\
             zlib, zstd, TLS with zstd), count (1, 2) and wait point, and prints a table."
        );
        return ExitCode::from(2);
    }
    println!("{}", Cell::HEAD);
    let mut cells = Vec::new();
    for source in [Plugins::Ours, Plugins::Stock] {
        for replica in [Plugins::Ours, Plugins::Stock] {
            cells.extend(play_pair(source, replica, |cell| println!("{cell}")));
        }
    }
    let good = cells.iter().filter(|cell| cell.is_good()).count();
    let sum = |count: fn(&Cell) -> u64| cells.iter().map(count).sum::<u64>();
    println!(
        "\n{good} of {} cells are good: {} commits, {} acknowledged, {} ACKs asked for, {} reconnects",
        cells.len(),
        sum(|cell| cell.commits),
        sum(|cell| cell.acknowledged),
        sum(|cell| cell.requests),
        sum(|cell| cell.reconnects as u64),
    );
    ExitCode::from(u8::from(good != cells.len()))
}
