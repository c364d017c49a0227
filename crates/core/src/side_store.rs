//! Side stores: where personal values are kept that are in no event, so that they can be deleted.

use async_trait::async_trait;

use crate::error::Cause;
use crate::personal::{SideId, SideValue, SubjectId};

/// Where personal values are kept beside the log, sealed.
///
/// A value is put here before the event is appended that names it. Of an append that fails, values stay
/// that no event names; they go with the person.
///
/// # Contract
///
/// 1. What [`find`](Self::find) answers is what was put under that name, to the last byte, and in the
///    order that was asked for; `None` where nothing is.
/// 2. What was answered is durable: a crash loses no value that was put, and brings none back that was
///    deleted.
/// 3. [`put`](Self::put) is idempotent, and keeps all values or none.
/// 4. [`delete`](Self::delete) deletes every value of its person and of nobody else, and answers how
///    many. It is idempotent.
/// 5. Whose values were deleted never has any again: to put one is
///    [refused](SideStoreError::Erased), also while they are being deleted.
#[async_trait]
pub trait SideStore: Send + Sync + 'static {
    /// Keeps values, none larger than [`SIDE_VALUE_BYTES`](crate::limits::SIDE_VALUE_BYTES).
    async fn put(&self, values: &[SideValue]) -> Result<(), SideStoreError>;

    /// What is kept under these names.
    async fn find(&self, ids: &[SideId]) -> Result<Vec<Option<Vec<u8>>>, SideStoreError>;

    /// Deletes all values of a person, for ever.
    async fn delete(&self, subject: &SubjectId) -> Result<u64, SideStoreError>;
}

/// Why values beside the log cannot be had or kept.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum SideStoreError {
    /// They cannot be reached now. **Do:** back off, then ask again.
    #[error("values beside the log are unavailable: {0}")]
    Unavailable(#[source] Cause),
    /// What is kept is damaged, or the database refuses to work with it.
    /// **Do:** stop, and mend it or put it back, with the keys to one time.
    #[error("values beside the log are damaged: {reason}")]
    Damaged {
        /// What was found.
        reason: String,
    },
    /// The person was forgotten. **Do:** record nothing personal about them any more.
    #[error("personal data of {0} was erased")]
    Erased(SubjectId),
    /// There is no such store. **Do:** give the keyring one.
    #[error("there is no store for values beside the log")]
    NoStore,
}
