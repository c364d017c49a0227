//! Identities that are the same in every run.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use annals_core::IdSource;
use uuid::Uuid;

/// Hands out 1, 2, 3 … as ids. Clones go on counting together.
#[derive(Debug, Clone, Default)]
pub struct SequentialIds {
    handed_out: Arc<AtomicU64>,
}

impl IdSource for SequentialIds {
    fn next(&self) -> Uuid {
        let before = self.handed_out.fetch_add(1, Ordering::Relaxed);
        Uuid::from_u128(u128::from(before) + 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sequential_ids_count_from_one_and_never_repeat() {
        let ids = SequentialIds::default();
        let shared = ids.clone();
        assert_eq!(ids.next(), Uuid::from_u128(1));
        assert_eq!(shared.next(), Uuid::from_u128(2));
        assert_eq!(ids.next(), Uuid::from_u128(3));
    }
}
