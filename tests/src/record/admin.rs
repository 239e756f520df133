//! A connection to a server for the recorder's own questions.
//!
//! As little of the client protocol as they need: `root` without a password over the Unix socket,
//! text queries, all values as text. It is opened for a question and closed again, so that a lab's
//! own `SHOW PROCESSLIST` does not list it.

use std::{
    fs::File,
    io::{Read, Write},
    os::{fd::AsRawFd, unix::net::UnixStream},
    path::Path,
    time::Duration,
};

use anyhow::{Context, Result, bail, ensure};

/// A row: one text or NULL for each column.
pub(super) type Row = Vec<Option<String>>;

/// How long one answer may take.
const PATIENCE: Duration = Duration::from_secs(20);

/// Long password, protocol 4.1, transactions, challenge authentication, named plugins.
const CAPABILITIES: u32 = 0x0000_0001 | 0x0200 | 0x2000 | 0x8000 | 0x0008_0000;

/// The number of utf8mb4's default collation in the handshake.
const UTF8MB4: u8 = 255;

const COM_QUIT: u8 = 1;
const COM_QUERY: u8 = 3;
const OK: u8 = 0x00;
const NULL: u8 = 0xfb;
const EOF: u8 = 0xfe;
const ERR: u8 = 0xff;

/// An open connection.
pub(super) struct Admin {
    stream: UnixStream,
}

impl Admin {
    /// Connects through the socket file `mysql.sock` in `directory`.
    pub(super) fn connect(directory: &Path) -> Result<Admin> {
        // Socket addresses are short: through the open directory its own path may be long.
        let opened = File::open(directory)?;
        let socket = format!("/proc/self/fd/{}/mysql.sock", opened.as_raw_fd());
        let stream = UnixStream::connect(socket)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        let mut admin = Admin { stream };
        admin.log_in()?;
        Ok(admin)
    }

    /// Runs a statement and returns its rows.
    pub(super) fn query(&mut self, sql: &str) -> Result<Vec<Row>> {
        let mut command = vec![COM_QUERY];
        command.extend_from_slice(sql.as_bytes());
        self.send(0, &command)?;
        let head = self.receive()?;
        match head.first() {
            Some(&OK) => return Ok(Vec::new()),
            Some(&ERR) => bail!("{sql}: {}", error_text(&head)),
            _ => {}
        }
        let columns = Lengths(&head).next_length()?.context("a column count")?;
        for _ in 0..columns {
            self.receive()?;
        }
        self.receive()?;
        let mut rows = Vec::new();
        loop {
            let packet = self.receive()?;
            match packet.first() {
                Some(&EOF) if packet.len() < 9 => return Ok(rows),
                Some(&ERR) => bail!("{sql}: {}", error_text(&packet)),
                _ => rows.push(row(&packet, columns)?),
            }
        }
    }

    /// The first value of the first row.
    pub(super) fn value(&mut self, sql: &str) -> Result<Option<String>> {
        let rows = self.query(sql)?;
        Ok(rows
            .into_iter()
            .next()
            .and_then(|row| row.into_iter().next())
            .flatten())
    }

    fn log_in(&mut self) -> Result<()> {
        let greeting = self.receive()?;
        ensure!(
            greeting.first() == Some(&10),
            "no greeting: {}",
            error_text(&greeting)
        );
        let mut answer = Vec::new();
        answer.extend_from_slice(&CAPABILITIES.to_le_bytes());
        answer.extend_from_slice(&(1_u32 << 24).to_le_bytes());
        answer.push(UTF8MB4);
        answer.extend_from_slice(&[0; 23]);
        answer.extend_from_slice(b"root\0\0caching_sha2_password\0");
        self.send(1, &answer)?;
        loop {
            let packet = self.receive()?;
            match packet.first() {
                Some(&OK) => return Ok(()),
                Some(&ERR) => bail!("log in: {}", error_text(&packet)),
                _ => {}
            }
        }
    }

    fn send(&mut self, sequence: u8, payload: &[u8]) -> Result<()> {
        let length = u32::try_from(payload.len())?;
        ensure!(length < 1 << 24, "a statement of 16 MiB");
        let mut packet = length.to_le_bytes();
        packet[3] = sequence;
        self.stream.write_all(&packet)?;
        self.stream.write_all(payload)?;
        Ok(())
    }

    fn receive(&mut self) -> Result<Vec<u8>> {
        let mut header = [0; 4];
        self.stream.read_exact(&mut header)?;
        header[3] = 0;
        let mut payload = vec![0; u32::from_le_bytes(header) as usize];
        self.stream.read_exact(&mut payload)?;
        Ok(payload)
    }
}

impl Drop for Admin {
    fn drop(&mut self) {
        // A server that has gone need not be told.
        let _ = self.send(0, &[COM_QUIT]);
        // The server closes the connection once its thread has left the process list.
        let _ = self.stream.read(&mut [0; 1]);
    }
}

fn row(packet: &[u8], columns: u64) -> Result<Row> {
    let mut rest = Lengths(packet);
    (0..columns)
        .map(|_| match rest.next_length()? {
            None => Ok(None),
            Some(length) => Ok(Some(rest.text(length)?)),
        })
        .collect()
}

/// The rest of a packet of length-encoded values.
struct Lengths<'a>(&'a [u8]);

impl Lengths<'_> {
    /// The next length-encoded number; `None` for NULL.
    fn next_length(&mut self) -> Result<Option<u64>> {
        let (&first, rest) = self.0.split_first().context("a packet ends early")?;
        let size = match first {
            NULL => {
                self.0 = rest;
                return Ok(None);
            }
            0xfc => 2,
            0xfd => 3,
            0xfe => 8,
            small => {
                self.0 = rest;
                return Ok(Some(u64::from(small)));
            }
        };
        let (number, rest) = rest.split_at_checked(size).context("a packet ends early")?;
        self.0 = rest;
        let mut bytes = [0; 8];
        bytes[..size].copy_from_slice(number);
        Ok(Some(u64::from_le_bytes(bytes)))
    }

    fn text(&mut self, length: u64) -> Result<String> {
        let (text, rest) = self
            .0
            .split_at_checked(usize::try_from(length)?)
            .context("a packet ends early")?;
        self.0 = rest;
        Ok(String::from_utf8_lossy(text).into_owned())
    }
}

/// The message of an error packet: after its mark, number and SQLSTATE.
fn error_text(packet: &[u8]) -> String {
    String::from_utf8_lossy(packet.get(9..).unwrap_or_default()).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_of_a_text_result_is_taken_apart() {
        let packet = b"\x03abc\xfb\x00";
        assert_eq!(
            row(packet, 3).unwrap(),
            [Some("abc".to_owned()), None, Some(String::new())]
        );
        assert!(row(packet, 4).is_err());
        assert!(row(b"\x05abc", 1).is_err());
    }

    #[test]
    fn lengths_have_one_two_three_or_eight_bytes() {
        let mut rest = Lengths(b"\xfa\xfc\x01\x02\xfd\x01\x00\x01\xfe\x01\0\0\0\0\0\0\x01");
        let mut next = || rest.next_length().unwrap();
        assert_eq!(next(), Some(250));
        assert_eq!(next(), Some(0x0201));
        assert_eq!(next(), Some(0x0001_0001));
        assert_eq!(next(), Some(0x0100_0000_0000_0001));
    }
}
