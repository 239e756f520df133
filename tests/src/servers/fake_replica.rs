//! A replica that is no server: it announces itself, asks for a dump, and then sends what the test
//! says. It speaks just enough of the client protocol for that.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};
use std::time::Duration;

use semisync_core::BinlogPosition;
use semisync_core::wire::{AckPacket, EventHeader};

use super::server::Server;

/// A semisynchronous dump connection in the test's hands.
#[derive(Debug)]
pub struct FakeReplica {
    stream: TcpStream,
}

/// One event as it arrived.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DumpedEvent {
    /// Whether the source asked for an ACK.
    pub ack_requested: bool,
    /// Type code of the event.
    pub kind: u8,
    /// End position that the event names.
    pub end: u64,
}

impl FakeReplica {
    /// Connects as the account `fake`, announces a semisynchronous replica, and asks for the
    /// binary log from `position` on.
    ///
    /// # Panics
    /// When the server refuses.
    pub fn connect(server: &Server, server_id: u32, position: &BinlogPosition) -> FakeReplica {
        let mut replica = FakeReplica::announce(server);
        replica.request_dump(server_id, position);
        replica
    }

    /// The same with auto-position: it has the transactions of the server's own up to `last`.
    ///
    /// # Panics
    /// When the server refuses.
    pub fn connect_with_gtids(server: &Server, server_id: u32, last: u64) -> FakeReplica {
        let uuid = server.session().value("SELECT @@GLOBAL.server_uuid");
        let mut replica = FakeReplica::announce(server);
        replica.request_dump_with_gtids(server_id, &uuid, last);
        replica
    }

    fn announce(server: &Server) -> FakeReplica {
        let stream = TcpStream::connect(("127.0.0.1", server.port())).expect("the server listens");
        stream
            .set_read_timeout(Some(READ_TIME))
            .expect("a time limit can be set");
        stream.set_nodelay(true).expect("the socket can be told");
        let mut replica = FakeReplica { stream };
        replica.log_in();
        replica.query("SET @source_binlog_checksum = @@GLOBAL.binlog_checksum");
        replica.query("SET @rpl_semi_sync_replica = 1");
        replica
    }

    /// The next event of the dump.
    ///
    /// # Panics
    /// When it has no event header, or when nothing comes.
    pub fn next_event(&mut self) -> DumpedEvent {
        let packet = self.read_packet();
        assert_eq!(packet.first(), Some(&0), "the dump goes on: {packet:02x?}");
        let (header, event) = EventHeader::decode(&packet[1..]).expect("a header");
        DumpedEvent {
            ack_requested: header.ack_requested,
            kind: event[4],
            end: u64::from(u32::from_le_bytes([
                event[13], event[14], event[15], event[16],
            ])),
        }
    }

    /// Reads until an event asks for an ACK; gives its end position.
    pub fn next_request(&mut self) -> u64 {
        loop {
            let event = self.next_event();
            if event.ack_requested {
                return event.end;
            }
        }
    }

    /// The bytes of an ACK, as they go over the network.
    pub fn ack_bytes(position: &BinlogPosition) -> Vec<u8> {
        let mut payload = Vec::new();
        AckPacket {
            position: position.clone(),
        }
        .encode(&mut payload);
        packet(0, &payload)
    }

    /// Sends bytes as they are.
    ///
    /// # Panics
    /// When the connection is gone.
    pub fn send(&mut self, bytes: &[u8]) {
        self.stream
            .write_all(bytes)
            .expect("the connection is there");
    }

    /// Says goodbye as a client does, and closes.
    pub fn quit(mut self) {
        self.send(&packet(0, &[COM_QUIT]));
        let _ = self.stream.shutdown(Shutdown::Both);
    }

