//! Chance that is the same in every run of a seed.

use std::sync::{Arc, Mutex};

use annals::IdSource;
use uuid::Uuid;

/// A sequence of numbers (SplitMix64). Clones draw from the same.
#[derive(Clone)]
pub(crate) struct Chance(Arc<Mutex<u64>>);

impl Chance {
    pub(crate) fn seeded(seed: u64) -> Self {
        Self(Arc::new(Mutex::new(seed)))
    }

    /// A number from 0 to `bound - 1`.
    pub(crate) fn below(&self, bound: usize) -> usize {
        let drawn = self.draw() % u64::try_from(bound).unwrap();
        usize::try_from(drawn).unwrap()
    }

    pub(crate) fn one_in(&self, several: usize) -> bool {
        self.below(several) == 0
    }

    pub(crate) fn pick<T: Copy>(&self, choices: &[T]) -> T {
        choices[self.below(choices.len())]
    }

    fn draw(&self) -> u64 {
        let mut state = self.0.lock().unwrap();
        *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (*state ^ (*state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
}

impl IdSource for Chance {
    fn next(&self) -> Uuid {
        Uuid::from_u64_pair(self.draw(), self.draw())
    }
}
