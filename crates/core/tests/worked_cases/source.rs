//! Cases 15 to 68: switching, waiting, releasing; the count's edges, enabling, disabling.

use super::notation::{check, check_generation};
use semisync_core::Generation;

#[test]
fn c15_enabling_switches_on() {
    check(&["enable"], "ON; clients 0; log 11130 11142 start");
}

const C16: &str = "enable; flush 500; a waits 500 (0)";

#[test]
fn c16_a_commit_sleeps() {
    check(
        &[C16],
        "a asleep; deadline a 10000; due 10000; wait 500; commit 500; reply ?; ws 1; nodes 1; ON",
    );
}

const C17: &str = "fire a (10000)";

#[test]
fn c17_a_timeout_switches_off() {
    check(
        &[C16, C17],
        "a timeout; log 11153@500/\"\"@0 11155; OFF; no 1; nt 1; wait ?; reply ?; commit 500; \
         nodes 0; due never",
    );
}

const C18: &str = "flush 800; b waits 800";

#[test]
fn c18_while_off_commits_pass() {
    check(&[C16, C17, C18], "b no; no 2; nt 1; commit 800; nodes 0");
}

#[test]
fn c19_while_off_events_from_the_last_flush_on_ask_for_an_ack() {
    let flags = "flag 127; flag 158; flag 500; flag 800; flag 900";
    check(&[C16, C17, C18, flags], "flags 0 0 0 1 1; no 2; nt 1");
}

const C20: &str = "add S2@4";

#[test]
fn c20_a_replica_that_is_behind_does_not_switch_on() {
    check(
        &[C16, C17, C18, C20],
        "OFF; clients 1; reply 4; log 11170; no 2; nt 1",
    );
}

const C21: &str = "ACK S2@800";

#[test]
fn c21_catching_up_switches_on() {
    check(
        &[C16, C17, C18, C20, C21],
        "ON; log 11156@800; reply 800; no 2; nt 1",
    );
}

const C22: &str = "flush 1100; flag 800; flag 1099; flag 1100";

#[test]
fn c22_while_on_the_end_of_a_group_asks_for_an_ack() {
    check(
        &[C16, C17, C18, C20, C21, C22],
        "flags 0 0 1; no 2; nt 1; nodes 1",
    );
}

#[test]
fn c23_an_ack_releases_the_commit() {
    let wait = "c waits 1100 (30000); ACK S2@1100 (30002)";
    check(
        &[C16, C17, C18, C20, C21, C22, wait],
        "c yes; yes 1; no 2; nt 1; txw 1; txt 2000; nodes 0; wait ?",
    );
}

#[test]
fn c24_a_commit_that_is_acknowledged_already_does_not_sleep() {
    check(
        &["enable; add S2@4; flush 500; ACK S2@500; a waits 500"],
        "a yes; yes 1; nodes 0",
    );
}

const C25: &str = "enable; add S2@4; flush 500; flush 800; b waits 800 (0); a waits 500 (1)";

#[test]
fn c25_the_smallest_position_waited_for_moves_back() {
    check(&[C25], "wait 500; back 1; ws 2; nodes 2");
    check(&[C25, "flag 500; flag 800"], "flags 1 1; back 1; ws 2");
}

const C26: &str = "ACK S2@500 (3)";

#[test]
fn c26_an_ack_releases_up_to_its_position() {
    check(
        &[C25, C26],
        "a yes; b asleep; wait ?; yes 1; back 1; txw 1; txt 2000; ws 1; nodes 1",
    );
    check(
        &[C25, C26, "flag 500; flag 800"],
        "flags 0 1; yes 1; back 1; txw 1; txt 2000; ws 1",
    );
}

#[test]
fn c27_a_sleeper_that_is_not_noted_is_released_too() {
    check(
        &[C25, C26, "ACK S2@800 (9)"],
        "b yes; yes 2; back 1; txw 2; txt 11000; nodes 0",
    );
}

const C28: &str = "enable; add S2@4; flush 700; flag 500; flag 600; flag 700";

#[test]
fn c28_only_the_end_of_a_group_asks_for_an_ack() {
    check(&[C28], "flags 0 0 1; nodes 1");
}

#[test]
fn c29_the_members_of_a_group_wait_one_after_the_other() {
    let waits = "wait_point AFTER_COMMIT; a waits 500 (0); ACK S2@700 (2); b waits 600";
    check(
        &[C28, waits],
        "a yes; b yes; yes 2; txw 1; txt 2000; nodes 1",
    );
    check(
        &[C28, waits, "c waits 700"],
        "c yes; yes 3; txw 1; txt 2000; nodes 0",
    );
}

