//! Balances of accounts, by code that cannot take in a negative deposit and by code that can.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

use annals_core::{
    Append, Event as _, EventId, EventStore, ExpectedVersion, IdSource, Metadata, Position,
    Projection, Projector, RandomIds, ReadModels, Recorded, StreamId, TableFold, Timestamp,
};
use annals_embedded::{EmbeddedOptions, EmbeddedStore, MemoryDisk};
use annals_http::{BearerToken, Limits, Operations, guard};
use annals_macros::{Event, ReadModel};
use annals_runtime::{
    AuditSubject, Backoff, EditionOptions, ParkedEvents, Pasts, PastsOptions, ProjectionHandle,
    Rebuilds, Refolds, RunnerOptions, run_projection,
};
use annals_sqlite::Database;
use annals_testing::ManualClock;
use axum::Router;
use axum::body::Body;
use axum::http::Request;
use axum::http::header::AUTHORIZATION;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::openapi::OpenApi;

use crate::service::{Reply, get, post, send};

/// Far beyond what any wait takes when nothing is wrong.
pub(crate) const LONG: Duration = Duration::from_secs(20);

pub(crate) const TOKEN: &str = "correct-horse-battery-staple";

#[derive(Event, Serialize, Deserialize, Debug, Clone, PartialEq)]
pub(crate) enum AccountEvent {
    Deposited { cents: i64 },
}

macro_rules! balance {
    ($row:ident, mended: $mended:literal, revision: $revision:literal) => {
        #[derive(ReadModel, Debug, Clone, PartialEq)]
        #[read_model(table = "balances")]
        pub(crate) struct $row {
            #[key]
            account: String,
            pub(crate) cents: i64,
        }

        impl Projection for $row {
            type Event = AccountEvent;
            const FOLD_REVISION: u32 = $revision;

            fn keys(event: &Recorded<AccountEvent>) -> Vec<String> {
                vec![event.record.stream.id().to_owned()]
            }

            fn fold(
                row: Option<Self>,
                account: &String,
                event: &Recorded<AccountEvent>,
            ) -> Option<Self> {
                let AccountEvent::Deposited { cents } = event.event;
                assert!($mended || cents >= 0, "a deposit of {cents}");
                let before = row.map_or(0, |row| row.cents);
                Some(Self {
                    account: account.clone(),
                    cents: before + cents,
                })
            }
        }
    };
}

balance!(Balance, mended: false, revision: 1);
balance!(MendedBalance, mended: true, revision: 1);
balance!(RevisedBalance, mended: true, revision: 2);

/// A store and read models that outlive the service on them.
pub(crate) struct Bank {
    pub(crate) store: Arc<EmbeddedStore>,
    pub(crate) read_models: Database,
    pub(crate) clock: ManualClock,
}

/// A service that keeps a projection up to date, and operates it.
pub(crate) struct Service {
    pub(crate) projection: Arc<ProjectionHandle>,
    /// What OpenAPI tells of the operations.
    pub(crate) document: OpenApi,
    router: Router,
}

impl Bank {
    /// An empty one, at noon of 2024-03-01.
    pub(crate) async fn new() -> Self {
        let noon: Timestamp = "2024-03-01T12:00:00Z".parse().unwrap();
        let clock = ManualClock::at(noon);
        let options = EmbeddedOptions {
            clock: Arc::new(clock.clone()),
            ..EmbeddedOptions::in_memory()
        };
        let store = EmbeddedStore::open_on(MemoryDisk::new(), options).unwrap();
        Self {
            store: Arc::new(store),
            read_models: Database::in_memory().await.unwrap(),
            clock,
        }
    }

    /// Records deposits to one account, and tells where the last is.
    pub(crate) async fn deposit(&self, account: &str, cents: &[i64]) -> Position {
        let event = |&cents: &i64| {
            let id = EventId(RandomIds.next());
            let event = AccountEvent::Deposited { cents };
            event.to_new(id, Metadata::default()).unwrap()
        };
        let stream = StreamId::new("Account", account).unwrap();
        let events = cents.iter().map(event).collect();
        let append = Append::to(stream, ExpectedVersion::Any, events);
        self.store.append(append).await.unwrap().last
    }

