//! Events of every stored shape, written by hand: all readers see the newest.

use serde_json::json;

use crate::client::{Client, usd};
use crate::each_store::on_each_store;
use crate::stored::{stored, write};

on_each_store![
    read_models_hold_events_of_every_shape,
    history_shows_the_newest_shape_and_tells_the_stored_one,
    commands_go_on_from_old_shapes_and_write_the_newest,
];

/// An account with one event of each shape there ever was, and a balance of 74.80 USD.
async fn veteran(client: Client) -> Client {
    let opened = json!({ "accountId": "old", "ownerId": "me", "openedAt": "2020-01-01T00:00:00Z" });
    let time = "2020-01-02T03:04:05Z";
    let float =
        json!({ "amount": 0.300_000_000_000_000_04, "description": "x", "timestamp": time });
    let events = vec![
        stored("AccountOpened", 1, &opened),
        stored(
            "MoneyDeposited",
            1,
            &json!({ "amount": 100, "description": "v1", "timestamp": time }),
        ),
        stored("MoneyDeposited", 1, &float),
        stored(
            "MoneyDeposited",
            2,
            &json!({ "amount": 10.5, "currency": "USD", "description": "v2", "timestamp": time }),
        ),
        stored(
            "MoneyDeposited",
            3,
            &json!({ "amount": usd("4.00"), "description": "v3", "timestamp": time }),
        ),
        stored(
            "MoneyWithdrawn",
            1,
            &json!({ "amount": 25, "description": "v1", "timestamp": time }),
        ),
        stored(
            "MoneyWithdrawn",
            2,
            &json!({ "amount": usd("15.00"), "timestamp": time }),
        ),
    ];
    write(&client.bank, "BankAccount-old", events).await;
    client
}

async fn read_models_hold_events_of_every_shape(client: Client) {
    let client = veteran(client).await;
    let account = client.get("/accounts/old").await.expect(200);
    assert_eq!(account["balance"], usd("74.80"));
    let transactions = client.get("/accounts/old/transactions").await.expect(200);
    let oldest = &transactions["data"][5];
    assert_eq!(
        (&oldest["amount"], &oldest["description"]),
        (&usd("100.00"), &json!("v1"))
    );
    let days = client.get("/accounts/old/daily").await.expect(200);
    assert_eq!(days["data"][0]["date"], "2020-01-02");
    assert_eq!(
        days["data"][0]["deposits"],
        json!({ "count": 4, "total": usd("114.80") })
    );
    assert_eq!(
        days["data"][0]["withdrawals"],
        json!({ "count": 2, "total": usd("40.00") })
    );
    let summary = client.get("/summary").await.expect(200);
    assert_eq!(summary["currencies"][0]["totalBalance"], usd("74.80"));
}

async fn history_shows_the_newest_shape_and_tells_the_stored_one(client: Client) {
    let client = veteran(client).await;
    let history = client.get("/accounts/old/history").await.expect(200);
    let second = &history["data"][1];
    let newest = json!({
        "amount": usd("100.00"), "description": "v1", "timestamp": "2020-01-02T03:04:05Z",
    });
    assert_eq!(second["data"], newest);
    assert_eq!(
        (&second["schemaVersion"], &second["storedSchemaVersion"]),
        (&json!(3), &json!(1))
    );
    assert_eq!(history["data"][2]["data"]["amount"], usd("0.30"));
}

async fn commands_go_on_from_old_shapes_and_write_the_newest(client: Client) {
    let client = veteran(client).await;
    let as_of = client.get("/accounts/old?version=2").await.expect(200);
    assert_eq!(as_of["balance"], usd("100.00"));
    let too_much = client
        .post("/accounts/old/withdraw", json!({ "amount": "74.81" }))
        .await;
    too_much.assert_problem(422, "insufficient-funds");
    let rest = client
        .post("/accounts/old/withdraw", json!({ "amount": "74.80" }))
        .await;
    assert_eq!(rest.expect(200)["newBalance"], usd("0.00"));
    let history = client.get("/accounts/old/history").await.expect(200);
    assert_eq!(history["data"][7]["storedSchemaVersion"], 2);
}
