//! Users: registered, activated, written to elsewhere, and forgotten, with nobody else touched.

use serde_json::{Value, json};

use crate::client::Client;
use crate::each_store::on_each_store;
use crate::reply::Reply;
use crate::stored::{sealed_v1, stored, write};

on_each_store![
    a_user_is_known_by_what_they_told,
    an_id_is_made_where_none_is_given,
    a_repeated_registration_gets_the_first_answer,
    commands_on_users_follow_the_rules,
    if_match_guards_the_version_of_a_user,
    bad_fields_of_users_are_all_named_and_never_repeated,
    a_history_tells_personal_values_in_the_open,
    a_forgotten_user_is_known_by_nothing_but_their_id,
    a_forgotten_user_takes_no_commands,
    who_was_forgotten_twice_was_forgotten_once,
    others_stay_as_they_are_when_one_is_forgotten,
    users_of_every_stored_shape_are_known,
    a_user_from_before_anything_was_personal_can_be_forgotten,
];

fn ada() -> Value {
    json!({
        "userId": "u-1",
        "email": "Ada@example.org",
        "firstName": "Ada",
        "lastName": "King Lovelace",
    })
}

async fn with_ada(client: Client) -> Client {
    client.post("/users", ada()).await.expect(201);
    client
}

async fn a_user_is_known_by_what_they_told(client: Client) {
    let registered = client.post("/users", ada()).await;
    assert_eq!(registered.header("location"), "/users/u-1");
    assert_eq!(registered.header("etag"), "\"1\"");
    let registered = registered.expect(201);
    assert_eq!(registered, json!({ "userId": "u-1", "version": 1 }));
    let mut known = json!({
        "userId": "u-1",
        "email": "Ada@example.org",
        "firstName": "Ada",
        "lastName": "King Lovelace",
        "erased": false,
        "status": "registered",
        "registeredAt": "2024-03-01T12:00:00Z",
        "version": 1,
    });
    assert_eq!(client.get("/users/u-1").await.expect(200), known);
    let activated = client.post("/users/u-1/activate", json!({})).await;
    let active = json!({ "userId": "u-1", "status": "active", "version": 2 });
    assert_eq!(activated.expect(200), active);
    let moved = json!({ "newEmail": "ada@example.com", "updatedBy": "clerk" });
    let moved = client.post("/users/u-1/email", moved).await.expect(200);
    assert_eq!(moved, json!({ "userId": "u-1", "version": 3 }));
    known["status"] = json!("active");
    known["email"] = json!("ada@example.com");
    known["version"] = json!(3);
    assert_eq!(client.get("/users/u-1").await.expect(200), known);
}

async fn an_id_is_made_where_none_is_given(client: Client) {
    let mut nameless = ada();
    nameless.as_object_mut().unwrap().remove("userId");
    let registered = client.post("/users", nameless).await.expect(201);
    let id = registered["userId"].as_str().unwrap();
    let known = client.get(&format!("/users/{id}")).await.expect(200);
    assert_eq!(known["firstName"], "Ada");
}

async fn a_repeated_registration_gets_the_first_answer(client: Client) {
    let mut nameless = ada();
    nameless.as_object_mut().unwrap().remove("userId");
    let key = [("idempotency-key", "once")];
    let register = || client.post_with(&key, "/users", nameless.clone());
    let first = register().await.expect(201);
    let head = client.head().await;
    assert_eq!(register().await.expect(201), first);
    assert_eq!(client.head().await, head);
    let id = first["userId"].as_str().unwrap();
    client
        .delete(&format!("/users/{id}/personal-data"))
        .await
        .expect(200);
    assert_eq!(register().await.expect(201), first, "also once forgotten");
}

async fn commands_on_users_follow_the_rules(client: Client) {
    for path in ["/users/u-1", "/users/u-1/history"] {
        client.get(path).await.assert_problem(404, "not-found");
    }
    let activate = || client.post("/users/u-1/activate", json!({}));
    activate().await.assert_problem(404, "not-found");
    let forgotten = client.delete("/users/u-1/personal-data").await;
    forgotten.assert_problem(404, "not-found");
    client.post("/users", ada()).await.expect(201);
    let again = client.post("/users", ada()).await;
    again.assert_problem(409, "user-exists");
    activate().await.expect(200);
    activate().await.assert_problem(409, "user-active");
    let head = client.head().await;
    let same = json!({ "newEmail": "Ada@example.org" });
    let unmoved = client.post("/users/u-1/email", same).await.expect(200);
    assert_eq!(unmoved["version"], 2);
    assert_eq!(client.head().await, head);
}

