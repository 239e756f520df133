//! A source and two replicas that can take each other's place.

use std::fmt;
use std::time::Duration;

use crate::servers::{Plugins, Server, ServerOptions, Session, wait_until};

use super::load::TABLE;

/// When commits wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WaitPoint {
    /// After the binary log is written, before the engine commits.
    AfterSync,
    /// After the engine has committed, before the client is answered.
    AfterCommit,
}

impl fmt::Display for WaitPoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            WaitPoint::AfterSync => "AFTER_SYNC",
            WaitPoint::AfterCommit => "AFTER_COMMIT",
        })
    }
}

/// Three servers; one of them is the source.
#[derive(Debug)]
pub struct Cluster {
    servers: Vec<Server>,
    source: usize,
    /// When commits wait.
    pub wait_point: WaitPoint,
}

impl Cluster {
    /// Starts the servers and connects them.
    pub fn start(plugins: Plugins, wait_point: WaitPoint) -> Cluster {
        let mut servers: Vec<Server> = (1..=3)
            .map(|number| Server::launch(&format!("server{number}"), options(plugins, wait_point)))
            .collect();
        for server in &mut servers {
            server.wait_until_ready();
            server.session().run_all(&[
                "SET sql_log_bin = 0",
                "CREATE USER replica@'%' IDENTIFIED BY 'secret'",
                "GRANT REPLICATION SLAVE ON *.* TO replica@'%'",
                "CREATE DATABASE ledger",
                TABLE,
            ]);
        }
        let cluster = Cluster {
            servers,
            source: 0,
            wait_point,
        };
        cluster.enable_source();
        for replica in cluster.replicas() {
            cluster.follow(replica);
        }
        cluster
    }

    /// The source.
    pub fn source(&self) -> &Server {
        &self.servers[self.source]
    }

    /// The indexes of the replicas.
    pub fn replicas(&self) -> [usize; 2] {
        [(self.source + 1) % 3, (self.source + 2) % 3]
    }

    /// A server.
    pub fn server(&self, index: usize) -> &Server {
        &self.servers[index]
    }

    /// Waits until the source is semisynchronous with both replicas.
    pub fn wait_until_semisynchronous(&self) {
        let mut session = self.source().session();
        wait_until("the source counts both replicas", PATIENCE, || {
            session.source_count("clients") == 2
        });
        assert_eq!(session.status("Rpl_semi_sync_source_status"), "ON");
    }

    /// How often the source has fallen back to asynchronous replication.
    pub fn switched_off(&self) -> usize {
        self.source().count_logged(11155)
    }

    /// Kills the source. Its replicas must not find it when it recovers, so they stop asking before
    /// it starts again. Gives its index.
    pub fn crash(&mut self) -> usize {
        self.servers[self.source].kill();
        for replica in self.replicas() {
            self.servers[replica].resume();
            self.servers[replica]
                .session()
                .run("STOP REPLICA IO_THREAD");
        }
        self.servers[self.source].launch_again();
        self.source
    }

    /// Lets the replicas apply what they have; then the one that has most comes first.
    ///
    /// # Panics
    /// When each has something that the other has not.
    pub fn replicas_by_progress(&self) -> [usize; 2] {
        let [one, other] = self.replicas();
        let executed = [one, other].map(|replica| apply_all(&mut self.servers[replica].session()));
        let mut session = self.servers[one].session();
        let mut is_subset =
            |a: &str, b: &str| session.number(&format!("SELECT GTID_SUBSET('{a}', '{b}')")) == 1;
        if is_subset(&executed[1], &executed[0]) {
            [one, other]
        } else {
            assert!(
                is_subset(&executed[0], &executed[1]),
                "replicas of one source: {executed:?}"
            );
            [other, one]
        }
    }

    /// Makes a replica the source and lets the other one follow it. Appliers go on: where the source's
    /// end has cut a transaction, stopping them takes the minute that they wait for its rest.
    pub fn promote(&mut self, promoted: usize, other: usize) {
        self.source = promoted;
        self.enable_source();
        self.servers[other].session().run_all(&[
            &format!(
                "CHANGE REPLICATION SOURCE TO SOURCE_HOST = '127.0.0.1', SOURCE_PORT = {}",
                self.source().port()
            ),
            "START REPLICA IO_THREAD",
        ]);
    }

