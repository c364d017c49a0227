//! The service is killed with events on their way, over and over: each arrives once, in order.

use std::time::Duration;

use annals::{Effect, Read, Source};
use annals_reference::bank::Bank;
use annals_reference::messages_out::MessagesOut;
use annals_reference::outbox::AccountsOutbox;
use futures_util::TryStreamExt;

use crate::broker::NewBroker;
use crate::client::post;
use crate::place::NewPlace;
use crate::service::Service;

const ROUNDS: usize = 6;

/// In each round.
const DEPOSITS: usize = 4;

/// Far beyond what any wait takes when nothing is wrong.
const LONG: Duration = Duration::from_secs(60);

/// The position and the id of an event.
type Mark = (String, String);

#[tokio::test(flavor = "multi_thread")]
async fn redis_has_each_event_once_and_in_order() {
    is_told_each_event_once(NewBroker::redis().await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nats_has_each_event_once_and_in_order() {
    is_told_each_event_once(NewBroker::nats().await).await;
}

async fn is_told_each_event_once(mut broker: NewBroker) {
    let place = NewPlace::directory();
    let start = |broker: &NewBroker| Service::start_with(&place, &broker.variables());
    let open = r#"{"accountId":"acc-1","ownerId":"me"}"#;
    post(&start(&broker), "open", "/accounts", open);
    for round in 0..ROUNDS {
        let before = 1 + round * DEPOSITS;
        let service = start(&broker);
        // It opens its connection with the first one.
        deposit(&service, &format!("{round}/0"));
        broker.until_told(before + 1).await;
        // Of what is sent to a broker that does not answer, nobody knows whether it arrives.
        broker.server().pause().unwrap();
        for number in 1..DEPOSITS {
            deposit(&service, &format!("{round}/{number}"));
        }
        drop(service);
        broker.server().resume().unwrap();
        // And now it is killed after one more, or two, or all.
        let _service = start(&broker);
        broker.until_told(before + 2 + round % (DEPOSITS - 1)).await;
    }
    let recorded = recorded_once_all_is_told(&place, &broker).await;
    assert_eq!(recorded.len(), 1 + ROUNDS * DEPOSITS);
    assert_eq!(told(&mut broker).await, recorded);
}

/// What happened to accounts, once the broker was told everything.
async fn recorded_once_all_is_told(place: &NewPlace, broker: &NewBroker) -> Vec<Mark> {
    let messages = MessagesOut {
        outbox: Some(broker.outbox()),
        ..MessagesOut::default()
    };
    let bank = Bank::open_telling(&place.place(), messages).await.unwrap();
    let head = bank.head().await.unwrap();
    let outbox = bank.annals().projection(AccountsOutbox::NAME);
    outbox.wait_for(head, LONG).await.unwrap();
    let events = bank.store().read(Read::forwards(Source::all())).await;
    let events = events.unwrap().try_filter_map(async |event| {
        let is_told = event.stream.category() == "BankAccount";
        Ok(is_told.then(|| (event.position.0.to_string(), event.id.to_string())))
    });
    let recorded = events.try_collect().await.unwrap();
    bank.stop().await;
    recorded
}

async fn told(broker: &mut NewBroker) -> Vec<Mark> {
    let events = broker.told().await.into_iter();
    let text = |event: &serde_json::Value, name| event[name].as_str().unwrap().to_owned();
    events
        .map(|event| (text(&event, "position"), text(&event, "id")))
        .collect()
}

fn deposit(service: &Service, key: &str) {
    let one = r#"{"amount":"1.00"}"#;
    post(service, key, "/accounts/acc-1/deposit", one);
}
