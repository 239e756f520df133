//! The ordinary system variables the cluster knows, with the defaults of 9.7.

use super::Setting;

/// Which values a variable has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// Global only.
    Global,
    /// Global and session.
    Both,
    /// Session only.
    Session,
}

/// What values it takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// ON or OFF.
    Bool,
    /// A number within bounds.
    Int {
        /// Least.
        min: i128,
        /// Greatest.
        max: i128,
    },
    /// One of these words.
    Enum(&'static [&'static str]),
    /// Any text.
    Text,
}

/// One variable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Definition {
    /// Name.
    pub name: &'static str,
    /// Global, session, or both.
    pub reach: Reach,
    /// Type.
    pub kind: Kind,
    /// Default as written in an option file.
    pub default: &'static str,
    /// Whether SET can change it.
    pub is_dynamic: bool,
}

impl Definition {
    /// The default as a value.
    pub fn default_setting(&self) -> Setting {
        self.parse(self.default).unwrap_or(Setting::Null)
    }

    /// A value as written in an option file; `None` if it does not fit the type.
    pub fn parse(&self, text: &str) -> Option<Setting> {
        match self.kind {
            Kind::Bool => match text.to_ascii_uppercase().as_str() {
                "ON" | "1" | "TRUE" | "YES" | "" => Some(Setting::Bool(true)),
                "OFF" | "0" | "FALSE" | "NO" => Some(Setting::Bool(false)),
                _ => None,
            },
            Kind::Int { min, max } => {
                let (digits, unit) = match text.char_indices().last() {
                    Some((at, 'k' | 'K')) => (&text[..at], 1 << 10),
                    Some((at, 'm' | 'M')) => (&text[..at], 1 << 20),
                    Some((at, 'g' | 'G')) => (&text[..at], 1 << 30),
                    _ => (text, 1),
                };
                let value = digits.parse::<i128>().ok()?.checked_mul(unit)?;
                Some(Setting::Int(value.clamp(min, max)))
            }
            Kind::Enum(words) => {
                let by_name = words.iter().find(|word| word.eq_ignore_ascii_case(text));
                let by_number = || words.get(text.parse::<usize>().ok()?);
                let word = by_name.or_else(by_number)?;
                Some(Setting::Text((*word).to_owned()))
            }
            Kind::Text => Some(Setting::Text(text.to_owned())),
        }
    }
}

/// Old names that are still listed, behind today's.
pub const OLD_NAMES: &[(&str, &str)] = &[
    ("log_replica_updates", "log_slave_updates"),
    ("log_slow_replica_statements", "log_slow_slave_statements"),
    ("rpl_stop_replica_timeout", "rpl_stop_slave_timeout"),
    ("skip_replica_start", "skip_slave_start"),
    ("source_verify_checksum", "master_verify_checksum"),
    ("sync_source_info", "sync_master_info"),
];

/// The old name of a variable, if it is still listed.
pub fn old_name(name: &str) -> Option<String> {
    let mut pairs = OLD_NAMES.iter();
    if let Some((_, old)) = pairs.find(|(today, _)| *today == name) {
        return Some((*old).to_owned());
    }
    let rest = name.strip_prefix("replica_")?;
    (rest != "allow_higher_version_source").then(|| format!("slave_{rest}"))
}

/// The ordinary variable with this name (without case).
pub fn find(name: &str) -> Option<&'static Definition> {
    Ordinary::find(name).map(Ordinary::definition)
}

/// Which of the ordinary variables.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Ordinary(u16);

impl Ordinary {
    /// All of them, in the order of the catalogue.
    pub fn all() -> impl Iterator<Item = Ordinary> {
        (0..ORDINARY.len()).map(|place| Ordinary(place as u16))
    }

    /// The one with this name (without case).
    pub fn find(name: &str) -> Option<Ordinary> {
        let name = name.to_ascii_lowercase();
        let index = ORDINARY.binary_search_by(|definition| definition.name.cmp(&name));
        index.ok().map(|place| Ordinary(place as u16))
    }

