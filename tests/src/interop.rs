//! Our plugins and the stock ones with each other, over every kind of connection.
//!
//! Every commit must be acknowledged, arrive, and leave the connections standing: a replica that
//! breaks and makes its connection anew after each commit would pass every other check.

use std::fmt;
use std::ops::Range;
use std::time::Duration;

use crate::servers::{Link, Plugins, Server, Session, Topology, wait_until};

/// One field of the matrix, and what was counted in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cell {
    /// Whose source plugin.
    pub source: Plugins,
    /// Whose replica plugin.
    pub replica: Plugins,
    /// What the connections are like.
    pub link: Link,
    /// How many replicas there are, all of which must acknowledge.
    pub count: usize,
    /// The wait point.
    pub wait_point: &'static str,
    /// Transactions that clients were told OK for.
    pub commits: u64,
    /// Those that the source says were acknowledged.
    pub acknowledged: u64,
    /// Those that the source says were not.
    pub unacknowledged: u64,
    /// ACKs that the source asked for.
    pub requests: u64,
    /// Transactions that are there on each replica.
    pub arrived: Vec<u64>,
    /// Connections made anew, as either side sees it.
    pub reconnects: usize,
    /// Lines about bad packets in the source's error log.
    pub complaints: usize,
}

impl Cell {
    /// Whether nothing is missing and nothing broke.
    pub fn is_good(&self) -> bool {
        self.acknowledged == self.commits
            && self.unacknowledged == 0
            && self.asks_once_each()
            && self.arrived == vec![self.commits; self.count]
            && self.reconnects == 0
            && self.complaints == 0
    }

    /// Whether every replica was asked once for each transaction. Dump threads of the stock source
    /// count in `Rpl_semi_sync_source_net_waits` without a lock, so that two may count as one.
    fn asks_once_each(&self) -> bool {
        let expected = self.commits * self.count as u64;
        match self.source {
            Plugins::Ours => self.requests == expected,
            Plugins::Stock => (self.commits..=expected).contains(&self.requests),
        }
    }

    /// The lines above [`Cell`]'s own.
    pub const HEAD: &str = "\
| source | replica | connection | count | wait point | commits | acknowledged | not | ACKs asked for | \
arrived | reconnects | bad packets | |\n\
|---|---|---|--:|---|--:|--:|--:|--:|--:|--:|--:|---|";
}

impl fmt::Display for Cell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let arrived: Vec<String> = self.arrived.iter().map(u64::to_string).collect();
        write!(
            f,
            "| {} | {} | {} | {} | {} | {} | {} | {} | {} | {} | {} | {} | {} |",
            self.source.word(),
            self.replica.word(),
            name_of(self.link),
            self.count,
            self.wait_point,
            self.commits,
            self.acknowledged,
            self.unacknowledged,
            self.requests,
            arrived.join(", "),
            self.reconnects,
            self.complaints,
            if self.is_good() { "good" } else { "**BAD**" }
        )
    }
}

/// Plays all cells of a source and replicas.
///
/// # Panics
/// When a server does not do what it should.
pub fn play_pair(source: Plugins, replica: Plugins, tell: impl Fn(&Cell)) -> Vec<Cell> {
    let mut topology = Topology::start(source, &[replica; 2], LINKS[0]);
    let mut session = topology.source.session();
    session.run_all(&[
        "SET GLOBAL rpl_semi_sync_source_timeout = 60000",
        "CREATE TABLE shop.notes (id INT PRIMARY KEY, note LONGTEXT)",
        "CREATE TABLE shop.noise (id INT PRIMARY KEY)",
        "INSERT INTO shop.noise VALUES (1)",
    ]);
    let mut cells = Vec::new();
    let mut ids = 0..COMMITS - 1;
    for link in LINKS {
        for count in 1..=2 {
            arrange(&mut topology, link, count);
            for wait_point in ["AFTER_SYNC", "AFTER_COMMIT"] {
                session.run(&format!(
                    "SET GLOBAL rpl_semi_sync_source_wait_point = '{wait_point}'"
                ));
                let cell = Cell {
                    source,
                    replica,
                    ..play(&topology, link, count, wait_point, ids.clone())
                };
                tell(&cell);
                cells.push(cell);
                ids = ids.end..ids.end + COMMITS - 1;
            }
        }
    }
    cells
}

/// So many replicas, connected like this. The second one leaves before the first connects anew.
fn arrange(topology: &mut Topology, link: Link, count: usize) {
    let mut session = topology.source.session();
    if count == 1 {
        session.run("SET GLOBAL rpl_semi_sync_source_wait_for_replica_count = 1");
        for replica in &topology.replicas {
            replica.session().run("STOP REPLICA");
        }
    }
    topology.connect(&topology.replicas[count - 1], link);
    wait_until("the source counts its replicas", PATIENCE, || {
        // A dump thread notices at its next write that its replica has left.
        session.run("UPDATE shop.noise SET id = id + 1");
        session.source_count("clients") == count as u64
    });
    session.run(&format!(
        "SET GLOBAL rpl_semi_sync_source_wait_for_replica_count = {count}"
    ));
    check_link(&mut session, link, count);
}

