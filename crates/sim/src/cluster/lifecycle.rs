//! How a server comes up: option file, plugins, crash recovery, replication threads.

use semisync_core::Generation;
use semisync_core::source::{AckCounting, Input};
use semisync_core::variables::Family;
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use crate::ServerIndex;
use crate::binlog::BinaryLog;
use crate::cluster::read_lock::ReadLock;
use crate::cluster::{Cluster, ProcessEvent};
use crate::commit::GroupCommit;
use crate::config::ServerConfig;
use crate::engine::Engine;
use crate::gtid::{GtidSet, ServerUuid};
use crate::server::Server;
use crate::server::error_log::Line;
use crate::server::options::Options;
use crate::server::plugins::FAMILIES;
use crate::shared_log::SharedLog;
use crate::trace::{Lane, TraceKind};
use crate::variables::{Ordinary, Setting, Settings, ordinary};
use crate::view::ServerState;

impl Server {
    /// A server with an empty data directory.
    pub(crate) fn new(index: ServerIndex, config: &ServerConfig) -> Server {
        let number = index.0 + 1;
        Server {
            index,
            name: config.name.clone(),
            generation: config.generation,
            upgraded_from: None,
            uuid: ServerUuid::of_server(number),
            port: FIRST_PORT + number,
            options: Arc::new(config.options.clone()),
            engine: Engine::default(),
            binlog: BinaryLog::new("binlog", u32::from(number)),
            plugin_rows: BTreeMap::new(),
            persisted: Vec::new(),
            channel: None,
            error_log: SharedLog::new(),
            executed_elsewhere: GtidSet::new(),
            state: ServerState::Stopped,
            life: 0,
            globals: Settings::default(),
            plugin_options: BTreeMap::new(),
            sessions: BTreeMap::new(),
            commits: GroupCommit::default(),
            source_plugin: None,
            replica_plugin: None,
            counting: AckCounting::default(),
            counts_for_neighbour: false,
            load_options: BTreeMap::new(),
            install_order: Vec::new(),
            waits: BTreeMap::new(),
            replicas: BTreeMap::new(),
            gtid_executed: GtidSet::new(),
            gtid_owned: GtidSet::new(),
            next_processlist_id: FIRST_PROCESSLIST_ID,
            last_xid: 0,
            is_shutting_down: false,
            restarts: false,
            read_lock: ReadLock::default(),
            log_readers: Vec::new(),
            stop_waiters: Vec::new(),
            rotations: VecDeque::new(),
            apply_us: None,
        }
    }

    fn set_identity(&mut self) {
        let number = i128::from(self.index.0) + 1;
        let version = match self.generation {
            Generation::V5_5 => "5.5.62",
            Generation::V8_4 => "8.4.6",
            Generation::V9_7 => "9.7.4",
        };
        let defaults = [
            (ordinary!("server_id"), Setting::Int(number)),
            (ordinary!("port"), Setting::Int(i128::from(self.port))),
            (
                ordinary!("report_port"),
                Setting::Int(i128::from(self.port)),
            ),
            (ordinary!("report_host"), Setting::Text(self.name.clone())),
            (ordinary!("hostname"), Setting::Text(self.name.clone())),
            (
                ordinary!("server_uuid"),
                Setting::Text(self.uuid.to_string()),
            ),
            (ordinary!("relay_log"), Setting::Text("relay".to_owned())),
            (ordinary!("version"), Setting::Text(version.to_owned())),
        ];
        for (variable, setting) in defaults {
            self.globals.set(variable, setting);
        }
    }

    fn set_file_names(&mut self, binlog_base: &str) {
        let directory = self.global(ordinary!("datadir")).shown();
        let relay = self.global(ordinary!("relay_log")).shown();
        let names = [
            (
                ordinary!("log_bin_basename"),
                format!("{directory}{binlog_base}"),
            ),
            (
                ordinary!("log_bin_index"),
                format!("{directory}{binlog_base}.index"),
            ),
            (
                ordinary!("relay_log_basename"),
                format!("{directory}{relay}"),
            ),
            (
                ordinary!("relay_log_index"),
                format!("{directory}{relay}.index"),
            ),
        ];
        for (variable, text) in names {
            self.globals.set(variable, Setting::Text(text));
        }
    }
}

impl Cluster {
    /// The process starts; it accepts connections after a while.
    pub(crate) fn start_server(&mut self, ix: ServerIndex) {
        let server = self.server_mut(ix);
        server.state = ServerState::Starting;
        server.life += 1;
        self.mark(Lane::Server(ix), None, TraceKind::ServerStarting);
        let start_us = self.world.timing.start_us;
        self.later(ix, start_us, ProcessEvent::Started);
    }

