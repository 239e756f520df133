//! The counters behind the source's status variables.

/// Counts of a source, named after their status variables (`Rpl_semi_sync_source_…`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Counters {
    /// Waits that ended while semisynchronous.
    pub yes_tx: u64,
    /// Waits that ended otherwise, while enabled.
    pub no_tx: u64,
    /// Times the source switched to asynchronous replication.
    pub no_times: u64,
    /// Negative elapsed times.
    pub timefunc_failures: u64,
    /// Sleepers that noted a position at or before the smallest one noted.
    pub wait_pos_backtraverse: u64,
    /// Sessions asleep now.
    pub wait_sessions: u32,
    /// Signalled wake-ups.
    pub tx_waits: u64,
    /// Microseconds, summed over signalled wake-ups.
    pub tx_wait_time_us: u64,
    /// Flagged events sent, to all replicas.
    pub net_waits: u64,
    /// Registered semisynchronous replicas, also while disabled.
    pub clients: u32,
}

impl Counters {
    /// `tx_avg_wait_time` in microseconds; zero without waits.
    pub fn tx_avg_wait_time_us(&self) -> u64 {
        self.tx_wait_time_us.checked_div(self.tx_waits).unwrap_or(0)
    }

    /// What RESET BINARY LOGS AND GTIDS leaves: only the registered replicas.
    pub(super) fn reset(&mut self) {
        *self = Counters {
            clients: self.clients,
            ..Counters::default()
        };
    }

    /// What FLUSH STATUS zeroes: the five of type long.
    pub(super) fn flush(&mut self) {
        self.yes_tx = 0;
        self.no_tx = 0;
        self.no_times = 0;
        self.timefunc_failures = 0;
        self.wait_pos_backtraverse = 0;
    }
}
