//! The plugins every 9.7 server has, in the order it lists them.

use crate::inspect::PluginRow;

/// Name, version, status, type, version of the type, description, load option.
type BuiltIn = (
    &'static str,
    &'static str,
    &'static str,
    &'static str,
    &'static str,
    &'static str,
    &'static str,
);

/// Rows of INFORMATION_SCHEMA.PLUGINS.
pub(crate) fn rows() -> Vec<PluginRow> {
    BUILT_IN.iter().map(row).collect()
}

fn row(
    &(name, version, status, kind, kind_version, description, load_option): &BuiltIn,
) -> PluginRow {
    PluginRow {
        name: name.to_owned(),
        version: version.to_owned(),
        status: status.to_owned(),
        kind: kind.to_owned(),
        kind_version: kind_version.to_owned(),
        library: None,
        library_version: None,
        author: match name {
            "daemon_keyring_proxy_plugin" => "Oracle",
            _ => "Oracle Corporation",
        }
        .to_owned(),
        description: description.to_owned(),
        license: "GPL".to_owned(),
        load_option: load_option.to_owned(),
    }
}

const SERVER: &str = "90704.0";
const STORAGE: &str = "STORAGE ENGINE";
const SCHEMA: &str = "INFORMATION SCHEMA";

#[rustfmt::skip]
const BUILT_IN: &[BuiltIn] = &[
    ("binlog", "1.0", "ACTIVE", STORAGE, SERVER, "This is a pseudo storage engine to represent the binlog in a transaction", "FORCE"),
    ("sha256_password", "1.1", "ACTIVE", "AUTHENTICATION", "2.1", "SHA256 password authentication", "FORCE"),
    ("caching_sha2_password", "1.0", "ACTIVE", "AUTHENTICATION", "2.1", "Caching sha2 authentication", "FORCE"),
    ("daemon_keyring_proxy_plugin", "1.0", "ACTIVE", "DAEMON", SERVER, "A plugin that implements the keyring component services atop of the keyring plugin", "FORCE"),
    ("CSV", "1.0", "ACTIVE", STORAGE, SERVER, "CSV storage engine", "FORCE"),
    ("MEMORY", "1.0", "ACTIVE", STORAGE, SERVER, "Hash based, stored in memory, useful for temporary tables", "FORCE"),
    ("InnoDB", "9.7", "ACTIVE", STORAGE, SERVER, "Supports transactions, row-level locking, and foreign keys", "FORCE"),
    ("INNODB_TRX", "9.2", "ACTIVE", SCHEMA, SERVER, "InnoDB transactions", "FORCE"),
    ("INNODB_CMP", "9.2", "ACTIVE", SCHEMA, SERVER, "Statistics for the InnoDB compression", "FORCE"),
    ("INNODB_CMP_RESET", "9.2", "ACTIVE", SCHEMA, SERVER, "Statistics for the InnoDB compression; reset cumulated counts", "FORCE"),
    ("INNODB_CMPMEM", "9.2", "ACTIVE", SCHEMA, SERVER, "Statistics for the InnoDB compressed buffer pool", "FORCE"),
    ("INNODB_CMPMEM_RESET", "9.2", "ACTIVE", SCHEMA, SERVER, "Statistics for the InnoDB compressed buffer pool; reset cumulated counts", "FORCE"),
    ("INNODB_CMP_PER_INDEX", "9.2", "ACTIVE", SCHEMA, SERVER, "Statistics for the InnoDB compression (per index)", "FORCE"),
    ("INNODB_CMP_PER_INDEX_RESET", "9.2", "ACTIVE", SCHEMA, SERVER, "Statistics for the InnoDB compression (per index); reset cumulated counts", "FORCE"),
    ("INNODB_BUFFER_PAGE", "9.2", "ACTIVE", SCHEMA, SERVER, "InnoDB Buffer Page Information", "FORCE"),
    ("INNODB_BUFFER_PAGE_LRU", "9.2", "ACTIVE", SCHEMA, SERVER, "InnoDB Buffer Page in LRU", "FORCE"),
    ("INNODB_BUFFER_POOL_STATS", "9.2", "ACTIVE", SCHEMA, SERVER, "InnoDB Buffer Pool Statistics Information ", "FORCE"),
    ("INNODB_TEMP_TABLE_INFO", "9.2", "ACTIVE", SCHEMA, SERVER, "InnoDB Temp Table Stats", "FORCE"),
    ("INNODB_METRICS", "9.2", "ACTIVE", SCHEMA, SERVER, "InnoDB Metrics Info", "FORCE"),
    ("INNODB_FT_DEFAULT_STOPWORD", "9.2", "ACTIVE", SCHEMA, SERVER, "Default stopword list for InnDB Full Text Search", "FORCE"),
    ("INNODB_FT_DELETED", "9.2", "ACTIVE", SCHEMA, SERVER, "INNODB AUXILIARY FTS DELETED TABLE", "FORCE"),
    ("INNODB_FT_BEING_DELETED", "9.2", "ACTIVE", SCHEMA, SERVER, "INNODB AUXILIARY FTS BEING DELETED TABLE", "FORCE"),
    ("INNODB_FT_CONFIG", "9.2", "ACTIVE", SCHEMA, SERVER, "INNODB AUXILIARY FTS CONFIG TABLE", "FORCE"),
    ("INNODB_FT_INDEX_CACHE", "9.2", "ACTIVE", SCHEMA, SERVER, "INNODB AUXILIARY FTS INDEX CACHED", "FORCE"),
    ("INNODB_FT_INDEX_TABLE", "9.2", "ACTIVE", SCHEMA, SERVER, "INNODB AUXILIARY FTS INDEX TABLE", "FORCE"),
    ("INNODB_TABLES", "9.2", "ACTIVE", SCHEMA, SERVER, "InnoDB INNODB_TABLES", "FORCE"),
    ("INNODB_TABLESTATS", "9.2", "ACTIVE", SCHEMA, SERVER, "InnoDB INNODB_TABLESTATS", "FORCE"),
    ("INNODB_INDEXES", "9.2", "ACTIVE", SCHEMA, SERVER, "InnoDB INNODB_INDEXES", "FORCE"),
    ("INNODB_TABLESPACES", "9.2", "ACTIVE", SCHEMA, SERVER, "InnoDB INNODB_TABLESPACES", "FORCE"),
    ("INNODB_COLUMNS", "9.2", "ACTIVE", SCHEMA, SERVER, "InnoDB INNODB_COLUMNS", "FORCE"),
    ("INNODB_VIRTUAL", "9.2", "ACTIVE", SCHEMA, SERVER, "InnoDB INNODB_VIRTUAL", "FORCE"),
    ("INNODB_CACHED_INDEXES", "9.2", "ACTIVE", SCHEMA, SERVER, "InnoDB cached indexes", "FORCE"),
    ("INNODB_SESSION_TEMP_TABLESPACES", "9.7", "ACTIVE", SCHEMA, SERVER, "InnoDB Session Temporary tablespaces", "FORCE"),
    ("MyISAM", "1.0", "ACTIVE", STORAGE, SERVER, "MyISAM storage engine", "FORCE"),
    ("MRG_MYISAM", "1.0", "ACTIVE", STORAGE, SERVER, "Collection of identical MyISAM tables", "FORCE"),
    ("PERFORMANCE_SCHEMA", "0.1", "ACTIVE", STORAGE, SERVER, "Performance Schema", "FORCE"),
    ("TempTable", "1.0", "ACTIVE", STORAGE, SERVER, "InnoDB temporary storage engine", "FORCE"),
    ("ARCHIVE", "3.0", "ACTIVE", STORAGE, SERVER, "Archive storage engine", "ON"),
    ("BLACKHOLE", "1.0", "ACTIVE", STORAGE, SERVER, "/dev/null storage engine (anything you write to it disappears)", "ON"),
    ("FEDERATED", "1.0", "DISABLED", STORAGE, SERVER, "Federated MySQL storage engine", "OFF"),
    ("ndbcluster", "1.0", "DISABLED", STORAGE, SERVER, "Clustered, fault-tolerant tables", "OFF"),
    ("ndbinfo", "0.1", "DISABLED", STORAGE, SERVER, "MySQL Cluster system information storage engine", "OFF"),
    ("ndb_transid_mysql_connection_map", "0.1", "DISABLED", SCHEMA, SERVER, "Map between MySQL connection ID and NDB transaction ID", "OFF"),
    ("ngram", "0.1", "ACTIVE", "FTPARSER", "1.1", "Ngram Full-Text Parser", "ON"),
    ("mysqlx_cache_cleaner", "1.0", "ACTIVE", "AUDIT", "4.1", "Cache cleaner for sha2 authentication in X plugin", "ON"),
    ("mysqlx", "1.0", "DISABLED", "DAEMON", SERVER, "X Plugin for MySQL", "OFF"),
];
