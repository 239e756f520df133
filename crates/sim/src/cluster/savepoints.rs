//! SAVEPOINT, ROLLBACK TO SAVEPOINT and RELEASE SAVEPOINT.

use crate::cluster::Cluster;
use crate::engine::{Actor, Transaction};
use crate::operation::{OkPacket, SqlError};
use crate::variables::ordinary;
use crate::{ServerIndex, SessionKey};

impl Cluster {
    /// Without a transaction it does nothing.
    pub(crate) fn set_savepoint(&mut self, ix: ServerIndex, session: SessionKey, name: &str) {
        if let Some(open) = self.explicit_transaction(ix, session) {
            open.set_savepoint(name);
        }
        self.statement_ends_ok(ix, session, OkPacket::default());
    }

    /// Row locks taken since then stay.
    pub(crate) fn roll_back_to(
        &mut self,
        ix: ServerIndex,
        session: SessionKey,
        name: &str,
    ) -> Result<(), SqlError> {
        let open = self.explicit_transaction(ix, session);
        if !open.is_some_and(|open| open.go_back_to(name)) {
            return Err(no_savepoint(name));
        }
        self.statement_ends_ok(ix, session, OkPacket::default());
        Ok(())
    }

    pub(crate) fn release_savepoint(
        &mut self,
        ix: ServerIndex,
        session: SessionKey,
        name: &str,
    ) -> Result<(), SqlError> {
        let open = self.explicit_transaction(ix, session);
        if !open.is_some_and(|open| open.release_savepoint(name)) {
            return Err(no_savepoint(name));
        }
        self.statement_ends_ok(ix, session, OkPacket::default());
        Ok(())
    }

    fn explicit_transaction(
        &mut self,
        ix: ServerIndex,
        session: SessionKey,
    ) -> Option<&mut Transaction> {
        let server = self.server(ix);
        let begins = !server
            .session_value(session, ordinary!("autocommit"))
            .is_on();
        if begins {
            self.open_transaction(ix, session);
        }
        let engine = &mut self.server_mut(ix).engine;
        let open = engine.transaction_mut(Actor::Session(session));
        open.filter(|open| open.is_explicit)
    }
}

fn no_savepoint(name: &str) -> SqlError {
    let text = format!("SAVEPOINT {name} does not exist");
    SqlError::new(1305, "42000", text)
}