#[test]
fn c30_a_merged_queue_waits_for_its_last_group() {
    let wait = "enable; add S2@4; flush 500; flush 800; flush 1100; l waits 1100 (0)";
    let acks = "ACK S2@500 (1); ACK S2@800 (2)";
    check(
        &[wait, acks],
        "l asleep; wait 1100; ws 1; nodes 3; reply 800",
    );
    check(
        &[wait, acks, "ACK S2@1100 (3)"],
        "l yes; yes 1; txw 1; txt 3000; nodes 0",
    );
}

#[test]
fn c31_one_timeout_ends_all_waits() {
    let waits = "enable; add S2@4; flush 500; flush 800; flush 1100; a waits 500 (0); \
                 b waits 800 (1); c waits 1100 (2)";
    check(
        &[waits, "fire a (10000)"],
        "a timeout; b no; c no; log 11153@500/4 11155; no 3; nt 1; txw 2; txt 19997000; nodes 0",
    );
}

#[test]
fn c32_two_timeouts_in_one_instant_both_switch_off() {
    let waits = "enable; add S2@4; flush 500; flush 800; a waits 500 (0); b waits 800 (1); hold";
    check(
        &[waits, "fire a (10001); fire b"],
        "a timeout; b timeout; log 11153@500/4 11155 11153@800/4 11155; no 2; nt 2; nodes 0",
    );
}

const C33: &str = "enable; add S2@4; flush 500; a waits 500 (0); KILL a (2000)";

#[test]
fn c33_kill_does_not_end_the_wait() {
    check(
        &[C33],
        "a asleep; deadline a 10000; due 10000; back 1; txw 1; txt 2000000; ws 1; nodes 1",
    );
}

#[test]
fn c34_a_killed_wait_ends_with_its_ack() {
    check(
        &[C33, "ACK S2@500 (3000)"],
        "a yes; yes 1; back 1; txw 2; txt 5000000; nodes 0",
    );
}

#[test]
fn c35_the_timer_wins_over_an_ack_of_the_same_instant() {
    let wait = "enable; add S2@4; flush 500; a waits 500 (0); hold";
    check(
        &[wait, "ACK S2@500 (10000); fire a"],
        "a timeout; log 11153@500/500 11155; no 1; nt 1; OFF; nodes 0",
    );
}

#[test]
fn c36_a_timeout_of_zero_fires_at_once() {
    check(
        &["enable; timeout 0; add S2@4; flush 500; a waits 500 (7)"],
        "a asleep; deadline a 7; due 7; ws 1; nodes 1",
    );
    check(
        &["enable; timeout 0; add S2@4; flush 500; a waits 500 (7); fire a"],
        "a timeout; OFF; no 1; nt 1; nodes 0",
    );
}

#[test]
fn c37_the_reply_does_not_move_back() {
    let wait = "enable; add S2@4; add S3@4; flush 500; flush 800; a waits 800 (0)";
    check(
        &[wait, "ACK S2@800 (1); ACK S3@500 (2)"],
        "a yes; yes 1; txw 1; txt 1000; reply 800; nodes 0",
    );
}

#[test]
fn c38_a_replica_that_starts_ahead_acknowledges() {
    check(
        &["enable; add S2@binlog.000002@5000; flush 500; flag 500; a waits 500"],
        "flags 0; a yes; yes 1; nodes 0",
    );
}

#[test]
fn c39_off_and_on_again_before_the_woken_session_runs() {
    // Another session's timeout switches off while `a` sleeps.
    let start = "enable; add S2@4; flush 400; b waits 400 (0); flush 500; a waits 500 (0); hold";
    check(
        &[start, "fire b (0); ACK S2@500; a runs (5)"],
        "a yes; b timeout; log 11153@400/4 11155 11156@500; yes 1; no 1; nt 1; txw 1; txt 5000; ON; \
         nodes 0",
    );
}

#[test]
fn c40_a_longer_file_name_is_later() {
    let wait = "enable; add S2@binlog.999999@4; flush binlog.999999@900; \
                flush binlog.1000000@300; a waits binlog.999999@900 (0)";
    check(
        &[wait, "ACK S2@binlog.1000000@300 (1)"],
        "a yes; yes 1; txw 1; txt 1000; nodes 1",
    );
    check(
        &[
            wait,
            "ACK S2@binlog.1000000@300 (1); b waits binlog.1000000@300",
        ],
        "b yes; yes 2; txw 1; txt 1000; nodes 0",
    );
}

