//! The wire codec under every length, every truncation and millions of random packets.

use proptest::prelude::*;
use semisync_core::BinlogPosition;
use semisync_core::wire::{AckError, AckPacket, EventHeader};

proptest! {
    #[test]
    fn an_ack_survives_the_wire(
        name in prop::collection::vec(1..=255u8, 0..=511),
        offset: u64,
    ) {
        prop_assume!(!name.contains(&b'/'));
        let packet = AckPacket { position: BinlogPosition::new(&name, offset) };
        let bytes = encode(&packet);
        prop_assert_eq!(bytes.len(), packet.encoded_len());
        prop_assert_eq!(AckPacket::decode(&bytes), Ok(packet));
    }

    #[test]
    fn every_truncation_is_rejected_or_a_shorter_name(
        name in "[a-z.0-9]{1,40}",
        offset: u64,
    ) {
        let bytes = encode(&AckPacket { position: BinlogPosition::new(&name, offset) });
        for len in 0..bytes.len() {
            let decoded = AckPacket::decode(&bytes[..len]);
            if len < AckPacket::FIXED_LEN {
                prop_assert_eq!(decoded, Err(AckError::TooShort));
            } else {
                let position = BinlogPosition::new(&name[..len - AckPacket::FIXED_LEN], offset);
                prop_assert_eq!(decoded, Ok(AckPacket { position }));
            }
        }
    }

    #[test]
    fn an_event_header_survives_the_wire(ack_requested: bool, event: Vec<u8>) {
        let mut packet = EventHeader { ack_requested }.encode().to_vec();
        packet.extend(&event);
        let (header, rest) = EventHeader::decode(&packet).expect("a header");
        prop_assert_eq!(header, EventHeader { ack_requested });
        prop_assert_eq!(rest, &event[..]);
    }
}

#[test]
fn a_header_shorter_than_two_bytes_is_no_header() {
    for packet in [&b""[..], b"\xEF", b"\x00\x01\x02"] {
        let error = EventHeader::decode(packet).expect_err("no header");
        assert_eq!(error.packet_len, packet.len());
    }
}

/// Random bytes, half of them behind a right first byte. What decodes encodes to the same bytes,
/// unless its name was cut at a NUL or a directory.
#[test]
fn ten_million_random_packets_do_no_harm() {
    let mut random = Xorshift(0x5EED_0F5E_3115_7A6C);
    let mut buffer = [0; 544];
    let mut encoded = Vec::with_capacity(544);
    let (mut accepted, mut rejected) = (0_u32, 0_u32);
    for _ in 0..10_000_000 {
        let len = random.packet(&mut buffer);
        let payload = &buffer[..len];
        let _ = EventHeader::decode(payload);
        match AckPacket::decode(payload) {
            Ok(packet) => {
                accepted += 1;
                encoded.clear();
                packet.encode(&mut encoded);
                let name = &payload[AckPacket::FIXED_LEN..];
                if !name.contains(&0) && !name.contains(&b'/') {
                    assert_eq!(encoded, payload);
                }
            }
            Err(AckError::FileNameTooLong) => {
                rejected += 1;
                assert!(AckPacket::FIXED_LEN + AckPacket::MAX_FILE_NAME_LEN < len);
            }
            Err(AckError::TooShort | AckError::MagicNumber | AckError::Goodbye) => rejected += 1,
        }
    }
    assert!(1_000_000 < accepted && 1_000_000 < rejected);
}

fn encode(packet: &AckPacket) -> Vec<u8> {
    let mut bytes = Vec::new();
    packet.encode(&mut bytes);
    bytes
}

struct Xorshift(u64);

impl Xorshift {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    /// Fills the buffer with a packet; most are short, a few have the length of a name's limit.
    fn packet(&mut self, buffer: &mut [u8; 544]) -> usize {
        let shape = self.next();
        let len = match shape % 64 {
            0 => 510 + (shape >> 8) as usize % 34,
            _ => (shape >> 8) as usize % 40,
        };
        for chunk in buffer[..len].chunks_mut(8) {
            chunk.copy_from_slice(&self.next().to_le_bytes()[..chunk.len()]);
        }
        if shape & (1 << 40) != 0 && 0 < len {
            buffer[0] = 0xEF;
        }
        len
    }
}
