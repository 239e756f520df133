//! A source and a replica under memcheck, through a whole life of both plugins.
//!
//! Memcheck reports much of the server's own doing; what counts here is what has a plugin's library
//! among the callers.

use std::fmt;
use std::time::Duration;

use crate::servers::{
    FakeReplica, INSTALL_REPLICA, INSTALL_SOURCE, Link, Plugins, Server, ServerOptions, Session,
    Topology, fault_libraries, wait_until,
};
use semisync_core::BinlogPosition;

/// What memcheck found in one server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Findings {
    /// `source` or `replica`.
    pub server: String,
    /// All reports, those about leaks among them.
    pub reports: usize,
    /// Those of them that have the plugin among the callers.
    pub of_the_plugin: Vec<String>,
}

/// What memcheck found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// Whose plugins.
    pub plugins: Plugins,
    /// On either server.
    pub servers: Vec<Findings>,
    /// Commits that were acknowledged meanwhile.
    pub acknowledged: u64,
    /// Commits that were not.
    pub unacknowledged: u64,
}

impl Report {
    /// Whether nothing was found that concerns the plugins.
    pub fn is_clean(&self) -> bool {
        self.servers
            .iter()
            .all(|findings| findings.of_the_plugin.is_empty())
    }

    /// The lines above [`Report`]'s own.
    pub const HEAD: &str = "\
| plugins | server | acknowledged commits | others | memcheck's reports | with the plugin among the callers |\n\
|---|---|--:|--:|--:|--:|";
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for findings in &self.servers {
            writeln!(
                f,
                "| {} | {} | {} | {} | {} | {} |",
                self.plugins.word(),
                findings.server,
                self.acknowledged,
                self.unacknowledged,
                findings.reports,
                findings.of_the_plugin.len()
            )?;
        }
        for report in self.servers.iter().flat_map(|found| &found.of_the_plugin) {
            writeln!(f, "\n{report}")?;
        }
        Ok(())
    }
}

/// Plays the life of both plugins.
///
/// # Panics
/// When a server does not do what it should.
pub fn run(plugins: Plugins) -> Report {
    let options = ServerOptions {
        under_memcheck: true,
        ..ServerOptions::of(plugins)
    };
    let source = options
        .clone()
        .with("plugin-load-add=semisync_source.so")
        .with("loose-semisync_lab.flight_recorder=start");
    let mut topology = Topology {
        source: Server::launch("source", source),
        replicas: vec![Server::launch("replica", options)],
    };
    topology.source.wait_until_ready();
    topology.replicas[0].wait_until_ready();
    let (acknowledged, unacknowledged) = live(&mut topology);
    let Topology { source, replicas } = topology;
    let servers = [
        (source, "semisync_source.so"),
        (
            replicas.into_iter().next().expect("a replica"),
            "semisync_replica.so",
        ),
    ];
    Report {
        plugins,
        servers: servers
            .into_iter()
            .map(|(server, library)| end(server, library))
            .collect(),
        acknowledged,
        unacknowledged,
    }
}

/// A source that leaks when a hook panics, for what was thrown is never dropped: memcheck must see it.
///
/// # Panics
/// When a server does not do what it should.
pub fn run_control() -> Findings {
    let mut source = Server::launch(
        "source",
        ServerOptions {
            under_memcheck: true,
            libraries: Some(fault_libraries()),
            environment: vec![("SEMISYNC_FAULT".to_owned(), "after_flush".to_owned())],
            ..ServerOptions::of(Plugins::Ours)
        },
    );
    source.wait_until_ready();
    source.session().run_all(&[
        INSTALL_SOURCE,
        "SET GLOBAL rpl_semi_sync_source_enabled = ON",
        "CREATE DATABASE shop",
        "UNINSTALL PLUGIN rpl_semi_sync_source",
    ]);
    end(source, "semisync_source.so")
}