#[test]
fn c41_the_same_position_twice_switches_off() {
    check(
        &["enable; flush 500", "flush 500"],
        "log 11132@500/500 11159 11155; OFF; nt 1; nodes 1",
    );
}

#[test]
fn c42_a_position_that_goes_back_switches_off() {
    check(
        &["enable; flush binlog.000002@900", "flush 500"],
        "log 11132@binlog.000002@900/500 11159 11155; OFF; nt 1; commit binlog.000002@900; nodes 1",
    );
}

const SLEEPS_AT_1000: &str = "enable; timeout 10000000; add S2@4; flush 500; a waits 500 (1000)";

#[test]
fn c43_a_clock_that_goes_back_is_counted() {
    check(
        &[SLEEPS_AT_1000, "ACK S2@500 (400)"],
        "a yes; yes 1; tff 1; nodes 0",
    );
}

#[test]
fn c44_an_elapsed_time_beyond_31_bits_counts_as_negative() {
    check(
        &[SLEEPS_AT_1000, "ACK S2@500 (2148484)"],
        "a yes; yes 1; tff 1",
    );
    check(
        &[SLEEPS_AT_1000, "ACK S2@500 (2148483)"],
        "a yes; yes 1; txw 1; txt 2147483000",
    );
}

#[test]
fn c45_an_elapsed_time_beyond_32_bits_wraps() {
    check(
        &[SLEEPS_AT_1000, "ACK S2@500 (4295968)"],
        "a yes; yes 1; txw 1; txt 704",
    );
}

const C46: &str = "wait_no_replica OFF; enable";

#[test]
fn c46_without_wait_no_replica_enabling_leaves_it_off() {
    check(&[C46], "OFF; log 11130 11142 start");
    check(&[C46, "flag 4; flag 500"], "flags 1 1");
}

#[test]
fn c47_a_replica_that_has_everything_switches_on() {
    check(
        &[C46, "flush 500", "add S2@500"],
        "ON; log 11156@500 11170; clients 1",
    );
    check(&[C46, "flush 500; add S2@500; a waits 500"], "a yes; yes 1");
}

#[test]
fn c48_with_auto_position_a_replica_switches_on_when_nothing_is_flushed() {
    check(
        &[C46, "add S2@\"\"@4"],
        "ON; log 11156@\"\"@4 11170; reply \"\"@4",
    );
}

#[test]
fn c49_switching_on_by_hand_is_silent_and_a_commit_without_a_node_passes() {
    check(
        &[C46, "flush 500", "wait_no_replica ON; a waits 500"],
        "ON; log; a no; no 1",
    );
}

#[test]
fn c50_wait_no_replica_off_switches_off_without_replicas() {
    check(&["enable", "wait_no_replica OFF"], "OFF; log 11155; nt 1");
    check(
        &["enable; wait_no_replica OFF", "wait_no_replica ON"],
        "ON; log; nt 1",
    );
}

#[test]
fn c51_wait_no_replica_off_changes_nothing_with_a_replica() {
    check(&["enable; add S2@4", "wait_no_replica OFF"], "ON; log");
}

const C52: &str = "count 2; wait_no_replica OFF; enable; add S2@4";

#[test]
fn c52_the_second_replica_switches_on() {
    check(&[C52], "OFF; clients 1");
    check(
        &[C52, "add S3@4; add S4@4"],
        "ON; log 11156@4 11170 11170; clients 3",
    );
}

#[test]
fn c53_only_the_edge_below_the_count_switches_off() {
    let all = "add S3@4; add S4@4";
    check(&[C52, all, "gone S4"], "ON; clients 2; log 11171");
    check(
        &[C52, all, "gone S4", "gone S3"],
        "OFF; clients 1; log 11171 11155; nt 1",
    );
    check(
        &[C52, all, "gone S4; gone S3", "gone S2"],
        "OFF; clients 0; log 11171; nt 1",
    );
}

#[test]
fn c54_losing_all_replicas_changes_nothing_by_default() {
    check(
        &[
            "enable; add S2@4; flush 500; a waits 500 (0)",
            "gone S2 (1000)",
        ],
        "ON; a asleep; log 11171; ws 1; clients 0",
    );
}

