//! What the tests that need real servers share.

pub mod browser;
pub mod frames;
pub mod record;

pub mod servers;

pub mod bench;
pub mod crash;
pub mod cycles;
pub mod dice;
pub mod interop;
pub mod mtr;
pub mod valgrind;