    /// The process reads its option file, recovers, and opens its ports; or gives up.
    pub(crate) fn server_started(&mut self, ix: ServerIndex) {
        let server = self.server_mut(ix);
        server.globals = Settings::default();
        server.set_identity();
        let options = match server.read_options() {
            Ok(options) => options,
            Err(lines) => {
                for line in lines {
                    self.log(ix, line);
                }
                self.server_mut(ix).state = ServerState::Stopped;
                self.mark(Lane::Server(ix), None, TraceKind::ServerStopped);
                return;
            }
        };
        self.apply_options(ix, &options);
        self.upgrade_data(ix);
        self.open_binlog(ix, options.binlog_base.as_deref().unwrap_or("binlog"));
        self.load_plugins(ix, &options);
        let server = self.server_mut(ix);
        server.next_processlist_id = FIRST_PROCESSLIST_ID;
        server.is_shutting_down = false;
        server.state = ServerState::Running;
        let version = server.global(ordinary!("version")).shown();
        let port = server.port;
        let text = format!(
            "/usr/sbin/mysqld: ready for connections. Version: '{version}'  socket: \
             '/var/run/mysqld/mysqld.sock'  port: {port}  MySQL Community Server - GPL."
        );
        self.log(ix, Line::system(10931, "Server", text));
        self.mark(Lane::Server(ix), None, TraceKind::ServerReady);
        self.start_replication(ix);
    }

    /// The first start with the programs of a newer series.
    fn upgrade_data(&mut self, ix: ServerIndex) {
        let server = self.server_mut(ix);
        let Some(old) = server.upgraded_from.take() else {
            return;
        };
        let (old, new) = (numeric_version(old), numeric_version(server.generation));
        for end in ["started", "completed"] {
            let text = format!("Server upgrade from '{old}' to '{new}' {end}.");
            self.log(ix, Line::system(13381, "Server", text));
        }
    }

    fn apply_options(&mut self, ix: ServerIndex, options: &Options) {
        let server = self.server_mut(ix);
        for variable in Ordinary::all() {
            let definition = variable.definition();
            let persisted = server.persisted_value(definition.name);
            let persisted = persisted.and_then(|text| definition.parse(text));
            let setting = persisted.or_else(|| options.globals.get(variable).cloned());
            // Every variable has a value from here on, so that reading one is a look-up.
            let unset = || match server.globals.get(variable) {
                Some(_) => None,
                None => Some(definition.default_setting()),
            };
            if let Some(setting) = setting.or_else(unset) {
                server.globals.set(variable, setting);
            }
        }
        server.plugin_options.clone_from(&options.plugin_options);
        server.load_options.clone_from(&options.load_options);
        server.counts_for_neighbour = options.counts_for_neighbour;
        server.counting = match options.counts_as_stock {
            true => AckCounting::Stock,
            false => AckCounting::Exact,
        };
    }

    /// Recovers what the last process left, and begins the next file.
    fn open_binlog(&mut self, ix: ServerIndex, base: &str) {
        let now = self.world.now;
        let server = self.server_mut(ix);
        server.set_file_names(base);
        if server.binlog.files().is_empty() {
            server.binlog = BinaryLog::new(base, server.server_id());
        }
        let mut executed = server.executed_elsewhere.clone();
        if !server.binlog.files().is_empty() {
            executed.union(&server.binlog.executed());
        }
        if server.has_binlog() {
            server.binlog.set_server_id(server.server_id());
            server.binlog.open_file(now, &executed, None);
        }
        server.gtid_executed = executed;
        server.gtid_owned = GtidSet::new();
    }

    /// Rows of mysql.plugin whose library this series does not have any more.
    fn report_missing_plugins(&mut self, ix: ServerIndex) {
        let server = self.server(ix);
        let directory = server.global(ordinary!("plugin_dir")).shown();
        let rows = server.plugin_rows.iter();
        let missing = rows.filter(|(_, library)| server.known_library(library).is_none());
        let missing: Vec<_> = missing
            .map(|(name, library)| (name.clone(), library.clone()))
            .collect();
        for (name, library) in missing {
            let path = format!("{directory}{library}");
            let text = format!(
                "Can't open shared library '{path}' (errno: 0 {path}: cannot open shared object \
                 file: No such file or directory)."
            );
            self.log(ix, Line::error(10901, "Server", text));
            let text = format!("Couldn't load plugin named '{name}' with soname '{library}'.");
            self.log(ix, Line::warning(10736, "Server", text));
        }
    }

