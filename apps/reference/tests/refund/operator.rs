//! Whoever operates a bank, over HTTP.

use annals::Annals;
use annals::http::{Limits, guard};
use axum::Router;
use axum::body::Body;
use axum::http::Request;
use serde_json::{Value, json};

use crate::reply::{Reply, saying};

const TOKEN: &str = "correct-horse-battery-staple";
const TRANSFERS: &str = "/operations/sagas/transfer";

/// Ann, with the token of the operations.
pub(crate) struct Operator(Router);

impl Operator {
    /// Of a service that has its operations where the bank has them.
    pub(crate) fn of(service: &Annals) -> Self {
        let operations = service.operations().routes(TOKEN.parse().unwrap());
        let router = Router::new().nest("/operations", operations.into());
        Self(guard(router, Limits::default()))
    }

    /// The transfers in a status.
    pub(crate) async fn transfers_that_are(&self, status: &str) -> Vec<Value> {
        let transfers = self.get(&format!("?status={status}")).await;
        transfers["data"].as_array().unwrap().clone()
    }

    /// How a transfer is.
    pub(crate) async fn transfer(&self, transfer: &str) -> Value {
        self.get(&format!("/{transfer}")).await
    }

    /// All that happened to a transfer.
    pub(crate) async fn timeline(&self, transfer: &str) -> Vec<Value> {
        let page = self.get(&format!("/{transfer}/timeline?limit=100")).await;
        assert!(page["pagination"]["nextCursor"].is_null(), "{page}");
        page["data"].as_array().unwrap().clone()
    }

    /// Has a transfer tried again. The same key is the same request.
    pub(crate) async fn retry(&self, transfer: &str, key: &str) -> Reply {
        let headers = [("x-actor", "ann"), ("idempotency-key", key)];
        self.post(&format!("/{transfer}/retry"), &headers, &json!({}))
            .await
    }

    /// Says that a transfer is to go on without what failed, for no reason.
    pub(crate) async fn skip_without_a_reason(&self, transfer: &str) -> Reply {
        self.post(&format!("/{transfer}/skip"), &[], &json!({}))
            .await
    }

    /// Has a transfer tried again by somebody who has no token.
    pub(crate) async fn retry_without_a_token(&self, transfer: &str) -> Reply {
        let path = format!("{TRANSFERS}/{transfer}/retry");
        Reply::of(&self.0, saying("POST", &path, &[], &json!({}))).await
    }

    async fn get(&self, path: &str) -> Value {
        let request = Request::get(format!("{TRANSFERS}{path}"));
        let request = request.header("authorization", bearer());
        let request = request.body(Body::empty()).unwrap();
        Reply::of(&self.0, request).await.expect(200)
    }

    async fn post(&self, path: &str, headers: &[(&str, &str)], body: &Value) -> Reply {
        let bearer = bearer();
        let headers = [headers, &[("authorization", &bearer)]].concat();
        let request = saying("POST", &format!("{TRANSFERS}{path}"), &headers, body);
        Reply::of(&self.0, request).await
    }
}

fn bearer() -> String {
    format!("Bearer {TOKEN}")
}
