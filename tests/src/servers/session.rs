//! A client session, with results as text.

use std::path::Path;

use mysql::prelude::Queryable;
use mysql::{Conn, OptsBuilder, Row, Statement, Value};

/// A result set: every value as the server sends it, `NULL` for null.
pub type Rows = Vec<Vec<String>>;

/// A client session as `root`.
#[derive(Debug)]
pub struct Session {
    connection: Conn,
    prepared: Option<Statement>,
}

/// What a statement failed with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SqlError {
    /// The server's number; 0 when the connection is gone.
    pub number: u16,
    /// The server's text.
    pub message: String,
}

impl Session {
    /// Connects over the server's Unix socket.
    pub(crate) fn connect(socket: &Path) -> Result<Session, SqlError> {
        let options = OptsBuilder::new()
            .user(Some("root"))
            .socket(Some(socket.to_string_lossy()))
            .prefer_socket(true);
        let connection = Conn::new(options).map_err(SqlError::from)?;
        Ok(Session {
            connection,
            prepared: None,
        })
    }

    /// Runs a statement that must succeed.
    ///
    /// # Panics
    /// When it fails.
    #[track_caller]
    pub fn run(&mut self, sql: &str) {
        if let Err(error) = self.try_run(sql) {
            panic!("{sql}: {error:?}");
        }
    }

    /// Runs statements that must succeed.
    #[track_caller]
    pub fn run_all(&mut self, statements: &[&str]) {
        for sql in statements {
            self.run(sql);
        }
    }

    /// Runs a statement.
    pub fn try_run(&mut self, sql: &str) -> Result<(), SqlError> {
        self.connection.query_drop(sql).map_err(SqlError::from)
    }

    /// Prepares a statement without parameters.
    ///
    /// # Panics
    /// When it cannot be prepared.
    #[track_caller]
    pub fn prepare(&mut self, sql: &str) {
        let prepared = self.connection.prep(sql);
        self.prepared = Some(prepared.expect("a statement that can be prepared"));
    }

    /// Runs what was prepared.
    ///
    /// # Panics
    /// When it fails.
    #[track_caller]
    pub fn run_prepared(&mut self) {
        let prepared = self.prepared.as_ref().expect("a prepared statement");
        if let Err(error) = self.connection.exec_drop(prepared, ()) {
            panic!("{error}");
        }
    }

    /// Runs a query that must succeed.
    ///
    /// # Panics
    /// When it fails.
    #[track_caller]
    pub fn rows(&mut self, sql: &str) -> Rows {
        match self.try_rows(sql) {
            Ok(rows) => rows,
            Err(error) => panic!("{sql}: {error:?}"),
        }
    }

    /// Runs a query.
    pub fn try_rows(&mut self, sql: &str) -> Result<Rows, SqlError> {
        let rows: Vec<Row> = self.connection.query(sql).map_err(SqlError::from)?;
        Ok(rows
            .into_iter()
            .map(|row| row.unwrap().iter().map(text).collect())
            .collect())
    }

    /// Runs a query for a single value.
    ///
    /// # Panics
    /// When it fails or gives no row.
    #[track_caller]
    pub fn value(&mut self, sql: &str) -> String {
        match self.rows(sql).into_iter().flatten().next() {
            Some(value) => value,
            None => panic!("{sql}: no row"),
        }
    }

    /// Runs a query for a single number.
    ///
    /// # Panics
    /// When it is none.
    #[track_caller]
    pub fn number(&mut self, sql: &str) -> u64 {
        let value = self.value(sql);
        match value.parse() {
            Ok(number) => number,
            Err(_) => panic!("{sql}: {value} is no number"),
        }
    }

    /// A status variable.
    #[track_caller]
    pub fn status(&mut self, name: &str) -> String {
        self.value(&format!(
            "SELECT variable_value FROM performance_schema.global_status \
             WHERE variable_name = '{name}'"
        ))
    }

    /// A numeric status variable of the source plugin, by the end of its name.
    ///
    /// # Panics
    /// When it is no number.
    #[track_caller]
    pub fn source_count(&mut self, name: &str) -> u64 {
        let value = self.status(&format!("Rpl_semi_sync_source_{name}"));
        value.parse().expect("the counter is a number")
    }

    /// This session's id.
    #[track_caller]
    pub fn id(&mut self) -> u64 {
        self.number("SELECT CONNECTION_ID()")
    }
}

impl From<mysql::Error> for SqlError {
    fn from(error: mysql::Error) -> SqlError {
        match error {
            mysql::Error::MySqlError(error) => SqlError {
                number: error.code,
                message: error.message,
            },
            other => SqlError {
                number: 0,
                message: other.to_string(),
            },
        }
    }
}

fn text(value: &Value) -> String {
    match value {
        Value::NULL => "NULL".to_owned(),
        Value::Bytes(bytes) => String::from_utf8_lossy(bytes).into_owned(),
        other => other.as_sql(true),
    }
}
