//! Connections to PostgreSQL are few, and sagas have many commands on their way at once: the last of them
//! waits for its turn.

use std::time::Duration;

use annals::postgres::Postgres;
use annals_reference::catalogue::postgres::PostgresCatalogue;

use crate::schema::url_of_a_new_schema;
use crate::shelf::Shelf;
use crate::waiting::all_blocked;

/// More than whoever waits for a connection is given elsewhere, and long before what is given here.
const QUEUE: Duration = Duration::from_millis(5_500);

#[tokio::test]
async fn the_last_of_a_long_queue_for_one_product_is_answered_at_its_first_attempt() {
    let url = url_of_a_new_schema();
    let narrow = format!("{}&pool_size=1", url.expose());
    let shelf = Shelf::of(PostgresCatalogue::connect(&narrow).await.unwrap());
    shelf.put(&[("mug", 5)]).await;
    let postgres = Postgres::connect(url.expose()).await.unwrap();
    let watching = postgres.client().await.unwrap();
    let schema = postgres.sql("{schema}_catalogue");

    let mut holder = postgres.client().await.unwrap();
    let held = holder.transaction().await.unwrap();
    let lock = format!("select from {schema}.products where id = 'mug' for update");
    held.rows(&lock, &[]).await.unwrap();
    let reserve = |order: &'static str| {
        let shelf = shelf.clone();
        tokio::spawn(async move { shelf.reserve_once(order, &[("mug", 1)]).await })
    };
    let first = reserve("o-1");
    all_blocked(&watching, &schema, &[&first]).await;
    let last = reserve("o-2");
    tokio::task::yield_now().await;
    tokio::time::pause();
    tokio::time::advance(QUEUE).await;
    tokio::time::resume();
    held.commit().await.unwrap();

    for reserved in [first, last] {
        reserved.await.unwrap().unwrap();
    }
    assert_eq!(shelf.counts().await, [[3, 2, 0]]);
}
