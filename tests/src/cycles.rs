//! Both plugins installed, used and uninstalled again and again while sessions commit, and what the
//! two servers hold meanwhile.

use std::fmt;
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

use crate::servers::{
    INSTALL_REPLICA, INSTALL_SOURCE, Link, Plugins, Server, ServerOptions, Session, Topology,
    wait_until,
};

/// What a server holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Holding {
    /// Memory that is in use, in KiB.
    pub memory_kib: u64,
    /// Those of them that the server keeps for plugins, whoever they are of: it gives none back
    /// before its end (the Performance Schema's `memory/sql/plugin_mem_root`).
    pub for_plugins_kib: u64,
    /// Open files and sockets.
    pub files: usize,
    /// Threads.
    pub threads: usize,
}

impl Holding {
    fn without_plugins(self) -> u64 {
        self.memory_kib.saturating_sub(self.for_plugins_kib)
    }
}

/// What a server held after so many cycles.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sample {
    /// Cycles so far.
    pub cycles: u32,
    /// The source.
    pub source: Holding,
    /// The replica.
    pub replica: Holding,
}

/// What came of the cycles.
#[derive(Clone, Debug)]
pub struct Report {
    /// From time to time.
    pub samples: Vec<Sample>,
    /// Transactions that sessions committed meanwhile.
    pub commits: u32,
    /// Those of them that the replica has in the end.
    pub arrived: u64,
}

impl Report {
    /// Whether the servers hold no more at the end than after the first cycles, but for a bound that
    /// does not grow with the cycles.
    pub fn is_bounded(&self) -> bool {
        let (first, last) = (self.samples[0], self.samples[self.samples.len() - 1]);
        let pairs = [(first.source, last.source), (first.replica, last.replica)];
        pairs.into_iter().all(|(first, last)| {
            last.without_plugins() <= first.without_plugins() + GROWTH_KIB
                && last.files <= first.files + 10
                && last.threads <= first.threads + 10
        })
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "| cycles | source: MiB | for plugins | files | threads \
             | replica: MiB | for plugins | files | threads |\n\
             |--:|--:|--:|--:|--:|--:|--:|--:|--:|"
        )?;
        for sample in &self.samples {
            let columns = [sample.source, sample.replica].map(|holding| {
                let [all, plugins] =
                    [holding.memory_kib, holding.for_plugins_kib].map(|kib| kib as f64 / 1024.0);
                format!(
                    "{all:.1} | {plugins:.1} | {} | {}",
                    holding.files, holding.threads
                )
            });
            writeln!(f, "| {} | {} |", sample.cycles, columns.join(" | "))?;
        }
        write!(
            f,
            "\n{} transactions committed meanwhile, {} arrived",
            self.commits, self.arrived
        )
    }
}

/// Plays so many cycles.
///
/// # Panics
/// When a server does not do what it should.
pub fn run(plugins: Plugins, cycles: u32, tell: impl Fn(&Sample)) -> Report {
    let topology = start(plugins);
    let (is_over, committed) = (AtomicBool::new(false), AtomicU32::new(0));
    let samples = std::thread::scope(|scope| {
        for _ in 0..4 {
            let mut session = topology.source.session();
            let (is_over, committed) = (&is_over, &committed);
            scope.spawn(move || {
                while !is_over.load(Ordering::Relaxed) {
                    let id = committed.fetch_add(1, Ordering::Relaxed);
                    session.run(&format!("INSERT INTO shop.orders VALUES ({id})"));
                    // Not faster than one replica can apply.
                    std::thread::park_timeout(Duration::from_millis(3));
                }
            });
        }
        // The load must end, also when a cycle fails.
        let samples = catch_unwind(AssertUnwindSafe(|| play(&topology, cycles, tell)));
        is_over.store(true, Ordering::Relaxed);
        samples.unwrap_or_else(|failure| resume_unwind(failure))
    });
    let mut replica = topology.replicas[0].session();
    replica.run("START REPLICA IO_THREAD");
    let executed = topology
        .source
        .session()
        .value("SELECT @@GLOBAL.gtid_executed");
    let missing = format!("SELECT GTID_SUBTRACT('{executed}', @@GLOBAL.gtid_executed)");
    let count = "SELECT COUNT(*) FROM shop.orders";
    while !replica.value(&missing).is_empty() {
        // It may have hours of the load before it.
        let before = replica.number(count);
        wait_until("the replica goes on applying", PATIENCE * 4, || {
            before < replica.number(count) || replica.value(&missing).is_empty()
        });
    }
    Report {
        samples,
        commits: committed.into_inner(),
        arrived: replica.number(count),
    }
}