    /// The one with exactly this name, for the compiler: there must be one.
    pub(crate) const fn named(name: &str) -> Ordinary {
        let mut place = 0;
        while place < ORDINARY.len() {
            if is_same(ORDINARY[place].name.as_bytes(), name.as_bytes()) {
                return Ordinary(place as u16);
            }
            place += 1;
        }
        panic!("no ordinary variable has this name");
    }

    /// The one with this definition.
    pub(crate) fn of(definition: &Definition) -> Ordinary {
        Ordinary::find(definition.name).expect("definitions are those of the catalogue")
    }

    /// Its definition.
    pub fn definition(self) -> &'static Definition {
        &ORDINARY[self.place()]
    }

    pub(super) const fn place(self) -> usize {
        self.0 as usize
    }
}

const fn is_same(a: &[u8], b: &[u8]) -> bool {
    if a.len() != b.len() {
        return false;
    }
    let mut at = 0;
    while at < a.len() {
        if a[at] != b[at] {
            return false;
        }
        at += 1;
    }
    true
}

const fn int(min: i128, max: i128) -> Kind {
    Kind::Int { min, max }
}

const fn definition(
    name: &'static str,
    reach: Reach,
    kind: Kind,
    default: &'static str,
    is_dynamic: bool,
) -> Definition {
    Definition {
        name,
        reach,
        kind,
        default,
        is_dynamic,
    }
}

/// Global, changed with SET.
const fn global(name: &'static str, kind: Kind, default: &'static str) -> Definition {
    definition(name, Reach::Global, kind, default, true)
}

/// Global and session, changed with SET.
const fn both(name: &'static str, kind: Kind, default: &'static str) -> Definition {
    definition(name, Reach::Both, kind, default, true)
}

/// Global, set at start only.
const fn fixed(name: &'static str, kind: Kind, default: &'static str) -> Definition {
    definition(name, Reach::Global, kind, default, false)
}

const fn session(name: &'static str, kind: Kind, default: &'static str) -> Definition {
    definition(name, Reach::Session, kind, default, true)
}

const U32: i128 = u32::MAX as i128;
const U64: i128 = u64::MAX as i128;
const ON_OFF: Kind = Kind::Bool;
const ANY: Kind = Kind::Text;
const GTID_MODES: Kind = Kind::Enum(&["OFF", "OFF_PERMISSIVE", "ON_PERMISSIVE", "ON"]);
const CONSISTENCY: Kind = Kind::Enum(&["OFF", "ON", "WARN"]);
const ISOLATION: Kind = Kind::Enum(&[
    "READ-UNCOMMITTED",
    "READ-COMMITTED",
    "REPEATABLE-READ",
    "SERIALIZABLE",
]);
const SQL_MODE: &str = "ONLY_FULL_GROUP_BY,STRICT_TRANS_TABLES,NO_ZERO_IN_DATE,NO_ZERO_DATE,\
ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION";