fn play(
    topology: &Topology,
    link: Link,
    count: usize,
    wait_point: &'static str,
    ids: Range<u64>,
) -> Cell {
    let replicas = &topology.replicas[..count];
    for replica in replicas {
        catch_up(topology, replica);
    }
    let before = Counts::of(&topology.source, replicas);
    let mut session = topology.source.session();
    for id in ids.clone() {
        session.run(&format!("INSERT INTO shop.orders VALUES ({id})"));
    }
    // A row that is worth compressing, and a transaction larger than a network buffer.
    let id = ids.start;
    session.run(&format!(
        "INSERT INTO shop.notes VALUES ({id}, REPEAT('semisync', 100000))"
    ));
    let arrived = replicas
        .iter()
        .map(|replica| {
            catch_up(topology, replica);
            let mut session = replica.session();
            let Range { start, end } = ids;
            session.number(&format!(
                "SELECT COUNT(*) FROM shop.orders WHERE {start} <= id AND id < {end}"
            )) + session.number(&format!(
                "SELECT COUNT(*) FROM shop.notes WHERE id = {id} AND LENGTH(note) = 800000"
            ))
        })
        .collect();
    let after = Counts::of(&topology.source, replicas);
    Cell {
        source: Plugins::Ours,
        replica: Plugins::Ours,
        link,
        count,
        wait_point,
        commits: ids.end - ids.start + 1,
        acknowledged: after.yes_tx - before.yes_tx,
        unacknowledged: after.no_tx - before.no_tx,
        requests: after.net_waits - before.net_waits,
        arrived,
        reconnects: after.connections - before.connections,
        complaints: after.complaints - before.complaints,
    }
}

/// Waits until a replica has applied what the source has committed.
fn catch_up(topology: &Topology, replica: &Server) {
    let executed = topology
        .source
        .session()
        .value("SELECT @@GLOBAL.gtid_executed");
    let is_late = replica.session().number(&format!(
        "SELECT WAIT_FOR_EXECUTED_GTID_SET('{executed}', {})",
        PATIENCE.as_secs()
    ));
    assert_eq!(is_late, 0, "the replica did not catch up with {executed}");
}

/// The connections are of the kind that was asked for.
#[track_caller]
fn check_link(session: &mut Session, link: Link, count: usize) {
    let mut all_are = |name: &str, value: &str| {
        let values = session.rows(&format!(
            "SELECT s.variable_value FROM performance_schema.status_by_thread s \
             JOIN performance_schema.threads t USING (thread_id) \
             WHERE t.processlist_command LIKE 'Binlog Dump%' AND s.variable_name = '{name}'"
        ));
        let is_it = |row: &Vec<String>| match value {
            "any" => !row[0].is_empty(),
            value => row[0] == value,
        };
        assert!(
            values.len() == count && values.iter().all(is_it),
            "{name} of {link:?} is {values:?}"
        );
    };
    all_are("Ssl_cipher", if link.tls { "any" } else { "" });
    all_are(
        "Compression",
        if link.compression.is_some() {
            "ON"
        } else {
            "OFF"
        },
    );
    all_are(
        "Compression_algorithm",
        link.compression.unwrap_or_default(),
    );
}

/// Counters on both sides.
struct Counts {
    yes_tx: u64,
    no_tx: u64,
    net_waits: u64,
    connections: usize,
    complaints: usize,
}

impl Counts {
    fn of(source: &Server, replicas: &[Server]) -> Counts {
        let mut session = source.session();
        let resumptions: usize = replicas
            .iter()
            .map(|replica| replica.count_logged(10592))
            .sum();
        Counts {
            yes_tx: session.source_count("yes_tx"),
            no_tx: session.source_count("no_tx"),
            net_waits: session.source_count("net_waits"),
            connections: source.count_logged(11170) + resumptions,
            complaints: source.logged(&[13129, 11137, 11138, 11139]).len(),
        }
    }
}

fn name_of(link: Link) -> String {
    let tls = if link.tls { "TLS" } else { "plain" };
    match link.compression {
        Some(compression) if link.tls => format!("{tls}, {compression}"),
        Some(compression) => compression.to_owned(),
        None => tls.to_owned(),
    }
}

const fn link(tls: bool, compression: Option<&'static str>) -> Link {
    Link { tls, compression }
}

const LINKS: [Link; 5] = [
    Link::PLAIN,
    link(true, None),
    link(false, Some("zlib")),
    link(false, Some("zstd")),
    link(true, Some("zstd")),
];

/// Transactions in a cell.
const COMMITS: u64 = 50;

const PATIENCE: Duration = Duration::from_secs(60);
