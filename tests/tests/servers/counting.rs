//! How many ACKs release a commit.

use std::time::Duration;

use semisync_core::BinlogPosition;
use semisync_tests::servers::{FakeReplica, Plugins, ServerOptions, Session, Topology, wait_until};

const SOON: Duration = Duration::from_secs(10);

/// A commit that waits for three ACKs while the fake replicas 1, 2 and 3 are at different places:
/// the first has it, the second lacks its last byte, the third is beyond it.
struct Waiting {
    topology: Topology,
    session: Session,
    fakes: Vec<FakeReplica>,
    end: BinlogPosition,
    commit: std::thread::JoinHandle<()>,
}

impl Waiting {
    fn start(plugins: Plugins) -> Waiting {
        let mut topology = Topology::launch(ServerOptions::of(plugins), &[]);
        topology.install();
        let mut session = topology.source.session();
        session.run_all(&[
            "SET GLOBAL rpl_semi_sync_source_timeout = 600000",
            "SET GLOBAL rpl_semi_sync_source_wait_for_replica_count = 3",
            "SET GLOBAL rpl_semi_sync_source_trace_level = 16",
        ]);
        let status = session.rows("SHOW BINARY LOG STATUS");
        let start = BinlogPosition::new(&status[0][0], status[0][1].parse().expect("a number"));
        let mut fakes: Vec<FakeReplica> = (1..=3)
            .map(|server_id| FakeReplica::connect(&topology.source, server_id, &start))
            .collect();
        topology.wait_for_clients(3);
        let mut committer = topology.source.session();
        let commit =
            std::thread::spawn(move || committer.run("INSERT INTO shop.orders VALUES (1)"));
        let ends: Vec<u64> = fakes.iter_mut().map(FakeReplica::next_request).collect();
        assert_eq!(ends, [ends[0]; 3], "all are asked for the same");
        let end = BinlogPosition {
            offset: ends[0],
            ..start
        };
        let mut waiting = Waiting {
            topology,
            session,
            fakes,
            end,
            commit,
        };
        for (replica, offset) in [(0, ends[0]), (1, ends[0] - 1), (2, ends[0] + 1)] {
            waiting.acknowledge(replica, offset);
        }
        waiting
    }

    /// Sends an ACK and waits until the source has read it.
    fn acknowledge(&mut self, replica: usize, offset: u64) {
        let read = self.topology.source.count_logged(11140);
        let position = BinlogPosition {
            offset,
            ..self.end.clone()
        };
        self.fakes[replica].send(&FakeReplica::ack_bytes(&position));
        wait_until("the source has read the ACK", SOON, || {
            self.topology.source.count_logged(11140) == read + 1
        });
    }
}

#[test]
fn a_commit_waits_until_as_many_replicas_have_it_as_were_asked_for() {
    let mut waiting = Waiting::start(Plugins::Ours);
    assert_eq!(
        waiting.session.source_count("wait_sessions"),
        1,
        "two ACKs are not three"
    );
    assert!(!waiting.commit.is_finished());
    let end = waiting.end.offset;
    waiting.acknowledge(1, end);
    waiting.commit.join().expect("the commit went on");
    assert_eq!(waiting.session.source_count("yes_tx"), 1);
    assert_eq!(waiting.session.source_count("no_tx"), 0);
}

/// The control: if this fails, the server's own plugin counts right and the difference that
/// docs/plugin.md lists is gone.
#[test]
fn the_stock_plugin_lets_the_same_commit_go_with_two_acks_of_three() {
    let mut waiting = Waiting::start(Plugins::Stock);
    waiting.commit.join().expect("the commit went on");
    assert_eq!(waiting.session.source_count("yes_tx"), 1);
}
