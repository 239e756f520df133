//! Our plugins and the stock ones with each other: all cells of the matrix.

use semisync_tests::interop::{Cell, play_pair};
use semisync_tests::servers::Plugins;

#[track_caller]
fn check(source: Plugins, replica: Plugins) {
    let cells = play_pair(source, replica, |_| {});
    assert_eq!(cells.len(), 20, "connections, counts and wait points");
    let bad: Vec<&Cell> = cells.iter().filter(|cell| !cell.is_good()).collect();
    assert!(bad.is_empty(), "{bad:#?}");
}

#[test]
fn our_source_and_our_replicas() {
    check(Plugins::Ours, Plugins::Ours);
}

#[test]
fn our_source_and_the_stock_replicas() {
    check(Plugins::Ours, Plugins::Stock);
}

#[test]
fn the_stock_source_and_our_replicas() {
    check(Plugins::Stock, Plugins::Ours);
}

#[test]
fn the_stock_source_and_the_stock_replicas_pass_the_same_checks() {
    check(Plugins::Stock, Plugins::Stock);
}
