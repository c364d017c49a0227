//! Key stores: where the keys of persons are kept, wrapped, and destroyed.
//!
//! A store of events never forgets, so what must be forgotten is not its content but a key. A key
//! store is therefore apart from it, small, and has backups of its own that are not kept for long.

use async_trait::async_trait;

use crate::error::Cause;
use crate::name::name_type;
use crate::personal::{KeyId, SubjectId};

name_type! {
    /// Names a root key: the one that others are wrapped by.
    RootId, "root key"
}

/// The key of a person, encrypted by a root key: as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WrappedKey {
    /// Which key it is.
    pub id: KeyId,
    /// The root key that it is wrapped by.
    pub root: RootId,
    /// The key, encrypted.
    pub bytes: Vec<u8>,
}

/// What is kept for a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StoredKey {
    /// Their key.
    Living(WrappedKey),
    /// That there was one, or that there is never to be one: it was destroyed.
    Destroyed,
}

/// Where the keys of persons are kept.
///
/// # Contract
///
/// 1. A person has one key at most, for ever: of two that are created at a time, the first stays, and
///    both callers are answered with it.
/// 2. What was answered is durable: a crash forgets neither a key that something may be sealed under
///    nor that one was destroyed.
/// 3. A destroyed key never comes back: nothing is created for its person any more.
/// 4. [`rewrap`](Self::rewrap) replaces the wrappings it is given and no others, all or none, and only
///    where the very key it was made of is still there: what is destroyed meanwhile stays destroyed.
#[async_trait]
pub trait KeyStore: Send + Sync + 'static {
    /// What is kept for these persons, in their order; `None` where nothing is.
    async fn find(&self, subjects: &[SubjectId]) -> Result<Vec<Option<StoredKey>>, KeyStoreError>;

    /// Keeps a key for a person, unless there is something kept. Answers what is kept then.
    async fn create(
        &self,
        subject: &SubjectId,
        key: WrappedKey,
    ) -> Result<StoredKey, KeyStoreError>;

    /// Destroys the key of a person, and remembers that for ever. True if there was one.
    async fn destroy(&self, subject: &SubjectId) -> Result<bool, KeyStoreError>;

    /// Persons whose keys are wrapped by another root key than this, with what is kept, at most so
    /// many.
    async fn wrapped_otherwise(
        &self,
        root: &RootId,
        limit: u32,
    ) -> Result<Vec<(SubjectId, WrappedKey)>, KeyStoreError>;

    /// Replaces wrappings of keys by others of the same keys.
    async fn rewrap(&self, keys: Vec<(SubjectId, WrappedKey)>) -> Result<(), KeyStoreError>;
}

/// Who wraps the keys of persons: a key file, or a key management service.
///
/// # Contract
///
/// 1. What [`wrap`](Self::wrap) returns, [`unwrap`](Self::unwrap) turns back into the same secret, for
///    as long as its root key is there.
/// 2. Each wrapping is bound to its person and key: it does not unwrap as another's.
/// 3. Once a root key was destroyed, nothing that it wrapped can be had back.
#[async_trait]
pub trait RootKeys: Send + Sync + 'static {
    /// The root key that wraps new keys.
    async fn current(&self) -> Result<RootId, KeyStoreError>;

    /// Wraps a secret by the current root key.
    async fn wrap(
        &self,
        subject: &SubjectId,
        id: KeyId,
        secret: &[u8; 32],
    ) -> Result<WrappedKey, KeyStoreError>;

    /// The secret that was wrapped.
    async fn unwrap(
        &self,
        subject: &SubjectId,
        key: &WrappedKey,
    ) -> Result<zeroize::Zeroizing<[u8; 32]>, KeyStoreError>;

    /// Makes a new root key, durably, and wraps by it from now on. The ones before stay.
    async fn begin_rotation(&self) -> Result<RootId, KeyStoreError>;

    /// Destroys all root keys but the current one.
    async fn finish_rotation(&self) -> Result<(), KeyStoreError>;
}

/// Why keys cannot be had.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum KeyStoreError {
    /// They cannot be reached now. **Do:** back off, then ask again.
    #[error("keys unavailable: {0}")]
    Unavailable(#[source] Cause),
    /// What is kept is damaged, was put back from elsewhere, or its root key is gone.
    /// **Do:** stop, and put the key store and its root key back to one time.
    #[error("keys damaged: {reason}")]
    Damaged {
        /// What was found.
        reason: String,
    },
}
