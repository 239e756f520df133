//! Servers of older series: what the two source documents print is typed as printed.
//!
//! No server of 5.5 or 8.4 is at hand to record from, so these tests look for single lines that the
//! documents and the manual state.

use semisync_console::lab::{Lab, play};

#[track_caller]
fn transcript(script: &str) -> String {
    let lab = Lab::parse(script).unwrap();
    play(&lab, false).unwrap()
}

#[track_caller]
fn answer_of<'a>(transcript: &'a str, step: &str) -> &'a str {
    let start = transcript.find(step).expect("the step is echoed") + step.len();
    let rest = &transcript[start..];
    let end = rest.find("> ").map_or(rest.len(), |prompt| {
        rest[..prompt].rfind('\n').map_or(prompt, |line| line + 1)
    });
    rest[..end].trim()
}

const SEMISYNC_5_5: &str = "servers: master slave
version: 5.5
master> INSTALL PLUGIN rpl_semi_sync_master SONAME 'semisync_master.so';
slave> INSTALL PLUGIN rpl_semi_sync_slave SONAME 'semisync_slave.so';
master> SET GLOBAL rpl_semi_sync_master_enabled = 1;
slave> SET GLOBAL rpl_semi_sync_slave_enabled = 1;
slave> STOP SLAVE IO_THREAD;
slave> START SLAVE IO_THREAD;
";

#[test]
fn the_book_s_statements_work_on_5_5() {
    let script = format!(
        "{SEMISYNC_5_5}master> CREATE TABLE t (id INT PRIMARY KEY);
master> INSERT INTO t VALUES (1);
master> SHOW STATUS LIKE 'rpl_semi_sync_master_%tx';
master> SELECT Variable_value INTO @value
     -> FROM INFORMATION_SCHEMA.GLOBAL_STATUS
     -> WHERE Variable_name = 'Rpl_semi_sync_master_status';
master> SELECT @value;
slave> SHOW STATUS LIKE 'rpl_semi_sync_slave_status';
"
    );
    let transcript = transcript(&script);
    assert!(transcript.contains("| Rpl_semi_sync_master_yes_tx | 2     |"));
    assert!(transcript.contains("| Rpl_semi_sync_slave_status | ON    |"));
    assert_eq!(
        answer_of(
            &transcript,
            "-> WHERE Variable_name = 'Rpl_semi_sync_master_status';\n"
        ),
        "Query OK, 1 row affected (0.00 sec)"
    );
    assert!(answer_of(&transcript, "SELECT @value;").contains("| ON     |"));
}

#[test]
fn the_book_s_option_lines_with_dashes_are_read() {
    let transcript = transcript(
        "servers: master slave
version: 5.5
option master: plugin-load=rpl_semi_sync_master=semisync_master.so
option master: rpl-semi-sync-master-enabled = 1
option slave: plugin-load=rpl_semi_sync_slave=semisync_slave.so
option slave: rpl-semi-sync-slave-enabled = 1
master> SHOW VARIABLES LIKE 'rpl_semi_sync_master_enabled';
slave> SHOW STATUS LIKE 'Rpl_semi_sync_slave_status';
",
    );
    assert!(transcript.contains("| rpl_semi_sync_master_enabled | ON    |"));
    assert!(transcript.contains("| Rpl_semi_sync_slave_status | ON    |"));
}

#[test]
fn all_slaves_gone_the_5_5_way() {
    let script = format!(
        "{SEMISYNC_5_5}master> SET GLOBAL rpl_semi_sync_master_timeout = 3000;
master> CREATE TABLE t (id INT PRIMARY KEY);
! crash slave
master> INSERT INTO t VALUES (1);
! wait 2s
master> SHOW STATUS LIKE 'Rpl_semi_sync_master_status';
"
    );
    let transcript = transcript(&script);
    assert!(transcript.contains("master:\nQuery OK, 1 row affected (3 sec)"));
    assert!(transcript.contains("| Rpl_semi_sync_master_status | OFF   |"));
}