    /// Starts code of a version that keeps the balances.
    pub(crate) async fn run<P: Projection>(&self, version: &str) -> Service {
        let read_models: Arc<dyn ReadModels> = Arc::new(self.read_models.clone());
        let options = EditionOptions {
            runner: self.runner_options(version),
            ..EditionOptions::default()
        };
        let fold = TableFold::of_rows::<P>();
        let refolds = Refolds::new(&self.store(), &read_models, fold.clone());
        let rebuilds = Rebuilds::new(&self.store(), &read_models, fold.clone(), options);
        let projector = rebuilds.projector().await.unwrap();
        let parked = ParkedEvents::new(self.store(), Arc::clone(&projector))
            .with_clock(Arc::new(self.clock.clone()))
            .with_code_version(version);
        let subject = AuditSubject {
            store: self.store(),
            projector: Arc::clone(&projector),
        };
        let projection = Arc::new(rebuilds.run(projector).await.unwrap());
        let options = PastsOptions {
            clock: Arc::new(self.clock.clone()),
            ..PastsOptions::default()
        };
        let pasts = Pasts::new(&self.store(), &read_models, [fold], options);
        let operations = self
            .operations()
            .with_projection(Arc::clone(&projection), parked)
            .with_rebuilds(BTreeMap::from([("balances", rebuilds)]))
            .with_refolds(BTreeMap::from([("balances", refolds)]))
            .with_pasts(pasts)
            .with_audits(subject, None)
            .with_metrics(|| "a_number 1\n".to_owned());
        Service::new(projection, operations)
    }

    /// Starts a projector of one's own.
    pub(crate) fn run_projector(
        &self,
        projector: Arc<dyn Projector>,
        version: &str,
    ) -> ProjectionHandle {
        run_projection(self.store(), projector, self.runner_options(version))
    }

    fn runner_options(&self, version: &str) -> RunnerOptions {
        RunnerOptions {
            max_batch: NonZeroUsize::new(16).unwrap(),
            event_attempts: 2,
            code_version: version.to_owned(),
            clock: Arc::new(self.clock.clone()),
            backoff: Backoff {
                first: Duration::from_millis(1),
                most: Duration::from_millis(2),
            },
            ..RunnerOptions::default()
        }
    }

    pub(crate) fn operations(&self) -> Operations {
        Operations::on(self.store())
            .with_clock(Arc::new(self.clock.clone()))
            .answering_within(LONG)
    }

    pub(crate) fn store(&self) -> Arc<dyn EventStore> {
        Arc::clone(&self.store) as _
    }

    /// What is on an account.
    pub(crate) async fn cents(&self, account: &str) -> Option<i64> {
        let table = self.read_models.table::<MendedBalance>();
        let row = table.get(&account.to_owned()).await.unwrap();
        row.map(|row| row.cents)
    }
}

impl Service {
    pub(crate) fn new(projection: Arc<ProjectionHandle>, operations: Operations) -> Self {
        let token: BearerToken = TOKEN.parse().unwrap();
        let (routes, document) = operations.routes(token).split_for_parts();
        let routes = Router::new().nest("/operations", routes);
        Self {
            projection,
            document,
            router: guard(routes, Limits::default()),
        }
    }

    /// Asks for something under the operations, with the token.
    pub(crate) async fn get(&self, path: &str) -> Reply {
        self.send_with_token(get(&format!("/operations{path}")))
            .await
    }

    /// Asks for something to be done, with the token.
    pub(crate) async fn post(&self, path: &str, json: &str) -> Reply {
        let request = post(&format!("/operations{path}"), json.to_owned());
        self.send_with_token(request).await
    }

    /// The same, under an idempotency key.
    pub(crate) async fn post_under(&self, key: &str, path: &str, json: &str) -> Reply {
        self.post_with(("Idempotency-Key", key), path, json).await
    }

    /// The same, with a header.
    pub(crate) async fn post_with(
        &self,
        (name, value): (&'static str, &str),
        path: &str,
        json: &str,
    ) -> Reply {
        let mut request = post(&format!("/operations{path}"), json.to_owned());
        request.headers_mut().insert(name, value.parse().unwrap());
        self.send_with_token(request).await
    }

    /// Asks for something to be gone, with the token.
    pub(crate) async fn delete(&self, path: &str) -> Reply {
        let request = Request::delete(format!("/operations{path}"));
        self.send_with_token(request.body(Body::empty()).unwrap())
            .await
    }

    async fn send_with_token(&self, mut request: Request<Body>) -> Reply {
        let token = format!("Bearer {TOKEN}").parse().unwrap();
        request.headers_mut().insert(AUTHORIZATION, token);
        self.send_as_it_is(request).await
    }

    pub(crate) async fn send_as_it_is(&self, request: Request<Body>) -> Reply {
        send(&self.router, request).await
    }
}

impl Reply {
    /// The answer, which must be one to a request that went well.
    #[track_caller]
    pub(crate) fn ok(self) -> Value {
        assert_eq!(self.status, 200, "{self:?}");
        self.body
    }
}
