//! The key of one person, and what it does to bytes.

use std::fmt;

use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use uuid::Uuid;
use zeroize::Zeroizing;

const NONCE_BYTES: usize = 24;

/// Names a key, and commits to it: no other key has the same.
///
/// The ciphers that seal values do not commit to their keys, so this goes into what is authenticated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct KeyId(pub Uuid);

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The key of one person: 256 bits.
///
/// Values are sealed by XChaCha20-Poly1305 ([draft-irtf-cfrg-xchacha]). Nonces are not random but a
/// keyed hash of what is sealed and where it belongs, in the manner of SIV ([RFC 5297]): the same
/// append, tried again, has the same bytes, and two different values never share a nonce.
///
/// [draft-irtf-cfrg-xchacha]: https://datatracker.ietf.org/doc/html/draft-irtf-cfrg-xchacha-03
/// [RFC 5297]: https://www.rfc-editor.org/rfc/rfc5297
pub struct DataKey {
    id: KeyId,
    bytes: Zeroizing<[u8; 32]>,
    nonces: Zeroizing<[u8; 32]>,
    cipher: XChaCha20Poly1305,
}

/// Bytes that do not open: they were changed, are of another place, or of another key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Unopened;

impl DataKey {
    /// A key of these bytes, which must come from a source of randomness fit for keys.
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        let commitment = blake3::derive_key("annals 2026-11 commitment to a data key", &bytes);
        let (id, _) = commitment
            .split_first_chunk::<16>()
            .expect("32 bytes hold 16");
        let nonces = blake3::derive_key("annals 2026-11 nonces of a data key", &bytes);
        Self {
            id: KeyId(Uuid::from_bytes(*id)),
            cipher: XChaCha20Poly1305::new(&bytes.into()),
            bytes: Zeroizing::new(bytes),
            nonces: Zeroizing::new(nonces),
        }
    }

    /// Which key it is.
    pub fn id(&self) -> KeyId {
        self.id
    }

    /// The secret itself, to be wrapped.
    pub fn secret(&self) -> &[u8; 32] {
        &self.bytes
    }

    /// The nonce, and behind it what the cipher makes of the bytes.
    pub(super) fn seal(&self, plain: &[u8], about: &[u8]) -> Vec<u8> {
        let mut hash = blake3::Hasher::new_keyed(&self.nonces);
        hash.update(&(about.len() as u64).to_le_bytes());
        hash.update(about).update(plain);
        let hash = hash.finalize();
        let nonce = &hash.as_bytes()[..NONCE_BYTES];
        let payload = Payload {
            msg: plain,
            aad: about,
        };
        let nonced = XNonce::try_from(nonce).expect("a nonce has 24 bytes");
        let sealed = self.cipher.encrypt(&nonced, payload);
        let sealed = sealed.expect("no event is as large as the cipher's limit of 256 GiB");
        [nonce, &sealed].concat()
    }

    pub(super) fn open(&self, sealed: &[u8], about: &[u8]) -> Result<Zeroizing<Vec<u8>>, Unopened> {
        let (nonce, sealed) = sealed.split_at_checked(NONCE_BYTES).ok_or(Unopened)?;
        let payload = Payload {
            msg: sealed,
            aad: about,
        };
        let nonce = XNonce::try_from(nonce).map_err(|_| Unopened)?;
        let plain = self.cipher.decrypt(&nonce, payload);
        plain.map(Zeroizing::new).map_err(|_| Unopened)
    }
}

impl fmt::Debug for DataKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DataKey")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

impl PartialEq for DataKey {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id
    }
}

impl Eq for DataKey {}
