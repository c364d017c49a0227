//! Readers and subscribers of the store on PostgreSQL miss, repeat and reorder nothing, whatever
//! transactions, connections and other processes do.

#![expect(clippy::unwrap_used, reason = "a test ends at the first surprise")]

mod adversary;
mod place;

annals_testing::ordering_suite!(adversary::OnPostgres::default());
