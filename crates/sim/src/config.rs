//! What a cluster is made of.

use std::collections::BTreeMap;

use semisync_core::Generation;
use serde::{Deserialize, Serialize};

/// A cluster before its first input. The first server is the source of the others.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClusterConfig {
    /// Decides every random draw.
    pub seed: u64,
    /// The servers; server number n (from 1) gets `server_id` n and the UUID of its digit repeated.
    pub servers: Vec<ServerConfig>,
    /// Whether the other servers replicate from the first, asynchronous and caught up, with a
    /// database `lab` as first transaction; else nothing is configured.
    pub replication: bool,
    /// Times the virtual machines take.
    pub timing: Timing,
}

/// One server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServerConfig {
    /// Name in prompts and `report_host`.
    pub name: String,
    /// Which series it is.
    pub generation: Generation,
    /// Lines of its `my.cnf`, section `[mysqld]`: option name as written and value (`None`: no `=`).
    pub options: Vec<(String, Option<String>)>,
}

/// How long things take in virtual time, in microseconds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Timing {
    /// One way over a link.
    pub link_latency_us: u64,
    /// Random extra on a link, 0 to this.
    pub link_jitter_us: u64,
    /// One fsync of a disk.
    pub fsync_us: u64,
    /// Parsing and executing a statement before its commit.
    pub statement_us: u64,
    /// Writing an event to a file without fsync.
    pub write_us: u64,
    /// Engine commit of one transaction.
    pub engine_commit_us: u64,
    /// Applying one transaction on a replica.
    pub apply_us: u64,
    /// Server start, until it accepts connections.
    pub start_us: u64,
    /// Overrides of the link latency for pairs of servers (lower index first).
    #[serde(with = "pairs_as_list")]
    pub link_latency_overrides: BTreeMap<(u16, u16), u64>,
}

impl Default for Timing {
    fn default() -> Timing {
        Timing {
            link_latency_us: 250,
            link_jitter_us: 40,
            fsync_us: 400,
            statement_us: 80,
            write_us: 20,
            engine_commit_us: 60,
            apply_us: 300,
            start_us: 200_000,
            link_latency_overrides: BTreeMap::new(),
        }
    }
}

/// Maps with keys that are no strings, as a list of entries: JSON has only string keys.
mod pairs_as_list {
    use std::collections::BTreeMap;

    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    type Overrides = BTreeMap<(u16, u16), u64>;

    pub(super) fn serialize<S: Serializer>(map: &Overrides, to: S) -> Result<S::Ok, S::Error> {
        map.iter().collect::<Vec<_>>().serialize(to)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Overrides, D::Error> {
        Ok(Vec::deserialize(from)?.into_iter().collect())
    }
}
