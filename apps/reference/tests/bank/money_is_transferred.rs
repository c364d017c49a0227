//! Transfers: money arrives at the other account, or is given back and the transfer tells why.

use std::time::Duration;

use annals::runtime::{CommandContext, ProjectionHandle};
use annals::{Position, Selection};
use annals_reference::accounts::withdraw::Withdraw;
use annals_reference::accounts::{AccountCommand, Reference};
use annals_reference::money::{Amount, Currency, Money};
use annals_reference::transfers::TransferRow;
use serde_json::{Value, json};

use crate::client::{Client, usd};
use crate::each_store::on_each_store;

on_each_store![
    money_arrives_and_both_accounts_tell_of_it,
    what_a_closed_account_does_not_take_is_given_back,
    what_is_not_there_is_not_taken,
    an_account_in_another_currency_takes_nothing,
    what_can_never_be_is_refused_at_once,
    a_repeated_request_is_one_transfer,
    an_id_is_used_once,
    transfers_are_listed_by_account_and_status,
    an_account_stays_open_while_a_payment_is_pending,
];

/// Beyond what any wait takes when nothing is wrong.
const LONG: Duration = Duration::from_secs(5);

/// How often it is waited so long.
const WAITS: usize = 12;

async fn open(client: &Client, account: &str, initial_deposit: Value) {
    let open = json!({
        "accountId": account, "ownerId": "me", "initialDeposit": initial_deposit,
    });
    client.post("/accounts", open).await.expect(201);
}

/// Two accounts with 50 dollars each.
async fn two_accounts(client: &Client) {
    open(client, "a", usd("50.00")).await;
    open(client, "b", usd("50.00")).await;
}

fn from_a_to_b(id: &str, amount: &str) -> Value {
    json!({ "transferId": id, "from": "a", "to": "b", "amount": amount, "description": "rent" })
}

/// Waits until a read model is so far. Where that takes long the clock is turned: what failed is tried again
/// at a time that does not come by itself.
async fn reached(client: &Client, index: &ProjectionHandle, position: Position) -> Position {
    for _ in 1..WAITS {
        if let Ok(reached) = index.wait_for(position, LONG).await {
            return reached;
        }
        client.clock.advance(Duration::from_secs(60));
    }
    index.wait_for(position, LONG).await.unwrap()
}

/// Waits until a transfer has ended.
async fn ended(client: &Client, id: &str) -> Value {
    let transfers = client.bank.projection::<TransferRow>();
    let mut position = Position::START;
    loop {
        position = reached(client, transfers, position.next()).await;
        let transfer = client.get(&format!("/transfers/{id}")).await.expect(200);
        if transfer["status"] != "requested" {
            return transfer;
        }
    }
}

/// Waits until nothing is done any more for transfers that were asked for by now.
async fn all_settled(client: &Client) {
    let annals = client.bank.annals();
    let index = annals.projection("sagas");
    let mut position = Position(client.head().await);
    loop {
        position = reached(client, index, position).await;
        let running = Selection::new().equal("status", &"running".to_owned());
        if annals.sagas().list(running).await.unwrap().is_empty() {
            return;
        }
        position = position.next();
    }
}

async fn transfer(client: &Client, asked: Value) -> Value {
    let id = asked["transferId"].as_str().unwrap().to_owned();
    client.post("/transfers", asked).await.expect(202);
    ended(client, &id).await
}

async fn balance(client: &Client, account: &str) -> Value {
    let account = client.get(&format!("/accounts/{account}")).await;
    account.expect(200)["balance"].clone()
}

/// What it tells of each payment but the first: type, amount and what it is part of.
async fn payments(client: &Client, account: &str) -> Vec<Value> {
    let path = format!("/accounts/{account}/transactions");
    let page = client.get(&path).await.expect(200);
    let (_opening, payments) = page["data"].as_array().unwrap().split_last().unwrap();
    let told = payments
        .iter()
        .map(|it| json!([it["type"], it["amount"]["value"], it["reference"]]));
    told.collect()
}