async fn if_match_guards_the_version_of_a_user(client: Client) {
    let client = with_ada(client).await;
    let moved = json!({ "newEmail": "ada@example.com" });
    let guarded = [("if-match", "\"7\"")];
    let refused = client.post_with(&guarded, "/users/u-1/email", moved.clone());
    refused.await.assert_problem(412, "version-mismatch");
    let guarded = [("if-match", "\"1\"")];
    let moved = client.post_with(&guarded, "/users/u-1/email", moved);
    moved.await.expect(200);
}

async fn bad_fields_of_users_are_all_named_and_never_repeated(client: Client) {
    let client = with_ada(client).await;
    let head = client.head().await;
    let long = "x".repeat(101);
    let cases: [(&str, Value, &[&str]); 5] = [
        ("/users", json!({}), &["email", "firstName", "lastName"]),
        (
            "/users",
            json!({ "userId": "s3cret@x", "email": "s3cret", "firstName": " ", "lastName": 5 }),
            &["email", "firstName", "lastName", "userId"],
        ),
        (
            "/users",
            json!({
                "email": "s3cret s3cret@example.org", "firstName": long, "lastName": "s3cret\u{0}",
                "name": "s3cret",
            }),
            &["email", "firstName", "lastName", "name"],
        ),
        ("/users/u-1/email", json!({}), &["newEmail"]),
        (
            "/users/u-1/email",
            json!({ "newEmail": "@s3cret", "updatedBy": "s3cret@example.org" }),
            &["newEmail", "updatedBy"],
        ),
    ];
    for (path, body, fields) in cases {
        let refused = client.post(path, body).await;
        refused.assert_problem(422, "invalid-request");
        assert_eq!(refused.bad_fields(), fields);
        assert!(!refused.body.to_string().contains("s3cret"), "{refused:?}");
    }
    let malformed = client
        .post("/users/u-1/activate", json!({ "why": 1 }))
        .await;
    assert_eq!(malformed.bad_fields(), ["why"]);
    assert_eq!(client.head().await, head);
}

async fn a_history_tells_personal_values_in_the_open(client: Client) {
    let client = with_ada(client).await;
    let moved = json!({ "newEmail": "ada@example.com", "updatedBy": "clerk" });
    client.post("/users/u-1/email", moved).await.expect(200);
    let registered = json!({
        "userId": "u-1",
        "email": "Ada@example.org",
        "firstName": "Ada",
        "lastName": "King Lovelace",
        "registeredAt": "2024-03-01T12:00:00Z",
        "erased": false,
    });
    let moved = json!({
        "userId": "u-1",
        "newEmail": "ada@example.com",
        "updatedBy": "clerk",
        "changedAt": "2024-03-01T12:00:00Z",
        "erased": false,
    });
    assert_eq!(told(&client).await, [registered, moved]);
}

/// What the events of the one user tell.
async fn told(client: &Client) -> Vec<Value> {
    let history = client.get("/users/u-1/history").await.expect(200);
    let events = history["data"].as_array().unwrap();
    events.iter().map(|event| event["data"].clone()).collect()
}

async fn forget(client: &Client) -> Reply {
    client.delete("/users/u-1/personal-data").await
}

async fn a_forgotten_user_is_known_by_nothing_but_their_id(client: Client) {
    let client = with_ada(client).await;
    client
        .post("/users/u-1/activate", json!({}))
        .await
        .expect(200);
    let report = forget(&client).await.expect(200);
    assert_eq!(report["subject"], "u-1");
    assert!(report["reached"].is_array(), "{report}");
    let known = json!({
        "userId": "u-1",
        "email": null,
        "firstName": null,
        "lastName": null,
        "erased": true,
        "status": "active",
        "registeredAt": "2024-03-01T12:00:00Z",
        "version": 2,
    });
    assert_eq!(client.get("/users/u-1").await.expect(200), known);
    let registered = json!({
        "userId": "u-1",
        "email": null,
        "firstName": null,
        "lastName": null,
        "registeredAt": "2024-03-01T12:00:00Z",
        "erased": true,
    });
    let activated = json!({ "activatedAt": "2024-03-01T12:00:00Z" });
    assert_eq!(told(&client).await, [registered, activated]);
}

