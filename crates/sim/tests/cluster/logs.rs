//! Binary logs and relay logs, next to what a 9.7.4 server wrote for the same statements.

use semisync_sim::operation::LoggedEffect;
use semisync_sim::{Operation, ServerIndex};

use crate::harness::{Lab, SOURCE, create_table, insert_named, start_receiver, stop_receiver};

const REPLICA: ServerIndex = ServerIndex(1);

fn logged(text: &str, effect: LoggedEffect) -> Operation {
    Operation::LoggedStatement {
        text: text.to_owned(),
        effect,
    }
}

fn drop_table(table: &str, if_exists: bool) -> Operation {
    Operation::DropTables {
        tables: vec![("lab".to_owned(), table.to_owned())],
        if_exists,
    }
}

fn create_database(name: &str, if_not_exists: bool, text: &str) -> Operation {
    Operation::CreateDatabase {
        name: name.to_owned(),
        if_not_exists,
        text: text.to_owned(),
    }
}

fn drop_database(name: &str, if_exists: bool, text: &str) -> Operation {
    Operation::DropDatabase {
        name: name.to_owned(),
        if_exists,
        text: text.to_owned(),
    }
}

fn again() -> Operation {
    let Operation::CreateTable { db, table, .. } = create_table() else {
        unreachable!()
    };
    Operation::CreateTable {
        db,
        table,
        if_not_exists: true,
        is_like: false,
        text: "CREATE TABLE IF NOT EXISTS t (id INT)".to_owned(),
    }
}

fn ends(lab: &Lab, server: ServerIndex) -> Vec<u64> {
    let events = lab.cluster.binlog_events(server, "binlog.000001");
    let events = events.expect("the first file");
    events.iter().map(|event| event.end_position).collect()
}

#[test]
fn every_event_ends_where_a_real_servers_does() {
    let mut lab = Lab::new(1);
    let session = lab.open(SOURCE);
    let statements = [
        create_table(),
        insert_named(1, "a"),
        logged("FLUSH STATUS", LoggedEffect::FlushStatus),
        Operation::TruncateTable {
            db: "lab".to_owned(),
            table: "t".to_owned(),
            text: "TRUNCATE TABLE t".to_owned(),
        },
        create_database("lab", true, "CREATE DATABASE IF NOT EXISTS lab"),
        again(),
        drop_table("nosuch", true),
        drop_table("t", false),
        create_database("d2", false, "CREATE DATABASE d2"),
        drop_database("d2", false, "DROP DATABASE d2"),
        drop_database("d3", true, "DROP DATABASE IF EXISTS d3"),
        logged("FLUSH PRIVILEGES", LoggedEffect::FlushPrivileges),
    ];
    for statement in statements {
        lab.ok(session, statement);
    }
    lab.settle();
    let source = [
        127, 158, 235, 340, 417, 553, 632, 706, 760, 802, 833, 910, 991, 1068, 1162, 1239, 1349,
        1426, 1540, 1617, 1747, 1824, 1948, 2025, 2127, 2204, 2302, 2379, 2478, 2555, 2648,
    ];
    assert_eq!(ends(&lab, SOURCE), source);
    let replica = [
        127, 158, 242, 347, 431, 567, 653, 722, 776, 818, 849, 933, 1014, 1098, 1192, 1276, 1386,
        1470, 1584, 1668, 1798, 1882, 2006, 2090, 2192, 2276, 2374, 2458, 2557, 2641, 2734,
    ];
    assert_eq!(ends(&lab, REPLICA), replica);
}

