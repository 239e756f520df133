//! Panics on demand, to show that a panic in a hook hurts nobody.
//!
//! Does nothing unless the crate is built with the feature `fault-injection`, which no command of
//! this project does but the tests of the panic guard.

use crate::guard::Poison;

/// Panics when the environment variable `SEMISYNC_FAULT`, or the file that `SEMISYNC_FAULT_FILE`
/// names, holds the name of this place: as a fault of the machine would, so not again once the plugin
/// is poisoned.
#[inline]
pub fn point(_place: &str, _poison: &Poison) {
    #[cfg(feature = "fault-injection")]
    if !_poison.is_poisoned() && is_asked_for(_place) {
        panic!("a fault was asked for in {_place}");
    }
}

#[cfg(feature = "fault-injection")]
fn is_asked_for(place: &str) -> bool {
    if std::env::var("SEMISYNC_FAULT").is_ok_and(|asked| asked == place) {
        return true;
    }
    let file = std::env::var_os("SEMISYNC_FAULT_FILE");
    file.is_some_and(|file| std::fs::read_to_string(file).is_ok_and(|asked| asked == place))
}