    /// Lets the server that was killed recover and follow the source. What only it has was told to
    /// nobody: it is taken back with `forget`, a condition on the rows of the table. Gives how many
    /// transactions that were.
    ///
    /// # Panics
    /// When recovery has lost something that the source has.
    pub fn rejoin(&mut self, crashed: usize, forget: &str) -> u64 {
        self.servers[crashed].wait_until_ready();
        let promoted = executed(&mut self.source().session());
        let mut session = self.servers[crashed].session();
        let recovered = executed(&mut session);
        let missing = difference(&mut session, &promoted, &recovered);
        assert_eq!(missing, "", "recovery brought back all that was sent");
        let extra = difference(&mut session, &recovered, &promoted);
        if !extra.is_empty() {
            session.run_all(&[
                "SET sql_log_bin = 0",
                &format!("DELETE FROM ledger.entries WHERE {forget}"),
                "RESET BINARY LOGS AND GTIDS",
                &format!("SET GLOBAL gtid_purged = '{promoted}'"),
            ]);
        }
        self.follow(crashed);
        count_gtids(&extra)
    }

    fn enable_source(&self) {
        self.source()
            .session()
            .run("SET GLOBAL rpl_semi_sync_source_enabled = ON");
    }

    fn follow(&self, replica: usize) {
        self.servers[replica].session().run_all(&[
            &format!(
                "CHANGE REPLICATION SOURCE TO SOURCE_HOST = '127.0.0.1', SOURCE_PORT = {}, \
                 SOURCE_USER = 'replica', SOURCE_PASSWORD = 'secret', SOURCE_AUTO_POSITION = 1, \
                 SOURCE_SSL = 0, GET_SOURCE_PUBLIC_KEY = 1, SOURCE_CONNECT_RETRY = 1",
                self.source().port()
            ),
            "START REPLICA",
        ]);
    }
}

fn options(plugins: Plugins, wait_point: WaitPoint) -> ServerOptions {
    ServerOptions::of(plugins)
        .with("performance-schema=OFF")
        .with("skip-replica-start=ON")
        .with("replica-parallel-workers=1")
        .with("plugin-load-add=semisync_source.so")
        .with("plugin-load-add=semisync_replica.so")
        .with("loose-rpl-semi-sync-replica-enabled=ON")
        .with("loose-rpl-semi-sync-source-timeout=600000")
        .with(&format!(
            "loose-rpl-semi-sync-source-wait-point={wait_point}"
        ))
}

/// Waits until all that was received is applied; gives the set of all transactions.
fn apply_all(session: &mut Session) -> String {
    let received = session.value(
        "SELECT received_transaction_set FROM performance_schema.replication_connection_status",
    );
    let is_late = session.number(&format!(
        "SELECT WAIT_FOR_EXECUTED_GTID_SET('{received}', {})",
        PATIENCE.as_secs()
    ));
    assert_eq!(is_late, 0, "the replica applies {received}");
    executed(session)
}

fn executed(session: &mut Session) -> String {
    session
        .value("SELECT @@GLOBAL.gtid_executed")
        .replace('\n', "")
}

fn difference(session: &mut Session, from: &str, without: &str) -> String {
    session.value(&format!("SELECT GTID_SUBTRACT('{from}', '{without}')"))
}

/// How many transactions a set like `uuid:1-3:7,uuid:9` has.
fn count_gtids(set: &str) -> u64 {
    let intervals = set
        .split(',')
        .flat_map(|server| server.trim().split(':').skip(1));
    intervals
        .map(|interval| {
            let number = |text: &str| text.parse::<u64>().expect("a transaction number");
            let (first, last) = interval.split_once('-').unwrap_or((interval, interval));
            number(last) - number(first) + 1
        })
        .sum()
}

const PATIENCE: Duration = Duration::from_secs(60);

#[cfg(test)]
mod tests {
    use super::count_gtids;

    #[test]
    fn transactions_of_a_set_are_counted() {
        assert_eq!(count_gtids(""), 0);
        assert_eq!(count_gtids("3e11fa47-71ca-11e1-9e33-c80aa9429562:7"), 1);
        assert_eq!(count_gtids("3e11fa47:1-5:11,\n4f22:2-3"), 8);
    }
}
