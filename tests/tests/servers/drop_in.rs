//! Everything people and tools can see, next to the stock plugins: the same is done on servers with
//! either pair, and what they show and log is compared.

use std::time::Duration;

use semisync_tests::servers::{
    INSTALL_REPLICA, INSTALL_SOURCE, Link, Plugins, Rows, Server, ServerOptions, Session, Topology,
    wait_until,
};

const SOON: Duration = Duration::from_secs(30);

/// What was seen, with a word for each thing that says where.
type Seen = Vec<(String, Rows)>;

/// Does the same with either pair and compares; gives what was seen.
#[track_caller]
fn on_both(see: impl Fn(Plugins) -> Seen) -> Seen {
    let [ours, stock] = [Plugins::Ours, Plugins::Stock].map(see);
    assert_eq!(ours.len(), stock.len());
    for (ours, stock) in ours.iter().zip(&stock) {
        assert_eq!(ours, stock);
    }
    ours
}

fn ask(session: &mut Session, sql: &str) -> (String, Rows) {
    let rows = match session.try_rows(sql) {
        Ok(rows) => rows,
        Err(error) => vec![vec![error.number.to_string(), error.message]],
    };
    (sql.to_owned(), rows)
}

/// Lines of the error log that name semisynchronous replication or its plugins, numbers left out.
fn logged(server: &Server) -> Vec<String> {
    let log = server.error_log();
    let numbers = 11_126..=11_186;
    let is_ours = |line: &&str| {
        let number = line
            .split_once("[MY-")
            .and_then(|(_, rest)| rest.get(..6)?.parse::<u32>().ok());
        number.is_some_and(|number| numbers.contains(&number)) || line.contains("semi")
    };
    log.lines()
        .filter(is_ours)
        .map(|line| without_numbers(line.find('[').map_or(line, |start| &line[start..])))
        .collect()
}

/// Digits of positions, ids and ports become one `N`; those of the message's number stay.
fn without_numbers(line: &str) -> String {
    let (head, text) = line.split_at(line.rfind("] ").map_or(0, |end| end + 2));
    let mut out = head.to_owned();
    let mut in_number = false;
    for letter in text.chars() {
        let is_digit = letter.is_ascii_digit();
        if is_digit && !in_number {
            out.push('N');
        } else if !is_digit {
            out.push(letter);
        }
        in_number = is_digit;
    }
    out
}

fn rows_of(lines: Vec<String>) -> Rows {
    lines.into_iter().map(|line| vec![line]).collect()
}

const VARIABLES: &str = "SELECT variable_name, variable_value, variable_source, min_value, max_value \
    FROM performance_schema.variables_info JOIN performance_schema.global_variables \
    USING (variable_name) WHERE variable_name LIKE 'rpl_semi_sync%' ORDER BY variable_name";

/// Starts a server with options; what it shows of the plugins, or that it did not come up.
fn started_with(plugins: Plugins, options: &[&str]) -> Seen {
    let mut all = ServerOptions::of(plugins);
    for option in options {
        all = all.with(option);
    }
    let mut server = Server::launch("options", all);
    let mut seen = Vec::new();
    if server.comes_up() {
        let mut session = server.session();
        for sql in [
            VARIABLES,
            "SELECT plugin_name, plugin_status, load_option FROM information_schema.plugins \
             WHERE plugin_name LIKE '%semi%' ORDER BY 1",
        ] {
            seen.push(ask(&mut session, sql));
        }
    }
    seen.push(("log".to_owned(), rows_of(sorted(logged(&server)))));
    seen
}

#[test]
fn options_of_every_form_are_taken_as_by_the_stock_plugins() {
    for load in [
        "plugin-load-add=semisync_source.so;semisync_replica.so",
        "plugin-load=rpl_semi_sync_source=semisync_source.so;rpl_semi_sync_replica=semisync_replica.so",
        "early-plugin-load=semisync_source.so;semisync_replica.so",
    ] {
        let seen = on_both(|plugins| {
            started_with(
                plugins,
                &[
                    load,
                    "loose-rpl-semi-sync-source-enabled",
                    "loose-rpl_semi_sync_source_timeout=77",
                    "loose_rpl_semi_sync_source_trace-level=16",
                    "loose-rpl_semi_sync_source_wait_point=1",
                    "loose-rpl_semi_sync_source_wait_no_replica=OFF",
                    "loose-rpl_semi_sync_replica_enabled=TRUE",
                ],
            )
        });
        let is_early = load.starts_with("early");
        assert!(is_early || seen[0].1.len() == 8, "{load}: {seen:?}");
    }
}

