//! The store on PostgreSQL keeps the store's contract.

#![expect(clippy::unwrap_used, reason = "a test ends at the first surprise")]

mod place;
mod stores;

use stores::Stores;

annals_testing::conformance_suite!(Stores::on(annals_servers::postgres_url()));