    fn load_plugins(&mut self, ix: ServerIndex, options: &Options) {
        self.report_missing_plugins(ix);
        for family in FAMILIES {
            let server = self.server(ix);
            let namings = server.generation.namings().iter().copied();
            let mut listed = namings.filter(|naming| {
                let name = family.plugin_name(*naming);
                server.load_options.get(name) != Some(&"OFF")
                    && (server.has_plugin_row(name) || options.plugins.contains(&(family, *naming)))
            });
            if let Some(naming) = listed.next() {
                self.load_plugin(ix, family, naming);
            }
        }
    }

    fn start_replication(&mut self, ix: ServerIndex) {
        let now = self.world.now;
        let server = self.server_mut(ix);
        let starts = !server.global(ordinary!("skip_replica_start")).is_on();
        let recovers = server.global(ordinary!("relay_log_recovery")).is_on();
        let server_id = server.server_id();
        let Some(channel) = server.channel.as_mut() else {
            let text = "Failed to start replica threads for channel ''.";
            self.log(ix, Line::note(11025, "Repl", text));
            return;
        };
        if recovers {
            // The relay log is thrown away; the receiver asks again for what is not applied.
            let (_, last) = channel.relay_log.numbers();
            channel.relay_log.purge_before(last + 1);
            channel.retrieved = GtidSet::new();
            channel.read = channel.applier.executed.clone();
        } else {
            channel.retrieved = channel.relay_log.complete_transactions();
        }
        let retrieved = channel.retrieved.clone();
        channel.relay_log.open_file(now, server_id, &retrieved);
        if starts {
            self.start_receiver(ix);
            self.start_applier(ix, None);
        }
    }

    // --- The end of a process ---

    /// The process is gone. What it had in memory is gone too, and after a power cut what was not
    /// synced to disk.
    pub(crate) fn process_dies(&mut self, ix: ServerIndex, power_cut: bool) {
        self.mark(
            Lane::Server(ix),
            None,
            TraceKind::ServerCrashed { power_cut },
        );
        self.server_mut(ix).state = ServerState::Crashed;
        self.recover_disks(ix, power_cut);
        self.leave_process(ix, !power_cut);
    }

    /// Everything that lives in the process ends. `closes`: the kernel closes its connections.
    pub(crate) fn leave_process(&mut self, ix: ServerIndex, closes: bool) {
        let sessions: Vec<_> = self.server(ix).sessions.keys().copied().collect();
        for session in sessions {
            self.client_loses_connection(ix, session);
        }
        let connections: Vec<_> = self.server(ix).replicas.keys().copied().collect();
        for id in connections {
            self.server_mut(ix).replicas.remove(&id);
            if closes {
                self.send_close(id, crate::network::Direction::ToReplica, Vec::new());
            }
            self.close_source_end(id);
        }
        let receiver = self.channel_mut(ix).map(|channel| &mut channel.receiver);
        if let Some(id) = receiver.and_then(|receiver| receiver.connection.take()) {
            if closes {
                self.send_close(id, crate::network::Direction::ToSource, Vec::new());
            }
            self.close_replica_end(id);
        }
        self.unpark(ix);
        let server = self.server_mut(ix);
        server.life += 1;
        server.sessions.clear();
        server.source_plugin = None;
        server.replica_plugin = None;
        server.install_order.clear();
        server.waits.clear();
        server.read_lock = ReadLock::default();
        server.log_readers.clear();
        server.stop_waiters.clear();
        server.rotations.clear();
        server.is_shutting_down = false;
        if let Some(channel) = server.channel.as_mut() {
            channel.process_died();
        }
    }

    /// Tells the source plugin that the server shuts down.
    pub(crate) fn tell_shutdown(&mut self, ix: ServerIndex) {
        if self.server(ix).loaded(Family::Source).is_some() {
            self.source_input(ix, Input::ShutdownStarted);
        }
    }
}

/// A version as the data directory records it.
fn numeric_version(generation: Generation) -> &'static str {
    match generation {
        Generation::V5_5 => "50562",
        Generation::V8_4 => "80406",
        Generation::V9_7 => "90704",
    }
}

/// The port before the first server's.
pub(crate) const FIRST_PORT: u16 = 33_060;

/// What the first client of a fresh server gets; the event scheduler has 5.
const FIRST_PROCESSLIST_ID: u64 = 8;
