//! Sessions that commit until their server is gone, and one that reads what they have committed.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread::{self, JoinHandle};

use crate::servers::{Server, Session};

/// What the sessions of a load were told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// For each client, how many of its transactions were answered OK: those numbered below.
    pub answered: Vec<u32>,
    /// For each client, the number that follows its last transaction that another session has seen.
    pub seen: Vec<u32>,
}

/// Sessions at work.
#[derive(Debug)]
pub struct Load {
    clients: Vec<JoinHandle<u32>>,
    reader: JoinHandle<Vec<u32>>,
    answered: Arc<AtomicU32>,
}

/// The table that every transaction writes to.
pub(crate) const TABLE: &str = "CREATE TABLE ledger.entries (round INT, client INT, number INT, \
                                part INT, PRIMARY KEY (round, client, number, part))";

/// How many rows a client's transaction of this number has.
pub fn parts_of(number: u32) -> u32 {
    if number % 4 == 3 { 3 } else { 1 }
}

impl Load {
    /// Connects the sessions and lets them go.
    pub fn start(server: &Server, round: u32, clients: usize) -> Load {
        let answered = Arc::new(AtomicU32::new(0));
        let mut reading = server.session();
        let sessions: Vec<Session> = (0..clients).map(|_| server.session()).collect();
        let reader = thread::spawn(move || read_until_the_end(&mut reading, round, clients));
        let clients = sessions
            .into_iter()
            .enumerate()
            .map(|(client, mut session)| {
                let all = Arc::clone(&answered);
                thread::spawn(move || commit_until_the_end(&mut session, round, client, &all))
            })
            .collect();
        Load {
            clients,
            reader,
            answered,
        }
    }

    /// How many transactions were answered so far.
    pub fn answered(&self) -> u32 {
        self.answered.load(Ordering::Relaxed)
    }

    /// What the sessions were told, once their server is gone.
    ///
    /// # Panics
    /// When a session met another end.
    pub fn told(self) -> Told {
        let answered = self
            .clients
            .into_iter()
            .map(|client| client.join().expect("a client meets no error"))
            .collect();
        let seen = self.reader.join().expect("the reader meets no error");
        Told { answered, seen }
    }
}

fn commit_until_the_end(session: &mut Session, round: u32, client: usize, all: &AtomicU32) -> u32 {
    for number in 0.. {
        match commit(session, round, client, number) {
            Ok(()) => all.fetch_add(1, Ordering::Relaxed),
            Err(()) => return number,
        };
    }
    unreachable!("numbers do not end before the server does")
}

/// One transaction; an error is a lost connection.
pub(crate) fn commit(
    session: &mut Session,
    round: u32,
    client: usize,
    number: u32,
) -> Result<(), ()> {
    let insert =
        |part| format!("INSERT INTO ledger.entries VALUES ({round}, {client}, {number}, {part})");
    let parts = parts_of(number);
    if parts == 1 {
        return go_on(session, &insert(0));
    }
    go_on(session, "BEGIN")?;
    for part in 0..parts {
        go_on(session, &insert(part))?;
    }
    go_on(session, "COMMIT")
}

fn go_on(session: &mut Session, sql: &str) -> Result<(), ()> {
    session.try_run(sql).map_err(|error| {
        assert_eq!(error.number, 0, "{sql}: {error:?}");
    })
}

/// Looks again and again, as a session that is not the one that commits.
fn read_until_the_end(session: &mut Session, round: u32, clients: usize) -> Vec<u32> {
    let mut seen = vec![0; clients];
    while let Some(last) = last_numbers(session, round, clients) {
        for (seen, last) in seen.iter_mut().zip(last) {
            *seen = last.max(*seen);
        }
    }
    seen
}

/// For each client, the number that follows its last visible transaction; `None` when the server is
/// gone.
pub(crate) fn last_numbers(session: &mut Session, round: u32, clients: usize) -> Option<Vec<u32>> {
    let columns: Vec<String> = (0..clients)
        .map(|client| {
            format!(
                "(SELECT COALESCE(MAX(number) + 1, 0) FROM ledger.entries \
                 WHERE round = {round} AND client = {client})"
            )
        })
        .collect();
    let query = format!("SELECT {}", columns.join(", "));
    match session.try_rows(&query) {
        Ok(rows) => Some(
            rows[0]
                .iter()
                .map(|value| value.parse().expect("a number"))
                .collect(),
        ),
        Err(error) => {
            assert_eq!(error.number, 0, "{query}: {error:?}");
            None
        }
    }
}
