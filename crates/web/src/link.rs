//! A session as part of an address: base64 of its JSON, behind `#session=`.

use semisync_console::recording::Recording;

/// What to put behind the `#`.
pub fn hash_of(recording: &Recording) -> String {
    format!("{PREFIX}{}", encode(recording.to_json().as_bytes()))
}

/// The session behind a `#`, if there is one that this page can read.
pub fn recording_from(hash: &str) -> Option<Recording> {
    let bytes = decode(hash.strip_prefix(PREFIX)?)?;
    Recording::from_json(&String::from_utf8(bytes).ok()?).ok()
}

fn encode(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let mut bits = 0;
        for byte in 0..3 {
            bits = bits << 8 | u32::from(chunk.get(byte).copied().unwrap_or(0));
        }
        for letter in 0..=chunk.len() {
            let index = bits >> (18 - 6 * letter) & 63;
            text.push(char::from(LETTERS[index as usize]));
        }
    }
    text
}

fn decode(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len() * 3 / 4);
    for chunk in text.as_bytes().chunks(4) {
        let mut bits = 0;
        for letter in 0..4 {
            let value = match chunk.get(letter) {
                Some(letter) => LETTERS.iter().position(|other| other == letter)?,
                None => 0,
            };
            bits = bits << 6 | u32::try_from(value).ok()?;
        }
        let whole = bits.to_be_bytes();
        bytes.extend_from_slice(whole.get(1..chunk.len())?);
    }
    Some(bytes)
}

const PREFIX: &str = "session=";
const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::first_cluster;

    #[test]
    fn bytes_of_any_length_come_back() {
        for length in 0..70_u8 {
            let bytes: Vec<u8> = (0..length).map(|n| n.wrapping_mul(73)).collect();
            assert_eq!(decode(&encode(&bytes)), Some(bytes));
        }
    }

    #[test]
    fn a_session_comes_back_from_its_address() {
        let recording = Recording::new(first_cluster());
        assert_eq!(recording_from(&hash_of(&recording)), Some(recording));
    }

    #[test]
    fn a_broken_address_is_no_session() {
        for hash in ["", "session=", "session=%%%", "session=AAAA", "stage"] {
            assert_eq!(recording_from(hash), None);
        }
    }
}
