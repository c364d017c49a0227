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

/// Another wrapping of a key that is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rewrapping {
    /// Whose key it is.
    pub subject: SubjectId,
    /// The root key that it is wrapped by until now.
    pub before: RootId,
    /// The same key, wrapped by another.
    pub key: WrappedKey,
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
///    where the very wrapping it was made of is still there: what is destroyed meanwhile stays
///    destroyed, and what was wrapped anew meanwhile stays so.
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
    async fn rewrap(&self, wrappings: Vec<Rewrapping>) -> Result<(), KeyStoreError>;
}

/// Who wraps the keys of persons: a key file, or a key management service.
///
/// # Contract
///
/// 1. What [`wrap`](Self::wrap) returns, [`unwrap`](Self::unwrap) turns back into the same secret, for
///    as long as its root key is there.
/// 2. Each wrapping is bound to its person and key: it does not unwrap as another's.
/// 3. Once a root key was destroyed, nothing that it wrapped can be had back.
/// 4. Root keys follow one another. The current one is the last of all processes' that share them, and
///    is asked for anew each time.
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

    /// Makes a new root key, durably, and wraps by it from now on. The ones before stay. As long as
    /// there are any, a rotation is under way, and goes on with the root key that it made.
    async fn begin_rotation(&self) -> Result<RootId, KeyStoreError>;

    /// Destroys all root keys before this one.
    async fn finish_rotation(&self, root: &RootId) -> Result<(), KeyStoreError>;
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
    /// Root keys are kept where others can read them.
    /// **Do:** take that right away, then rotate: what others read is secret no more.
    #[error("keys exposed: {reason}")]
    Exposed {
        /// What is open to whom.
        reason: String,
    },
}
