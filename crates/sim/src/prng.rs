//! The one source of chance: a seeded generator of our own, the same on every platform.
//!
//! It is drawn once for each event and each input ([`Prng::begin_event`]); whatever an event needs
//! beyond that is derived from the draw, so that one packet more or less does not shift all later
//! chances.

/// `SplitMix64` with a draw per event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Prng {
    state: u64,
    draw: u64,
    derived: u64,
}

impl Prng {
    pub(crate) fn new(seed: u64) -> Prng {
        Prng {
            state: seed,
            draw: 0,
            derived: 0,
        }
    }

    /// Draws for the next event.
    pub(crate) fn begin_event(&mut self) {
        self.state = self.state.wrapping_add(GOLDEN);
        self.draw = mix(self.state);
        self.derived = 0;
    }

    /// A number from 0 to `limit`, inclusive, derived from this event's draw.
    pub(crate) fn up_to(&mut self, limit: u64) -> u64 {
        self.derived = self.derived.wrapping_add(1);
        let value = mix(self.draw ^ self.derived.wrapping_mul(GOLDEN));
        match limit.checked_add(1) {
            Some(range) => value % range,
            None => value,
        }
    }
}

fn mix(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

const GOLDEN: u64 = 0x9E37_79B9_7F4A_7C15;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn how_much_one_event_derives_does_not_change_the_next_event() {
        let (mut a, mut b) = (Prng::new(7), Prng::new(7));
        a.begin_event();
        a.up_to(9);
        b.begin_event();
        for _ in 0..5 {
            b.up_to(9);
        }
        a.begin_event();
        b.begin_event();
        assert_eq!(a.up_to(1_000_000), b.up_to(1_000_000));
    }

    #[test]
    fn different_seeds_give_different_numbers() {
        let first = |seed| {
            let mut prng = Prng::new(seed);
            prng.begin_event();
            prng.up_to(u64::MAX)
        };
        assert_ne!(first(1), first(2));
    }
}
