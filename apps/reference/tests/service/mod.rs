//! A bank as it is served, without a network.

use annals::http::Limits;
use annals_reference::bank::Bank;
use annals_reference::routes::router;
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode};
use serde_json::Value;
use tower::ServiceExt;

pub(crate) struct Service(pub(crate) Router);

impl Service {
    pub(crate) fn of(bank: Bank) -> Self {
        Self(router(bank, None, Limits::default()))
    }

    /// The answer, which tells of everything that is recorded.
    pub(crate) async fn get(&self, path: &str) -> Value {
        self.send(asking(path)).await
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> Value {
        let request = Request::post(path).header("content-type", "application/json");
        let request = request.body(Body::from(body.to_string()));
        self.send(request.unwrap()).await
    }

    pub(crate) async fn delete(&self, path: &str) -> Value {
        let request = Request::delete(path).body(Body::empty());
        self.send(request.unwrap()).await
    }

    async fn send(&self, request: Request<Body>) -> Value {
        let asked = format!("{} {}", request.method(), request.uri());
        let (status, text) = answer(&self.0, request).await;
        assert!(status.is_success(), "{asked}: {status} {text}");
        serde_json::from_str(&text).unwrap()
    }
}

/// Asks for everything that is recorded by then.
pub(crate) fn asking(path: &str) -> Request<Body> {
    let mark = if path.contains('?') { '&' } else { '?' };
    let request = Request::get(format!("{path}{mark}freshness=current"));
    request.body(Body::empty()).unwrap()
}

/// Whatever is answered.
pub(crate) async fn answer(router: &Router, request: Request<Body>) -> (StatusCode, String) {
    let response = router.clone().oneshot(request).await.unwrap();
    let status = response.status();
    let bytes = to_bytes(response.into_body(), usize::MAX).await.unwrap();
    (status, String::from_utf8(bytes.to_vec()).unwrap())
}