fn start(plugins: Plugins) -> Topology {
    let mut topology = Topology::launch(ServerOptions::of(plugins), &[plugins]);
    topology.install();
    topology.source.session().run_all(&[
        "CREATE TABLE shop.noise (id INT PRIMARY KEY)",
        "INSERT INTO shop.noise VALUES (1)",
    ]);
    topology.connect(&topology.replicas[0], Link::PLAIN);
    topology.wait_for_clients(1);
    leave(
        &topology,
        &mut topology.source.session(),
        &mut topology.replicas[0].session(),
    );
    topology
}

fn play(topology: &Topology, cycles: u32, tell: impl Fn(&Sample)) -> Vec<Sample> {
    let replica_server = &topology.replicas[0];
    let mut source = topology.source.session();
    let mut replica = replica_server.session();
    let mut samples = Vec::new();
    for cycle in 1..=cycles {
        enter(&mut source, &mut replica, cycle);
        wait_until("commits are acknowledged", PATIENCE, || {
            2 < source.source_count("yes_tx")
        });
        leave(topology, &mut source, &mut replica);
        if cycle % 20 == 0 {
            // A replica that connects is looked for from the start of a binary log on.
            source.run("FLUSH BINARY LOGS");
        }
        // The servers' own caches are filled in the first tenth.
        if cycle % (cycles / 10).max(1) == 0 {
            let sample = Sample {
                cycles: cycle,
                source: holding(&topology.source, &mut source),
                replica: holding(replica_server, &mut replica),
            };
            tell(&sample);
            samples.push(sample);
        }
    }
    samples
}

fn enter(source: &mut Session, replica: &mut Session, cycle: u32) {
    let wait_point = ["AFTER_SYNC", "AFTER_COMMIT"][cycle as usize % 2];
    source.run_all(&[
        INSTALL_SOURCE,
        "SET GLOBAL rpl_semi_sync_source_timeout = 20",
        &format!("SET GLOBAL rpl_semi_sync_source_wait_point = '{wait_point}'"),
        "SET GLOBAL rpl_semi_sync_source_enabled = ON",
    ]);
    replica.run_all(&[
        INSTALL_REPLICA,
        "SET GLOBAL rpl_semi_sync_replica_enabled = ON",
        "START REPLICA IO_THREAD",
    ]);
}

fn leave(topology: &Topology, source: &mut Session, replica: &mut Session) {
    replica.run_all(&[
        "STOP REPLICA IO_THREAD",
        "UNINSTALL PLUGIN rpl_semi_sync_replica",
    ]);
    // Refused until the dump thread has noticed that its replica is gone.
    wait_until("the source plugin is not in use", PATIENCE, || {
        source.run("UPDATE shop.noise SET id = id + 1");
        source
            .try_run("UNINSTALL PLUGIN rpl_semi_sync_source")
            .is_ok()
    });
    wait_until("the libraries are unmapped", PATIENCE, || {
        topology.source.mappings_of("semisync_source.so") == 0
            && topology.replicas[0].mappings_of("semisync_replica.so") == 0
    });
}

fn holding(server: &Server, session: &mut Session) -> Holding {
    let directory = format!("/proc/{}", server.process_id());
    let count = |name: &str| fs::read_dir(format!("{directory}/{name}")).map_or(0, Iterator::count);
    let status = fs::read_to_string(format!("{directory}/status")).unwrap_or_default();
    let memory = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let memory = memory.and_then(|value| value.split_whitespace().next());
    Holding {
        memory_kib: memory
            .and_then(|kib| kib.parse().ok())
            .expect("the server runs"),
        for_plugins_kib: session.number(FOR_PLUGINS) / 1024,
        files: count("fd"),
        threads: count("task"),
    }
}

const FOR_PLUGINS: &str = "SELECT current_number_of_bytes_used \
     FROM performance_schema.memory_summary_global_by_event_name \
     WHERE event_name = 'memory/sql/plugin_mem_root'";

/// Buffers of the server that fill up with the rows of the load.
const GROWTH_KIB: u64 = 64 * 1024;

const PATIENCE: Duration = Duration::from_secs(30);
