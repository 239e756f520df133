//! What the page draws, and whether anything is still going on.

use semisync_core::Naming;
use semisync_core::variables::Family;

use crate::cluster::Cluster;
use crate::commit::waits::session_key;
use crate::replication::channel::ReceiverPhase;
use crate::server::Server;
use crate::view::{
    ChannelView, ClusterView, LinkView, PacketView, ReplicaPluginView, ServerState, ServerView,
    SessionView, SourceView, WaitView,
};
use crate::{PacketId, ServerIndex};

impl Cluster {
    /// Whether nothing is in flight that could still change data: no statement runs, no packet but
    /// heartbeats travels.
    pub fn is_idle(&self) -> bool {
        let mut packets = self.world.network.packets.values();
        packets.all(|packet| packet.payload.is_heartbeat())
            && !self.servers.iter().any(Server::is_busy)
    }

    /// Packets in flight, in the order they were sent, and whether each is held.
    pub fn packets_in_flight(&self) -> Vec<(PacketId, bool)> {
        let packets = self.world.network.packets.iter();
        packets.map(|(id, packet)| (*id, packet.is_held)).collect()
    }

    /// Packets on their way from one server to another, oldest first, and whether each is held.
    pub fn packets_between(&self, from: ServerIndex, to: ServerIndex) -> Vec<(PacketId, bool)> {
        let packets = self.world.network.packets.iter();
        let on_way = packets.filter(|(_, packet)| packet.from == from && packet.to == to);
        on_way.map(|(id, packet)| (*id, packet.is_held)).collect()
    }

    /// Which names the source plugin of a server goes by, when it is loaded.
    pub fn source_naming(&self, server: ServerIndex) -> Option<Naming> {
        let plugin = self.server(server).source_plugin.as_ref();
        plugin.map(|plugin| plugin.naming)
    }

    /// Whether it is idle, and all running servers have executed the same GTIDs.
    pub fn is_quiescent(&self) -> bool {
        if !self.is_idle() {
            return false;
        }
        let mut running = self.servers.iter().filter(|server| server.is_up());
        let Some(first) = running.next() else {
            return true;
        };
        running.all(|server| server.gtid_executed == first.gtid_executed)
    }

    /// The snapshot the page draws.
    pub fn view(&self) -> ClusterView {
        let packets = self.world.network.packets.iter();
        let packets = packets.map(|(id, packet)| PacketView {
            id: *id,
            from: packet.from,
            to: packet.to,
            sent: packet.sent,
            due: packet.due,
            bytes: packet.bytes.clone(),
            what: packet.what.clone(),
            transaction: packet.transaction,
        });
        ClusterView {
            now: self.world.now,
            servers: self
                .servers
                .iter()
                .map(|server| self.server_view(server))
                .collect(),
            links: self.link_views(),
            packets: packets.collect(),
        }
    }

    fn server_view(&self, server: &Server) -> ServerView {
        let mut waiting: Vec<_> = server.waits.iter().collect();
        waiting.sort_by_key(|(_, wait)| wait.since);
        let waiting = waiting.into_iter().map(|(actor, wait)| WaitView {
            session: session_key(*actor),
            transaction: Some(wait.transaction),
            position: wait.position.clone(),
            since: wait.since,
            deadline: wait.deadline,
        });
        ServerView {
            index: server.index,
            name: server.name.clone(),
            generation: server.generation,
            state: server.state,
            binlog_end: match server.binlog.files().is_empty() {
                true => semisync_core::BinlogPosition::default(),
                false => server.binlog.end(),
            },
            gtid_executed: server.gtid_executed.to_string(),
            visible_rows: server.engine.committed_rows(),
            source: source_view(server),
            replica_plugin: replica_view(server),
            channel: self.channel_view(server.index),
            sessions: session_views(server),
            waiting: waiting.collect(),
        }
    }

