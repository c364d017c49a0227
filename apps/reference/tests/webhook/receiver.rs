//! Who is called: a server that writes down what arrives, and answers as it is told.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard};

use annals::{Bytes, StreamId};
use annals_reference::webhook::{Webhook, WebhookSecret, webhook};
use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use serde_json::Value;
use tokio::net::TcpListener;

/// How a call is answered.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Answer {
    Status(u16),
    /// It arrives, and the connection breaks.
    Nothing,
    /// To another path.
    Redirect,
}

/// A call that arrived.
#[derive(Debug, Clone)]
pub(crate) struct Call {
    pub(crate) path: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Call {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        let value = self.headers.get(name);
        value.map_or("", |value| value.to_str().unwrap())
    }

    pub(crate) fn position(&self) -> u64 {
        self.json()["position"].as_str().unwrap().parse().unwrap()
    }

    pub(crate) fn account(&self) -> String {
        let stream: StreamId = self.json()["subject"].as_str().unwrap().parse().unwrap();
        stream.id().to_owned()
    }
}

/// A server at an address of its own, until it is dropped with its runtime.
pub(crate) struct Receiver {
    address: String,
    told: Arc<Told>,
}

#[derive(Default)]
struct Told {
    calls: Mutex<Vec<Call>>,
    /// What the next calls are answered; after them `always`, or 204.
    next: Mutex<VecDeque<Answer>>,
    always: Mutex<Option<Answer>>,
    /// What calls about an account are answered, before all else.
    about: Mutex<BTreeMap<String, Answer>>,
}

impl Receiver {
    pub(crate) async fn start() -> Self {
        let told = Arc::<Told>::default();
        let router = Router::new()
            .route("/{*path}", post(take))
            .with_state(Arc::clone(&told));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        tokio::spawn(async { axum::serve(listener, router).await });
        Self { address, told }
    }

    /// A webhook that calls it.
    pub(crate) fn webhook(&self) -> Webhook {
        self.webhook_with(None)
    }

    pub(crate) fn webhook_with(&self, secret: Option<WebhookSecret>) -> Webhook {
        let url = format!("http://{}/accounts", self.address);
        webhook(&url, &[], secret).unwrap()
    }

    /// Answers the next calls so.
    pub(crate) fn answer(&self, answers: impl IntoIterator<Item = Answer>) {
        lock(&self.told.next).extend(answers);
    }

    /// Answers all calls so, but for the next ones that were told.
    pub(crate) fn answer_always(&self, answer: Answer) {
        *lock(&self.told.always) = Some(answer);
    }

    /// Answers all calls about an account so.
    pub(crate) fn answer_about(&self, account: &str, answer: Answer) {
        lock(&self.told.about).insert(account.to_owned(), answer);
    }

    pub(crate) fn calls(&self) -> Vec<Call> {
        lock(&self.told.calls).clone()
    }

    /// The positions that arrived of an account, in order, with repeats.
    pub(crate) fn posted(&self, account: &str) -> Vec<u64> {
        let calls = self.calls().into_iter();
        let of_it = calls.filter(|call| call.account() == account);
        of_it.map(|call| call.position()).collect()
    }

    /// The positions that arrived of each account, in order, without repeats.
    ///
    /// Panics when a repeat has another key than the first, or two events have the same.
    pub(crate) fn arrived(&self) -> BTreeMap<String, Vec<u64>> {
        let mut keys = BTreeMap::new();
        let mut arrived: BTreeMap<String, Vec<u64>> = BTreeMap::new();
        for call in self.calls() {
            let key = call.header("idempotency-key").to_owned();
            let position = call.position();
            if let Some(first) = keys.insert(position, key.clone()) {
                assert_eq!(first, key, "position {position}");
                continue;
            }
            arrived.entry(call.account()).or_default().push(position);
        }
        let mut all: Vec<_> = keys.values().collect();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), keys.len(), "each event has a key of its own");
        arrived
    }
}

async fn take(
    State(told): State<Arc<Told>>,
    uri: axum::http::Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let path = uri.path().to_owned();
    let call = Call {
        path,
        headers,
        body,
    };
    let account = call.account();
    lock(&told.calls).push(call);
    let about = lock(&told.about).get(&account).copied();
    let next = about.or_else(|| lock(&told.next).pop_front());
    let always = *lock(&told.always);
    match next.or(always) {
        None => StatusCode::NO_CONTENT.into_response(),
        Some(Answer::Status(status)) => StatusCode::from_u16(status).unwrap().into_response(),
        Some(Answer::Nothing) => panic!("a panic breaks the connection: on demand"),
        Some(Answer::Redirect) => {
            let elsewhere = [(HeaderName::from_static("location"), "/elsewhere")];
            (StatusCode::TEMPORARY_REDIRECT, elsewhere).into_response()
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().expect("nothing panics under these locks")
}
