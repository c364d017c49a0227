//! Digests of declarations: how a changed one is told from the one before.

/// The 32-bit digest of Fowler, Noll and Vo: short, and the same for ever.
pub(crate) fn of_words(words: &[String]) -> u32 {
    words.join(" ").bytes().fold(0x811c_9dc5, |digest, byte| {
        (digest ^ u32::from(byte)).wrapping_mul(0x0100_0193)
    })
}
