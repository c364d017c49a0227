//! Readers and subscribers of the store on PostgreSQL miss, repeat and reorder nothing, whatever
//! transactions, connections and other processes do.

#![expect(clippy::unwrap_used, reason = "a test ends at the first surprise")]

mod adversary;
mod place;
mod proxy;

use adversary::OnPostgres;
use annals_postgres::{Postgres, PostgresStore};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;

annals_testing::ordering_suite!(OnPostgres::opened_by(opened));

fn opened(postgres: Postgres) -> BoxFuture<'static, PostgresStore> {
    async move { PostgresStore::open(&postgres).await.unwrap() }.boxed()
}
