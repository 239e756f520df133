//! Cases 83 and 84: counting ACKs, seen from the source.

use super::notation::check;

#[test]
fn c83_lowering_the_count_reports_what_is_held() {
    let wait = "enable; add S2@4; add S3@4; flush 500; a waits 500 (0)";
    let raised = "count 2; ACK S2@500 (1)";
    check(&[wait, raised], "a asleep; ws 1; nodes 1");
    check(
        &[wait, raised, "count 1 (2)"],
        "a yes; yes 1; txw 1; txt 2000; nodes 0; reply 500",
    );
}

#[test]
fn c84_the_second_replica_releases() {
    let wait = "count 2; enable; add S2@4; add S3@4; flush 500; a waits 500 (0)";
    let first = "ACK S2@500 (1); ACK S2@500 (2)";
    check(&[wait, first], "a asleep; ws 1; reply 4");
    check(
        &[wait, first, "ACK S3@500 (5)"],
        "a yes; yes 1; txw 1; txt 5000; nodes 0",
    );
}

#[test]
fn a_gone_replicas_ack_still_counts() {
    let wait = "count 2; enable; add S2@4; add S3@4; flush 500; a waits 500 (0)";
    check(
        &[wait, "ACK S2@500 (1); gone S2; ACK S3@500 (2)"],
        "a yes; yes 1; txw 1; txt 2000; clients 1",
    );
}

#[test]
fn acks_are_kept_while_the_source_is_disabled() {
    check(
        &["count 2; ACK S2@500; enable; flush 500; ACK S3@500; a waits 500"],
        "a yes; yes 1; reply 500",
    );
}

#[test]
fn disabling_forgets_the_acks() {
    check(
        &["count 2; enable; flush 500; ACK S2@500; disable; enable; ACK S3@500"],
        "reply ?; nt 1; nodes 1",
    );
}