/// From the server's start to the second time that both plugins are uninstalled; gives the commits
/// that were acknowledged, and the others.
fn live(topology: &mut Topology) -> (u64, u64) {
    let mut source = topology.source.session();
    let mut replica = topology.replicas[0].session();
    source.run("UNINSTALL PLUGIN rpl_semi_sync_source");
    topology.install();
    source.run("SET GLOBAL rpl_semi_sync_source_timeout = 3600000");
    topology.connect(&topology.replicas[0], Link::PLAIN);
    wait_for_clients(&mut source, 1);
    commit_at_both_wait_points(topology, &mut source);
    misbehave(&topology.source);
    time_out(topology, &mut source, &mut replica);
    disable_under_a_waiting_commit(topology, &mut source, &mut replica);
    reconnect(topology, &mut source, &mut replica);
    let counts = ["yes_tx", "no_tx"].map(|name| source.source_count(name));
    leave(&mut source, &mut replica);
    source.run_all(&[
        INSTALL_SOURCE,
        "SET GLOBAL rpl_semi_sync_source_enabled = ON",
    ]);
    replica.run_all(&[
        INSTALL_REPLICA,
        "SET GLOBAL rpl_semi_sync_replica_enabled = ON",
        "START REPLICA",
    ]);
    wait_for_clients(&mut source, 1);
    topology.insert(2_000..2_003);
    let again = ["yes_tx", "no_tx"].map(|name| source.source_count(name));
    leave(&mut source, &mut replica);
    (counts[0] + again[0], counts[1] + again[1])
}

fn commit_at_both_wait_points(topology: &Topology, source: &mut Session) {
    for (round, wait_point) in (0..).zip(["AFTER_SYNC", "AFTER_COMMIT"]) {
        source.run(&format!(
            "SET GLOBAL rpl_semi_sync_source_wait_point = '{wait_point}'"
        ));
        std::thread::scope(|scope| {
            for session in 0..3 {
                let first = round * 100 + session * 10;
                scope.spawn(move || topology.insert(first..first + 6));
            }
        });
    }
    for listing in [
        "SHOW GLOBAL STATUS LIKE '%semi%sync%'",
        "SHOW GLOBAL VARIABLES LIKE '%semi%sync%'",
    ] {
        source.rows(listing);
    }
}

/// Half a packet, and a goodbye.
fn misbehave(source: &Server) {
    let position = BinlogPosition::new("binlog.000001", 4);
    let mut fake = FakeReplica::connect(source, 4_001, &position);
    fake.next_event();
    fake.send(&[22, 0, 0, 0, 0xef, 1, 2]);
    drop(fake);
    let mut fake = FakeReplica::connect(source, 4_002, &position);
    fake.send(&[1, 0, 0, 0, 0x42]);
    fake.quit();
}

fn time_out(topology: &Topology, source: &mut Session, replica: &mut Session) {
    replica.run("STOP REPLICA IO_THREAD");
    source.run("SET GLOBAL rpl_semi_sync_source_timeout = 100");
    topology.insert(300..303);
    replica.run("START REPLICA IO_THREAD");
    source.run("SET GLOBAL rpl_semi_sync_source_timeout = 3600000");
    wait_until("it is semisynchronous again", PATIENCE, || {
        source.status("Rpl_semi_sync_source_status") == "ON"
    });
}

fn disable_under_a_waiting_commit(
    topology: &Topology,
    source: &mut Session,
    replica: &mut Session,
) {
    replica.run("STOP REPLICA IO_THREAD");
    std::thread::scope(|scope| {
        scope.spawn(|| topology.insert(400..401));
        wait_until("the commit waits", PATIENCE, || {
            source.source_count("wait_sessions") == 1
        });
        source.run("SET GLOBAL rpl_semi_sync_source_enabled = OFF");
    });
    source.run("SET GLOBAL rpl_semi_sync_source_enabled = ON");
    replica.run("START REPLICA IO_THREAD");
}

/// Over TLS and compressed, while a flight is recorded.
fn reconnect(topology: &Topology, source: &mut Session, replica: &mut Session) {
    // The stock plugin has no such variable.
    let _ = source.try_run("SET GLOBAL semisync_lab.flight_recorder = 'again'");
    for (first, compression) in [(500, "zstd"), (600, "zlib")] {
        replica.run("STOP REPLICA");
        let link = Link {
            tls: true,
            compression: Some(compression),
        };
        topology.connect(&topology.replicas[0], link);
        wait_until("it is semisynchronous over the new link", PATIENCE, || {
            replica.status("Rpl_semi_sync_replica_status") == "ON"
        });
        topology.insert(first..first + 4);
    }
    let _ = source.try_run("SET GLOBAL semisync_lab.flight_recorder = ''");
}

