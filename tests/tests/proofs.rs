//! The quick parts of the long runs: `cargo xtask crash`, `mtr` and `cycles` do more of the same. (All of
//! `interop` is in the test `servers`.)

#[path = "proofs/crashes.rs"]
mod crashes;

#[path = "proofs/cycles.rs"]
mod cycles;

#[path = "proofs/mtr.rs"]
mod mtr;