#[test]
fn c55_without_wait_no_replica_losing_the_last_replica_releases() {
    let wait = "wait_no_replica OFF; add S2@4; enable; flush 500; a waits 500 (0)";
    check(&[wait], "ON; a asleep; ws 1; clients 1");
    check(
        &[wait, "gone S2 (1000)"],
        "OFF; a no; log 11171 11155; no 1; nt 1; txw 1; txt 1000000",
    );
}

const C56: &str = "enable; add S2@4; flush 500; flush 800; a waits 500 (0); b waits 800 (0)";
const DISABLED: &str = "disable (1500)";

#[test]
fn c56_disabling_releases_all() {
    check(
        &[C56, DISABLED],
        "OFF; a no; b no; log 11155 11144 stop; no 2; nt 1; txw 2; txt 3000000; clients 1; commit ?; \
         reply ?; wait ?",
    );
}

#[test]
fn c57_a_disabled_source_counts_nothing() {
    check(
        &[C56, DISABLED, "flush 900; z waits 900; flag 900"],
        "z passed; flags 0; commit ?; no 2; nt 1; txw 2; txt 3000000",
    );
}

#[test]
fn enabling_makes_the_list_that_disabling_gave_back() {
    check(
        &["enable; disable; enable"],
        "ON; nt 1; log 11130 11142 start 11155 11144 stop 11130 11142 start",
    );
}

#[test]
fn c58_enabling_again_keeps_the_counters() {
    check(
        &[C56, DISABLED, "enable"],
        "ON; log 11142 start; commit ?; reply ?; wait ?; no 2; nt 1; txw 2; txt 3000000",
    );
}

#[test]
fn c59_disabling_counts_a_switch_even_when_off_but_only_once() {
    check(
        &[C16, C17, "disable"],
        "log 11155 11144 stop; no 1; nt 2; OFF",
    );
    check(&[C16, C17, "disable", "disable"], "log; no 1; nt 2; OFF");
}

#[test]
fn c60_a_list_that_is_not_empty_survives_disabling() {
    check(&["enable; flush 500; disable"], "nodes 1; nt 1");
    check(
        &["enable; flush 500; disable; a waits 500"],
        "a passed; nodes 0; nt 1",
    );
}

const C61: &str = "count 2; wait_no_replica OFF; enable; add S2@\"\"@4; add S3@\"\"@4";

#[test]
fn c61_with_auto_position_two_replicas_do_not_switch_on() {
    check(
        &[C61],
        "OFF; clients 2; reply ?; log 11130 11142 start 11170 11170",
    );
}

#[test]
fn c62_their_acks_do() {
    let flush = "flush 500; a waits 500; flag 499; flag 500";
    check(&[C61, flush], "a no; no 1; flags 0 1; OFF");
    check(&[C61, flush, "ACK S2@500"], "OFF; log; no 1");
    check(
        &[C61, flush, "ACK S2@500", "ACK S3@500"],
        "ON; log 11156@500; no 1",
    );
}

#[test]
fn c63_a_sleeper_keeps_its_timeout() {
    check(
        &[C16, "timeout 50; flush 800; b waits 800"],
        "deadline a 10000; deadline b 50; due 50; ws 2",
    );
}

#[test]
fn c64_resetting_the_binary_logs_zeroes_the_counters() {
    check(
        &[
            "enable; add S2@4; flush 500; a waits 500 (0); ACK S2@500 (1); sent flagged",
            "reset",
        ],
        "ON; clients 1; reply ?; wait ?; commit ?; log",
    );
}

#[test]
fn c65_a_sleeper_in_the_gap_of_a_reset_sleeps_on() {
    let gap = "enable; add S2@4; flush 500; a waits 500 (0); reset";
    check(&[gap, "ACK S2@500 (100)"], "a asleep; due 10000; reply 500");
    check(
        &[gap, "ACK S2@500 (100)", "fire a (10000)"],
        "a timeout; log 11153@500/500 11155; no 1; nt 1",
    );
}

#[test]
fn c66_a_shutdown_releases_when_the_last_replica_goes() {
    let kill = "enable; add S2@4; flush 500; a waits 500 (0); shutdown; KILL a (1000)";
    check(&[kill], "a asleep; back 1; txw 1; txt 1000000; ws 1");
    check(
        &[kill, "gone S2 (9000)"],
        "a no; log 11171 11145 11155; back 1; no 1; nt 1; txw 2; txt 10000000",
    );
}

const KILLED_AT_SHUTDOWN: &str = "flush 500; a waits 500 (0); shutdown";

