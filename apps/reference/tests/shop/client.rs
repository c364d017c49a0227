//! A shop of its own for each scenario, asked through its router.

use annals::http::Limits;
use annals_reference::bank::Bank;
use annals_reference::place::Place;
use annals_reference::routes::router;
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Request};
use serde_json::{Value, json};
use tempfile::TempDir;
use tower::ServiceExt;

use crate::schema::url_of_a_new_schema;

/// Makes tests of scenarios: each on a shop in memory, and on one in PostgreSQL.
macro_rules! on_each_store {
    ($($scenario:ident),+ $(,)?) => {
        mod in_memory {
            $(
                #[tokio::test]
                async fn $scenario() {
                    super::$scenario(crate::client::Client::in_memory().await).await;
                }
            )+
        }

        mod on_postgres {
            $(
                #[tokio::test]
                async fn $scenario() {
                    super::$scenario(crate::client::Client::on_postgres().await).await;
                }
            )+
        }
    };
}

pub(crate) use on_each_store;

/// Whoever asks.
pub(crate) struct Client {
    pub(crate) bank: Bank,
    router: Router,
    /// Below it are the root keys of a shop on PostgreSQL: gone with the client.
    _root_keys: Option<TempDir>,
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Value,
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
        let mut request = Request::builder().method(method).uri(path);
        request = request.header("content-type", "application/json");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        self.answer(request.body(Body::from(body.to_string())).unwrap())
            .await
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
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = to_bytes(body, usize::MAX).await.unwrap();
        Reply {
            status: parts.status.as_u16(),
            headers: parts.headers,
            body: serde_json::from_slice(&bytes).unwrap_or_default(),
        }
    }
}

impl Reply {
    /// The answer, which must have this status.
    #[track_caller]
    pub(crate) fn expect(self, status: u16) -> Value {
        assert_eq!(self.status, status, "{self:?}");
        self.body
    }

    /// A header as text; empty if it is not there.
    pub(crate) fn header(&self, name: &str) -> &str {
        let value = self.headers.get(name).and_then(|value| value.to_str().ok());
        value.unwrap_or_default()
    }

    /// Checks that it is a problem of this status and kind.
    #[track_caller]
    pub(crate) fn assert_problem(&self, status: u16, kind: &str) {
        assert_eq!(self.status, status, "{self:?}");
        assert_eq!(self.header("content-type"), "application/problem+json");
        let kind = format!("urn:annals:problem:{kind}");
        assert_eq!(self.body["type"], kind, "{self:?}");
    }

    /// The bad fields it names, sorted.
    pub(crate) fn bad_fields(&self) -> Vec<&str> {
        let errors = self.body["errors"].as_array().into_iter().flatten();
        let mut fields: Vec<_> = errors.filter_map(|error| error["field"].as_str()).collect();
        fields.sort_unstable();
        fields
    }

    /// The ids of a page of products.
    pub(crate) fn ids(&self) -> Vec<&str> {
        let data = self.body["data"].as_array().unwrap().iter();
        data.map(|product| product["productId"].as_str().unwrap())
            .collect()
    }
}