#[test]
fn values_out_of_bounds_are_taken_at_start_as_by_the_stock_plugins() {
    for option in [
        "rpl_semi_sync_source_timeout=99999999999999999999999",
        "rpl_semi_sync_source_wait_for_replica_count=0",
        "rpl_semi_sync_source_wait_for_replica_count=65536",
        "rpl_semi_sync_source_trace_level=-1",
        "rpl_semi_sync_source_wait_point=AFTER_LUNCH",
        "rpl_semi_sync_source_enabled=perhaps",
        "skip-rpl_semi_sync_source_wait_no_replica",
    ] {
        let load = "plugin-load-add=semisync_source.so";
        let seen = on_both(|plugins| started_with(plugins, &[load, option]));
        assert!(!seen.is_empty(), "{option}");
    }
}

#[test]
fn options_wait_for_a_plugin_that_is_installed_later() {
    let seen = on_both(|plugins| {
        let options = ServerOptions::of(plugins)
            .with("loose-rpl_semi_sync_source_wait_point=AFTER_COMMIT")
            .with("loose-rpl_semi_sync_source_timeout=12");
        let server = Server::start("later", options);
        let mut session = server.session();
        vec![
            ask(&mut session, INSTALL_SOURCE),
            ask(&mut session, INSTALL_REPLICA),
            ask(&mut session, "SHOW WARNINGS"),
            ask(&mut session, VARIABLES),
            ("log".to_owned(), rows_of(sorted(logged(&server)))),
        ]
    });
    assert_eq!(seen[3].1.len(), 8, "{seen:?}");
}

#[test]
fn persisted_values_live_and_die_as_with_the_stock_plugins() {
    const PERSISTED: &str = "SELECT variable_name, variable_value FROM \
        performance_schema.persisted_variables ORDER BY variable_name";
    let seen = on_both(|plugins| {
        let mut server = Server::start("persisted", ServerOptions::of(plugins));
        let mut session = server.session();
        let mut seen = vec![ask(
            &mut session,
            "SET PERSIST_ONLY rpl_semi_sync_source_timeout = 5",
        )];
        session.run_all(&[INSTALL_SOURCE, INSTALL_REPLICA]);
        for sql in [
            "SET PERSIST rpl_semi_sync_source_timeout = 4321",
            "SET PERSIST rpl_semi_sync_source_wait_for_replica_count = 70000",
            "SHOW WARNINGS",
            "SET PERSIST_ONLY rpl_semi_sync_source_wait_point = 'AFTER_COMMIT'",
            "SET PERSIST_ONLY rpl_semi_sync_source_enabled = 1",
            "SET PERSIST rpl_semi_sync_replica_enabled = maybe",
            "SET PERSIST rpl_semi_sync_replica_trace_level = 64",
            PERSISTED,
            VARIABLES,
        ] {
            seen.push(ask(&mut session, sql));
        }
        server.restart();
        let mut session = server.session();
        for sql in [
            VARIABLES,
            "SHOW GLOBAL STATUS LIKE 'Rpl_semi_sync_source_status'",
            "RESET PERSIST rpl_semi_sync_source_timeout",
            "RESET PERSIST rpl_semi_sync_source_timeout",
            "RESET PERSIST IF EXISTS rpl_semi_sync_source_timeout",
            "SHOW WARNINGS",
            PERSISTED,
            "UNINSTALL PLUGIN rpl_semi_sync_source",
            PERSISTED,
            "SET GLOBAL rpl_semi_sync_source_timeout = 1",
            INSTALL_SOURCE,
            VARIABLES,
        ] {
            seen.push(ask(&mut session, sql));
        }
        seen
    });
    assert!(seen.iter().any(|(_, rows)| rows.len() == 8), "{seen:?}");
}