async fn money_arrives_and_both_accounts_tell_of_it(client: Client) {
    two_accounts(&client).await;
    let accepted = client.post("/transfers", from_a_to_b("t-1", "20.00")).await;
    assert_eq!(accepted.header("location"), "/transfers/t-1");
    assert_eq!(
        accepted.expect(202),
        json!({ "transferId": "t-1", "status": "requested", "version": 1 })
    );
    let noon = "2024-03-01T12:00:00Z";
    let transfer = ended(&client, "t-1").await;
    let ended_at = transfer["endedAt"].as_str().unwrap();
    let expected = json!({
        "transferId": "t-1", "from": "a", "to": "b", "amount": usd("20.00"),
        "description": "rent", "status": "completed", "reason": null,
        "requestedAt": noon, "endedAt": ended_at, "version": 2,
    });
    assert_eq!(transfer, expected);
    assert_eq!(balance(&client, "a").await, usd("30.00"));
    assert_eq!(balance(&client, "b").await, usd("70.00"));
    let part_of = "transfer/t-1";
    assert_eq!(
        payments(&client, "a").await,
        [json!(["withdrawal", "20.00", part_of])]
    );
    assert_eq!(
        payments(&client, "b").await,
        [json!(["deposit", "20.00", part_of])]
    );
    let earlier = client.get("/accounts/b?at=2024-03-01T11:59:59Z").await;
    earlier.assert_problem(404, "not-found");
    let then = client.get(&format!("/accounts/b?at={ended_at}")).await;
    assert_eq!(then.expect(200)["balance"], usd("70.00"));
    all_settled(&client).await;
    let history = client.get("/accounts/a/history").await.expect(200);
    let is_settled = |event: &Value| event["type"] == "PaymentSettled";
    assert!(history["data"].as_array().unwrap().iter().any(is_settled));
}

async fn what_a_closed_account_does_not_take_is_given_back(client: Client) {
    open(&client, "a", usd("50.00")).await;
    client
        .post("/accounts", json!({ "accountId": "b", "ownerId": "me" }))
        .await
        .expect(201);
    let closed = client.post("/accounts/b/close", json!({})).await;
    closed.expect(200);
    let transfer = transfer(&client, from_a_to_b("t-1", "20.00")).await;
    assert_eq!(transfer["status"], "refunded");
    assert_eq!(transfer["reason"], "account b: the account is closed");
    assert_eq!(balance(&client, "a").await, usd("50.00"));
    let part_of = "transfer/t-1";
    assert_eq!(
        payments(&client, "a").await,
        [
            json!(["deposit", "20.00", part_of]),
            json!(["withdrawal", "20.00", part_of]),
        ]
    );
}

async fn what_is_not_there_is_not_taken(client: Client) {
    two_accounts(&client).await;
    let transfer = transfer(&client, from_a_to_b("t-1", "80.00")).await;
    assert_eq!(transfer["status"], "refunded");
    assert_eq!(transfer["reason"], "account a: insufficient funds");
    assert!(payments(&client, "a").await.is_empty());
}

async fn an_account_in_another_currency_takes_nothing(client: Client) {
    open(&client, "a", usd("50.00")).await;
    open(&client, "b", json!({ "value": "1.00", "currency": "CZK" })).await;
    let transfer = transfer(&client, from_a_to_b("t-1", "20.00")).await;
    assert_eq!(transfer["status"], "refunded");
    assert_eq!(
        transfer["reason"],
        "account b: the account is kept in CZK, not in USD"
    );
    assert_eq!(balance(&client, "a").await, usd("50.00"));
}

async fn what_can_never_be_is_refused_at_once(client: Client) {
    two_accounts(&client).await;
    let head = client.head().await;
    let cases = [
        (json!({}), vec!["amount", "from", "to"]),
        (json!({ "from": "a", "to": "a", "amount": 1 }), vec!["to"]),
        (
            json!({ "from": "x", "to": "y", "amount": 1 }),
            vec!["from", "to"],
        ),
        (
            json!({ "from": "a b", "to": 5, "amount": 0, "transferId": "", "colour": "red" }),
            vec!["amount", "colour", "from", "to", "transferId"],
        ),
    ];
    for (asked, bad) in cases {
        let reply = client.post("/transfers", asked).await;
        reply.assert_problem(422, "invalid-request");
        assert_eq!(reply.bad_fields(), bad);
    }
    assert_eq!(client.head().await, head);
    let unknown = client.get("/transfers/unknown").await;
    unknown.assert_problem(404, "not-found");
}

