//! A root key: what wraps the keys of persons.
//!
//! ```text
//! wrapped     format 1 │ nonce 24 │ ciphertext of the secret 32 │ tag 16
//! ```
//!
//! By XChaCha20-Poly1305 under a random nonce. What is authenticated beside the secret is the root
//! key, the person and the key, so that a wrapping which was moved to another person does not unwrap.

use annals_core::{KeyId, KeyStoreError, RootId, SubjectId, WrappedKey};
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use zeroize::Zeroizing;

use crate::randomness::{Randomness, random};

const FORMAT: u8 = 1;
const NONCE_BYTES: usize = 24;

/// One root key.
pub(crate) struct RootKey {
    pub(crate) id: RootId,
    secret: Zeroizing<[u8; 32]>,
}

/// A key, and whose it is: what a wrapping is bound to.
#[derive(Clone, Copy)]
pub(crate) struct Bound<'a> {
    pub(crate) subject: &'a SubjectId,
    pub(crate) key: KeyId,
}

impl RootKey {
    /// The key that follows on another, or the first one.
    pub(crate) fn after(
        last: Option<&RootId>,
        randomness: &dyn Randomness,
    ) -> Result<Self, KeyStoreError> {
        let number = last.map_or(Some(0), number_of).ok_or_else(|| {
            let reason = format!("root key {last:?} has no number");
            KeyStoreError::Damaged { reason }
        })?;
        // Two that are made at a time differ, and all processes agree which one is the last.
        let mark = u64::from_le_bytes(*random(randomness)?);
        let id = format!("{:08}-{mark:016x}", number + 1);
        let id = RootId::new(id).expect("digits and a dash are a name");
        let secret = random(randomness)?;
        Ok(Self { id, secret })
    }

    pub(crate) fn new(id: RootId, secret: Zeroizing<[u8; 32]>) -> Self {
        Self { id, secret }
    }

    pub(crate) fn secret(&self) -> &[u8; 32] {
        &self.secret
    }

    pub(crate) fn wrap(
        &self,
        bound: Bound<'_>,
        secret: &[u8; 32],
        randomness: &dyn Randomness,
    ) -> Result<WrappedKey, KeyStoreError> {
        let nonce: [u8; NONCE_BYTES] = *random(randomness)?;
        let payload = Payload {
            msg: secret,
            aad: &self.about(bound),
        };
        let wrapped = self.cipher().encrypt(&XNonce::from(nonce), payload);
        let wrapped = wrapped.expect("32 bytes are below the cipher's limit");
        Ok(WrappedKey {
            id: bound.key,
            root: self.id.clone(),
            bytes: [&[FORMAT], &nonce[..], &wrapped].concat(),
        })
    }

    pub(crate) fn unwrap(
        &self,
        bound: Bound<'_>,
        bytes: &[u8],
    ) -> Result<Zeroizing<[u8; 32]>, KeyStoreError> {
        let secret = self.open(bound, bytes);
        secret.ok_or_else(|| KeyStoreError::Damaged {
            reason: format!(
                "key {} of {} does not unwrap by root key {}",
                bound.key, bound.subject, self.id
            ),
        })
    }

    fn open(&self, bound: Bound<'_>, bytes: &[u8]) -> Option<Zeroizing<[u8; 32]>> {
        let (FORMAT, rest) = bytes.split_first().map(|(format, rest)| (*format, rest))? else {
            return None;
        };
        let (nonce, wrapped) = rest.split_first_chunk::<NONCE_BYTES>()?;
        let payload = Payload {
            msg: wrapped,
            aad: &self.about(bound),
        };
        let secret = self.cipher().decrypt(&XNonce::from(*nonce), payload).ok()?;
        let secret = Zeroizing::new(secret);
        let mut fixed = Zeroizing::new([0; 32]);
        fixed.copy_from_slice(secret.get(..32)?);
        Some(fixed)
    }

    fn cipher(&self) -> XChaCha20Poly1305 {
        XChaCha20Poly1305::new((&*self.secret).into())
    }

    /// What the cipher authenticates beside the secret.
    fn about(&self, bound: Bound<'_>) -> Vec<u8> {
        let mut about = vec![FORMAT];
        for name in [self.id.as_str(), bound.subject.as_str()] {
            about.extend_from_slice(&(name.len() as u64).to_le_bytes());
            about.extend_from_slice(name.as_bytes());
        }
        about.extend_from_slice(bound.key.0.as_bytes());
        about
    }
}

fn number_of(root: &RootId) -> Option<u64> {
    let (number, _) = root.as_str().split_once('-')?;
    number.parse().ok()
}

/// That a root key is not there.
pub(crate) fn gone(root: &RootId) -> KeyStoreError {
    let reason = format!("root key {root} is not there");
    KeyStoreError::Damaged { reason }
}