/// A life with everything that is logged in it but damaged packets.
fn life(plugins: Plugins) -> Seen {
    let mut topology = Topology::launch(ServerOptions::of(plugins), &[plugins]);
    topology.install();
    let mut source = topology.source.session();
    let mut replica = topology.replicas[0].session();
    source.run("SET GLOBAL rpl_semi_sync_source_timeout = 300");
    topology.connect(&topology.replicas[0], Link::PLAIN);
    topology.wait_for_clients(1);
    topology.insert(0..3);
    let mut seen = vec![ask(&mut source, "UNINSTALL PLUGIN rpl_semi_sync_source")];
    seen.push(ask(&mut replica, "UNINSTALL PLUGIN rpl_semi_sync_replica"));

    // It falls back, and comes back.
    replica.run("STOP REPLICA");
    topology.insert(3..5);
    topology.wait_for_clients(0);
    replica.run("START REPLICA");
    wait_until("semisynchronous again", SOON, || {
        source.status("Rpl_semi_sync_source_status") == "ON"
    });

    // The last replica leaves with wait_no_replica OFF: at once.
    source.run("SET GLOBAL rpl_semi_sync_source_wait_no_replica = OFF");
    replica.run("STOP REPLICA");
    source.run("SET GLOBAL rpl_semi_sync_source_timeout = 2000");
    topology.insert(5..6);
    topology.wait_for_clients(0);
    seen.push(ask(
        &mut source,
        "SHOW GLOBAL STATUS LIKE 'Rpl_semi_sync_source_status'",
    ));
    source.run("SET GLOBAL rpl_semi_sync_source_wait_no_replica = ON");

    // An asynchronous replica, and a semisynchronous one again.
    replica.run_all(&[
        "SET GLOBAL rpl_semi_sync_replica_enabled = OFF",
        "START REPLICA",
    ]);
    topology.wait_for_replicas();
    replica.run_all(&[
        "STOP REPLICA",
        "SET GLOBAL rpl_semi_sync_replica_enabled = ON",
        "START REPLICA",
    ]);
    topology.wait_for_clients(1);
    source.run_all(&[
        "SET GLOBAL rpl_semi_sync_source_enabled = OFF",
        "SET GLOBAL rpl_semi_sync_source_enabled = ON",
    ]);
    topology.insert(10..12);
    replica.run_all(&["STOP REPLICA", "UNINSTALL PLUGIN rpl_semi_sync_replica"]);
    topology.insert(12..13);
    topology.wait_for_clients(0);
    source.run("UNINSTALL PLUGIN rpl_semi_sync_source");
    drop((source, replica));
    for (name, server) in [
        ("source", &topology.source),
        ("replica", &topology.replicas[0]),
    ] {
        // The ACK receiver is a thread of its own, and dumps end when they notice: their lines
        // stand among the others by chance.
        seen.push((name.to_owned(), rows_of(sorted(logged(server)))));
    }
    seen
}

#[test]
fn a_life_leaves_the_lines_of_the_stock_plugins_in_both_logs() {
    let seen = on_both(life);
    let [.., source, replica] = &seen[..] else {
        panic!("{seen:?}")
    };
    assert!(25 <= source.1.len(), "{source:?}");
    assert!(5 <= replica.1.len(), "{replica:?}");
}

#[test]
fn a_shutdown_with_a_waiting_commit_logs_what_the_stock_plugin_logs() {
    let seen = on_both(|plugins| {
        let options = ServerOptions::of(plugins)
            .with("plugin-load-add=semisync_source.so")
            .with("rpl_semi_sync_source_enabled=ON")
            .with("rpl_semi_sync_source_timeout=600000");
        let mut server = Server::start("waiting", options);
        let mut waiting = server.session();
        let mut session = server.session();
        std::thread::scope(|scope| {
            scope.spawn(move || waiting.try_run("CREATE DATABASE shop"));
            wait_until("the commit waits", SOON, || {
                session.source_count("wait_sessions") == 1
            });
            server.begin_shutdown();
            server.wait_for_end(SOON * 2);
        });
        vec![("log".to_owned(), rows_of(sorted(logged(&server))))]
    });
    assert!(3 <= seen[0].1.len(), "{seen:?}");
}

#[test]
fn a_waiting_commit_and_the_threads_show_as_with_the_stock_plugin() {
    let seen = on_both(|plugins| {
        let mut topology = Topology::launch(ServerOptions::of(plugins), &[plugins]);
        topology.install();
        topology.connect(&topology.replicas[0], Link::PLAIN);
        topology.wait_for_clients(1);
        let mut session = topology.source.session();
        session.run_all(&[
            "SET GLOBAL rpl_semi_sync_source_timeout = 600000",
            "UPDATE performance_schema.setup_consumers SET enabled = 'YES' WHERE name LIKE '%stages%'",
        ]);
        let mut seen = Vec::new();
        for sql in [
            "SELECT name, enabled, history, properties, volatility FROM \
             performance_schema.setup_threads WHERE name LIKE 'thread/semisync/%' ORDER BY name",
            "SELECT name, enabled, timed, properties, volatility FROM \
             performance_schema.setup_instruments WHERE name LIKE '%semi%sync%' ORDER BY name",
            "SELECT name, type, processlist_user, processlist_host, processlist_db, \
             processlist_command, instrumented, history, connection_type FROM \
             performance_schema.threads WHERE name LIKE 'thread/semisync/%'",
        ] {
            seen.push(ask(&mut session, sql));
        }
        topology.replicas[0].session().run("STOP REPLICA");
        std::thread::scope(|scope| {
            scope.spawn(|| topology.insert(0..1));
            wait_until("the commit waits", SOON, || {
                session.source_count("wait_sessions") == 1
            });
            for sql in [
                "SELECT command, state, info FROM information_schema.processlist \
                 WHERE info LIKE 'INSERT INTO shop%'",
                "SELECT processlist_command, processlist_state, processlist_info FROM \
                 performance_schema.threads WHERE processlist_info LIKE 'INSERT INTO shop%'",
                "SELECT event_name FROM performance_schema.events_stages_current \
                 JOIN performance_schema.threads USING (thread_id) \
                 WHERE processlist_info LIKE 'INSERT INTO shop%'",
            ] {
                seen.push(ask(&mut session, sql));
            }
            session.run("SET GLOBAL rpl_semi_sync_source_enabled = OFF");
        });
        seen
    });
    for (sql, rows) in &seen[..6] {
        let is_stage_query = sql.contains("events_stages");
        assert!(is_stage_query || !rows.is_empty(), "{sql}");
    }
}

