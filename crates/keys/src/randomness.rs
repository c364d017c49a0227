//! The seam by which secrets enter.

use std::sync::Arc;

use annals_core::KeyStoreError;
use zeroize::Zeroizing;

/// Where the bytes of keys and nonces come from. The one seam for them: whoever can guess what it
/// gives can read all personal data.
pub trait Randomness: Send + Sync + 'static {
    /// Fills all of it with bytes that nobody can guess.
    ///
    /// # Errors
    /// [`KeyStoreError::Unavailable`] when there are none.
    fn fill(&self, bytes: &mut [u8]) -> Result<(), KeyStoreError>;
}

/// The randomness of the operating system: the source for production.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemRandomness;

impl Randomness for SystemRandomness {
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place secrets enter the system"
    )]
    fn fill(&self, bytes: &mut [u8]) -> Result<(), KeyStoreError> {
        getrandom::fill(bytes).map_err(|error| KeyStoreError::Unavailable(Arc::new(error)))
    }
}

/// So many bytes that nobody can guess, wiped when they are dropped.
pub(crate) fn random<const N: usize>(
    randomness: &dyn Randomness,
) -> Result<Zeroizing<[u8; N]>, KeyStoreError> {
    let mut bytes = Zeroizing::new([0; N]);
    randomness.fill(&mut *bytes)?;
    Ok(bytes)
}
