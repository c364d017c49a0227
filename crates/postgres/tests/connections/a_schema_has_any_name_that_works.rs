//! A name that is taken for a schema works for everything; any other is refused, by name.

use std::time::Duration;

use annals_core::{Delivery, EventStore, Position, Source};
use annals_postgres::{Postgres, PostgresError};
use annals_servers::PostgresCluster;
use tokio::time::timeout;

use crate::admin::Admin;
use crate::service::Service;

/// Far longer than anything takes here, unless it is broken.
const LONG: Duration = Duration::from_secs(20);

fn url(cluster: &PostgresCluster, schema: &str) -> String {
    format!("{}?schema={schema}", cluster.url())
}

#[tokio::test]
async fn the_longest_name_serves_all_that_a_service_does() {
    let cluster = PostgresCluster::start().unwrap();
    let url = url(&cluster, &"a".repeat(48));
    let service = Service::start(&url).await;
    let mut subscription = service.store.subscribe(Source::all()).await.unwrap();
    let other = Service::start(&url).await;

    other.see("wren").await.unwrap();

    let event = timeout(LONG, async {
        loop {
            if let Delivery::Event(event) = subscription.next().await.unwrap() {
                return event.position;
            }
        }
    });
    assert_eq!(event.await.unwrap(), Position(1));
    let told = "exists (select from pg_stat_activity where query = 'select pg_notify($1, $2)')";
    Admin::of(&cluster).await.wait_until(told).await;
    let batch = other.next_batch().await;
    other.projector.apply(batch).await.unwrap();
    assert_eq!(service.seen("wren").await.unwrap(), 1);
}

#[tokio::test]
async fn a_longer_name_and_a_word_of_sql_are_refused() {
    let cluster = PostgresCluster::start().unwrap();
    for schema in ["user", "table", "left", &"a".repeat(57)] {
        let refusal = Postgres::connect(&url(&cluster, schema))
            .await
            .err()
            .unwrap();
        assert!(matches!(refusal, PostgresError::Options(_)), "{refusal:?}");
        assert!(refusal.to_string().contains(schema), "{refusal}");
    }
}
