//! Opening what is personal in a kept state, or a decision would differ with the snapshot that its
//! state begins with.

use annals_core::{
    Aggregate, KeyStoreError, PersonalFault, SideStoreError, StoredSnapshot, disclose_copies,
    side_ids_of_copies, subjects_of_copies,
};

use crate::repository::Repository;

/// Why a kept state could not be opened. The stream holds everything.
#[derive(Debug, thiserror::Error)]
pub(super) enum NotDisclosed {
    #[error(transparent)]
    Keys(#[from] KeyStoreError),
    #[error(transparent)]
    Beside(#[from] SideStoreError),
    #[error(transparent)]
    Fault(#[from] PersonalFault),
    #[error("it is no JSON")]
    NoJson(#[from] serde_json::Error),
}

impl<A: Aggregate> Repository<A> {
    /// Opens the personal values in a kept state, as far as there are any, and keys.
    pub(super) async fn disclose(&self, kept: &mut StoredSnapshot) -> Result<(), NotDisclosed> {
        let Some(keyring) = self.keyring.as_ref().filter(|_| may_be_sealed(&kept.state)) else {
            return Ok(());
        };
        let mut state = serde_json::from_slice(&kept.state)?;
        let subjects: Vec<_> = subjects_of_copies(&state)?.into_iter().collect();
        let keys = keyring.keys_for_reading(&subjects).await?;
        let keys = keyring
            .look_beside(keys, side_ids_of_copies(&state)?)
            .await?;
        disclose_copies(&mut state, &keys)?;
        kept.state = serde_json::to_vec(&state)?;
        Ok(())
    }
}

/// False for most states, without reading them as JSON.
fn may_be_sealed(state: &[u8]) -> bool {
    const MARKS: [&[u8]; 2] = [b"\"$sealed\"", b"\"$beside\""];
    // Both are as long.
    let mut windows = state.windows(MARKS[0].len());
    windows.any(|window| MARKS.contains(&window))
}
