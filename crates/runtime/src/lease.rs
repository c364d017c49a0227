//! Giving leases back.

use std::time::Duration;

use annals_core::Lease;

/// How long whoever is done waits until the lease is free. One that takes longer runs out by itself.
const GIVE_BACK_WITHIN: Duration = Duration::from_secs(1);

/// Frees a lease, so that another process need not wait until it runs out.
pub(crate) async fn give_back(lease: Lease) {
    let token = lease.token();
    let given_back = tokio::time::timeout(GIVE_BACK_WITHIN, lease.give_back()).await;
    if given_back.is_err() {
        tracing::warn!(
            token,
            "the lease is not confirmed to be free, and may run out instead"
        );
    }
}
