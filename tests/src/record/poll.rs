//! Waiting for a condition with a deadline.

use std::time::{Duration, Instant};

/// Time between two looks at a condition.
const INTERVAL: Duration = Duration::from_millis(10);

/// Looks until `condition` holds or `deadline` has passed; says whether it held.
pub(super) fn until(deadline: Instant, mut condition: impl FnMut() -> bool) -> bool {
    loop {
        if condition() {
            return true;
        }
        if deadline <= Instant::now() {
            return false;
        }
        std::thread::park_timeout(INTERVAL);
    }
}

/// Lets `duration` pass, for the steps of a lab that say so.
pub(super) fn pass(duration: Duration) {
    let end = Instant::now() + duration;
    until(end, || false);
}
