//! Products by category, words, brand and stock, page by page.

use serde_json::{Value, json};

use crate::client::Client;
use crate::each_store::on_each_store;

on_each_store![
    products_are_found_by_their_words,
    no_text_that_is_searched_for_means_anything_else,
    filters_hold_together,
    a_walk_through_the_pages_neither_repeats_nor_skips,
    bad_parameters_are_all_named,
    categories_are_listed_by_name,
];

async fn products_are_found_by_their_words(client: Client) {
    client
        .add(&[
            ("mug", "Mug", "blue, for tea; see example.com"),
            ("kettle", "Kettle", "Boils water (for tea)"),
            ("hat", "Blue hat", "of felt"),
        ])
        .await;
    for (words, found) in [
        ("tea", vec!["kettle", "mug"]),
        ("TEA+blue", vec!["mug"]),
        ("blue", vec!["hat", "mug"]),
        ("example", vec!["mug"]),
        ("felt%20teapot", vec![]),
        ("te", vec![]),
    ] {
        let reply = client.get(&format!("/products?q={words}")).await;
        assert_eq!(reply.ids(), found, "{words}");
    }
    let renamed = json!({ "name": "Cup", "description": "green" });
    let change = client.send("PATCH", "/products/mug", &[], renamed);
    change.await.expect(200);
    assert_eq!(client.get("/products?q=tea").await.ids(), ["kettle"]);
    assert_eq!(client.get("/products?q=green+cup").await.ids(), ["mug"]);
    let removed = client.send("DELETE", "/products/mug", &[], json!({}));
    assert_eq!(removed.await.status, 204);
    assert!(client.get("/products?q=green").await.ids().is_empty());
}

async fn no_text_that_is_searched_for_means_anything_else(client: Client) {
    client.add(&[("mug", "Mug", "blue or not")]).await;
    for text in [
        "",
        "%22",
        "mug%22",
        "'",
        "mug*",
        "*",
        "(",
        "mug)",
        "mug+OR",
        "NOT",
        "NEAR(mug+blue)",
        "-mug",
        "name:mug",
        "mug+%26+blue",
        "!!!",
        "%00",
        "mug%00",
        "%F0%9F%98%80",
        "%C3%A9",
        "\\",
        "^mug",
        "mug:*",
        "%25",
        "_",
        "{0}",
        "$1",
        ";drop+table+products",
    ] {
        let reply = client.get(&format!("/products?q={text}")).await;
        assert_eq!(reply.status, 200, "{text}: {reply:?}");
    }
    assert_eq!(client.get("/products?q=mug*").await.ids(), ["mug"]);
    assert_eq!(client.get("/products?q=%22mug").await.ids(), ["mug"]);
    assert!(client.get("/products?q=!!").await.ids().is_empty());
}

async fn filters_hold_together(client: Client) {
    client.add(&[("pen", "Pen", "blue")]).await;
    let desk = json!({ "categoryId": "desk", "name": "Desk" });
    client.post("/categories", desk).await.expect(201);
    for (id, brand, stock) in [
        ("lamp", "Lumen", 3),
        ("desk", "Lumen", 0),
        ("chair", "Sella", 1),
    ] {
        let product = json!({
            "productId": id, "name": id, "price": 1, "stockQuantity": stock, "categoryId": "desk",
            "attributes": { "brand": brand, "legs": 4 },
        });
        client.post("/products", product).await.expect(201);
    }
    for (filter, found) in [
        ("", vec!["chair", "desk", "lamp", "pen"]),
        ("categoryId=desk", vec!["chair", "desk", "lamp"]),
        ("brand=Lumen", vec!["desk", "lamp"]),
        ("inStock=true", vec!["chair", "lamp"]),
        (
            "categoryId=desk&inStock=true&brand=Lumen&q=LAMP",
            vec!["lamp"],
        ),
        ("categoryId=things&brand=Lumen", vec![]),
        ("categoryId=nobody", vec![]),
    ] {
        let reply = client.get(&format!("/products?{filter}")).await;
        assert_eq!(reply.ids(), found, "{filter}");
    }
}

async fn a_walk_through_the_pages_neither_repeats_nor_skips(client: Client) {
    let products: Vec<[String; 2]> = (0..7)
        .map(|n| [format!("p{n}"), format!("Thing {}", n / 2)])
        .collect();
    let entries: Vec<_> = products
        .iter()
        .map(|[id, name]| (id.as_str(), name.as_str(), ""))
        .collect();
    client.add(&entries).await;
    let (mut seen, mut path) = (Vec::new(), "/products?limit=2".to_owned());
    loop {
        let reply = client.get(&path).await;
        seen.extend(reply.ids().iter().map(|id| (*id).to_owned()));
        // Before the place that was reached, so that it is not seen; and it moves nothing.
        client
            .add(&[(&format!("new-{}", seen.len()), "A thing", "")])
            .await;
        let Some(cursor) = reply.body["pagination"]["nextCursor"].as_str() else {
            break;
        };
        path = format!("/products?limit=2&cursor={cursor}");
    }
    assert_eq!(seen, ["p0", "p1", "p2", "p3", "p4", "p5", "p6"]);
}

async fn bad_parameters_are_all_named(client: Client) {
    let long = "a".repeat(201);
    let path = format!(
        "/products?q={long}&categoryId=a%2Fb&inStock=yes&brand=&limit=0&cursor=x&color=red"
    );
    let reply = client.get(&path).await;
    reply.assert_problem(422, "invalid-request");
    let bad = [
        "brand",
        "categoryId",
        "color",
        "cursor",
        "inStock",
        "limit",
        "q",
    ];
    assert_eq!(reply.bad_fields(), bad);
    // A place of categories is none of products.
    client.add(&[]).await;
    client
        .post("/categories", json!({ "name": "More" }))
        .await
        .expect(201);
    let page = client.get("/categories?limit=1").await.expect(200);
    let cursor = page["pagination"]["nextCursor"].as_str().unwrap();
    let reply = client.get(&format!("/products?cursor={cursor}")).await;
    assert_eq!(reply.bad_fields(), ["cursor"]);
}

async fn categories_are_listed_by_name(client: Client) {
    for name in ["desk", "Kitchen", "Art"] {
        client
            .post("/categories", json!({ "name": name }))
            .await
            .expect(201);
    }
    let again = client
        .post("/categories", json!({ "name": "KITCHEN" }))
        .await;
    again.assert_problem(409, "category-name-taken");
    let first = client.get("/categories?limit=2").await.expect(200);
    let cursor = first["pagination"]["nextCursor"].as_str().unwrap();
    let second = client
        .get(&format!("/categories?limit=2&cursor={cursor}"))
        .await
        .expect(200);
    let names = |page: &Value| -> Vec<String> {
        let data = page["data"].as_array().unwrap().iter();
        data.map(|category| category["name"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(names(&first), ["Art", "desk"]);
    assert_eq!(names(&second), ["Kitchen"]);
    assert_eq!(second["pagination"]["hasMore"], false);
}
