//! Cases 1 to 14: positions and ACK packets.

use std::cmp::Ordering;

use semisync_core::position::PositionOrder;
use semisync_core::wire::{AckError, AckPacket};
use semisync_core::{BinlogPosition, Generation};

#[track_caller]
fn check_order(a: (&str, u64), b: (&str, u64), expected: Ordering) {
    let a = BinlogPosition::new(a.0, a.1);
    let b = BinlogPosition::new(b.0, b.1);
    assert_eq!(a.cmp(&b), expected);
    assert_eq!(b.cmp(&a), expected.reverse());
    assert_eq!(PositionOrder::of(Generation::V9_7).cmp(&a, &b), expected);
}

#[test]
fn c01_to_c04_positions() {
    check_order(
        ("binlog.999999", 500),
        ("binlog.1000000", 4),
        Ordering::Less,
    );
    check_order(
        ("binlog.000002", 4),
        ("binlog.000001", 900),
        Ordering::Greater,
    );
    check_order(
        ("binlog.000001", 500),
        ("binlog.000001", 500),
        Ordering::Equal,
    );
    check_order(("", 4), ("binlog.000001", 0), Ordering::Less);
    let before_the_fix = PositionOrder::of(Generation::V8_4);
    let a = BinlogPosition::new("binlog.999999", 500);
    let b = BinlogPosition::new("binlog.1000000", 4);
    assert_eq!(before_the_fix.cmp(&a, &b), Ordering::Greater);
}

const ACK: &[u8] = b"\xEF\xD2\x04\x00\x00\x00\x00\x00\x00binlog.000003";

#[test]
fn c05_an_ack_is_encoded() {
    let packet = AckPacket {
        position: BinlogPosition::new("binlog.000003", 1234),
    };
    let mut bytes = Vec::new();
    packet.encode(&mut bytes);
    assert_eq!(bytes, ACK);
    assert_eq!(packet.encoded_len(), 22);
}

#[track_caller]
fn check_ack(payload: &[u8], name: &[u8], offset: u64) {
    let packet = AckPacket::decode(payload).expect("an ACK");
    assert_eq!(packet.position.file.as_bytes(), name);
    assert_eq!(packet.position.offset, offset);
}

#[track_caller]
fn check_rejected(payload: &[u8], error: AckError) {
    assert_eq!(AckPacket::decode(payload), Err(error));
}

#[test]
fn c06_an_ack_is_decoded() {
    check_ack(ACK, b"binlog.000003", 1234);
}

#[test]
fn c07_another_first_byte_is_rejected_at_any_length() {
    check_rejected(b"\xEE", AckError::MagicNumber);
    check_rejected(b"\xEE\0\0\0\0\0\0\0", AckError::MagicNumber);
    check_rejected(&[0xEE; 600], AckError::MagicNumber);
}

#[test]
fn c08_c13_a_short_packet_is_rejected() {
    check_rejected(&ACK[..8], AckError::TooShort);
    check_rejected(b"\xEF", AckError::TooShort);
    check_rejected(b"", AckError::TooShort);
}

#[test]
fn c09_the_name_may_be_empty() {
    check_ack(&ACK[..9], b"", 1234);
}

#[test]
fn c10_c11_the_name_may_have_511_bytes() {
    let mut packet = ACK[..9].to_vec();
    packet.resize(9 + 511, b'x');
    check_ack(&packet, &[b'x'; 511], 1234);
    packet.push(b'x');
    check_rejected(&packet, AckError::FileNameTooLong);
}

#[test]
fn c12_com_quit_is_a_goodbye() {
    check_rejected(b"\x01", AckError::Goodbye);
    check_rejected(b"\x01\0", AckError::MagicNumber);
}

#[test]
fn c14_the_offset_has_64_bits() {
    check_ack(b"\xEF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFFa", b"a", u64::MAX);
}

#[test]
fn a_nul_ends_the_name() {
    check_ack(b"\xEF\x04\0\0\0\0\0\0\0ab\0cd", b"ab", 4);
}
