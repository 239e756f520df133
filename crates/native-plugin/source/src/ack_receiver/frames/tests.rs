//! Streams cut at every place.

use super::*;

/// Reverses the bytes, which is enough to see that it was asked.
struct Reverser;

impl Inflate for Reverser {
    fn inflate(&mut self, compressed: &[u8], len: usize) -> Option<Vec<u8>> {
        (compressed.len() == len).then(|| compressed.iter().rev().copied().collect())
    }
}

fn frame(sequence: u8, payload: &[u8]) -> Vec<u8> {
    let len = (payload.len() as u32).to_le_bytes();
    [&[len[0], len[1], len[2], sequence], payload].concat()
}

fn outer(sequence: u8, inflated_len: u32, contents: &[u8]) -> Vec<u8> {
    let inflated_len = inflated_len.to_le_bytes();
    let mut bytes = frame(sequence, &inflated_len[..3]);
    let len = (contents.len() as u32).to_le_bytes();
    bytes[..3].copy_from_slice(&len[..3]);
    bytes.extend_from_slice(contents);
    bytes
}

#[track_caller]
fn check_every_cut(
    stream: &[u8],
    expected: &[&[u8]],
    push: impl Fn(&mut FrameReader, &[u8], &mut Vec<Vec<u8>>) -> Result<(), FrameError>,
) {
    for cut in 0..=stream.len() {
        let mut reader = FrameReader::default();
        let mut packets = Vec::new();
        let (head, tail) = stream.split_at(cut);
        push(&mut reader, head, &mut packets).expect("the head is a valid stream");
        push(&mut reader, tail, &mut packets).expect("the tail is a valid stream");
        assert_eq!(packets, expected, "cut at {cut}");
    }
}

#[test]
fn packets_of_a_plain_link_come_whole_wherever_it_is_cut() {
    let stream = [frame(0, b"first"), frame(0, b""), frame(0, b"second")].concat();
    check_every_cut(
        &stream,
        &[b"first", b"", b"second"],
        |reader, bytes, packets| reader.push_plain(bytes, |packet| packets.push(packet.to_vec())),
    );
}

#[test]
fn packets_of_a_compressed_link_come_whole_wherever_it_is_cut() {
    let short = frame(0, b"short");
    let mut long = frame(1, b"long");
    long.reverse();
    let halves = frame(0, b"halves");
    let stream = [
        outer(0, 0, &short),
        outer(0, long.len() as u32, &long),
        outer(0, 0, &halves[..6]),
        outer(0, 0, &halves[6..]),
    ]
    .concat();
    check_every_cut(
        &stream,
        &[b"short", b"long", b"halves"],
        |reader, bytes, packets| {
            reader.push_compressed(bytes, &mut Reverser, |packet| packets.push(packet.to_vec()))
        },
    );
}

#[track_caller]
fn check_refused(stream: &[u8], expected: FrameError) {
    let mut reader = FrameReader::default();
    let result = reader.push_plain(stream, |_| panic!("nothing is whole"));
    assert_eq!(result, Err(expected));
}

#[test]
fn a_packet_out_of_order_ends_the_stream() {
    check_refused(&frame(3, b"late"), FrameError::OutOfOrder { sequence: 3 });
}

#[test]
fn a_packet_longer_than_any_ack_ends_the_stream_before_it_is_read() {
    check_refused(&[0x0a, 0x02, 0, 0], FrameError::TooLong { len: 522 });
}

#[test]
fn the_longest_ack_is_taken() {
    let mut reader = FrameReader::default();
    let mut lens = Vec::new();
    let result = reader.push_plain(&frame(0, &[0xef; 520]), |packet| lens.push(packet.len()));
    assert_eq!((result, lens), (Ok(()), vec![520]));
}

#[test]
fn contents_that_cannot_be_inflated_end_the_stream() {
    let mut reader = FrameReader::default();
    let stream = outer(0, 9, b"1234");
    let result = reader.push_compressed(&stream, &mut Reverser, |_| panic!("nothing is whole"));
    assert_eq!(result, Err(FrameError::NotInflated));
}
