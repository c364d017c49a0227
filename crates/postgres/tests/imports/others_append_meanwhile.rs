//! While a history is imported, others append and subscribe as ever.

use std::time::Duration;

use annals_core::{
    Append, Delivery, EventStore, ExpectedVersion, RecordedEvent, Source, StreamId, StreamVersion,
    Subscription,
};
use annals_postgres::PostgresStore;
use futures_util::future::join_all;
use futures_util::join;
use tokio::time::timeout;

use crate::history::{SEVERAL_BATCHES, assert_is_in_order, event, history, import, open, recorded};
use crate::place::Place;

/// Far longer than anything takes here, unless it is broken.
const LONG: Duration = Duration::from_secs(60);

const WRITERS: u64 = 8;
const APPENDS: u64 = 100;

/// Appends to a stream of its own, each time expecting what it left.
async fn write(store: &PostgresStore, writer: u64) {
    let stream = StreamId::new("Till", &writer.to_string()).unwrap();
    for version in 0..APPENDS {
        let expected = ExpectedVersion::from(StreamVersion(version));
        let append = Append::to(stream.clone(), expected, vec![event(version)]);
        store.append(append).await.unwrap();
    }
}

async fn delivered(mut subscription: Subscription, events: u64) -> Vec<RecordedEvent> {
    let mut delivered = Vec::new();
    while (delivered.len() as u64) < events {
        if let Delivery::Event(event) = subscription.next().await.unwrap() {
            delivered.push(*event);
        }
    }
    delivered
}

#[tokio::test(flavor = "multi_thread")]
async fn an_import_and_appends_of_others_make_one_order() {
    let place = Place::on(annals_servers::postgres_url());
    let (store, other) = (open(&place).await, open(&place).await);
    let history = history(SEVERAL_BATCHES);
    let writers = join_all((0..WRITERS).map(|writer| {
        let store = [&store, &other][usize::try_from(writer % 2).unwrap()];
        write(store, writer)
    }));
    let all = SEVERAL_BATCHES + WRITERS * APPENDS;
    let subscriptions = [&store, &other].map(|store| store.subscribe(Source::all()));
    let [own, others] = subscriptions.map(|subscription| async {
        let delivered = delivered(subscription.await.unwrap(), all);
        timeout(LONG, delivered).await.expect("all are delivered")
    });
    let (imported, _, own, others) = join!(import(&store, &history), writers, own, others);
    assert_eq!(imported.unwrap().appends, SEVERAL_BATCHES);

    let recorded = recorded(&store).await;
    assert_is_in_order(&recorded);
    assert_eq!(recorded.len() as u64, all);
    assert!(own == recorded && others == recorded);
    let imported = recorded
        .iter()
        .filter(|event| event.stream.category() == "Account");
    let given = history.iter().flat_map(Append::events);
    assert!(
        imported
            .map(|event| event.id)
            .eq(given.map(|event| event.id))
    );
}
