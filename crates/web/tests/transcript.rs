//! The same lab gives the same transcript natively and in WebAssembly, byte for byte.
//!
//! The file is written by `semisync-lab run tests/labs/timeout-and-return.lab --raw`; this test runs on
//! both targets against it, and so compares them with each other.

use semisync_console::lab::{Lab, compare, play};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

#[cfg(target_arch = "wasm32")]
wasm_bindgen_test_configure!(run_in_browser);

const SCRIPT: &str = include_str!("../../../tests/labs/timeout-and-return.lab");
const RECORDED: &str = include_str!("../../../tests/labs/timeout-and-return.txt");
const RAW: &str = include_str!("transcript/timeout-and-return.raw.txt");

#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test)]
#[cfg_attr(not(target_arch = "wasm32"), test)]
fn the_transcript_of_a_lab_is_the_same_on_every_target() {
    let lab = Lab::parse(SCRIPT).expect("a lab script");
    let raw = play(&lab, true).expect("it plays to its end");
    assert_eq!(raw, RAW);
}

#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test)]
#[cfg_attr(not(target_arch = "wasm32"), test)]
fn the_transcript_is_the_one_of_a_real_server() {
    let lab = Lab::parse(SCRIPT).expect("a lab script");
    let transcript = play(&lab, false).expect("it plays to its end");
    if let Some(difference) = compare(RECORDED, &transcript) {
        panic!("{difference}");
    }
}