async fn a_repeated_request_is_one_transfer(client: Client) {
    two_accounts(&client).await;
    let asked = json!({ "from": "a", "to": "b", "amount": 20 });
    let key: &[_] = &[("idempotency-key", "k-1")];
    let first = client.post_with(key, "/transfers", asked.clone()).await;
    let id = first.body["transferId"].as_str().unwrap();
    ended(&client, id).await;
    all_settled(&client).await;
    let head = client.head().await;

    let again = client.post_with(key, "/transfers", asked).await;
    for header in ["etag", "location", "annals-position"] {
        assert_eq!(again.header(header), first.header(header));
    }
    assert_eq!(again.expect(202), first.expect(202));
    assert_eq!(client.head().await, head);
    assert_eq!(balance(&client, "b").await, usd("70.00"));

    let other = json!({ "from": "a", "to": "b", "amount": 21 });
    let other = client.post_with(key, "/transfers", other).await;
    other.assert_problem(422, "idempotency-key-reused");
}

async fn an_id_is_used_once(client: Client) {
    two_accounts(&client).await;
    transfer(&client, from_a_to_b("t-1", "20.00")).await;
    let again = client.post("/transfers", from_a_to_b("t-1", "20.00")).await;
    again.assert_problem(409, "transfer-exists");
    all_settled(&client).await;
    assert_eq!(balance(&client, "b").await, usd("70.00"));
}

async fn transfers_are_listed_by_account_and_status(client: Client) {
    two_accounts(&client).await;
    open(&client, "c", usd("1.00")).await;
    let asked = |id: &str, from: &str, to: &str, amount: u32| json!({ "transferId": id, "from": from, "to": to, "amount": amount });
    for wish in [
        asked("t-4", "c", "b", 1),
        asked("t-2", "a", "b", 1),
        asked("t-3", "b", "a", 1),
        asked("t-1", "a", "c", 99),
    ] {
        transfer(&client, wish).await;
    }
    let ids = async |path: &str| {
        let page = client.get(path).await.expect(200);
        let ids = page["data"].as_array().unwrap().iter();
        let ids = ids.map(|transfer| transfer["transferId"].as_str().unwrap().to_owned());
        (
            ids.collect::<Vec<_>>(),
            page["pagination"]["nextCursor"].clone(),
        )
    };
    assert_eq!(ids("/transfers").await.0, ["t-1", "t-2", "t-3", "t-4"]);
    let of_a = "/transfers?accountId=a";
    assert_eq!(ids(of_a).await.0, ["t-1", "t-2", "t-3"]);
    let completed = ids(&format!("{of_a}&status=completed")).await;
    assert_eq!(completed.0, ["t-2", "t-3"]);
    assert_eq!(ids("/transfers?status=refunded").await.0, ["t-1"]);

    let (first, cursor) = ids(&format!("{of_a}&limit=2")).await;
    assert_eq!(first, ["t-1", "t-2"]);
    let cursor = cursor.as_str().unwrap();
    let (rest, cursor) = ids(&format!("{of_a}&limit=2&cursor={cursor}")).await;
    assert_eq!((rest, cursor), (vec!["t-3".to_owned()], Value::Null));
}

async fn an_account_stays_open_while_a_payment_is_pending(client: Client) {
    open(&client, "a", usd("50.00")).await;
    let withdraw = AccountCommand::Withdraw(Withdraw {
        amount: Amount::new(Money::of_minor(50_00, Currency::USD)).unwrap(),
        description: None,
        reference: Some(Reference::to("transfer", "t-1")),
        at: client.bank.now(),
    });
    let account = "a".parse().unwrap();
    let context = CommandContext::default();
    let paid = client.bank.execute(&account, withdraw, context).await;
    paid.unwrap();
    let close = client.post("/accounts/a/close", json!({})).await;
    close.assert_problem(409, "payments-pending");
}
