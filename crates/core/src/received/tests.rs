//! Sets as a replica sends them, against sets as a server prints them.

use alloc::vec::Vec;

use proptest::prelude::*;

use super::{FlushedGtids, MalformedGtids, ReceivedGtids};

const A: &str = "aaaaaaaa-aaaa-aaaa-aaaa-aaaaaaaaaaaa";
const B: &str = "bbbbbbbb-bbbb-bbbb-bbbb-bbbbbbbbbbbb";

/// `A:1-5:7` as it goes over the network.
fn one_to_five_and_seven() -> Vec<u8> {
    let mut bytes = Vec::new();
    bytes.extend_from_slice(&1_u64.to_le_bytes());
    bytes.extend_from_slice(&[0xAA; 16]);
    for number in [2_u64, 1, 6, 7, 8] {
        bytes.extend_from_slice(&number.to_le_bytes());
    }
    bytes
}

/// `A:1-5`, and `A:shop:1-2`.
fn with_a_tag() -> Vec<u8> {
    let mut bytes = Vec::from([1, 2, 0, 0, 0, 0, 0, 1]);
    for (tag, behind) in [("", 6_u64), ("shop", 3)] {
        bytes.extend_from_slice(&[0xAA; 16]);
        bytes.push(tag.len() as u8 * 2);
        bytes.extend_from_slice(tag.as_bytes());
        for number in [1, 1, behind] {
            bytes.extend_from_slice(&number.to_le_bytes());
        }
    }
    bytes
}

#[track_caller]
fn check(bytes: &[u8], text: &str, covers: bool) {
    let set = ReceivedGtids::decode(bytes).expect("a set");
    assert_eq!(set.covers(text), covers, "{text}");
}

#[test]
fn a_set_covers_its_parts_and_nothing_else() {
    let set = one_to_five_and_seven();
    for text in [
        "",
        "\n",
        &alloc::format!("{A}:1-5:7"),
        &alloc::format!("{A}:2"),
    ] {
        check(&set, text, true);
    }
    let upper = alloc::format!("{}:3-5", A.to_uppercase());
    check(&set, &upper, true);
    for rest in [
        ":1-6", ":6", ":1-7", ":5-7", ":8", ":1-5:8", ":8:1-5", ":shop:1",
    ] {
        check(&set, &alloc::format!("{A}{rest}"), false);
    }
    check(&set, &alloc::format!("{A}:1-5,\n{B}:1"), false);
    check(&set, &alloc::format!("{B}:1,\n{A}:1-5"), false);
}

#[test]
fn owned_transactions_are_read_with_their_owners() {
    let set = one_to_five_and_seven();
    check(&set, &alloc::format!("{A}:5#17:7#18"), true);
    check(&set, &alloc::format!("{A}:5#17:8#18"), false);
}

#[test]
fn everything_flushed_is_covered_only_if_finished_or_not_it_is() {
    let set = ReceivedGtids::decode(&one_to_five_and_seven()).expect("a set");
    let (four, six) = (alloc::format!("{A}:1-4"), alloc::format!("{A}:6#9"));
    let (five, seven) = (alloc::format!("{A}:5#9"), alloc::format!("{A}:1-5:7"));
    for (mode, owned, executed, covers) in [
        ("ON", "", &seven, true),
        ("ON", &five[..], &four, true),
        ("ON", &six, &four, false),
        ("ON", &six, &seven, false),
        ("ON_PERMISSIVE", &five, &four, false),
        ("OFF", "", &four, false),
    ] {
        let flushed = FlushedGtids {
            mode,
            owned,
            executed,
        };
        assert_eq!(set.covers_all(&flushed), covers, "{flushed:?}");
    }
}

#[test]
fn tags_are_origins_of_their_own() {
    let set = with_a_tag();
    check(&set, &alloc::format!("{A}:1-5:shop:1-2"), true);
    check(&set, &alloc::format!("{A}:1-5:shop:1-3"), false);
    check(&set, &alloc::format!("{A}:1-5:shop:1-2:yard:1"), false);
    check(&set, &alloc::format!("{A}:shop:2"), true);
}

#[test]
fn what_cannot_be_read_is_not_covered() {
    let set = one_to_five_and_seven();
    let texts = [
        A,
        "x",
        ":1",
        ",",
        &alloc::format!("{A}:"),
        &alloc::format!("{A}:0"),
    ];
    for text in texts {
        check(&set, text, false);
    }
    for rest in [
        ":5-4",
        ":1-x",
        ":99999999999999999999",
        "::1",
        ":1,",
        ":1:shop",
    ] {
        check(&set, &alloc::format!("{A}{rest}"), false);
    }
}

#[test]
fn an_empty_set_covers_the_empty_set_only() {
    check(&[0; 8], "", true);
    check(&[0; 8], &alloc::format!("{A}:1"), false);
}

#[test]
fn a_set_that_is_cut_or_too_long_is_malformed() {
    for whole in [one_to_five_and_seven(), with_a_tag()] {
        for len in 0..whole.len() {
            assert_eq!(ReceivedGtids::decode(&whole[..len]), Err(MalformedGtids));
        }
        let longer = [&whole[..], &[0]].concat();
        assert_eq!(ReceivedGtids::decode(&longer), Err(MalformedGtids));
    }
}

#[test]
fn intervals_out_of_order_are_malformed() {
    for numbers in [
        [2_u64, 1, 6, 6, 8],
        [2, 7, 8, 1, 6],
        [2, 1, 1, 7, 8],
        [2, 0, 6, 7, 8],
    ] {
        let mut bytes = one_to_five_and_seven()[..24].to_vec();
        for number in numbers {
            bytes.extend_from_slice(&number.to_le_bytes());
        }
        assert_eq!(
            ReceivedGtids::decode(&bytes),
            Err(MalformedGtids),
            "{numbers:?}"
        );
    }
}

proptest! {
    #[test]
    fn any_bytes_are_read_without_a_panic(bytes in proptest::collection::vec(any::<u8>(), 0..90)) {
        let _ = ReceivedGtids::decode(&bytes);
    }

    #[test]
    fn any_text_is_read_without_a_panic(text in "[0-9a-f:,#\\- ]{0,60}") {
        if let Ok(set) = ReceivedGtids::decode(&one_to_five_and_seven()) {
            set.covers(&text);
        }
    }
}