#[test]
fn c67_a_shutdown_without_replica_releases_at_once() {
    check(
        &["enable", KILLED_AT_SHUTDOWN, "KILL a (1000)"],
        "a no; log 11145 11155; back 1; no 1; nt 1; txw 1; txt 1000000",
    );
}

#[test]
fn c68_a_shutdown_with_two_replicas_missing_releases_nobody() {
    check(
        &["count 2; enable", KILLED_AT_SHUTDOWN, "KILL a (1000)"],
        "a asleep; log; back 1; txw 1; txt 1000000; ws 1",
    );
}

// --- Beyond the numbered cases ---

#[test]
fn a_reset_drops_nodes_that_nobody_waits_on() {
    check(&["enable; flush 500; flush 800; reset"], "nodes 0; ON");
    check(
        &["enable; flush binlog.000007@500; reset", "flush 158"],
        "log; nodes 1; ON; commit 158",
    );
}

#[test]
fn a_reset_keeps_the_nodes_of_sleepers() {
    let gap = "enable; add S2@4; flush 300; flush 500; flush 800; flush 900; c waits 900 (0); \
               a waits 500 (0); reset";
    check(&[gap], "nodes 2; a asleep; c asleep");
    check(
        &[gap, "d waits 500 (1); ACK S2@900 (2)"],
        "a yes; c yes; d yes; yes 3; txw 3; txt 5000; nodes 0",
    );
}

#[test]
fn a_receiver_thread_that_does_not_start_disables_again() {
    check(
        &["enable", "receiver-failed"],
        "OFF; log 11165 11155 11144; nt 1",
    );
}

#[test]
fn an_asynchronous_replica_does_not_count() {
    check(
        &["enable; async S2@4"],
        "ON; clients 0; log 11130 11142 start 11170",
    );
}

#[test]
fn flush_status_zeroes_five_counters() {
    let run = "enable; add S2@4; flush 500; a waits 500 (0); KILL a (1); ACK S2@500 (2); \
               sent flagged; sent; disable";
    check(&[run], "yes 1; back 1; nt 1; txw 2; txt 3000; net 1");
    check(&[run, "flush-status"], "txw 2; txt 3000; net 1; clients 1");
}

#[test]
fn a_huge_timeout_never_ends() {
    check(
        &["enable; timeout 18446744073709551615; flush 500; a waits 500 (3)"],
        "a asleep; deadline a 18446744073709551; ws 1",
    );
}

#[test]
fn a_commit_without_binary_log_content_passes() {
    check(&["enable; a commits"], "a passed; ON");
    check(&["wait_point AFTER_COMMIT; enable; a commits"], "a passed");
}

#[test]
fn detail_is_logged_only_when_asked_for() {
    let steps = "flush 500; a waits 500 (0); flag 500; ACK S2@500 (1)";
    check(
        &["enable; add S2@4; trace 32", steps],
        "log; yes 1; txw 1; txt 1000; flags 1",
    );
    check(
        &["enable; add S2@4; trace 16", steps],
        "log 11133 11148 11151 11152 11134 11158 11140 11146 11147 11149 11135; yes 1; txw 1; \
         txt 1000; flags 1",
    );
}

#[test]
fn clock_failures_are_logged_only_when_asked_for() {
    check(
        &[SLEEPS_AT_1000, "trace 1; ACK S2@500 (400)"],
        "log 11154; yes 1; tff 1",
    );
}

#[test]
fn older_servers_compare_names_bytewise() {
    let steps = [
        "enable; add S2@4; flush binlog.999999@900",
        "flush binlog.1000000@300",
    ];
    check_generation(Generation::V9_7, &steps, "ON; log; nodes 2");
    check_generation(
        Generation::V8_4,
        &steps,
        "OFF; log 11132@binlog.999999@900/binlog.1000000@300 11159 11155; nt 1",
    );
}

#[test]
fn in_5_5_commits_wait_after_the_engine_for_one_replica() {
    check_generation(
        Generation::V5_5,
        &[
            "count 2; wait_point AFTER_SYNC; enable; add S2@4; flush 500; a waits 500 (0); \
           ACK S2@500 (1)",
        ],
        "a yes; yes 1; txw 1; txt 1000; log 11130 11142 11170",
    );
}

#[test]
fn in_5_5_an_ack_wakes_everybody() {
    let waits = "enable; add S2@4; flush 500; flush 800; a waits 500 (0); b waits 800 (0)";
    check_generation(
        Generation::V5_5,
        &[waits, "ACK S2@500 (1)"],
        "a yes; b asleep; yes 1; txw 2; txt 2000; ws 1; wait 800",
    );
}
