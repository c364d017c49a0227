//! PostgreSQL ends a connection amid a reservation: nothing of it is there, and it can be asked again.

use annals::postgres::tokio_postgres::types::Type;
use annals::postgres::{Client, Postgres};
use annals::runtime::CommandFault;
use annals_reference::catalogue::ReservationState;
use annals_reference::catalogue::postgres::PostgresCatalogue;

use crate::schema::url_of_a_new_schema;
use crate::shelf::{Shelf, quantities};
use crate::waiting::all_blocked;

#[tokio::test(flavor = "multi_thread")]
async fn a_reservation_that_is_cut_off_is_made_whole_later() {
    let url = url_of_a_new_schema();
    let shelf = Shelf::of(PostgresCatalogue::connect(url.expose()).await.unwrap());
    shelf.put(&[("hat", 5), ("mug", 5)]).await;
    let postgres = Postgres::connect(url.expose()).await.unwrap();

    // The hat is locked before the mug, so the reservation is amid its work when it waits.
    let mut holder = postgres.client().await.unwrap();
    let held = holder.transaction().await.unwrap();
    let schema = postgres.sql("{schema}_catalogue");
    let lock = format!("select from {schema}.products where id = 'mug' for update");
    held.rows(&lock, &[]).await.unwrap();
    let reserving = shelf.clone();
    let reserving = tokio::spawn(async move {
        reserving
            .reserve_once("o-1", &[("mug", 1), ("hat", 1)])
            .await
    });
    let client = postgres.client().await.unwrap();
    for waiting in all_blocked(&client, &schema, &[&reserving]).await {
        cut(&client, waiting).await;
    }
    let lost = reserving.await.unwrap();
    assert!(matches!(lost, Err(CommandFault::Transient(_))), "{lost:?}");
    drop(held);
    drop(holder);

    assert_eq!(shelf.counts().await, [[5, 0, 0], [5, 0, 0]]);
    let again = shelf.reserve("o-1", &[("mug", 1), ("hat", 1)]).await;
    let again = again.unwrap();
    assert_eq!(again.state, ReservationState::Reserved);
    assert_eq!(again.lines, quantities(&[("hat", 1), ("mug", 1)]));
}

/// Ends a connection.
async fn cut(client: &Client, pid: i32) {
    let cut = "select pg_terminate_backend($1)";
    client.rows(cut, &[(&pid, Type::INT4)]).await.unwrap();
}