async fn a_forgotten_user_takes_no_commands(client: Client) {
    let client = with_ada(client).await;
    forget(&client).await.expect(200);
    let moved = json!({ "newEmail": "ada@example.com" });
    let moved = client.post("/users/u-1/email", moved).await;
    moved.assert_problem(409, "user-erased");
    let activated = client.post("/users/u-1/activate", json!({})).await;
    activated.assert_problem(409, "user-erased");
    let again = client.post("/users", ada()).await;
    again.assert_problem(409, "user-exists");
}

async fn who_was_forgotten_twice_was_forgotten_once(client: Client) {
    let client = with_ada(client).await;
    let first = forget(&client).await.expect(200);
    let head = client.head().await;
    assert_eq!(forget(&client).await.expect(200), first);
    assert_eq!(client.head().await, head);
}

async fn others_stay_as_they_are_when_one_is_forgotten(client: Client) {
    let client = with_ada(client).await;
    let grace = json!({
        "userId": "u-2", "email": "grace@example.org", "firstName": "Grace", "lastName": "Hopper",
    });
    client.post("/users", grace).await.expect(201);
    let open = json!({ "accountId": "a", "ownerId": "u-1", "initialDeposit": "50.00" });
    client.post("/accounts", open).await.expect(201);
    let others = [
        "/users/u-2",
        "/users/u-2/history",
        "/accounts/a",
        "/accounts/a/history",
    ];
    let mut before = Vec::new();
    for path in others {
        before.push(client.get(path).await.expect(200));
    }
    forget(&client).await.expect(200);
    for (path, before) in others.into_iter().zip(before) {
        assert_eq!(client.get(path).await.expect(200), before, "{path}");
    }
}

/// A registration of a time when nothing was personal.
fn plain_v1(user: &str) -> Value {
    json!({
        "userId": user,
        "email": "Ada@example.org",
        "name": "Ada King Lovelace",
        "registeredAt": "2020-01-01T12:00:00Z",
    })
}

async fn users_of_every_stored_shape_are_known(client: Client) {
    let bank = &client.bank;
    let plain = stored("UserRegistered", 1, &plain_v1("plain"));
    write(bank, "User-plain", vec![plain]).await;
    let sealed = sealed_v1(bank, "sealed", "Ada@example.org", "Ada King Lovelace").await;
    write(bank, "User-sealed", vec![sealed]).await;
    let mut newest = ada();
    newest["userId"] = json!("newest");
    client.post("/users", newest).await.expect(201);
    for (user, stored_version) in [("plain", 1), ("sealed", 1), ("newest", 2)] {
        let known = client.get(&format!("/users/{user}")).await.expect(200);
        assert_eq!(known["email"], "Ada@example.org", "{user}");
        assert_eq!(known["firstName"], "Ada", "{user}");
        assert_eq!(known["lastName"], "King Lovelace", "{user}");
        let history = client.get(&format!("/users/{user}/history")).await;
        let registered = &history.expect(200)["data"][0];
        assert_eq!(registered["data"]["lastName"], "King Lovelace", "{user}");
        assert_eq!(registered["storedSchemaVersion"], stored_version, "{user}");
        let moved = json!({ "newEmail": "ada@example.com" });
        let moved = client.post(&format!("/users/{user}/email"), moved).await;
        assert_eq!(moved.expect(200)["version"], 2, "{user}");
    }
}

async fn a_user_from_before_anything_was_personal_can_be_forgotten(client: Client) {
    let plain = stored("UserRegistered", 1, &plain_v1("u-1"));
    write(&client.bank, "User-u-1", vec![plain]).await;
    let known = client.get("/users/u-1").await.expect(200);
    assert_eq!(known["firstName"], "Ada");
    let report = forget(&client).await.expect(200);
    let told = &report["outOfReach"].to_string();
    assert!(
        told.contains("positions"),
        "the stored text is told of: {report}"
    );
    let known = client.get("/users/u-1").await.expect(200);
    assert_eq!(
        (&known["firstName"], &known["erased"]),
        (&Value::Null, &json!(true))
    );
    let history = client.get("/users/u-1/history").await.expect(200);
    assert!(!history.to_string().contains("Lovelace"), "{history}");
}
