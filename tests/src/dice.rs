//! Random numbers that a seed repeats.

/// A generator: SplitMix64, whose state is one number.
#[derive(Clone, Debug)]
pub struct Dice {
    state: u64,
}

impl Dice {
    /// The generator of a seed.
    pub fn new(seed: u64) -> Dice {
        Dice { state: seed }
    }

    /// The generator for part `number` of what a seed decides.
    pub fn part(seed: u64, number: u64) -> Dice {
        let mut dice = Dice::new(seed ^ number.wrapping_mul(0xd134_2543_de82_ef95));
        dice.next();
        dice
    }

    /// A number below `bound`, or 0.
    pub fn below(&mut self, bound: u64) -> u64 {
        match bound {
            0 => 0,
            // The upper half of a product spreads over the range evenly enough for tests.
            _ => ((u128::from(self.next()) * u128::from(bound)) >> 64) as u64,
        }
    }

    /// An index into something of this length.
    pub fn index(&mut self, len: usize) -> usize {
        self.below(len as u64) as usize
    }

    /// Whether something of this chance happens.
    pub fn one_in(&mut self, chances: u64) -> bool {
        self.below(chances) == 0
    }

    /// So many bytes.
    pub fn bytes(&mut self, len: usize) -> Vec<u8> {
        (0..len).map(|_| self.next() as u8).collect()
    }

    fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_gives_the_same_numbers_again() {
        let numbers = |seed| {
            let mut dice = Dice::new(seed);
            [(); 8].map(|()| dice.below(1_000_000))
        };
        assert_eq!(numbers(7), numbers(7));
        assert_ne!(numbers(7), numbers(8));
    }

    #[test]
    fn numbers_stay_below_their_bound_and_reach_all_of_it() {
        let mut dice = Dice::part(1, 2);
        let mut seen = [0; 6];
        for _ in 0..6_000 {
            seen[dice.index(6)] += 1;
        }
        assert!(
            seen.iter().all(|count| (800..1_200).contains(count)),
            "{seen:?}"
        );
        assert_eq!(dice.below(0), 0);
    }
}
