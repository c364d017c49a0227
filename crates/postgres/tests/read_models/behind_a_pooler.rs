//! All of it works where each transaction may run on another connection.

use annals_core::{
    EventId, EventStore, Fingerprint, Lease, Leases, Position, ProjectionError, StoredSnapshot,
    StreamId, StreamVersion, Table, TableFold,
};
use annals_postgres::{LeaseOptions, PostgresLeases};
use uuid::Uuid;

use crate::bank::{Balance, Database, STORE, batch, deposit};
use crate::inline_bank::{InlineBank, deposit_of};
use crate::place::Place;

/// A database behind PgBouncer in transaction mode.
async fn database() -> Database {
    let pooled = format!("{}?pooler=true", annals_servers::pgbouncer_url());
    Database::at(&Place::on(pooled)).await
}

#[tokio::test]
async fn read_models_are_written_and_read() {
    let database = database().await;
    let paused = database.projector::<Balance>().await;
    let projector = database.projector::<Balance>().await;
    let by_hand = database.deposits::<1, false>().await;
    by_hand.resume(STORE).await.unwrap();
    for after in 0..20 {
        let next = || batch(after, vec![deposit(after + 1, "a", 5)]);
        let refused = paused.apply(next()).await;
        assert!(matches!(refused, Err(ProjectionError::Moved { .. })));
        projector.apply(next()).await.unwrap();
        by_hand.apply(next()).await.unwrap();
    }
    assert_eq!(database.balance("a").await, Some(100));
    assert_eq!(database.count("deposits").await, 20);
    assert_eq!(paused.position(STORE).await.unwrap(), Position(20));
}

#[tokio::test]
async fn scratch_places_are_made_beside_each_other() {
    let database = database().await;
    for cents in 1..=3 {
        let place = database.read_models.scratch().await.unwrap();
        let projector = place.projector(TableFold::of_rows::<Balance>()).await;
        let projector = projector.unwrap();
        projector.resume(STORE).await.unwrap();
        let deposit = batch(0, vec![deposit(1, "a", cents)]);
        projector.apply(deposit).await.unwrap();
        let balance = Table::<Balance>::of(&place).get(&"a".to_owned()).await;
        assert_eq!(balance.unwrap().map(|row| row.cents), Some(cents));
    }
}

#[tokio::test]
async fn appends_show_in_inline_read_models() {
    let bank = InlineBank::on(database().await).await;
    for _ in 0..20 {
        bank.store.append(deposit_of("a", 5)).await.unwrap();
        bank.judge().await;
        let mut client = bank.database.postgres.client().await.unwrap();
        let tx = client.transaction().await.unwrap();
        bank.store.append_in(&tx, deposit_of("b", 7)).await.unwrap();
        tx.commit().await.unwrap();
        bank.judge().await;
    }
}

#[tokio::test]
async fn many_readers_share_few_connections() {
    let database = database().await;
    let projector = database.projector::<Balance>().await;
    projector
        .apply(batch(0, vec![deposit(1, "a", 5)]))
        .await
        .unwrap();
    let reads = (0..200).map(|_| database.balance("a"));
    let read = futures_util::future::join_all(reads).await;
    assert_eq!(read, [Some(5); 200]);
}

#[tokio::test]
async fn snapshots_are_kept() {
    let snapshots = database().await.read_models.snapshots().await.unwrap();
    let stream = StreamId::new("Account", "a").unwrap();
    let snapshot = StoredSnapshot {
        fingerprint: Fingerprint::of(b"shape", 1),
        version: StreamVersion(5),
        last_event: EventId(Uuid::from_u128(5)),
        state: b"{}".to_vec(),
    };
    snapshots.save(&stream, snapshot.clone()).await.unwrap();
    assert_eq!(snapshots.load(&stream).await.unwrap(), Some(snapshot));
}

#[tokio::test]
async fn leases_are_held_by_one_and_given_back() {
    let database = database().await;
    let process = || PostgresLeases::new(&database.postgres, LeaseOptions::default());
    let (one, other) = (process(), process());
    let lease: Lease = one.try_acquire("work").await.unwrap().unwrap();
    assert!(other.try_acquire("work").await.unwrap().is_none());
    lease.give_back().await;
    assert_eq!(other.try_acquire("work").await.unwrap().unwrap().token(), 2);
}
