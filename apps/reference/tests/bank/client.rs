//! A bank of its own for each scenario, and a client that reads its own writes.

use annals::Timestamp;
use annals::http::{Limits, MIN_POSITION};
use annals_reference::bank::Bank;
use annals_reference::metrics::{Metrics, recorder};
use annals_reference::place::Place;
use annals_reference::routes::{Operating, router};
use annals_testing::ManualClock;
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::Request;
use metrics_exporter_prometheus::PrometheusRecorder;
use serde_json::Value;
use tempfile::TempDir;
use tower::ServiceExt;

use crate::reply::{Reply, saying};
use crate::schema::url_of_a_new_schema;

/// How often somebody asks who gets no answer, each time for five seconds.
const ATTEMPTS: usize = 12;

/// A bank whose clock stands at noon of 2024-03-01.
pub(crate) struct Client {
    pub(crate) bank: Bank,
    pub(crate) clock: ManualClock,
    router: Router,
    /// Below it are the root keys of a bank on PostgreSQL: gone with the client.
    _root_keys: Option<TempDir>,
}

fn operating(token: &str, recorder: &PrometheusRecorder) -> Operating {
    Operating {
        token: token.parse().unwrap(),
        metrics: Metrics::of(recorder),
    }
}

impl Client {
    /// Of a bank in memory.
    pub(crate) async fn in_memory() -> Self {
        Self::of(&Place::Memory).await
    }

    /// Of a bank in memory that may be operated by whoever shows the token.
    pub(crate) async fn operated(token: &str) -> Self {
        Self::measured(token, &recorder()).await
    }

    /// The same, which tells what a recorder measures.
    pub(crate) async fn measured(token: &str, recorder: &PrometheusRecorder) -> Self {
        let operating = operating(token, recorder);
        Self::of_operated(&Place::Memory, Some(operating)).await
    }

    /// Of a bank on PostgreSQL.
    pub(crate) async fn on_postgres() -> Self {
        Self::of_new_schema(None).await
    }

    /// Of a bank on PostgreSQL that may be operated by whoever shows the token.
    pub(crate) async fn operated_on_postgres(token: &str) -> Self {
        Self::of_new_schema(Some(operating(token, &recorder()))).await
    }

    async fn of_new_schema(operating: Option<Operating>) -> Self {
        let root_keys = TempDir::new().unwrap();
        let place = Place::Postgres {
            url: url_of_a_new_schema(),
            root_keys: root_keys.path().join("root"),
        };
        let client = Self::of_operated(&place, operating).await;
        Self {
            _root_keys: Some(root_keys),
            ..client
        }
    }

    async fn of(place: &Place) -> Self {
        Self::of_operated(place, None).await
    }

    async fn of_operated(place: &Place, operating: Option<Operating>) -> Self {
        let noon: Timestamp = "2024-03-01T12:00:00Z".parse().unwrap();
        let clock = ManualClock::at(noon);
        let bank = Bank::open_by(clock.clone(), place).await.unwrap();
        let router = router(bank.clone(), operating, Limits::default());
        Self {
            bank,
            clock,
            router,
            _root_keys: None,
        }
    }

    /// Posts JSON.
    pub(crate) async fn post(&self, path: &str, body: Value) -> Reply {
        self.post_with(&[], path, body).await
    }

    /// Posts JSON with more headers.
    pub(crate) async fn post_with(
        &self,
        headers: &[(&str, &str)],
        path: &str,
        body: Value,
    ) -> Reply {
        self.send(saying("POST", path, headers, &body)).await
    }

    /// Gets what is known after all that was written; asked again where that takes long.
    pub(crate) async fn get(&self, path: &str) -> Reply {
        let head = self.head().await.to_string();
        let mut reply = self.get_behind(&head, path).await;
        for _ in 1..ATTEMPTS {
            if reply.body["type"] != "urn:annals:problem:not-fresh-enough" {
                break;
            }
            reply = self.get_behind(&head, path).await;
        }
        reply
    }

    async fn get_behind(&self, position: &str, path: &str) -> Reply {
        let request = Request::get(path).header(MIN_POSITION, position);
        self.send(request.body(Body::empty()).unwrap()).await
    }

    /// Deletes what is at a path.
    pub(crate) async fn delete(&self, path: &str) -> Reply {
        let request = Request::delete(path).body(Body::empty()).unwrap();
        self.send(request).await
    }

    pub(crate) async fn send(&self, request: Request<Body>) -> Reply {
        Reply::of(&self.router, request).await
    }

    /// An answer that is text.
    pub(crate) async fn text(&self, request: Request<Body>) -> String {
        let response = self.router.clone().oneshot(request).await.unwrap();
        assert_eq!(response.status(), 200);
        let bytes = to_bytes(response.into_body(), usize::MAX).await.unwrap();
        String::from_utf8(bytes.to_vec()).unwrap()
    }

    /// The position of the last event.
    pub(crate) async fn head(&self) -> u64 {
        self.bank.head().await.unwrap().0
    }
}

/// US dollars as JSON.
pub(crate) fn usd(value: &str) -> Value {
    serde_json::json!({ "value": value, "currency": "USD" })
}
