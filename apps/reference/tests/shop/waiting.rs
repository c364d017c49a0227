//! Who waits for a lock in PostgreSQL.

use annals::postgres::Client;
use annals::postgres::tokio_postgres::types::Type;
use tokio::task::JoinHandle;

use crate::shelf::Moved;

/// Who waits for somebody else with a statement on the tables of a schema.
const BLOCKED: &str = "
    select pid from pg_stat_activity
    where cardinality(pg_blocking_pids(pid)) > 0 and strpos(query, $1) > 0";

/// Waits until all of these wait for locks on the tables of a schema, which none may come by; tells
/// who they are to the server.
pub(crate) async fn all_blocked(
    client: &Client,
    schema: &str,
    moving: &[&JoinHandle<Moved>],
) -> Vec<i32> {
    loop {
        let rows = client.rows(BLOCKED, &[(&schema, Type::TEXT)]).await;
        let rows = rows.unwrap();
        if rows.len() == moving.len() {
            return rows.iter().map(|row| row.get(0)).collect();
        }
        let is_over = |moving: &&JoinHandle<Moved>| moving.is_finished();
        assert!(!moving.iter().any(is_over), "one did not wait");
        tokio::task::yield_now().await;
    }
}
