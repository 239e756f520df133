//! The status variables that only our source plugin has.

use std::time::Duration;

use semisync_tests::servers::{Link, Plugins, Session, Topology, wait_until};

const SOON: Duration = Duration::from_secs(20);

fn observed(session: &mut Session, name: &str) -> String {
    session.status(&format!("Semisync_lab_source_{name}"))
}

fn observed_number(session: &mut Session, name: &str) -> u64 {
    let value = observed(session, name);
    value.parse().expect("a number")
}

/// What docs/plugin.md tells people to type: last ACK of each replica, as a table.
const REPLICAS: &str = "SELECT r.* FROM performance_schema.global_status, \
    JSON_TABLE(variable_value, '$[*]' COLUMNS (\
      server_id INT UNSIGNED PATH '$.server_id', connected BOOL PATH '$.connected', \
      acks BIGINT UNSIGNED PATH '$.acks', file VARCHAR(255) PATH '$.file', \
      position BIGINT UNSIGNED PATH '$.position', at DATETIME(6) PATH '$.at', \
      age_us BIGINT UNSIGNED PATH '$.age_us')) AS r \
    WHERE variable_name = 'Semisync_lab_source_replicas'";

#[test]
fn waits_and_acks_show_as_they_were() {
    let topology = Topology::start(Plugins::Ours, &[Plugins::Ours, Plugins::Stock], Link::PLAIN);
    let mut session = topology.source.session();
    assert_eq!(observed(&mut session, "state"), "SEMISYNCHRONOUS");
    topology.insert(0..50);
    let waits = session.source_count("yes_tx");
    assert!(50 <= waits, "{waits} waits");
    assert_eq!(observed_number(&mut session, "ack_waits"), waits);
    assert_eq!(observed_number(&mut session, "timed_out_waits"), 0);
    assert_eq!(observed(&mut session, "blocked_since"), "");
    let buckets = session.rows(
        "SELECT CAST(variable_value AS UNSIGNED) FROM performance_schema.global_status \
         WHERE variable_name LIKE 'Semisync_lab_source_ack_waits_le_%' \
         ORDER BY CAST(variable_value AS UNSIGNED)",
    );
    assert_eq!(buckets.len(), 16);
    assert_eq!(buckets[15], [waits.to_string()], "none took above 10 s");

    let position = session.rows("SHOW BINARY LOG STATUS")[0][..2].to_vec();
    let rows = session.rows(REPLICAS);
    assert_eq!(rows.len(), 2, "{rows:?}");
    // A replica that is slower than the other is not asked any more.
    let mut acked = rows.iter().map(|row| &row[3..5]);
    assert!(acked.any(|acked| acked == position), "{rows:?}");
    let mut ids: Vec<String> = topology
        .replicas
        .iter()
        .map(|replica| replica.session().value("SELECT @@server_id"))
        .collect();
    ids.sort();
    let mut seen: Vec<String> = rows.iter().map(|row| row[0].clone()).collect();
    seen.sort();
    assert_eq!(seen, ids);
    for row in &rows {
        assert_eq!(row[1], "1", "connected: {row:?}");
        if row[2] == "0" {
            continue;
        }
        let recent = format!(
            "SELECT ABS(TIMESTAMPDIFF(SECOND, '{}', UTC_TIMESTAMP(6))) < 60",
            row[5]
        );
        assert_eq!(session.number(&recent), 1, "{row:?}");
    }
}

#[test]
fn a_blocked_commit_and_its_timeout_show() {
    let topology = Topology::start(Plugins::Ours, &[Plugins::Ours], Link::PLAIN);
    let mut session = topology.source.session();
    session.run("SET GLOBAL rpl_semi_sync_source_timeout = 600000");
    topology.replicas[0].session().run("STOP REPLICA");
    std::thread::scope(|scope| {
        scope.spawn(|| topology.insert(0..1));
        wait_until("the commit is blocked", SOON, || {
            !observed(&mut session, "blocked_since").is_empty()
        });
        let since = observed(&mut session, "blocked_since");
        wait_until("its age grows", SOON, || {
            300_000 < observed_number(&mut session, "blocked_us")
        });
        assert_eq!(observed(&mut session, "blocked_since")[..19], since[..19]);
        session.run("SET GLOBAL rpl_semi_sync_source_enabled = OFF");
    });
    assert_eq!(observed(&mut session, "state"), "DISABLED");
    assert_eq!(observed_number(&mut session, "unacknowledged_waits"), 1);
    assert_eq!(observed_number(&mut session, "timed_out_waits"), 0);
    session.run_all(&[
        "SET GLOBAL rpl_semi_sync_source_enabled = ON",
        "SET GLOBAL rpl_semi_sync_source_timeout = 100",
    ]);
    topology.insert(1..2);
    assert_eq!(observed(&mut session, "state"), "ASYNCHRONOUS");
    assert_eq!(observed_number(&mut session, "timed_out_waits"), 1);
    assert_eq!(observed_number(&mut session, "unacknowledged_waits"), 2);
    assert_eq!(observed_number(&mut session, "blocked_us"), 0);
}

#[test]
fn the_queries_of_the_manual_answer() {
    let topology = Topology::start(Plugins::Ours, &[Plugins::Ours], Link::PLAIN);
    topology.insert(0..5);
    let mut session = topology.source.session();
    let manual = include_str!("../../../docs/plugin.md");
    let blocks = manual.split("```sql\n").skip(1);
    let queries: Vec<&str> = blocks
        .filter_map(|block| block.split("```").next())
        .filter(|sql| sql.starts_with("SELECT"))
        .collect();
    assert_eq!(queries.len(), 3, "{queries:?}");
    for sql in queries {
        let rows = session.rows(sql);
        assert_eq!(rows.len(), 1, "{sql}: {rows:?}");
    }
}

#[test]
fn they_stay_out_of_listings_of_the_stock_names() {
    let topology = Topology::start(Plugins::Ours, &[], Link::PLAIN);
    let mut session = topology.source.session();
    let stock = session.rows("SHOW GLOBAL STATUS LIKE '%semi_sync%'");
    assert_eq!(stock.len(), 14, "{stock:?}");
    let ours = session.rows("SHOW GLOBAL STATUS LIKE 'Semisync_lab%'");
    assert_eq!(ours.len(), 25, "{ours:?}");
    session.run("FLUSH LOCAL STATUS");
    assert_eq!(observed(&mut session, "state"), "SEMISYNCHRONOUS");
}