    fn log_in(&mut self) {
        let greeting = self.read_packet();
        assert_eq!(greeting.first(), Some(&10), "protocol version");
        let mut answer = Vec::new();
        answer.extend_from_slice(&CAPABILITIES.to_le_bytes());
        answer.extend_from_slice(&0x0100_0000_u32.to_le_bytes());
        answer.push(UTF8MB4);
        answer.extend_from_slice(&[0; 23]);
        answer.extend_from_slice(b"fake\0");
        answer.push(0); // no password
        answer.extend_from_slice(b"caching_sha2_password\0");
        self.send(&packet(1, &answer));
        let verdict = self.read_packet();
        assert_eq!(
            verdict.first(),
            Some(&0),
            "logging in: {}",
            String::from_utf8_lossy(&verdict)
        );
    }

    fn query(&mut self, sql: &str) {
        self.send(&packet(0, &[&[COM_QUERY], sql.as_bytes()].concat()));
        let answer = self.read_packet();
        assert_eq!(
            answer.first(),
            Some(&0),
            "{sql}: {}",
            String::from_utf8_lossy(&answer)
        );
    }

    fn request_dump(&mut self, server_id: u32, position: &BinlogPosition) {
        let offset = u32::try_from(position.offset).expect("a small binary log");
        let mut request = vec![COM_BINLOG_DUMP];
        request.extend_from_slice(&offset.to_le_bytes());
        request.extend_from_slice(&0_u16.to_le_bytes());
        request.extend_from_slice(&server_id.to_le_bytes());
        request.extend_from_slice(position.file.as_bytes());
        self.send(&packet(0, &request));
    }

    fn request_dump_with_gtids(&mut self, server_id: u32, uuid: &str, last: u64) {
        let digits: Vec<u8> = uuid.bytes().filter(|byte| *byte != b'-').collect();
        let uuid = digits.chunks(2).map(|pair| {
            let pair = std::str::from_utf8(pair).expect("hexadecimal digits");
            u8::from_str_radix(pair, 16).expect("hexadecimal digits")
        });
        let mut set = 1_u64.to_le_bytes().to_vec();
        set.extend(uuid);
        for number in [1, 1, last + 1] {
            set.extend_from_slice(&number.to_le_bytes());
        }
        let set_len = u32::try_from(set.len()).expect("a short set");
        let mut request = vec![COM_BINLOG_DUMP_GTID];
        request.extend_from_slice(&BINLOG_THROUGH_GTID.to_le_bytes());
        request.extend_from_slice(&server_id.to_le_bytes());
        request.extend_from_slice(&0_u32.to_le_bytes());
        request.extend_from_slice(&4_u64.to_le_bytes());
        request.extend_from_slice(&set_len.to_le_bytes());
        request.extend_from_slice(&set);
        self.send(&packet(0, &request));
    }

    fn read_packet(&mut self) -> Vec<u8> {
        let mut header = [0; 4];
        self.stream
            .read_exact(&mut header)
            .expect("a packet arrives");
        let len = u32::from_le_bytes([header[0], header[1], header[2], 0]);
        let mut payload = vec![0; len as usize];
        self.stream
            .read_exact(&mut payload)
            .expect("a packet arrives whole");
        payload
    }
}

fn packet(sequence: u8, payload: &[u8]) -> Vec<u8> {
    let len = u32::try_from(payload.len())
        .expect("a short packet")
        .to_le_bytes();
    [&[len[0], len[1], len[2], sequence], payload].concat()
}

const READ_TIME: Duration = Duration::from_secs(60);

const COM_QUIT: u8 = 0x01;
const COM_QUERY: u8 = 0x03;
const COM_BINLOG_DUMP: u8 = 0x12;
const COM_BINLOG_DUMP_GTID: u8 = 0x1e;

/// Flag of a request with auto-position.
const BINLOG_THROUGH_GTID: u16 = 0x0004;

/// Protocol 4.1, its password form, and the name of the authentication plugin.
const CAPABILITIES: u32 = 0x0000_0200 | 0x0000_8000 | 0x0008_0000;

const UTF8MB4: u8 = 45;
