//! ACK packets against an independent implementation, the crate `mysql_common`.

use mysql_common::io::ParseBuf;
use mysql_common::packets::SemiSyncAckPacket;
use mysql_common::proto::{MyDeserialize, MySerialize};
use semisync_core::BinlogPosition;
use semisync_core::wire::AckPacket;

#[track_caller]
fn check(name: &str, offset: u64) {
    let ours = AckPacket {
        position: BinlogPosition::new(name, offset),
    };
    let mut our_bytes = Vec::new();
    ours.encode(&mut our_bytes);

    let theirs = SemiSyncAckPacket::new(offset, name.as_bytes());
    let mut their_bytes = Vec::new();
    theirs.serialize(&mut their_bytes);
    assert_eq!(our_bytes, their_bytes, "{name} {offset}");

    assert_eq!(AckPacket::decode(&their_bytes), Ok(ours));
    let read = SemiSyncAckPacket::deserialize((), &mut ParseBuf(&our_bytes)).expect("an ACK");
    assert_eq!(read.filename_raw(), name.as_bytes());
    assert_eq!(read.position(), offset);
}

#[test]
fn our_acks_are_theirs() {
    check("binlog.000003", 1234);
    check("", 4);
    check("a", u64::MAX);
    check("binlog.1000000", 0);
    check(&"x".repeat(511), 0x0102_0304_0506_0708);
}
