//! Whoever is told that nothing was written can rely on it, also when an answer was lost before
//! and the statement that it belonged to may still come to the server.

use std::time::Duration;

use annals_core::{Append, AppendError, EventStore, ExpectedVersion, Read, Source, StreamVersion};
use annals_postgres::{Postgres, PostgresOptions, PostgresStore};
use annals_servers::postgres_url;
use tokio::time::timeout;

use crate::late::LateLine;
use crate::place::Place;
use crate::sample::{LIMIT, append, at, open_for};

const SOON: Duration = Duration::from_millis(300);

async fn is_recorded(store: &dyn EventStore, append: &Append) -> bool {
    let stream = Source::stream(append.writes[0].stream.clone());
    let read = store.read(Read::forwards(stream)).await.unwrap();
    let events = read.collect().await.unwrap();
    events.iter().any(|event| event.append == append.id)
}

#[tokio::test]
async fn an_append_that_arrives_late_was_not_called_a_conflict() {
    let place = Place::on(postgres_url()).url();
    let line = LateLine::to(&place).await;
    let near = open_for(LIMIT, line.url()).await;
    let other = open_for(LIMIT, &place).await;
    for expected in [ExpectedVersion::Exists, at(1)] {
        let early = append(&format!("Late-{expected:?}"), expected);
        line.keep_back(&early);
        let mut sightings = line.watch(&early);
        let first = append(early.writes[0].stream.as_str(), ExpectedVersion::NoStream);
        let overtaken = async {
            // The second was answered before the third was sent.
            for _ in 0..3 {
                sightings.recv().await.unwrap();
            }
            other.append(first).await.unwrap();
            line.deliver().await;
        };
        let both = async { tokio::join!(near.append(early.clone()), overtaken) };
        let (told, ()) = timeout(LIMIT, both).await.expect("it is asked for again");
        assert_eq!(told.unwrap().versions[0].1, StreamVersion(2));
        assert!(is_recorded(&*other, &early).await);
    }
}

#[tokio::test]
async fn an_append_that_its_caller_gave_up_and_repeats_is_not_called_a_conflict() {
    let place = Place::on(postgres_url()).url();
    let line = LateLine::to(&place).await;
    let near = open_for(LIMIT, line.url()).await;
    let other = open_for(LIMIT, &place).await;
    let early = append("Late-1", at(1));
    line.keep_back(&early);
    let mut sightings = line.watch(&early);
    let given_up = near.append(early.clone());
    tokio::select! {
        told = given_up => panic!("it is not settled: {told:?}"),
        sighted = sightings.recv() => sighted.unwrap(),
    }
    let overtaken = async {
        for _ in 0..2 {
            sightings.recv().await.unwrap();
        }
        other
            .append(append("Late-1", ExpectedVersion::NoStream))
            .await
            .unwrap();
        line.deliver().await;
    };
    let both = async { tokio::join!(near.append(early.clone()), overtaken) };
    let (told, ()) = timeout(LIMIT, both).await.expect("it is asked for again");
    assert_eq!(told.unwrap().versions[0].1, StreamVersion(2));
}

#[tokio::test]
async fn a_stream_that_stays_behind_leaves_a_lost_append_unconfirmed() {
    let line = LateLine::to(&Place::on(postgres_url()).url()).await;
    let store = open_for(SOON, line.url()).await;
    let early = append("Late-1", at(7));
    line.keep_back(&early);
    let told = store.append(early).await;
    assert!(
        matches!(told, Err(AppendError::Unconfirmed { .. })),
        "{told:?}"
    );
}

#[tokio::test]
async fn a_stream_that_is_past_what_was_expected_is_a_conflict_after_a_lost_answer_too() {
    let line = LateLine::to(&Place::on(postgres_url()).url()).await;
    let store = open_for(LIMIT, line.url()).await;
    for expected in [ExpectedVersion::NoStream, at(1)] {
        store
            .append(append("Late-1", ExpectedVersion::Any))
            .await
            .unwrap();
        let late = append("Late-1", expected);
        line.keep_back(&late);
        let told = store.append(late).await;
        assert!(
            matches!(told, Err(AppendError::Conflict { .. })),
            "{told:?}"
        );
    }
}

#[tokio::test]
async fn of_several_conflicts_the_one_that_cannot_pass_is_told() {
    let line = LateLine::to(&Place::on(postgres_url()).url()).await;
    let store = open_for(LIMIT, line.url()).await;
    store
        .append(append("Past-1", ExpectedVersion::Any))
        .await
        .unwrap();
    let mut writes = append("Behind-1", at(7)).writes;
    writes.extend(append("Past-1", ExpectedVersion::NoStream).writes);
    let late = Append::to_streams(writes);
    line.keep_back(&late);
    let told = store.append(late).await;
    assert!(
        matches!(&told, Err(AppendError::Conflict { stream, .. }) if stream.as_str() == "Past-1"),
        "{told:?}"
    );
}

#[tokio::test]
async fn a_repeat_that_cannot_be_compared_is_not_called_unavailable() {
    let options = PostgresOptions::new(&Place::on(postgres_url()).url()).unwrap();
    let options = options.pool_size(1).turn_timeout(SOON);
    let postgres = Postgres::connect_with(options.append_timeout(SOON))
        .await
        .unwrap();
    let store = PostgresStore::open(&postgres).await.unwrap();
    let append = append("Late-1", ExpectedVersion::Any);
    let first = store.append(append.clone()).await.unwrap();

    let only_connection = postgres.client().await.unwrap();
    let told = store.append(append.clone()).await;
    assert!(
        matches!(told, Err(AppendError::Unconfirmed { .. })),
        "{told:?}"
    );
    drop(only_connection);
    assert_eq!(store.append(append).await.unwrap(), first);
}
