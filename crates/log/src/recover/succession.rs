//! Whether each segment continues the one before.

use crate::commit::{Chain, FIRST_CHAIN};
use crate::damage::Damage;
use crate::options::StoreId;
use crate::scan::Extent;

/// What the next segment has to continue.
pub(super) struct Succession {
    store_id: StoreId,
    number: u64,
    oldest_epoch: u64,
    next: u64,
    chain: Chain,
}

impl Succession {
    /// Before the first segment of a store.
    pub(super) fn from_start(store_id: StoreId) -> Succession {
        Succession {
            store_id,
            number: 1,
            oldest_epoch: 1,
            next: 1,
            chain: FIRST_CHAIN,
        }
    }

    /// Checks that a segment, named by a position, continues what came before, and makes it what the next has to
    /// continue.
    pub(super) fn advance(&mut self, named_by: u64, extent: &Extent) -> Result<(), Damage> {
        let header = &extent.header;
        if header.store_id != self.store_id {
            return Err(Damage::OtherStore);
        }
        if header.number != self.number {
            return Err(Damage::WrongSegment {
                expected: self.number,
                found: header.number,
            });
        }
        if header.epoch < self.oldest_epoch {
            return Err(Damage::OlderEpoch {
                found: header.epoch,
            });
        }
        if header.first != self.next || header.first != named_by {
            return Err(Damage::WrongStart {
                found: header.first,
            });
        }
        if header.chain != self.chain {
            return Err(Damage::Chain);
        }
        self.number = header.number.saturating_add(1);
        self.oldest_epoch = header.epoch.saturating_add(1);
        self.next = extent.next;
        self.chain = extent.chain;
        Ok(())
    }
}
