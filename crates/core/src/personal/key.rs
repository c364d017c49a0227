//! The key of one person, and what it does to bytes.

use std::fmt;

use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use uuid::Uuid;
use zeroize::Zeroizing;

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
/// Values are sealed by AES-256-GCM ([NIST SP 800-38D]). Nonces are not random but a keyed hash of what
/// is sealed and where it belongs, in the manner of SIV ([RFC 5297]): the same append, tried again, has
/// the same bytes, and two different values never share a nonce.
///
/// [NIST SP 800-38D]: https://doi.org/10.6028/NIST.SP.800-38D
/// [RFC 5297]: https://www.rfc-editor.org/rfc/rfc5297
pub struct DataKey {
    id: KeyId,
    bytes: Zeroizing<[u8; 32]>,
    nonces: Zeroizing<[u8; 32]>,
    cipher: LessSafeKey,
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
        let cipher = UnboundKey::new(&AES_256_GCM, &bytes).expect("the cipher takes 32 bytes");
        Self {
            id: KeyId(Uuid::from_bytes(*id)),
            cipher: LessSafeKey::new(cipher),
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
        let (nonce, _) = hash
            .as_bytes()
            .split_first_chunk::<NONCE_LEN>()
            .expect("32 bytes hold 12");
        let mut sealed = Vec::with_capacity(NONCE_LEN + plain.len() + AES_256_GCM.tag_len());
        sealed.extend_from_slice(nonce);
        sealed.extend_from_slice(plain);
        let nonce_of = Nonce::assume_unique_for_key(*nonce);
        let tag = self.cipher.seal_in_place_separate_tag(
            nonce_of,
            Aad::from(about),
            &mut sealed[NONCE_LEN..],
        );
        let tag = tag.expect("no event is as large as the cipher's limit of 64 GiB");
        sealed.extend_from_slice(tag.as_ref());
        sealed
    }

    pub(super) fn open(&self, sealed: &[u8], about: &[u8]) -> Result<Zeroizing<Vec<u8>>, Unopened> {
        let (nonce, sealed) = sealed.split_first_chunk::<NONCE_LEN>().ok_or(Unopened)?;
        let mut plain = Zeroizing::new(sealed.to_vec());
        let nonce = Nonce::assume_unique_for_key(*nonce);
        let opened = self
            .cipher
            .open_in_place(nonce, Aad::from(about), &mut plain);
        let length = opened.map_err(|_| Unopened)?.len();
        plain.truncate(length);
        Ok(plain)
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
