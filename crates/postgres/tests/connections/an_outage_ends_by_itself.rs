//! While the database is away everything is unavailable, and says so in time. Once it is back,
//! everything works again, without a restart.

use std::time::Duration;

use annals_core::{
    AppendError, Delivery, EventStore, LeaseError, Leases, Position, ProjectionError, QueryError,
    Read, ReadError, Source, Subscription,
};
use annals_postgres::{PostgresError, PostgresOptions};
use annals_servers::PostgresCluster;
use tokio::time::timeout;

use crate::admin::Admin;
use crate::service::Service;

/// Far longer than anything takes here, unless it is broken.
const LONG: Duration = Duration::from_secs(20);

/// Enough for a server that is well, on a busy machine.
const BRIEF: Duration = Duration::from_secs(1);

#[tokio::test]
async fn a_store_takes_and_gives_events_again_and_its_subscriptions_go_on() {
    let mut cluster = PostgresCluster::start().unwrap();
    let (service, other) = (
        Service::start(&cluster.url()).await,
        Service::start(&cluster.url()).await,
    );
    let mut subscription = service.store.subscribe(Source::all()).await.unwrap();
    service.see("wren").await.unwrap();
    next_event(&mut subscription).await;

    cluster.kill().unwrap();
    assert_store_is_unavailable(&service).await;
    cluster.start_again().unwrap();

    service.see("robin").await.unwrap();
    assert_eq!(next_event(&mut subscription).await, Position(2));
    other.see("robin").await.unwrap();
    assert_eq!(next_event(&mut subscription).await, Position(3));
    assert_eq!(service.store.head().await.unwrap(), Position(3));
}

#[tokio::test]
async fn read_models_and_leases_work_again() {
    let mut cluster = PostgresCluster::start().unwrap();
    let service = Service::start(&cluster.url()).await;
    service.see("wren").await.unwrap();
    let batch = service.next_batch().await;

    cluster.kill().unwrap();
    let applied = service.projector.apply(batch.clone()).await;
    assert!(
        matches!(applied, Err(ProjectionError::Unavailable(_))),
        "{applied:?}"
    );
    let seen = service.seen("wren").await;
    assert!(
        matches!(seen, Err(QueryError::Unavailable { .. })),
        "{seen:?}"
    );
    let lease = service.leases.try_acquire("count birds").await;
    assert!(
        matches!(lease, Err(LeaseError::Unavailable(_))),
        "{lease:?}"
    );
    cluster.start_again().unwrap();

    service.projector.apply(batch).await.unwrap();
    assert_eq!(service.seen("wren").await.unwrap(), 1);
    assert!(
        service
            .leases
            .try_acquire("count birds")
            .await
            .unwrap()
            .is_some()
    );
}

#[tokio::test]
async fn a_server_that_is_stuck_is_not_waited_for_for_ever() {
    let cluster = PostgresCluster::start().unwrap();
    let options = PostgresOptions::new(&cluster.url())
        .unwrap()
        .connect_timeout(BRIEF)
        .turn_timeout(BRIEF)
        .statement_timeout(BRIEF)
        .append_timeout(BRIEF);
    let service = Service::start_with(options).await.unwrap();
    service.see("wren").await.unwrap();
    let batch = service.next_batch().await;

    cluster.pause().unwrap();
    let calls = async {
        assert_reads_are_unavailable(&service).await;
        let applied = service.projector.apply(batch.clone()).await;
        assert!(
            matches!(applied, Err(ProjectionError::Unavailable(_))),
            "{applied:?}"
        );
        // Once sent, on a connection that was there, it may be carried out later.
        let refusal = service.see("robin").await.unwrap_err();
        assert!(
            matches!(
                refusal,
                AppendError::Unavailable { .. } | AppendError::Unconfirmed { .. }
            ),
            "{refusal:?}"
        );
    };
    timeout(LONG, calls)
        .await
        .expect("each call gets an answer");
    cluster.resume().unwrap();

    service.projector.apply(batch).await.unwrap();
    assert_eq!(service.seen("wren").await.unwrap(), 1);
    service.see("robin").await.unwrap();
}

#[tokio::test]
async fn subscribers_hear_of_others_though_the_connection_that_tells_them_is_stuck() {
    let cluster = PostgresCluster::start().unwrap();
    let options = PostgresOptions::new(&cluster.url())
        .unwrap()
        .statement_timeout(BRIEF);
    let service = Service::start_with(options).await.unwrap();
    let mut subscription = service.store.subscribe(Source::all()).await.unwrap();
    let listens =
        "from pg_stat_activity where query like '%listen annals%' and pid <> pg_backend_pid()";
    let admin = Admin::of(&cluster).await;
    admin
        .wait_until(&format!("exists (select {listens})"))
        .await;
    let listener = admin.value(&format!("select pid {listens}")).await;

    cluster.pause_backend(listener).unwrap();
    service.see("wren").await.unwrap();
    assert_eq!(next_event(&mut subscription).await, Position(1));
    let other = Service::start(&cluster.url()).await;
    other.see("robin").await.unwrap();
    assert_eq!(next_event(&mut subscription).await, Position(2));

    cluster.resume_backend(listener).unwrap();
}

#[tokio::test]
async fn a_server_that_is_full_is_unavailable_until_it_has_room() {
    let cluster = PostgresCluster::start().unwrap();
    let admin = Admin::of(&cluster).await;
    admin
        .execute("create role bank login superuser; grant create on database postgres to bank")
        .await;
    let url = cluster.url_as("bank", "postgres");
    let service = Service::start(&url).await;
    let held = service.postgres.client().await.unwrap();
    admin
        .execute("alter role bank nosuperuser connection limit 1")
        .await;

    let started = Service::try_start(&url).await;
    let refusal = started.err().unwrap();
    assert!(
        matches!(refusal, PostgresError::Unavailable { .. }),
        "{refusal:?}"
    );
    assert!(
        refusal.to_string().contains("too many connections"),
        "{refusal}"
    );
    let head = service.store.head().await;
    assert!(
        matches!(head, Err(ReadError::Unavailable { .. })),
        "{head:?}"
    );

    drop(held);
    assert_eq!(service.store.head().await.unwrap(), Position(0));
}

async fn assert_store_is_unavailable(service: &Service) {
    let appended = service.see("robin").await;
    assert!(
        matches!(appended, Err(AppendError::Unavailable { .. })),
        "{appended:?}"
    );
    assert_reads_are_unavailable(service).await;
}

async fn assert_reads_are_unavailable(service: &Service) {
    let head = service.store.head().await;
    assert!(
        matches!(head, Err(ReadError::Unavailable { .. })),
        "{head:?}"
    );
    let read = service.store.read(Read::forwards(Source::all())).await;
    assert!(
        matches!(read, Err(ReadError::Unavailable { .. })),
        "{read:?}"
    );
}

async fn next_event(subscription: &mut Subscription) -> Position {
    let next = async {
        loop {
            if let Delivery::Event(event) = subscription.next().await.unwrap() {
                return event.position;
            }
        }
    };
    timeout(LONG, next).await.expect("it is delivered")
}
