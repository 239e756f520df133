//! `gtid_next`: naming the next transaction of a session.
//!
//! Setting it to an identifier takes ownership of that identifier; who asks for one that another
//! session owns waits. COMMIT and ROLLBACK give it back, and then only another value helps. What is
//! executed already is not executed again: its statements do nothing.

use crate::cluster::{Cluster, ProcessEvent};
use crate::gtid::Gtid;
use crate::operation::{Operation, SqlError};
use crate::server::session::Phase;
use crate::variables::{Setting, ordinary};
use crate::{ServerIndex, SessionKey};

impl Cluster {
    /// Whether `gtid_next` may get this value.
    pub(super) fn check_gtid_next(
        &self,
        ix: ServerIndex,
        session: SessionKey,
        shown: &str,
    ) -> Result<(), SqlError> {
        let refuse = |code, text: String| Err(SqlError::new(code, "HY000", text));
        let is_word = |word: &str| word.eq_ignore_ascii_case(shown);
        let gtid = shown.parse::<Gtid>().ok().filter(|gtid| 0 < gtid.number);
        if gtid.is_none() && !is_word("AUTOMATIC") && !is_word("ANONYMOUS") {
            return refuse(1774, format!("Malformed GTID specification '{shown}'."));
        }
        let mode = self.server(ix).global(ordinary!("gtid_mode")).shown();
        if is_word("ANONYMOUS") && mode == "ON" {
            let text =
                "@@SESSION.GTID_NEXT cannot be set to ANONYMOUS when @@GLOBAL.GTID_MODE = ON.";
            return refuse(1782, text.to_owned());
        }
        if gtid.is_some() && mode == "OFF" {
            let text =
                "@@SESSION.GTID_NEXT cannot be set to UUID:NUMBER when @@GLOBAL.GTID_MODE = OFF.";
            return refuse(1781, text.to_owned());
        }
        if self.is_in_transaction(ix, session) {
            let text = "The system variable gtid_next cannot be set when there is an ongoing \
                        transaction.";
            return refuse(1766, text.to_owned());
        }
        match self.owned_gtid(ix, session) {
            Some(owned) if gtid != Some(owned) => {
                let text = format!(
                    "@@SESSION.GTID_NEXT cannot be changed by a client that owns a GTID. The \
                     client owns {owned}. Ownership is released on COMMIT or ROLLBACK."
                );
                refuse(1790, text)
            }
            _ => Ok(()),
        }
    }

    /// The identifier the session owns.
    pub(crate) fn owned_gtid(&self, ix: ServerIndex, session: SessionKey) -> Option<Gtid> {
        self.server(ix).sessions.get(&session)?.owned_gtid
    }

    /// The identifier the session has named for its transaction.
    pub(super) fn gtid_next(&self, ix: ServerIndex, session: SessionKey) -> Option<Gtid> {
        match &*self
            .server(ix)
            .session_value(session, ordinary!("gtid_next"))
        {
            Setting::Text(text) => text.parse().ok(),
            _ => None,
        }
    }

    /// Whether the session has to wait until another one gives this identifier back. Then the
    /// statement runs again.
    pub(super) fn waits_for_gtid(
        &mut self,
        ix: ServerIndex,
        session: SessionKey,
        shown: &str,
    ) -> bool {
        let Ok(gtid) = shown.parse::<Gtid>() else {
            return false;
        };
        let server = self.server(ix);
        let is_own = self.owned_gtid(ix, session) == Some(gtid);
        if is_own || !server.gtid_owned.contains(gtid) {
            return false;
        }
        self.set_phase(ix, session, Phase::GtidOwned);
        true
    }

    /// The session owns the identifier from now on, if it is not executed.
    pub(super) fn take_gtid(&mut self, ix: ServerIndex, session: SessionKey, shown: &str) {
        let Ok(gtid) = shown.parse::<Gtid>() else {
            return;
        };
        let server = self.server_mut(ix);
        if server.gtid_executed.contains(gtid) {
            return;
        }
        server.gtid_owned.add(gtid);
        if let Some(state) = server.sessions.get_mut(&session) {
            state.owned_gtid = Some(gtid);
        }
    }

    /// COMMIT, ROLLBACK, or the end of the session: the identifier is free, or used up.
    pub(crate) fn release_gtid(&mut self, ix: ServerIndex, session: SessionKey) {
        let server = self.server_mut(ix);
        let Some(state) = server.sessions.get_mut(&session) else {
            return;
        };
        let Some(gtid) = state.owned_gtid.take() else {
            return;
        };
        state.gtid_next_is_used = true;
        server.gtid_owned.remove(gtid);
        self.wake_gtid_waiters(ix);
    }

    /// Those who wait for an identifier look again.
    pub(crate) fn wake_gtid_waiters(&mut self, ix: ServerIndex) {
        let sessions = self.server(ix).sessions.iter();
        let waiting = sessions.filter_map(|(key, state)| {
            let running = state.statement.as_ref()?;
            (running.phase == Phase::GtidOwned).then_some((*key, running.id))
        });
        let waiting: Vec<_> = waiting.collect();
        for (session, id) in waiting {
            self.later(ix, 0, ProcessEvent::StatementRuns(session, id));
        }
    }

    /// Whether the statement belongs to a transaction that is executed already: it does nothing.
    pub(super) fn is_skipped(
        &self,
        ix: ServerIndex,
        session: SessionKey,
        operation: &Operation,
    ) -> bool {
        let state = self.server(ix).sessions.get(&session);
        if !operation.changes_data() || state.is_none_or(|state| state.gtid_next_is_used) {
            return false;
        }
        let named = self.gtid_next(ix, session);
        named.is_some_and(|gtid| {
            self.owned_gtid(ix, session) != Some(gtid)
                && self.server(ix).gtid_executed.contains(gtid)
        })
    }

    /// After a commit with a named identifier, only naming another one helps.
    pub(super) fn refuse_used_gtid(
        &self,
        ix: ServerIndex,
        session: SessionKey,
        operation: &Operation,
    ) -> Result<(), SqlError> {
        let state = self.server(ix).sessions.get(&session);
        let is_used = state.is_some_and(|state| state.gtid_next_is_used);
        if !is_used || !operation.changes_data() {
            return Ok(());
        }
        let Some(gtid) = self.gtid_next(ix, session) else {
            return Ok(());
        };
        let text = format!(
            "When @@SESSION.GTID_NEXT is set to a GTID, you must explicitly set it to a different \
             value after a COMMIT or ROLLBACK. Please check GTID_NEXT variable manual page for \
             detailed explanation. Current @@SESSION.GTID_NEXT is '{gtid}'."
        );
        Err(SqlError::new(1837, "HY000", text))
    }
}

impl Operation {
    /// Whether it ends up in the binary log, or may.
    fn changes_data(&self) -> bool {
        self.is_ddl()
            || matches!(
                self,
                Operation::Insert { .. }
                    | Operation::Update { .. }
                    | Operation::Delete { .. }
                    | Operation::Account { .. }
                    | Operation::LoggedStatement { .. }
            )
    }
}
