//! OpenAPI at `/openapi.json`, and the page to browse it, both from the program itself.

use axum::body::Body;
use axum::http::Request;

use crate::client::Client;

#[tokio::test]
async fn the_document_is_openapi_3_1_and_names_every_route() {
    let client = Client::in_memory().await;
    let document = client.get("/openapi.json").await.expect(200);
    assert_eq!(document["openapi"], "3.1.0");
    let routes = [
        ("/accounts", "post"),
        ("/accounts", "get"),
        ("/accounts/{id}", "get"),
        ("/accounts/{id}/deposit", "post"),
        ("/accounts/{id}/withdraw", "post"),
        ("/accounts/{id}/close", "post"),
        ("/accounts/{id}/transactions", "get"),
        ("/accounts/{id}/daily", "get"),
        ("/accounts/{id}/history", "get"),
        ("/transfers", "post"),
        ("/transfers", "get"),
        ("/transfers/{id}", "get"),
        ("/users", "post"),
        ("/users/{id}", "get"),
        ("/users/{id}/activate", "post"),
        ("/users/{id}/email", "post"),
        ("/users/{id}/history", "get"),
        ("/users/{id}/personal-data", "delete"),
        ("/categories", "get"),
        ("/categories", "post"),
        ("/products", "get"),
        ("/products", "post"),
        ("/products/{id}", "get"),
        ("/products/{id}", "patch"),
        ("/products/{id}", "delete"),
        ("/orders", "post"),
        ("/orders", "get"),
        ("/orders/{id}", "get"),
        ("/orders/{id}/items", "post"),
        ("/orders/{id}/items/{productId}", "delete"),
        ("/orders/{id}/submit", "post"),
        ("/orders/{id}/pay", "post"),
        ("/orders/{id}/ship", "post"),
        ("/orders/{id}/deliver", "post"),
        ("/orders/{id}/cancel", "post"),
        ("/summary", "get"),
        ("/health/live", "get"),
        ("/health/ready", "get"),
    ];
    for (path, method) in routes {
        assert!(
            document["paths"][path][method].is_object(),
            "{method} {path}"
        );
    }
    let parameters = document["paths"]["/summary"]["get"]["parameters"].as_array();
    let names = parameters
        .unwrap()
        .iter()
        .map(|one| one["name"].as_str().unwrap());
    let names: Vec<_> = names.collect();
    let how_new = [
        "minPosition",
        "Annals-Min-Position",
        "freshness",
        "maxAgeMs",
    ];
    assert_eq!(names, how_new);
    let operations = document["paths"].as_object().unwrap().values();
    let count: usize = operations.map(|path| path.as_object().unwrap().len()).sum();
    assert_eq!(count, routes.len());
}

#[tokio::test]
async fn every_reference_in_the_document_leads_somewhere() {
    let client = Client::in_memory().await;
    let document = client.get("/openapi.json").await.expect(200);
    let text = document.to_string();
    let references: Vec<_> = text.split("\"$ref\":\"#").skip(1).collect();
    assert!(!references.is_empty());
    for reference in references {
        let pointer = reference.split('"').next().unwrap();
        assert!(document.pointer(pointer).is_some(), "{pointer}");
    }
    assert_eq!(
        document["components"]["schemas"]["Money"]["properties"]["value"]["type"],
        "string"
    );
}

#[tokio::test]
async fn the_page_to_browse_it_needs_no_other_server() {
    let client = Client::in_memory().await;
    let page = client
        .send(Request::get("/docs/").body(Body::empty()).unwrap())
        .await;
    assert_eq!(page.status, 200);
    for asset in [
        "swagger-ui.css",
        "swagger-ui-bundle.js",
        "swagger-initializer.js",
    ] {
        let request = Request::get(format!("/docs/{asset}"))
            .body(Body::empty())
            .unwrap();
        assert_eq!(client.send(request).await.status, 200, "{asset}");
    }
}
