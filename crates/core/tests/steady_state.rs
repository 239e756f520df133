//! In a steady state the machines allocate nothing.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

use semisync_core::replica::{self, Replica, ReplicaConfig};
use semisync_core::source::{
    Input, Output, SessionId, Source, SourceConfig, WaitTicket, WakeCause,
};
use semisync_core::{BinlogPosition, Instant, ServerId};

struct Counting;

thread_local! {
    static ALLOCATIONS: Cell<u64> = const { Cell::new(0) };
}

// SAFETY: every call goes to the system allocator unchanged; counting touches only a thread-local
// cell that needs no allocation and no destructor.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.set(ALLOCATIONS.get() + 1);
        // SAFETY: the caller's promises are passed on.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: the caller's promises are passed on; the pointer came from `System`.
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        ALLOCATIONS.set(ALLOCATIONS.get() + 1);
        // SAFETY: the caller's promises are passed on; the pointer came from `System`.
        unsafe { System.realloc(pointer, layout, size) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// A source with replicas, and room for the tickets of its sleepers.
struct Host {
    source: Source,
    now: u64,
    position: BinlogPosition,
    tickets: Vec<WaitTicket>,
    replicas: u32,
}

impl Host {
    fn new(replicas: u32, count: u16) -> Host {
        let mut host = Host {
            source: Source::new(SourceConfig {
                wait_for_replica_count: count,
                ..SourceConfig::default()
            }),
            now: 0,
            position: BinlogPosition::new("binlog.000001", 4),
            tickets: Vec::with_capacity(64),
            replicas,
        };
        host.drain();
        host.tell(Input::EnabledSet(true));
        for server_id in 1..=replicas {
            host.tell(Input::DumpStarted {
                server_id: ServerId(server_id),
                position: BinlogPosition::new("binlog.000001", 4),
                semisync: true,
            });
        }
        host
    }

    /// Ten commits in flight, ACKs of every replica for the last, flags for each.
    fn round(&mut self) {
        for session in 0..10 {
            self.position.offset += 300;
            let position = self.position.clone();
            self.tell(Input::BinlogFlushed {
                position: position.clone(),
            });
            self.tell(Input::EventAboutToBeSent {
                server_id: ServerId(1),
                position: position.clone(),
            });
            self.tell(Input::CommitQueueSynced {
                session: SessionId(session),
                position: Some(position),
            });
        }
        for server_id in 1..=self.replicas {
            self.tell(Input::AckReceived {
                server_id: ServerId(server_id),
                position: self.position.clone(),
            });
        }
        while let Some(ticket) = self.tickets.pop() {
            let cause = WakeCause::Signalled;
            self.tell(Input::SessionWoken { ticket, cause });
        }
    }

    /// A commit times out, the source falls back, and a replica's ACK brings it back.
    fn fall_back(&mut self) {
        self.position.offset += 300;
        let position = self.position.clone();
        self.tell(Input::BinlogFlushed {
            position: position.clone(),
        });
        self.tell(Input::CommitQueueSynced {
            session: SessionId(1),
            position: Some(position),
        });
        let ticket = self.tickets.pop().expect("a sleeping session");
        let cause = WakeCause::DeadlineReached;
        self.tell(Input::SessionWoken { ticket, cause });
        for server_id in 1..=self.replicas {
            self.tell(Input::AckReceived {
                server_id: ServerId(server_id),
                position: self.position.clone(),
            });
        }
    }

    fn tell(&mut self, input: Input) {
        self.now += 1;
        self.source.handle(Instant::from_micros(self.now), input);
        self.drain();
    }

    fn drain(&mut self) {
        while let Some(output) = self.source.poll_output() {
            if let Output::SessionSleeps { ticket, .. } = output {
                self.tickets.push(ticket);
            }
        }
    }
}

fn allocations(work: impl FnOnce()) -> u64 {
    let before = ALLOCATIONS.get();
    work();
    ALLOCATIONS.get() - before
}

#[test]
fn the_allocator_counts() {
    assert_eq!(allocations(|| drop(std::hint::black_box(Box::new(1)))), 1);
}

#[test]
fn commits_allocate_nothing() {
    for (replicas, count) in [(1, 1), (3, 2), (10, 8)] {
        let mut host = Host::new(replicas, count);
        for _ in 0..10 {
            host.round();
            host.fall_back();
        }
        let during = allocations(|| {
            for _ in 0..1_000 {
                host.round();
                host.fall_back();
            }
        });
        assert_eq!(during, 0, "{replicas} replicas, count {count}");
        assert_eq!(host.source.counters().yes_tx, 10_100);
        assert_eq!(host.source.counters().no_tx, 1_010);
    }
}

#[test]
fn a_replica_allocates_nothing() {
    let mut replica = Replica::new(ReplicaConfig::default());
    let mut tell = |input| {
        replica.handle(Instant::ZERO, input);
        let mut outputs = 0;
        while replica.poll_output().is_some() {
            outputs += 1;
        }
        outputs
    };
    tell(replica::Input::EnabledSet(true));
    tell(replica::Input::DumpAboutToBeRequested);
    tell(replica::Input::QueryAnswered(Ok(())));
    tell(replica::Input::QueryAnswered(Ok(())));
    let mut position = BinlogPosition::new("binlog.000001", 4);
    let during = allocations(|| {
        for _ in 0..1_000 {
            position.offset += 300;
            let head = [0xEF, 0x01];
            let packet_len = 302;
            assert_eq!(tell(replica::Input::PacketRead { packet_len, head }), 1);
            let position = position.clone();
            assert_eq!(tell(replica::Input::EventQueued { position }), 1);
        }
    });
    assert_eq!(during, 0);
}