fn leave(source: &mut Session, replica: &mut Session) {
    replica.run_all(&["STOP REPLICA", "UNINSTALL PLUGIN rpl_semi_sync_replica"]);
    source.run("SET GLOBAL rpl_semi_sync_source_enabled = OFF");
    // Refused until the dump thread has noticed that its replica is gone.
    let mut id = 10_000 + source.number("SELECT MAX(id) FROM shop.orders");
    wait_until("the source plugin is not in use", PATIENCE, || {
        id += 1;
        source.run(&format!("INSERT INTO shop.orders VALUES ({id})"));
        source
            .try_run("UNINSTALL PLUGIN rpl_semi_sync_source")
            .is_ok()
    });
}

fn wait_for_clients(source: &mut Session, count: u64) {
    wait_until("the source counts its replicas", PATIENCE, || {
        source.source_count("clients") == count
    });
}

/// Ends a server in order, and reads what memcheck wrote.
fn end(mut server: Server, library: &str) -> Findings {
    server.begin_shutdown();
    let status = server.wait_for_end(PATIENCE);
    assert!(status.success(), "{}: {status}", server.name());
    let report = server.memcheck_report();
    let text = std::fs::read_to_string(&report).expect("memcheck wrote its report");
    assert!(text.contains("</valgrindoutput>"), "the report is whole");
    Findings {
        server: server.name().to_owned(),
        ..findings(&text, library)
    }
}

/// Reads memcheck's report.
fn findings(xml: &str, library: &str) -> Findings {
    let errors: Vec<&str> = between(xml, "<error>", "</error>").collect();
    let file = format!("/{library}</obj>");
    Findings {
        server: String::new(),
        reports: errors.len(),
        of_the_plugin: errors
            .iter()
            .filter(|error| error.contains(&file))
            .map(|error| readable(error))
            .collect(),
    }
}

/// One report as text: what it is, and who called whom.
fn readable(error: &str) -> String {
    let of = |text, name: &str| {
        between(text, &format!("<{name}>"), &format!("</{name}>"))
            .next()
            .unwrap_or("?")
            .to_owned()
    };
    let what = match error.contains("<xwhat>") {
        true => of(error, "text"),
        false => of(error, "what"),
    };
    let frames = between(error, "<frame>", "</frame>").map(|frame| {
        format!(
            "\n    {} ({}:{})",
            of(frame, "fn"),
            of(frame, "file"),
            of(frame, "line")
        )
    });
    let text = what + &frames.collect::<String>();
    text.replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&amp;", "&")
}

fn between<'a>(text: &'a str, start: &str, end: &str) -> impl Iterator<Item = &'a str> {
    let mut rest = text;
    core::iter::from_fn(move || {
        let (_, after) = rest.split_once(start)?;
        let (inside, after) = after.split_once(end)?;
        rest = after;
        Some(inside)
    })
}

/// A server under memcheck takes twenty times as long.
const PATIENCE: Duration = Duration::from_secs(900);

#[cfg(test)]
mod tests {
    use super::*;

    const REPORT: &str = "<valgrindoutput>\
        <error><kind>Leak_DefinitelyLost</kind><xwhat><text>7 bytes are lost</text></xwhat><stack>\
        <frame><obj>/usr/lib/vg.so</obj><fn>malloc</fn><file>m.c</file><line>1</line></frame>\
        <frame><obj>/p/semisync_source.so</obj><fn>a&lt;b&gt;</fn></frame></stack></error>\
        <error><kind>UninitValue</kind><what>of the server</what><stack>\
        <frame><obj>/usr/sbin/mysqld</obj><fn>x</fn></frame></stack></error></valgrindoutput>";

    #[test]
    fn a_report_with_the_library_among_the_callers_is_the_plugins() {
        let found = findings(REPORT, "semisync_source.so");
        assert_eq!(found.reports, 2);
        assert_eq!(
            found.of_the_plugin,
            ["7 bytes are lost\n    malloc (m.c:1)\n    a<b> (?:?)"]
        );
        assert_eq!(
            findings(REPORT, "semisync_replica.so").of_the_plugin,
            [""; 0]
        );
    }
}