#[test]
fn the_events_say_what_a_real_servers_say() {
    let mut lab = Lab::new(1);
    let session = lab.open(SOURCE);
    lab.ok(session, create_table());
    lab.ok(session, insert_named(1, "a"));
    lab.ok(session, Operation::FlushBinaryLogs);
    let events = lab.cluster.binlog_events(SOURCE, "binlog.000001");
    let lines: Vec<_> = events
        .expect("the first file")
        .into_iter()
        .skip(4)
        .map(|event| format!("{} {}", event.event_type, event.info))
        .collect();
    let gtid =
        |n: u8| format!("SET @@SESSION.GTID_NEXT= '11111111-1111-1111-1111-111111111111:{n}'");
    let expected = [
        format!("Gtid {}", gtid(2)),
        "Query use `lab`; CREATE TABLE t (id INT PRIMARY KEY, v VARCHAR(20)) /* xid=2 */"
            .to_owned(),
        format!("Gtid {}", gtid(3)),
        "Query BEGIN".to_owned(),
        "Table_map table_id: 91 (lab.t)".to_owned(),
        "Write_rows table_id: 91 flags: STMT_END_F USE_SQL_FOREIGN_KEY_F".to_owned(),
        "Xid COMMIT /* xid=3 */".to_owned(),
        "Rotate binlog.000002;pos=4".to_owned(),
    ];
    assert_eq!(lines, expected);
}

/// `replica_checkpoint_period`: positions are told no later than this.
const CHECKPOINT_PERIOD_MS: u64 = 300;

/// File, position and space of the relay log.
fn relay(lab: &Lab) -> (String, u64, u64, u64) {
    let status = lab.cluster.replica_status(REPLICA).expect("a channel");
    (
        status.relay_log_file,
        status.relay_log_pos,
        status.relay_log_space,
        status.exec_source_log_pos,
    )
}

#[test]
fn the_relay_log_has_the_files_and_positions_of_a_real_replica() {
    let mut lab = Lab::new(1);
    lab.wait_millis(CHECKPOINT_PERIOD_MS);
    assert_eq!(relay(&lab), ("relay.000002".to_owned(), 551, 752, 340));
    let session = lab.open(REPLICA);
    lab.ok(session, stop_receiver());
    lab.ok(session, start_receiver());
    lab.settle();
    lab.wait_millis(100);
    assert_eq!(relay(&lab), ("relay.000003".to_owned(), 453, 1047, 340));
    let source = lab.open(SOURCE);
    lab.ok(source, Operation::FlushBinaryLogs);
    lab.settle();
    lab.wait_millis(100);
    assert_eq!(relay(&lab).0, "relay.000005");
    let names = lab.cluster.relay_log_events(REPLICA, None).expect("a file");
    assert_eq!(names[0].file, "relay.000004");
    let rotates: Vec<_> = names
        .iter()
        .filter(|event| event.event_type == "Rotate")
        .map(|event| (event.position, event.end_position, event.info.as_str()))
        .collect();
    let expected = [
        (198, 384, "binlog.000002;pos=4"),
        (242, 285, "relay.000005;pos=4"),
    ];
    assert_eq!(rotates, expected);
}

#[test]
fn an_empty_transaction_uses_up_the_identifier_it_was_given() {
    use semisync_sim::operation::{SetLiteral, VariableAssignment, VariableScope};
    let mut lab = Lab::new(1);
    let session = lab.open(SOURCE);
    let set_next = |value: &str| {
        Operation::SetVariables(vec![VariableAssignment {
            scope: VariableScope::Session,
            name: "gtid_next".to_owned(),
            value: Some(SetLiteral::Text(value.to_owned())),
        }])
    };
    lab.ok(session, set_next("33333333-3333-3333-3333-333333333333:5"));
    lab.ok(session, Operation::Begin);
    lab.ok(session, Operation::Commit);
    assert_eq!(lab.error(session, create_table()).code, 1837);
    lab.ok(session, set_next("AUTOMATIC"));
    lab.ok(session, create_table());
    lab.settle();
    let executed = "11111111-1111-1111-1111-111111111111:1-2,\n\
                    33333333-3333-3333-3333-333333333333:5";
    assert_eq!(lab.cluster.gtid_executed(REPLICA), executed);
    assert_eq!(ends(&lab, SOURCE)[4..7], [417, 491, 566]);
    assert_eq!(ends(&lab, REPLICA)[4..7], [431, 505, 580]);
}
