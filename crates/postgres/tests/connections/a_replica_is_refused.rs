//! What a replica answers may be older than what was acknowledged, so none is used. One that takes
//! over is, and what it lacks keeps nobody busy.

use std::fs::File;
use std::path::PathBuf;
use std::time::Duration;

use annals_core::{Delivery, EventStore, Position, Source, Subscription};
use annals_postgres::{Client, Postgres, PostgresError, PostgresOptions};
use annals_servers::PostgresCluster;
use tokio::time::timeout;

use crate::admin::Admin;
use crate::service::Service;

/// Far longer than anything takes here, unless it is broken.
const LONG: Duration = Duration::from_secs(20);

#[tokio::test]
async fn a_server_that_became_one_is_refused_until_it_takes_over() {
    let mut cluster = PostgresCluster::start().unwrap();
    let begun_before = Postgres::connect(&cluster.url()).await.unwrap();
    let data: String = Admin::of(&cluster)
        .await
        .value("select current_setting('data_directory')")
        .await;
    cluster.stop_immediately().unwrap();
    File::create(PathBuf::from(data).join("standby.signal")).unwrap();
    cluster.start_again().unwrap();

    assert_refused(Postgres::connect(&cluster.url()).await);
    assert_refused(begun_before.client().await);

    Admin::of(&cluster)
        .await
        .execute("select pg_promote()")
        .await;
    begun_before.client().await.unwrap();
}

fn assert_refused<T>(outcome: Result<T, PostgresError>) {
    let refusal = outcome.err().expect("it is refused");
    assert!(refusal.is_unavailable(), "{refusal:?}");
    let message = refusal.to_string();
    assert!(message.contains("does not allow writes"), "{message}");
}

#[tokio::test]
async fn a_store_that_lost_its_end_is_not_asked_for_it_without_pause() {
    let cluster = PostgresCluster::start().unwrap();
    let url = format!("{}?pool_size=1", cluster.url());
    let options = PostgresOptions::new(&url).unwrap();
    let service = Service::start_with(options).await.unwrap();
    for _ in 0..3 {
        service.see("wren").await.unwrap();
    }
    // As a replica that takes over may not have the last of what was acknowledged.
    Admin::of(&cluster)
        .await
        .execute(
            "set session_replication_role = replica; delete from annals.events where position = 3",
        )
        .await;

    let mut subscription = service.store.subscribe(Source::all()).await.unwrap();
    assert_eq!(caught_up(&mut subscription).await, Position(2));
    let before = transactions(&service.postgres.client().await.unwrap()).await;
    let mut next = tokio::spawn(async move { subscription.next().await });
    let delivered = timeout(Duration::from_secs(1), &mut next).await;
    assert!(delivered.is_err(), "{delivered:?}");
    let after = transactions(&service.postgres.client().await.unwrap()).await;
    assert!(
        after - before < 100,
        "{} transactions in a second",
        after - before
    );
}

async fn caught_up(subscription: &mut Subscription) -> Position {
    let caught_up = async {
        loop {
            if let Delivery::CaughtUp(position) = subscription.next().await.unwrap() {
                return position;
            }
        }
    };
    timeout(LONG, caught_up).await.expect("it catches up")
}

/// How many transactions there were on a connection: each has a number, `<backend>/<number>`.
async fn transactions(client: &Client) -> i64 {
    let number = "select split_part(virtualtransaction, '/', 2)::bigint from pg_locks
                  where pid = pg_backend_pid() limit 1";
    client.rows(number, &[]).await.unwrap()[0].get(0)
}
