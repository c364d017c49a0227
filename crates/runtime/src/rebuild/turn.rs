//! Whose turn it is to rebuild: that of one process at a time.

use std::future::pending;

use annals_core::{Edition, EditionState, Lease, Position};

use super::progress::RebuildError;
use super::{Rebuild, editions};
use crate::backoff::Backoff;
use crate::lease::give_back;

/// What came of waiting for one's turn.
pub(super) enum Turn {
    /// It is.
    Ours(OurTurn),
    /// There is nothing left to do: another process has rebuilt it, complete up to this position.
    Over(Position),
}

/// As long as it is held, no other process rebuilds the same. `None`: there is no other.
pub(super) struct OurTurn(Option<Lease>);

impl OurTurn {
    /// Waits until another process could have it.
    pub(super) async fn lost(&self) {
        match &self.0 {
            Some(lease) => lease.lost().await,
            None => pending().await,
        }
    }

    pub(super) async fn give_back(self) {
        if let Some(lease) = self.0 {
            give_back(lease).await;
        }
    }
}

impl Rebuild {
    /// Waits for its turn, and tells meanwhile how far the process is whose turn it is.
    pub(super) async fn wait_for_turn(&mut self) -> Result<Turn, RebuildError> {
        loop {
            self.go_ahead().await?;
            let turn = self.try_turn().await?;
            // After asking: who had it may have been done just before.
            let states = editions(&*self.read_models)?.list(self.fold.name()).await?;
            let of = |edition| states.iter().find(|state| state.edition == edition);
            if let Some(current) = of(Edition::Current)
                && self.is_replaced(current)
            {
                return Ok(Turn::Over(current.position));
            }
            if let Some(turn) = turn {
                return Ok(Turn::Ours(turn));
            }
            let head = self.store.head().await?;
            self.report.elsewhere(of(Edition::Candidate), head);
            let longest = self.options.lease_retry;
            let once = Backoff {
                first: longest,
                most: longest,
            };
            self.pause(once, 1).await;
        }
    }

    /// Takes the turn, unless another process has it.
    pub(super) async fn try_turn(&self) -> Result<Option<OurTurn>, RebuildError> {
        let Some(leases) = &self.options.leases else {
            return Ok(Some(OurTurn(None)));
        };
        let work = format!("rebuild/{}", self.fold.name());
        let lease = leases.try_acquire(&work).await?;
        Ok(lease.map(|lease| OurTurn(Some(lease))))
    }

    /// True once an edition of this fold is current that is not the one to be replaced.
    fn is_replaced(&mut self, current: &EditionState) -> bool {
        let replaced = *self.options.replaces.get_or_insert(current.id);
        current.id != replaced && current.fingerprint == self.fold.fingerprint()
    }
}
