//! One bit for each position of a page.

use super::PAGE_POSITIONS;

const WORDS: usize = 64;
const _: () = assert!(WORDS as u64 * 64 == PAGE_POSITIONS);

/// A set of places on a page, each below [`PAGE_POSITIONS`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Bits([u64; WORDS]);

impl Default for Bits {
    fn default() -> Self {
        Self([0; WORDS])
    }
}

impl Bits {
    /// How many bytes they take.
    pub(super) const BYTES: usize = WORDS * 8;

    /// Puts a place in. False if it was in already.
    pub(super) fn set(&mut self, place: u64) -> bool {
        let (word, bit) = split(place);
        let is_new = self.0[word] & bit == 0;
        self.0[word] |= bit;
        is_new
    }

    pub(super) fn has(&self, place: u64) -> bool {
        let (word, bit) = split(place);
        self.0[word] & bit != 0
    }

    pub(super) fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Those that are not in `other`.
    pub(super) fn without(&self, other: &Self) -> Self {
        Self(std::array::from_fn(|word| self.0[word] & !other.0[word]))
    }

    /// The places that are in, ascending.
    pub(super) fn ones(self) -> impl Iterator<Item = u64> {
        (0..PAGE_POSITIONS).filter(move |place| self.has(*place))
    }

    /// Place 0 is the lowest bit of the first byte.
    pub(super) fn to_bytes(self) -> impl Iterator<Item = u8> {
        self.0.into_iter().flat_map(u64::to_le_bytes)
    }

    pub(super) fn from_bytes(bytes: &[u8; Self::BYTES]) -> Self {
        let (words, _) = bytes.as_chunks();
        Self(std::array::from_fn(|word| u64::from_le_bytes(words[word])))
    }
}

fn split(place: u64) -> (usize, u64) {
    let word = usize::try_from(place / 64).expect("a page has few words");
    (word, 1 << (place % 64))
}
