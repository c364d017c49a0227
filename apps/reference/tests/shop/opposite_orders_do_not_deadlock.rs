//! Two reservations on PostgreSQL that name the same products, each the other way round.

use annals::postgres::Postgres;
use annals_reference::catalogue::postgres::PostgresCatalogue;

use crate::schema::url_of_a_new_schema;
use crate::shelf::Shelf;
use crate::waiting::all_blocked;

/// Whoever took the mug before the hat would hold it now, while the other one comes by the hat first and
/// wants it.
#[tokio::test(flavor = "multi_thread")]
async fn both_wait_for_the_same_product_first_and_get_all() {
    let url = url_of_a_new_schema();
    let shelf = Shelf::of(PostgresCatalogue::connect(url.expose()).await.unwrap());
    shelf.put(&[("hat", 5), ("mug", 5)]).await;
    let postgres = Postgres::connect(url.expose()).await.unwrap();
    let watching = postgres.client().await.unwrap();
    let schema = postgres.sql("{schema}_catalogue");

    let mut holder = postgres.client().await.unwrap();
    let held = holder.transaction().await.unwrap();
    let lock = format!("select from {schema}.products where id = 'hat' for update");
    held.rows(&lock, &[]).await.unwrap();
    let reserve = |order: &'static str, lines: [(&'static str, u32); 2]| {
        let shelf = shelf.clone();
        tokio::spawn(async move { shelf.reserve_once(order, &lines).await })
    };
    let first = reserve("o-1", [("hat", 1), ("mug", 1)]);
    all_blocked(&watching, &schema, &[&first]).await;
    let second = reserve("o-2", [("mug", 1), ("hat", 1)]);
    all_blocked(&watching, &schema, &[&first, &second]).await;
    held.commit().await.unwrap();

    // Of two that deadlock one would be ended.
    for reserved in [first, second] {
        reserved.await.unwrap().unwrap();
    }
    assert_eq!(shelf.counts().await, [[3, 2, 0], [3, 2, 0]]);
}