#[test]
fn static_configuration_pins_the_plugins_as_it_pins_the_stock_ones() {
    on_both(|plugins| {
        let server = Server::start("static", ServerOptions::of(plugins));
        let mut session = server.session();
        session.run_all(&[INSTALL_SOURCE, INSTALL_REPLICA]);
        let mut seen = Vec::new();
        for sql in [
            "SET GLOBAL replication_optimize_for_static_plugin_config = ON",
            "UNINSTALL PLUGIN rpl_semi_sync_source",
            "SHOW WARNINGS",
            "UNINSTALL PLUGIN rpl_semi_sync_replica",
            "SHOW WARNINGS",
            "SET GLOBAL rpl_semi_sync_source_timeout = 10",
            "SET GLOBAL rpl_semi_sync_source_enabled = ON",
            "CREATE DATABASE shop",
            "SHOW GLOBAL STATUS LIKE 'Rpl_semi_sync_source_no_tx'",
            "SET GLOBAL replication_optimize_for_static_plugin_config = OFF",
            "SET GLOBAL replication_sender_observe_commit_only = ON",
            "SET GLOBAL rpl_semi_sync_source_enabled = OFF",
            "SET GLOBAL rpl_semi_sync_source_enabled = ON",
            "DROP DATABASE shop",
            "SHOW GLOBAL STATUS LIKE 'Rpl_semi_sync_source_no_tx'",
            "UNINSTALL PLUGIN rpl_semi_sync_source",
            "UNINSTALL PLUGIN rpl_semi_sync_replica",
            "SHOW GLOBAL VARIABLES LIKE 'rpl_semi%'",
        ] {
            seen.push(ask(&mut session, sql));
        }
        seen
    });
}

#[test]
fn every_binlog_format_and_file_positions_count_alike() {
    on_both(|plugins| {
        let mut topology = Topology::launch(ServerOptions::of(plugins), &[plugins]);
        topology.install();
        let replica = &topology.replicas[0];
        let mut session = replica.session();
        let mut source = topology.source.session();
        topology.connect(replica, Link::PLAIN);
        topology.wait_for_clients(1);
        topology.wait_for_replicas();
        session.run_all(&[
            "STOP REPLICA",
            "CHANGE REPLICATION SOURCE TO SOURCE_AUTO_POSITION = 0",
            "START REPLICA",
        ]);
        source.run("INSERT INTO shop.orders VALUES (1000)");
        topology.wait_for_clients(1);
        source.run("SET GLOBAL replication_sender_observe_commit_only = ON");
        let mut seen = Vec::new();
        for (format, first) in [("ROW", 0), ("STATEMENT", 100), ("MIXED", 200)] {
            let before = source.source_count("yes_tx");
            source.run(&format!("SET SESSION binlog_format = '{format}'"));
            for id in first..first + 10 {
                source.run(&format!("INSERT INTO shop.orders VALUES ({id})"));
            }
            let counted = source.source_count("yes_tx") - before;
            seen.push((format.to_owned(), vec![vec![counted.to_string()]]));
        }
        topology.wait_for_replicas();
        seen.push(ask(&mut session, "SELECT COUNT(*) FROM shop.orders"));
        seen.push(ask(
            &mut source,
            "SHOW GLOBAL STATUS LIKE 'Rpl_semi_sync_source_no_tx'",
        ));
        let reconnects = replica.count_logged(10_584);
        seen.push(("reconnects".to_owned(), vec![vec![reconnects.to_string()]]));
        seen
    });
}

fn sorted(mut lines: Vec<String>) -> Vec<String> {
    lines.sort();
    lines
}
