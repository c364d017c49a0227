//! A read model is made as it was, looked into, and given back.

use std::time::Duration;

use serde_json::{Value, json};

use crate::bank::{Balance, Bank, LONG, MendedBalance, Service};

const PAST: &str = "/projections/balances/past";

/// A minute passes after each deposit.
async fn running() -> (Bank, Service) {
    let bank = Bank::new().await;
    for (account, cents) in [("1", 100), ("2", 30), ("1", 7)] {
        bank.deposit(account, &[cents]).await;
        bank.clock.advance(Duration::from_secs(60));
    }
    let service = bank.run::<MendedBalance>("1.0").await;
    let last = bank.deposit("3", &[1]).await;
    service.projection.wait_for(last, LONG).await.unwrap();
    (bank, service)
}

/// Begins one, and tells where it is.
async fn begin(service: &Service, as_of: Value) -> String {
    let reply = service.post(PAST, &as_of.to_string()).await;
    assert_eq!(reply.status, 202, "{reply:?}");
    let path = format!("{PAST}/{}", reply.body["id"].as_str().unwrap());
    assert!(path.ends_with(reply.header("location")), "{reply:?}");
    path
}

/// Looks at one until it is over.
async fn over(service: &Service, path: &str) -> Value {
    let looking = async {
        loop {
            let past = service.get(path).await.ok();
            if past["phase"] != "folding" {
                return past;
            }
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(LONG, looking).await.unwrap()
}

async fn rows(service: &Service, path: &str) -> Value {
    service.get(&format!("{path}/rows")).await.ok()["data"].take()
}

#[tokio::test]
async fn it_is_queried_as_of_a_position() {
    let (_bank, service) = running().await;
    let past = begin(&service, json!({ "position": 2 })).await;
    let done = over(&service, &past).await;
    assert_eq!(done["phase"], "complete", "{done}");
    assert_eq!(
        (
            &done["position"],
            &done["upTo"],
            &done["events"],
            &done["parked"]
        ),
        (&json!(2), &json!(2), &json!(2), &json!(0))
    );
    let page = service.get(&format!("{past}/rows")).await;
    assert_eq!(page.header("annals-position"), "2");
    assert_eq!(
        page.ok()["data"],
        json!([{ "account": "1", "cents": 100 }, { "account": "2", "cents": 30 }])
    );
}

#[tokio::test]
async fn it_is_queried_as_of_a_time() {
    let (_bank, service) = running().await;
    let past = begin(&service, json!({ "time": "2024-03-01T12:02:30Z" })).await;
    assert_eq!(over(&service, &past).await["position"], 3);
    assert_eq!(
        rows(&service, &past).await,
        json!([{ "account": "1", "cents": 107 }, { "account": "2", "cents": 30 }])
    );
}

#[tokio::test]
async fn rows_come_in_pages_and_by_key_in_the_past_and_today() {
    let (_bank, service) = running().await;
    let past = begin(&service, json!({ "position": 3 })).await;
    over(&service, &past).await;
    for (of, first) in [(past.as_str(), 107), ("/projections/balances", 107)] {
        let page = service.get(&format!("{of}/rows?limit=1")).await.ok();
        assert_eq!(page["data"], json!([{ "account": "1", "cents": first }]));
        assert_eq!(page["pagination"]["hasMore"], true);
        let cursor = page["pagination"]["nextCursor"].as_str().unwrap();
        let next = format!("{of}/rows?limit=1&table=balances&cursor={cursor}");
        let next = service.get(&next).await.ok();
        assert_eq!(next["data"], json!([{ "account": "2", "cents": 30 }]));
        let one = service.get(&format!("{of}/rows?key=2")).await.ok();
        assert_eq!(one["data"], next["data"]);
    }
    let today = rows(&service, "/projections/balances").await;
    assert_eq!(today[2], json!({ "account": "3", "cents": 1 }));
}

#[tokio::test]
async fn what_it_lacks_is_counted() {
    let bank = Bank::new().await;
    bank.deposit("1", &[100, -1, 3]).await;
    bank.deposit("2", &[30]).await;
    let service = bank.run::<Balance>("1.0").await;
    let past = begin(&service, json!({ "position": 4 })).await;
    assert_eq!(over(&service, &past).await["parked"], 2);
    assert_eq!(
        rows(&service, &past).await,
        json!([{ "account": "1", "cents": 100 }, { "account": "2", "cents": 30 }])
    );
}

#[tokio::test]
async fn given_back_it_is_gone() {
    let (_bank, service) = running().await;
    let past = begin(&service, json!({ "position": 2 })).await;
    over(&service, &past).await;
    let listed = service.get(PAST).await.ok();
    assert_eq!(listed["pasts"][0]["phase"], "complete");
    assert_eq!(service.delete(&past).await.status, 204);
    for path in [past.clone(), format!("{past}/rows")] {
        service.get(&path).await.assert_problem(404, "not-found");
    }
    service.delete(&past).await.assert_problem(404, "not-found");
    assert_eq!(service.get(PAST).await.ok(), json!({ "pasts": [] }));
}

#[tokio::test]
async fn there_are_four_at_most_and_none_for_ever() {
    let (bank, service) = running().await;
    for _ in 0..4 {
        let past = begin(&service, json!({ "position": 2 })).await;
        over(&service, &past).await;
    }
    let fifth = service.post(PAST, r#"{"position": 2}"#).await;
    fifth.assert_problem(409, "too-many-pasts");
    bank.clock.advance(Duration::from_secs(15 * 60));
    begin(&service, json!({ "position": 2 })).await;
}

#[tokio::test]
async fn what_is_not_recorded_yet_is_told() {
    let (_bank, service) = running().await;
    let future = begin(&service, json!({ "position": 99 })).await;
    let failed = over(&service, &future).await;
    assert_eq!(failed["phase"], "failed");
    assert!(failed["error"].as_str().unwrap().contains("ends at 4"));
    let rows = service.get(&format!("{future}/rows")).await;
    rows.assert_problem(409, "not-recorded");
}

#[tokio::test]
async fn what_cannot_be_asked_for_is_refused() {
    let (_bank, service) = running().await;
    for wrong in [
        json!({}),
        json!({ "position": -1 }),
        json!({ "time": "yesterday" }),
        json!({ "position": 1, "time": "2024-03-01T12:00:00Z" }),
        json!({ "position": 1, "eventsPerSecond": 0 }),
        json!({ "position": 1, "colour": "blue" }),
    ] {
        let refused = service.post(PAST, &wrong.to_string()).await;
        refused.assert_problem(422, "invalid-request");
    }
    let elsewhere = service.post("/projections/none/past", r#"{"position": 1}"#);
    elsewhere.await.assert_problem(404, "not-found");
    for query in ["table=others", "cursor=AAAA", "limit=0", "colour=blue"] {
        let path = format!("/projections/balances/rows?{query}");
        let refused = service.get(&path).await;
        refused.assert_problem(422, "invalid-request");
    }
    assert_eq!(service.get(PAST).await.ok(), json!({ "pasts": [] }));
}