/// The table, by name. The server fills in what depends on it (names, ports, UUID, directories).
pub const ORDINARY: &[Definition] = &[
    both("auto_increment_increment", int(1, 65_535), "1"),
    both("auto_increment_offset", int(1, 65_535), "1"),
    both("autocommit", ON_OFF, "ON"),
    global("binlog_cache_size", int(4096, U64), "32768"),
    global("binlog_checksum", Kind::Enum(&["NONE", "CRC32"]), "CRC32"),
    both("binlog_direct_non_transactional_updates", ON_OFF, "OFF"),
    global("binlog_encryption", ON_OFF, "OFF"),
    global(
        "binlog_error_action",
        Kind::Enum(&["IGNORE_ERROR", "ABORT_SERVER"]),
        "ABORT_SERVER",
    ),
    global("binlog_expire_logs_auto_purge", ON_OFF, "ON"),
    global("binlog_expire_logs_seconds", int(0, U32), "2592000"),
    both(
        "binlog_format",
        Kind::Enum(&["MIXED", "STATEMENT", "ROW"]),
        "ROW",
    ),
    global("binlog_group_commit_sync_delay", int(0, 1_000_000), "0"),
    global(
        "binlog_group_commit_sync_no_delay_count",
        int(0, 1_000_000),
        "0",
    ),
    fixed("binlog_gtid_simple_recovery", ON_OFF, "ON"),
    global("binlog_max_flush_queue_time", int(0, 100_000), "0"),
    global("binlog_order_commits", ON_OFF, "ON"),
    fixed(
        "binlog_rotate_encryption_master_key_at_startup",
        ON_OFF,
        "OFF",
    ),
    fixed("binlog_row_event_max_size", int(256, U64), "8192"),
    both(
        "binlog_row_image",
        Kind::Enum(&["MINIMAL", "NOBLOB", "FULL"]),
        "FULL",
    ),
    global(
        "binlog_row_metadata",
        Kind::Enum(&["MINIMAL", "FULL"]),
        "MINIMAL",
    ),
    both("binlog_row_value_options", ANY, ""),
    both("binlog_rows_query_log_events", ON_OFF, "OFF"),
    global("binlog_stmt_cache_size", int(4096, U64), "32768"),
    both("binlog_transaction_compression", ON_OFF, "OFF"),
    both("binlog_transaction_compression_level_zstd", int(1, 22), "3"),
    global(
        "binlog_transaction_dependency_history_size",
        int(1, 10_000_000),
        "10000000",
    ),
    both("character_set_client", ANY, "utf8mb4"),
    both("character_set_connection", ANY, "utf8mb4"),
    both("character_set_database", ANY, "utf8mb4"),
    both("character_set_filesystem", ANY, "binary"),
    both("character_set_results", ANY, "utf8mb4"),
    both("character_set_server", ANY, "utf8mb4"),
    fixed("character_set_system", ANY, "utf8mb3"),
    fixed("character_sets_dir", ANY, "/usr/share/mysql/charsets/"),
    both("collation_server", ANY, "utf8mb4_0900_ai_ci"),
    global("connect_timeout", int(2, 31_536_000), "10"),
    fixed("datadir", ANY, "/var/lib/mysql/"),
    both("default_storage_engine", ANY, "InnoDB"),
    global("delayed_insert_timeout", int(1, 31_536_000), "300"),
    global("enforce_gtid_consistency", CONSISTENCY, "ON"),
    global(
        "event_scheduler",
        Kind::Enum(&["OFF", "ON", "DISABLED"]),
        "ON",
    ),
    both(
        "group_replication_consistency",
        ANY,
        "BEFORE_ON_PRIMARY_FAILOVER",
    ),
    global("gtid_executed", ANY, ""),
    global("gtid_executed_compression_period", int(0, U32), "0"),
    global("gtid_mode", GTID_MODES, "ON"),
    session("gtid_next", ANY, "AUTOMATIC"),
    definition("gtid_owned", Reach::Both, ANY, "", false),
    global("gtid_purged", ANY, ""),
    fixed("have_compress", ANY, "YES"),
    fixed("have_dynamic_loading", ANY, "YES"),
    fixed("have_geometry", ANY, "YES"),
    fixed("have_profiling", ANY, "YES"),
    fixed("have_query_cache", ANY, "NO"),
    fixed("have_rtree_keys", ANY, "YES"),
    fixed("have_statement_timeout", ANY, "YES"),
    fixed("have_symlink", ANY, "DISABLED"),
    fixed("hostname", ANY, "localhost"),
    global("init_replica", ANY, ""),
    global("innodb_api_enable_binlog", ON_OFF, "OFF"),
    global("innodb_buffer_pool_size", int(5_242_880, U64), "134217728"),
    global("innodb_flush_log_at_timeout", int(0, 2700), "1"),
    global("innodb_flush_log_at_trx_commit", int(0, 2), "1"),
    fixed("innodb_flush_method", ANY, "O_DIRECT"),
    global("innodb_flush_neighbors", int(0, 2), "0"),
    global("innodb_flush_sync", ON_OFF, "ON"),
    global("innodb_flushing_avg_loops", int(1, 1000), "30"),
    both("innodb_lock_wait_timeout", int(1, 1_073_741_824), "50"),
    fixed("innodb_read_only", ON_OFF, "OFF"),
    global("innodb_replication_delay", int(0, U32), "0"),
    fixed("innodb_rollback_on_timeout", ON_OFF, "OFF"),
    both("interactive_timeout", int(1, 31_536_000), "28800"),
    session("last_insert_id", int(0, U64), "0"),
    both("lock_wait_timeout", int(1, 31_536_000), "31536000"),
    fixed("log_bin", ON_OFF, "ON"),
    fixed("log_bin_basename", ANY, ""),
    fixed("log_bin_index", ANY, ""),
    global("log_bin_trust_function_creators", ON_OFF, "OFF"),
    fixed("log_error", ANY, "stderr"),
    global(
        "log_error_services",
        ANY,
        "log_filter_internal; log_sink_internal",
    ),
    global("log_error_suppression_list", ANY, ""),
    global("log_error_verbosity", int(1, 3), "2"),
    global("log_output", ANY, "FILE"),
    global("log_queries_not_using_indexes", ON_OFF, "OFF"),
    global("log_raw", ON_OFF, "OFF"),
    fixed("log_replica_updates", ON_OFF, "ON"),
    global("log_slow_admin_statements", ON_OFF, "OFF"),
    global("log_slow_extra", ON_OFF, "OFF"),
    global("log_slow_replica_statements", ON_OFF, "OFF"),
    global("log_statements_unsafe_for_binlog", ON_OFF, "ON"),
    global("log_throttle_queries_not_using_indexes", int(0, U32), "0"),
    both("log_timestamps", Kind::Enum(&["UTC", "SYSTEM"]), "UTC"),
    fixed("lower_case_table_names", int(0, 2), "0"),
    both("max_allowed_packet", int(1024, 1_073_741_824), "67108864"),
    global(
        "max_binlog_cache_size",
        int(4096, U64),
        "18446744073709547520",
    ),
    global("max_binlog_size", int(4096, 1_073_741_824), "1073741824"),
    global(
        "max_binlog_stmt_cache_size",
        int(4096, U64),
        "18446744073709547520",
    ),
    global("max_connections", int(1, 100_000), "151"),
    global("max_relay_log_size", int(0, 1_073_741_824), "0"),
    both("net_read_timeout", int(1, 31_536_000), "30"),
    both("net_write_timeout", int(1, 31_536_000), "60"),
    fixed("plugin_dir", ANY, "/usr/lib/mysql/plugin/"),
    fixed("port", int(0, 65_535), "3306"),
    session("pseudo_replica_mode", ON_OFF, "OFF"),
    global("read_only", ON_OFF, "OFF"),
    fixed("relay_log", ANY, ""),
    fixed("relay_log_basename", ANY, ""),
    fixed("relay_log_index", ANY, ""),
    global("relay_log_purge", ON_OFF, "ON"),
    fixed("relay_log_recovery", ON_OFF, "OFF"),
    fixed("relay_log_space_limit", int(0, U64), "0"),
    global("replica_allow_batching", ON_OFF, "ON"),
    global("replica_allow_higher_version_source", ON_OFF, "ON"),
    global("replica_checkpoint_group", int(32, 524_280), "512"),
    global("replica_checkpoint_period", int(1, U32), "300"),
    global("replica_compressed_protocol", ON_OFF, "OFF"),
    global(
        "replica_exec_mode",
        Kind::Enum(&["STRICT", "IDEMPOTENT"]),
        "STRICT",
    ),
    fixed("replica_load_tmpdir", ANY, "/tmp"),
    global(
        "replica_max_allowed_packet",
        int(1024, 1_073_741_824),
        "1073741824",
    ),
    global("replica_net_timeout", int(1, 31_536_000), "60"),
    global("replica_parallel_workers", int(0, 1024), "4"),
    global("replica_pending_jobs_size_max", int(1024, U64), "134217728"),
    global("replica_preserve_commit_order", ON_OFF, "ON"),
    fixed("replica_skip_errors", ANY, "OFF"),
    global("replica_sql_verify_checksum", ON_OFF, "ON"),
    global("replica_transaction_retries", int(0, U64), "10"),
    global("replica_type_conversions", ANY, ""),
    global(
        "replication_optimize_for_static_plugin_config",
        ON_OFF,
        "OFF",
    ),
    global("replication_sender_observe_commit_only", ON_OFF, "OFF"),
    fixed("report_host", ANY, ""),
    fixed("report_password", ANY, ""),
    fixed("report_port", int(0, 65_535), "3306"),
    fixed("report_user", ANY, ""),
    global("rpl_read_size", int(8192, U32), "8192"),
    global("rpl_stop_replica_timeout", int(2, 31_536_000), "31536000"),
    global("server_id", int(0, U32), "1"),
    fixed("server_id_bits", int(7, 32), "32"),
    fixed("server_memory", int(0, U64), "0"),
    fixed("server_uuid", ANY, ""),
    both(
        "session_track_gtids",
        Kind::Enum(&["OFF", "OWN_GTID", "ALL_GTIDS"]),
        "OFF",
    ),
    fixed("skip_external_locking", ON_OFF, "ON"),
    fixed("skip_name_resolve", ON_OFF, "OFF"),
    fixed("skip_networking", ON_OFF, "OFF"),
    fixed("skip_replica_start", ON_OFF, "OFF"),
    fixed("skip_show_database", ON_OFF, "OFF"),
    fixed("socket", ANY, "/var/run/mysqld/mysqld.sock"),
    global("source_verify_checksum", ON_OFF, "OFF"),
    session("sql_log_bin", ON_OFF, "ON"),
    both("sql_mode", ANY, SQL_MODE),
    global("sql_replica_skip_counter", int(0, U32), "0"),
    global("ssl_session_cache_timeout", int(0, 84_600), "300"),
    global("super_read_only", ON_OFF, "OFF"),
    global("sync_binlog", int(0, U32), "1"),
    global("sync_relay_log", int(0, U32), "10000"),
    global("sync_relay_log_info", int(0, U32), "10000"),
    global("sync_source_info", int(0, U32), "10000"),
    both("time_zone", ANY, "SYSTEM"),
    both("transaction_isolation", ISOLATION, "REPEATABLE-READ"),
    both("transaction_read_only", ON_OFF, "OFF"),
    fixed("version", ANY, "9.7.4"),
    fixed("version_comment", ANY, "(Debian)"),
    fixed("version_compile_machine", ANY, "x86_64"),
    fixed("version_compile_os", ANY, "Linux"),
    fixed("version_compile_zlib", ANY, "1.3.2"),
    both("wait_timeout", int(1, 31_536_000), "28800"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted_and_its_defaults_fit_their_types() {
        assert!(ORDINARY.is_sorted_by(|a, b| a.name < b.name));
        for definition in ORDINARY {
            assert!(
                definition.parse(definition.default).is_some(),
                "{}",
                definition.name
            );
        }
    }

    #[test]
    fn names_are_found_without_case() {
        assert_eq!(
            find("SYNC_Binlog").map(|found| found.name),
            Some("sync_binlog")
        );
        assert_eq!(find("rpl_semi_sync_source_enabled"), None);
    }
}