    fn channel_view(&self, ix: ServerIndex) -> Option<ChannelView> {
        let channel = self.channel(ix)?;
        let running = match channel.applier.is_running {
            true => "Yes",
            false => "No",
        };
        Some(ChannelView {
            source: self.channel_target(ix),
            receiver: channel.receiver.phase.running().to_owned(),
            applier: running.to_owned(),
            semisync: channel.receiver.is_semisync,
            received: channel.read.clone(),
            applied: channel.applier.executed.clone(),
            to_apply: channel.to_apply(),
        })
    }

    fn link_views(&self) -> Vec<LinkView> {
        let mut links = Vec::new();
        for to in self.servers.iter().map(|server| server.index) {
            for from in self.servers.iter().map(|server| server.index) {
                let replicates = self.channel_target(to) == Some(from);
                let reverse = self.channel_target(from) == Some(to);
                let cut = self.world.network.is_cut(from, to);
                let is_listed = replicates || (cut && !reverse && from < to);
                if !is_listed {
                    continue;
                }
                let mut dumps = self.server(from).replicas.values();
                let dump =
                    dumps.find(|it| it.replica == to && it.dump.is_some() && !it.peer_closed);
                let dump = dump.and_then(|connection| connection.dump.as_ref());
                links.push(LinkView {
                    from,
                    to,
                    connected: dump.is_some(),
                    semisync: dump.is_some_and(|dump| dump.is_semisync),
                    cut,
                    latency_us: self.latency_us(from, to),
                });
            }
        }
        links
    }
}

impl Server {
    /// Whether something runs here that could still change data.
    fn is_busy(&self) -> bool {
        if !self.is_up() {
            return self.state == ServerState::Starting;
        }
        let mut sessions = self.sessions.values();
        if sessions.any(|session| session.statement.is_some()) || !self.commits.is_idle() {
            return true;
        }
        if self.state == ServerState::Stopping {
            return true;
        }
        self.channel.as_ref().is_some_and(|channel| {
            let receiver = &channel.receiver;
            let is_connecting = matches!(
                receiver.phase,
                ReceiverPhase::Handshake(_)
                    | ReceiverPhase::Registering
                    | ReceiverPhase::Requesting
            );
            is_connecting || receiver.writing.is_some() || channel.applier.applying.is_some()
        })
    }
}

fn source_view(server: &Server) -> Option<SourceView> {
    let plugin = server.source_plugin.as_ref()?;
    let machine = &plugin.machine;
    let config = machine.config();
    let status = server.plugin_status().into_iter();
    let prefix = match plugin.naming {
        Naming::SourceReplica => "Rpl_semi_sync_source_",
        Naming::MasterSlave => "Rpl_semi_sync_master_",
    };
    Some(SourceView {
        enabled: machine.is_enabled(),
        status: machine.status(),
        clients: machine.counters().clients,
        timeout_ms: config.timeout_ms,
        wait_point: config.wait_point.to_string(),
        wait_for_replica_count: config.wait_for_replica_count,
        wait_no_replica: config.wait_no_replica,
        acknowledged: machine.acknowledged().cloned(),
        status_variables: status
            .filter(|(name, _)| name.starts_with(prefix))
            .collect(),
    })
}

fn replica_view(server: &Server) -> Option<ReplicaPluginView> {
    server.loaded(Family::Replica)?;
    let plugin = server.replica_plugin.as_ref()?;
    Some(ReplicaPluginView {
        enabled: plugin.machine.is_enabled(),
        status: plugin.machine.status(),
    })
}

fn session_views(server: &Server) -> Vec<SessionView> {
    let sessions = server.sessions.iter();
    let views = sessions.map(|(key, session)| SessionView {
        key: *key,
        processlist_id: session.processlist_id,
        statement: session
            .statement
            .as_ref()
            .map(|running| running.text.clone()),
        state: server.session_state(*key).to_owned(),
        in_transaction: server
            .engine
            .transaction(crate::engine::Actor::Session(*key))
            .is_some_and(|open| open.is_explicit),
    });
    views.collect()
}
