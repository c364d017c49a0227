//! A shop of its own for each scenario, asked through its router.

use annals::http::Limits;
use annals_reference::bank::Bank;
use annals_reference::place::Place;
use annals_reference::routes::router;
use axum::Router;
use axum::body::Body;
use axum::http::Request;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::reply::{Reply, saying};
use crate::schema::url_of_a_new_schema;

/// Whoever asks.
pub(crate) struct Client {
    pub(crate) bank: Bank,
    router: Router,
    /// Below it are the root keys of a shop on PostgreSQL: gone with the client.
    _root_keys: Option<TempDir>,
}

impl Client {
    pub(crate) async fn in_memory() -> Self {
        Self::of(&Place::Memory).await
    }

    pub(crate) async fn on_postgres() -> Self {
        let root_keys = TempDir::new().unwrap();
        let place = Place::Postgres {
            url: url_of_a_new_schema(),
            root_keys: root_keys.path().join("root"),
        };
        Self {
            _root_keys: Some(root_keys),
            ..Self::of(&place).await
        }
    }

    async fn of(place: &Place) -> Self {
        let bank = Bank::open(place).await.unwrap();
        Self {
            router: router(bank.clone(), None, Limits::default()),
            bank,
            _root_keys: None,
        }
    }

    pub(crate) async fn get(&self, path: &str) -> Reply {
        let request = Request::get(path).body(Body::empty());
        self.answer(request.unwrap()).await
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> Reply {
        self.send("POST", path, &[], body).await
    }

    /// Sends JSON with some headers.
    pub(crate) async fn send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: Value,
    ) -> Reply {
        self.answer(saying(method, path, headers, &body)).await
    }

    /// Adds the category `things` and products of it, each with this description and at one dollar.
    pub(crate) async fn add(&self, products: &[(&str, &str, &str)]) {
        let things = json!({ "categoryId": "things", "name": "Things" });
        self.post("/categories", things).await;
        for (id, name, description) in products {
            let product = json!({
                "productId": id, "name": name, "description": description, "price": 1,
                "categoryId": "things",
            });
            self.post("/products", product).await.expect(201);
        }
    }

    async fn answer(&self, request: Request<Body>) -> Reply {
        Reply::of(&self.router, request).await
    }
}

impl Reply {
    /// The ids of a page of products.
    pub(crate) fn ids(&self) -> Vec<&str> {
        let data = self.body["data"].as_array().unwrap().iter();
        data.map(|product| product["productId"].as_str().unwrap())
            .collect()
    }
}
