//! Cases 69 to 82: what each ACK reports, and what is held afterwards.

use alloc::string::{String, ToString};
use alloc::vec::Vec;
use alloc::{borrow::ToOwned, format};

use super::*;
use crate::Generation;

/// One case. `arrivals` and `reports` stand one below the other; `-` is an ACK that reports
/// nothing; `count N` changes the count. `held` is what is kept afterwards, by server, and the last
/// report.
#[track_caller]
fn check(counting: AckCounting, count: u16, arrivals: &str, reports: &str, held: &str) {
    let order = PositionOrder::of(Generation::V9_7);
    let mut counter = AckCounter::new(counting, order, count);
    let mut seen = Vec::new();
    for arrival in arrivals.split(", ") {
        let report = match arrival.strip_prefix("count ") {
            Some(count) => counter.resize(count.parse().expect("a count")),
            None => match counter.insert(ack(arrival)) {
                Counted::Reported(position) => Some(position),
                Counted::NotGreater | Counted::Stored { .. } | Counted::Replaced { .. } => None,
            },
        };
        seen.push(report.map_or_else(|| "-".to_owned(), |position| position.offset.to_string()));
    }
    assert_eq!(seen.join(", "), reports, "{counting:?}: {arrivals}");
    assert_eq!(in_short(&counter), held, "{counting:?}: {arrivals}");
}

#[track_caller]
fn check_both(count: u16, arrivals: &str, reports: &str, held: &str) {
    check(AckCounting::Stock, count, arrivals, reports, held);
    check(AckCounting::Exact, count, arrivals, reports, held);
}

fn ack(text: &str) -> Ack {
    let (server, offset) = text.split_once('@').expect("S1@100");
    let server = server.strip_prefix('S').expect("S1@100");
    Ack {
        server_id: ServerId(server.parse().expect("a server id")),
        position: BinlogPosition::new("binlog.000001", offset.parse().expect("an offset")),
    }
}

fn in_short(counter: &AckCounter) -> String {
    let (acks, reported) = match counter {
        AckCounter::Exact(counter) => counter.held(),
        AckCounter::Stock(container) => container.held(),
    };
    let held = acks.iter().filter(|ack| !ack.position.file.is_empty());
    let mut held: Vec<_> = held
        .map(|ack| format!("S{}@{}", ack.server_id.0, ack.position.offset))
        .collect();
    held.sort();
    format!("{}; {}", held.join(", "), reported.offset)
}

const C69: &str = "S1@100, S1@150, S2@120";
const C70: &str = "S2@160, S1@155, S1@160";
const C71: &str = "S2@160, S2@170, S1@165";

#[test]
fn c69_a_server_counts_once() {
    check_both(2, C69, "-, -, 120", "S1@150; 120");
}

#[test]
fn c70_the_smaller_of_two_is_reported() {
    let arrivals = format!("{C69}, {C70}");
    check_both(2, &arrivals, "-, -, 120, 150, 155, 160", "; 160");
}

#[test]
fn c71_an_ack_not_greater_than_the_report_is_ignored() {
    let arrivals = format!("{C69}, {C70}, {C71}");
    let reports = "-, -, 120, 150, 155, 160, -, -, 165";
    check_both(2, &arrivals, reports, "S2@170; 165");
}

#[test]
fn c72_c73_two_replicas() {
    check_both(2, "S1@100, S2@100", "-, 100", "; 100");
    check_both(2, "S1@100, S2@90", "-, 90", "S1@100; 90");
}

#[test]
fn c74_three_replicas_in_order() {
    let arrivals = "S1@50, S2@100, S3@200";
    check_both(3, arrivals, "-, -, 50", "S2@100, S3@200; 50");
}

const C75: &str = "S1@100, S2@50, S3@200";

#[test]
fn c75_the_stock_container_reports_what_two_of_three_have() {
    let stock = "S2@50, S3@200; 100";
    check(AckCounting::Stock, 3, C75, "-, -, 100", stock);
    let exact = "S1@100, S3@200; 50";
    check(AckCounting::Exact, 3, C75, "-, -, 50", exact);
}

