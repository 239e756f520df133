//! Variables and status variables, next to those of the stock plugins.

use semisync_tests::servers::{
    INSTALL_REPLICA, INSTALL_SOURCE, Plugins, Rows, Server, ServerOptions, Session,
};

/// What a server answered to a statement: the error, or the warnings it left.
type Answer = (String, Result<Rows, (u16, String)>);

fn with_both(ask: impl Fn(&Server, &mut Session) -> Vec<Answer>) {
    let mut servers = [Plugins::Ours, Plugins::Stock]
        .map(|plugins| Server::launch("variables", ServerOptions::of(plugins)));
    let [ours, stock] = servers.each_mut().map(|server| {
        server.wait_until_ready();
        let mut session = server.session();
        session.run_all(&[INSTALL_SOURCE, INSTALL_REPLICA]);
        ask(server, &mut session)
    });
    assert_eq!(ours.len(), stock.len());
    for (ours, stock) in ours.iter().zip(&stock) {
        assert_eq!(ours, stock);
    }
}

#[test]
fn listings_are_those_of_the_stock_plugins() {
    with_both(|_, session| {
        let queries = [
            "SHOW GLOBAL VARIABLES LIKE 'rpl_semi_sync%'",
            "SHOW GLOBAL STATUS LIKE 'Rpl_semi_sync%'",
            "SHOW STATUS LIKE 'Rpl_semi_sync%'",
            "SELECT variable_name, variable_source, min_value, max_value \
             FROM performance_schema.variables_info WHERE variable_name LIKE 'rpl_semi_sync%' \
             ORDER BY variable_name",
            "SELECT * FROM performance_schema.global_status \
             WHERE variable_name LIKE 'Rpl_semi_sync%' ORDER BY variable_name",
            "SELECT * FROM performance_schema.session_status \
             WHERE variable_name LIKE 'Rpl_semi_sync%' ORDER BY variable_name",
        ];
        let answers: Vec<Answer> = queries
            .map(|sql| (sql.to_owned(), answer(session, sql)))
            .into();
        let listed = answers[..2]
            .iter()
            .map(|(_, rows)| rows.as_ref().map(Vec::len));
        assert_eq!(
            listed.collect::<Vec<_>>(),
            [Ok(8), Ok(15)],
            "all variables are there"
        );
        answers
    });
}

#[test]
fn set_statements_are_answered_as_by_the_stock_plugins() {
    with_both(|_, session| {
        let variables = [
            "rpl_semi_sync_source_enabled",
            "rpl_semi_sync_source_timeout",
            "rpl_semi_sync_source_wait_no_replica",
            "rpl_semi_sync_source_trace_level",
            "rpl_semi_sync_source_wait_point",
            "rpl_semi_sync_source_wait_for_replica_count",
            "rpl_semi_sync_replica_enabled",
            "rpl_semi_sync_replica_trace_level",
        ];
        let mut answers = Vec::new();
        for variable in variables {
            for value in VALUES {
                answers.push(set(
                    session,
                    &format!("SET GLOBAL {variable} = {value}"),
                    variable,
                ));
            }
            for other in [
                format!("SET {variable} = 1"),
                format!("SET SESSION {variable} = 1"),
                format!("SELECT @@session.{variable}"),
                format!("SET PERSIST {variable} = DEFAULT"),
                format!("RESET PERSIST {variable}"),
            ] {
                answers.push(set(session, &other, variable));
            }
        }
        session.run("SET sql_mode = 'STRICT_ALL_TABLES'");
        for (variable, value) in [
            ("rpl_semi_sync_source_wait_for_replica_count", "0"),
            ("rpl_semi_sync_source_wait_for_replica_count", "65536"),
            ("rpl_semi_sync_source_timeout", "-1"),
        ] {
            answers.push(set(
                session,
                &format!("SET GLOBAL {variable} = {value}"),
                variable,
            ));
        }
        assert!(100 < answers.len());
        answers
    });
}

#[test]
fn configuration_changes_are_logged_as_by_the_stock_plugins() {
    with_both(|server, session| {
        session.run_all(&[
            "SET GLOBAL rpl_semi_sync_source_timeout = 50",
            "SET GLOBAL rpl_semi_sync_source_enabled = ON",
            "SET GLOBAL rpl_semi_sync_source_enabled = ON",
            "CREATE DATABASE shop",
            "SET GLOBAL rpl_semi_sync_source_wait_no_replica = OFF",
            "SET GLOBAL rpl_semi_sync_source_wait_no_replica = ON",
            "SET GLOBAL rpl_semi_sync_source_enabled = OFF",
            "SET GLOBAL rpl_semi_sync_source_enabled = OFF",
            "SET GLOBAL rpl_semi_sync_source_enabled = ON",
            "UNINSTALL PLUGIN rpl_semi_sync_source",
            "UNINSTALL PLUGIN rpl_semi_sync_replica",
        ]);
        let numbers: Vec<u32> = (11126..=11186).collect();
        // The ACK receiver is a thread of its own: its lines stand among the others by chance.
        let (threads, others): (Vec<String>, Vec<String>) = server
            .logged(&numbers)
            .into_iter()
            .partition(|line| line.contains("ack receiver thread"));
        assert!(10 <= others.len() + threads.len(), "{others:?}");
        [threads, others]
            .map(|lines| (String::new(), Ok(vec![lines])))
            .into()
    });
}

fn set(session: &mut Session, sql: &str, variable: &str) -> Answer {
    let answer = answer(session, sql).map(|_| {
        let mut rows = session.rows("SHOW WARNINGS");
        rows.extend(session.rows(&format!("SELECT @@GLOBAL.{variable}")));
        rows
    });
    (sql.to_owned(), answer)
}

fn answer(session: &mut Session, sql: &str) -> Result<Rows, (u16, String)> {
    session
        .try_rows(sql)
        .map_err(|error| (error.number, error.message))
}

const VALUES: [&str; 19] = [
    "ON",
    "OFF",
    "0",
    "1",
    "2",
    "-1",
    "65535",
    "65536",
    "4294967296",
    "18446744073709551615",
    "18446744073709551616",
    "1.1",
    "1e1",
    "'some text'",
    "''",
    "NULL",
    "'AFTER_COMMIT'",
    "'after_sync'",
    "DEFAULT",
];
