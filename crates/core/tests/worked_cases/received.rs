//! ACKs that were lost with their connection: what a replica's request for a dump is worth.

use crate::notation::check;

#[test]
fn a_replica_that_asks_for_nothing_flushed_releases_the_wait() {
    check(
        &[
            "enable; add S2@\"\"@4; flush 500; a waits 500; gone S2 (5)",
            "mark; add S2@\"\"@4; received S2 (8)",
        ],
        "ON; a yes; reply 500; clients 1; yes 1; txw 1; txt 8000",
    );
}

#[test]
fn without_it_the_wait_goes_on() {
    check(
        &["enable; add S2@\"\"@4; flush 500; a waits 500; gone S2; mark; add S2@\"\"@4"],
        "ON; a asleep; clients 1; ws 1",
    );
}

#[test]
fn commits_flushed_after_the_mark_wait_on() {
    check(
        &[
            "enable; flush 500; a waits 500; mark; flush 700; b waits 700; add S2@\"\"@4; received S2",
        ],
        "ON; a yes; b asleep; reply 500; clients 1; yes 1; txw 1; ws 1",
    );
}

#[test]
fn it_counts_as_one_replica_of_two() {
    check(
        &["count 2; enable; flush 500; a waits 500; mark; add S2@\"\"@4; received S2"],
        "ON; a asleep; clients 1; ws 1",
    );
    check(
        &["count 2; enable; flush 500; a waits 500; mark; add S2@\"\"@4; received S2; ACK S3@500"],
        "ON; a yes; clients 1; yes 1; txw 1",
    );
    check(
        &["count 2; enable; flush 500; a waits 500; mark; received S2; received S2; ACK S2@500"],
        "ON; a asleep; ws 1",
    );
}

#[test]
fn a_mark_from_before_a_reset_is_void() {
    check(
        &["enable; flush 500; a waits 500; mark; reset; flush 600; b waits 600; received S2"],
        "ON; a asleep; b asleep; reply ?; ws 1",
    );
}

#[test]
fn while_off_it_is_not_looked_at() {
    check(
        &["enable; flush 500; a waits 500; mark; fire a (10000); received S2"],
        "OFF; a timeout; reply ?; no 1; nt 1",
    );
}

#[test]
fn there_is_nothing_to_compare_with_when_no_commit_can_wait() {
    check(&["no-mark; enable; no-mark"], "ON");
    check(
        &["enable; flush 500; ACK S2@500; no-mark; flush 600; mark"],
        "ON; reply 500",
    );
    check(
        &["timeout 0; enable; flush 500; a waits 500; fire a; no-mark"],
        "OFF; no 1; nt 1",
    );
}