#[test]
fn c76_and_goes_on_with_it() {
    let arrivals = format!("{C75}, S1@210, S3@220, S2@60");
    let stock = "S2@50, S3@220; 210";
    let reports = "-, -, 100, 200, 210, -";
    check(AckCounting::Stock, 3, &arrivals, reports, stock);
    let exact = "S1@210, S3@220; 60";
    let reports = "-, -, 50, -, -, 60";
    check(AckCounting::Exact, 3, &arrivals, reports, exact);
}

#[test]
fn c77_equal_positions_leave_together() {
    check_both(3, "S1@100, S2@100, S3@100", "-, -, 100", "; 100");
}

#[test]
fn c78_the_stock_container_with_four() {
    let arrivals = "S1@100, S2@50, S3@70, S4@200";
    let stock = "S2@50, S3@70, S4@200; 100";
    check(AckCounting::Stock, 4, arrivals, "-, -, -, 100", stock);
    let exact = "S1@100, S3@70, S4@200; 50";
    check(AckCounting::Exact, 4, arrivals, "-, -, -, 50", exact);
}

#[test]
fn c79_a_servers_ack_may_go_back() {
    check_both(3, "S1@100, S1@80", "-, -", "S1@80; 0");
}

#[test]
fn c80_a_fourth_replica_comes_late() {
    let arrivals = "S1@300, S2@300, S3@300, S4@300, S1@400";
    check_both(3, arrivals, "-, -, 300, -, -", "S1@400; 300");
}

#[test]
fn c81_two_replicas_with_one_id_count_once() {
    check_both(2, "S7@4, S7@4", "-, -", "S7@4; 0");
}

#[test]
fn c82_lowering_the_count_reports() {
    let arrivals = "S1@100, S2@90, count 2";
    check_both(3, arrivals, "-, -, 90", "S1@100; 90");
}

#[test]
fn lowering_the_count_to_one_reports_the_greatest() {
    let arrivals = "S1@100, S2@90, S3@95, count 1";
    check_both(4, arrivals, "-, -, -, 100", "; 100");
}

#[test]
fn raising_the_count_keeps_the_acks() {
    check_both(
        2,
        "S1@100, count 3, S2@90, S3@80",
        "-, -, -, 80",
        "S1@100, S2@90; 80",
    );
}

#[test]
fn the_same_count_changes_nothing() {
    check_both(2, "S1@100, count 2, S2@100", "-, -, 100", "; 100");
}

#[test]
fn the_stock_containers_report_may_go_back() {
    let arrivals = format!("{C75}, S4@150");
    let held = "S3@200, S4@150; 50";
    check(AckCounting::Stock, 3, &arrivals, "-, -, 100, 50", held);
}

#[test]
fn an_empty_name_is_ignored_or_lost() {
    for counting in [AckCounting::Exact, AckCounting::Stock] {
        let order = PositionOrder::of(Generation::V9_7);
        let mut counter = AckCounter::new(counting, order, 2);
        for server_id in [ServerId(1), ServerId(2)] {
            let position = BinlogPosition::new("", 4);
            let counted = counter.insert(Ack {
                server_id,
                position,
            });
            assert!(!matches!(counted, Counted::Reported(_)));
        }
        assert_eq!(in_short(&counter), "; 0");
    }
}

#[test]
fn clearing_forgets_acks_and_report() {
    for counting in [AckCounting::Exact, AckCounting::Stock] {
        let order = PositionOrder::of(Generation::V9_7);
        let mut counter = AckCounter::new(counting, order, 2);
        for arrival in ["S1@900", "S2@800"] {
            counter.insert(ack(arrival));
        }
        counter.clear();
        assert!(matches!(
            counter.insert(ack("S1@10")),
            Counted::Stored { .. }
        ));
        let report = Counted::Reported(ack("S1@10").position);
        assert_eq!(counter.insert(ack("S2@20")), report);
    }
}