#[test]
fn an_8_4_replica_upgrades_from_the_old_plugin_to_the_new_one() {
    let transcript = transcript(
        "servers: source replica1
version replica1: 8.4
replica1> INSTALL PLUGIN rpl_semi_sync_slave SONAME 'semisync_slave.so';
replica1> SET GLOBAL rpl_semi_sync_slave_enabled = 1;
source> INSTALL PLUGIN rpl_semi_sync_source SONAME 'semisync_source.so';
source> SET GLOBAL rpl_semi_sync_source_enabled = 1;
replica1> STOP REPLICA IO_THREAD;
replica1> START REPLICA IO_THREAD;
source> CREATE TABLE t (id INT PRIMARY KEY);
replica1> STOP REPLICA;
replica1> UNINSTALL PLUGIN rpl_semi_sync_slave;
replica1> INSTALL PLUGIN rpl_semi_sync_replica SONAME 'semisync_replica.so';
replica1> SET GLOBAL rpl_semi_sync_replica_enabled = 1;
replica1> START REPLICA;
! wait 1s
source> INSERT INTO t VALUES (1);
source> SHOW STATUS LIKE 'Rpl_semi_sync_source_%tx';
",
    );
    assert!(transcript.contains("Query OK, 0 rows affected, 1 warning (0.00 sec)"));
    assert!(transcript.contains("| Rpl_semi_sync_source_yes_tx | 2     |"));
    assert!(!transcript.contains("ERROR"), "{transcript}");
}

#[test]
fn an_upgraded_replica_that_kept_the_old_plugin_goes_on_asynchronously() {
    let transcript = transcript(
        "servers: source replica1
version: 8.4
source> INSTALL PLUGIN rpl_semi_sync_source SONAME 'semisync_source.so';
source> SET GLOBAL rpl_semi_sync_source_enabled = 1;
replica1> INSTALL PLUGIN rpl_semi_sync_slave SONAME 'semisync_slave.so';
replica1> SET GLOBAL rpl_semi_sync_slave_enabled = 1;
! shutdown replica1
! upgrade replica1 9.7
! start replica1
! wait 2s
source> SHOW STATUS LIKE 'Rpl_semi_sync_source_clients';
source> SET GLOBAL rpl_semi_sync_source_enabled = 0;
source> CREATE TABLE t (id INT PRIMARY KEY);
replica1/2> SELECT ERROR_CODE FROM performance_schema.error_log WHERE PRIO = 'Warning' AND DATA LIKE '%soname%';
replica1/2> SHOW TABLES FROM lab;
",
    );
    assert!(transcript.contains("| Rpl_semi_sync_source_clients | 0     |"));
    assert!(transcript.contains("| MY-010736  |"), "{transcript}");
    assert!(transcript.contains("| t             |"), "{transcript}");
}

#[test]
fn an_option_file_with_old_names_keeps_9_7_from_starting() {
    let transcript = transcript(
        "servers: source replica1
version: 8.4
option replica1: plugin-load-add=semisync_slave.so
option replica1: rpl_semi_sync_slave_enabled=1
replica1> SHOW VARIABLES LIKE 'rpl_semi_sync_slave_enabled';
! shutdown replica1
! upgrade replica1 9.7
! start replica1
! wait 2s
replica1/2> SELECT 1;
",
    );
    assert!(transcript.contains("| rpl_semi_sync_slave_enabled | ON    |"));
    assert!(transcript.contains("ERROR 2002 (HY000)"), "{transcript}");
}

#[test]
fn a_9_7_replica_of_an_old_source_plugin_is_asynchronous_and_says_so() {
    let transcript = transcript(
        "servers: source replica1
version: 8.4
source> INSTALL PLUGIN rpl_semi_sync_master SONAME 'semisync_master.so';
source> SET GLOBAL rpl_semi_sync_master_enabled = 1;
! shutdown replica1
! upgrade replica1 9.7
! start replica1
! wait 1s
replica1> INSTALL PLUGIN rpl_semi_sync_replica SONAME 'semisync_replica.so';
replica1> SET GLOBAL rpl_semi_sync_replica_enabled = 1;
replica1> STOP REPLICA IO_THREAD;
replica1> START REPLICA IO_THREAD;
! wait 1s
replica1> SHOW STATUS LIKE 'Rpl_semi_sync_replica_status';
replica1> SELECT ERROR_CODE FROM performance_schema.error_log WHERE DATA LIKE '%does not support semi-sync%';
source> SHOW STATUS LIKE 'Rpl_semi_sync_master_clients';
",
    );
    assert!(transcript.contains("| Rpl_semi_sync_replica_status | OFF   |"));
    assert!(transcript.contains("| MY-011184  |"), "{transcript}");
    assert!(transcript.contains("| Rpl_semi_sync_master_clients | 0     |"));
}

#[test]
fn only_the_next_series_can_open_a_data_directory() {
    for (from, to, reason) in [
        ("9.7", "8.4", "data of a newer series cannot be opened"),
        ("5.5", "9.7", "one series at a time"),
        ("8.4", "8.4", "is of this series"),
    ] {
        let script = format!(
            "servers: source replica1\nversion: {from}\n! shutdown replica1\n! upgrade replica1 {to}\n"
        );
        let lab = Lab::parse(&script).unwrap();
        let refused = play(&lab, false).unwrap_err().to_string();
        assert!(refused.contains(reason), "{refused}");
    }
}
