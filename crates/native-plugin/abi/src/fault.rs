//! Panics on demand, to show that a panic in a hook hurts nobody.
//!
//! Does nothing unless the crate is built with the feature `fault-injection`, which no command of
//! this project does but the tests of the panic guard.

use crate::guard::Poison;

/// Panics when the environment variable `SEMISYNC_FAULT` names this place, as a fault of the
/// machine would: not again once the plugin is poisoned.
#[inline]
pub fn point(_place: &str, _poison: &Poison) {
    #[cfg(feature = "fault-injection")]
    if !_poison.is_poisoned() && std::env::var("SEMISYNC_FAULT").is_ok_and(|asked| asked == _place)
    {
        panic!("a fault was asked for in {_place}");
    }
}
