//! Random choices from a seed that a failing run can be repeated with.

use annals_core::{IdSource, RandomIds};

/// Names the seed of the run; without it, each run has another.
const SEED: &str = "ANNALS_TEST_SEED";

/// The generator `SplitMix64` (Steele, Lea, Flood: "Fast splittable pseudorandom number
/// generators", 2014).
pub(crate) struct Random {
    state: u64,
}

impl Random {
    /// Begins with the seed that the environment names, or with a new one; prints it.
    pub(crate) fn of_this_run() -> Self {
        let named = std::env::var(SEED).ok().map(|seed| seed.parse().unwrap());
        let state = named.unwrap_or_else(|| RandomIds.next().as_u64_pair().1);
        eprintln!("{SEED}={state}");
        Self { state }
    }

    /// Another generator.
    pub(crate) fn split(&mut self) -> Self {
        Self { state: self.next() }
    }

    /// A number from 0 to `bound - 1`.
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.next() % bound as u64).expect("the remainder is less than a usize")
    }

    /// 128 bits.
    pub(crate) fn wide(&mut self) -> u128 {
        u128::from(self.next()) << 64 | u128::from(self.next())
    }

    fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.state ^ (self.state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
}
