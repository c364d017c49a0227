//! Products are added, changed and taken away by the conventions of every command.

use serde_json::{Value, json};

use crate::client::Client;
use crate::each_store::on_each_store;

on_each_store![
    a_product_is_told_as_it_was_given,
    a_change_is_made_on_the_version_that_was_seen,
    a_repeat_gets_the_first_answer,
    bad_fields_are_all_named,
    what_is_not_there_is_not_found,
];

fn mug() -> Value {
    json!({
        "productId": "mug", "name": " Mug ", "description": "blue", "price": "9.5",
        "stockQuantity": 4, "categoryId": "things",
        "attributes": { "brand": "Acme", "sizes": [1, 2.5], "\\u0000": "a \\ is no NUL" },
    })
}

async fn a_product_is_told_as_it_was_given(client: Client) {
    client.add(&[]).await;
    let added = client.post("/products", mug()).await;
    assert_eq!(added.header("location"), "/products/mug");
    assert_eq!(added.header("etag"), "\"1\"");
    let expected = json!({
        "productId": "mug", "name": "Mug", "description": "blue",
        "price": { "value": "9.50", "currency": "USD" }, "stockQuantity": 4, "categoryId": "things",
        "attributes": { "brand": "Acme", "sizes": [1, 2.5], "\\u0000": "a \\ is no NUL" },
        "version": 1,
    });
    assert_eq!(added.expect(201), expected);
    let told = client.get("/products/mug").await;
    assert_eq!(told.header("etag"), "\"1\"");
    assert_eq!(told.expect(200), expected);
    let again = client.post("/products", mug()).await;
    again.assert_problem(409, "product-exists");
}

async fn a_change_is_made_on_the_version_that_was_seen(client: Client) {
    client.add(&[]).await;
    client.post("/products", mug()).await.expect(201);
    let (path, seen) = ("/products/mug", [("if-match", "\"1\"")]);
    let change = json!({ "price": 10, "stockQuantity": 9, "attributes": {} });
    let changed = client.send("PATCH", path, &seen, change.clone()).await;
    assert_eq!(changed.header("etag"), "\"2\"");
    let changed = changed.expect(200);
    assert_eq!(changed["price"]["value"], "10.00");
    assert_eq!(
        (&changed["stockQuantity"], &changed["name"]),
        (&json!(9), &json!("Mug"))
    );
    assert_eq!(client.get(path).await.expect(200), changed);

    let late = client.send("PATCH", path, &seen, change).await;
    late.assert_problem(412, "version-mismatch");
    assert_eq!(late.body["version"], 2);
    let late = client.send("DELETE", path, &seen, json!({})).await;
    late.assert_problem(412, "version-mismatch");
    let nowhere = json!({ "categoryId": "nowhere" });
    let nowhere = client.send("PATCH", path, &[], nowhere).await;
    nowhere.assert_problem(422, "no-such-category");
    assert_eq!(client.get(path).await.expect(200), changed);
    let now = [("if-match", "\"2\"")];
    let removed = client.send("DELETE", path, &now, json!({})).await;
    assert_eq!(removed.status, 204);
    client.get(path).await.assert_problem(404, "not-found");
}

async fn a_repeat_gets_the_first_answer(client: Client) {
    client.add(&[]).await;
    let key = [("idempotency-key", "k-1")];
    let mut without_id = mug();
    without_id.as_object_mut().unwrap().remove("productId");
    let post = |body: Value| client.send("POST", "/products", &key, body);
    let first = post(without_id.clone()).await.expect(201);
    let path = format!("/products/{}", first["productId"].as_str().unwrap());
    let change = client.send("PATCH", &path, &[], json!({ "name": "Cup" }));
    change.await.expect(200);
    assert_eq!(post(without_id).await.expect(201), first);
    assert_eq!(client.get("/products").await.ids().len(), 1);
    post(mug())
        .await
        .assert_problem(422, "idempotency-key-reused");

    let key = [("idempotency-key", "k-2")];
    let mut early = mug();
    early["categoryId"] = json!("later");
    let post = |body: Value| client.send("POST", "/products", &key, body);
    post(early.clone())
        .await
        .assert_problem(422, "no-such-category");
    let later = json!({ "categoryId": "later", "name": "Later" });
    client.post("/categories", later).await.expect(201);
    post(early).await.assert_problem(422, "no-such-category");
}

async fn bad_fields_are_all_named(client: Client) {
    client.add(&[]).await;
    let bad = json!({
        "productId": "a/b", "name": "  ", "description": "\u{0}", "price": "0",
        "stockQuantity": -1, "categoryId": "", "attributes": { "a": ["\u{0}"] }, "colour": "red",
    });
    let reply = client.post("/products", bad).await;
    reply.assert_problem(422, "invalid-request");
    let all = [
        "attributes",
        "categoryId",
        "colour",
        "description",
        "name",
        "price",
        "productId",
        "stockQuantity",
    ];
    assert_eq!(reply.bad_fields(), all);
    let bad = json!({ "stockQuantity": 1.5, "attributes": [], "version": 7 });
    let reply = client.send("PATCH", "/products/mug", &[], bad).await;
    assert_eq!(
        reply.bad_fields(),
        ["attributes", "stockQuantity", "version"]
    );
    let large = json!({ "attributes": { "a": "x".repeat(9_000) } });
    let reply = client.send("PATCH", "/products/mug", &[], large).await;
    assert_eq!(reply.bad_fields(), ["attributes"]);
    let reply = client.post("/categories", json!({ "name": "a\nb" })).await;
    assert_eq!(reply.bad_fields(), ["name"]);
    assert!(client.get("/products").await.ids().is_empty());
}

async fn what_is_not_there_is_not_found(client: Client) {
    let path = "/products/nothing";
    client.get(path).await.assert_problem(404, "not-found");
    let change = client.send("PATCH", path, &[], json!({ "name": "x" }));
    change.await.assert_problem(404, "not-found");
    let remove = client.send("DELETE", path, &[], json!({}));
    remove.await.assert_problem(404, "not-found");
}
