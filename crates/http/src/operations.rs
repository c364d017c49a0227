//! Operating what runs: looking at projections, pausing them, mending what they parked.
//!
//! In reading order: `projections` has the routes of projections, and `overview` what they tell, with
//! their `activity`; `metrics` has the route of what is measured, and `audit` those of audits;
//! `dead_letters` has the routes of what is parked, and `letter` what they tell; `rebuilds` has the
//! routes of rebuilds, and `rebuilding` what they tell; `refolds` has the routes of rows that are
//! folded again, and `refolding` what they tell; `past` has the routes of read models as they were,
//! and `rows` those of the rows in them and in those of today; `erasures` has those of persons who are
//! forgotten; `sagas` has the routes of sagas, with `saga_overview` and `instances` those of one instance,
//! with `instance`; and `asked_by` and `reason` read who asks for something, and why.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use annals_core::{Clock, EventStore, SystemClock};
use annals_runtime::{Erasures, ParkedEvents, Pasts, ProjectionHandle, Rebuilds, Refolds, Sagas};
use axum::middleware::from_fn_with_state;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::bearer::{BearerToken, require_token};
use crate::openapi::require_bearer_token;
use audit::Audited;
use metrics::Render;

mod activity;
mod asked_by;
mod audit;
mod dead_letters;
mod erasures;
mod instance;
mod instances;
mod letter;
mod metrics;
mod overview;
mod past;
mod projections;
mod reason;
mod rebuilding;
mod rebuilds;
mod refolding;
mod refolds;
mod rows;
mod saga_overview;
mod sagas;

/// The operations on the projections of a service: routes to be mounted, such as under
/// `/operations`.
///
/// - `GET /projections` and `GET /projections/{name}`: how they are;
/// - `POST /projections/{name}/pause` and `…/resume`: of this process alone, and only until it ends;
/// - `GET /projections/{name}/dead-letters` and `…/dead-letters/{position}`: what is parked, and
///   what was skipped;
/// - `POST /projections/{name}/dead-letters/retry`, `…/dead-letters/{position}/retry` and
///   `…/dead-letters/{position}/skip`: trying again, giving up;
/// - `GET` and `POST /projections/{name}/rebuild`, and `POST …/rebuild/pause`, `…/resume`, `…/accept`
///   and `…/cancel`: making the read model anew beside the one that is read;
/// - `POST /projections/{name}/roll-back`: going back to the one before;
/// - `GET` and `POST /projections/{name}/rows/check`, and `POST …/rows/rebuild`: whether rows are what
///   the events make of them, and making a few anew;
/// - `GET` and `POST /projections/{name}/past`, `GET` and `DELETE …/past/{id}`: the read model as it
///   was, as of a position or a time;
/// - `GET /projections/{name}/rows` and `…/past/{id}/rows`: what is in a read model, and what was;
/// - `GET` and `POST /projections/{name}/audit`: whether it left an event out;
/// - `POST /persons/{subject}/erase` and `GET /persons/{subject}/erasure`: forgetting a person, and what
///   that reached;
/// - `GET /sagas`, `GET /sagas/{saga}`, `GET /sagas/{saga}/{instance}` and `…/timeline`: how sagas and their
///   instances are, and what happened to one;
/// - `POST /sagas/{saga}/{instance}/retry`, `…/skip`, `…/compensate` and `…/cancel`: what a person decides for
///   one;
/// - `GET /metrics`, given [what writes them down](Self::with_metrics).
///
/// ```
/// # use std::sync::Arc;
/// # use annals_http::{BearerToken, Operations};
/// # use axum::Router;
/// # fn service(store: Arc<dyn annals_core::EventStore>, token: BearerToken) -> Router {
/// let operations = Operations::on(store).routes(token);
/// Router::new().nest("/operations", operations.into())
/// # }
/// ```
#[derive(Clone)]
pub struct Operations {
    store: Arc<dyn EventStore>,
    clock: Arc<dyn Clock>,
    projections: BTreeMap<String, Operated>,
    rebuilds: BTreeMap<&'static str, Rebuilds>,
    refolds: BTreeMap<&'static str, Refolds>,
    pasts: Option<Pasts>,
    erasures: Option<Erasures>,
    sagas: Option<Sagas>,
    audits: BTreeMap<String, Audited>,
    render: Option<Render>,
    answers_within: Duration,
}

/// Longest time for what has to be asked elsewhere. Who operates a service wants to be told of the
/// rest most of all when something does not answer.
const ANSWERS_WITHIN: Duration = Duration::from_secs(2);

/// A projection that is operated.
#[derive(Clone, Debug)]
struct Operated {
    handle: Arc<ProjectionHandle>,
    parked: ParkedEvents,
}

impl Operations {
    /// Those on projections of a store, which are still to be named.
    pub fn on(store: Arc<dyn EventStore>) -> Self {
        Self {
            store,
            clock: Arc::new(SystemClock),
            projections: BTreeMap::new(),
            rebuilds: BTreeMap::new(),
            refolds: BTreeMap::new(),
            pasts: None,
            erasures: None,
            sagas: None,
            audits: BTreeMap::new(),
            render: None,
            answers_within: ANSWERS_WITHIN,
        }
    }

    /// The same, but what the store or the read models do not tell within this time is left open; two
    /// seconds unless given.
    #[must_use]
    pub fn answering_within(mut self, limit: Duration) -> Self {
        self.answers_within = limit;
        self
    }

    /// The same, by another clock.
    #[must_use]
    pub fn with_clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    /// The same, on one more projection.
    #[must_use]
    pub fn with_projection(mut self, handle: Arc<ProjectionHandle>, parked: ParkedEvents) -> Self {
        let name = handle.name().to_owned();
        let operated = Operated { handle, parked };
        self.projections.insert(name, operated);
        self
    }

    /// The same, with the rebuilds of these projections, by their names.
    #[must_use]
    pub fn with_rebuilds(mut self, rebuilds: BTreeMap<&'static str, Rebuilds>) -> Self {
        self.rebuilds = rebuilds;
        self
    }

    /// The same, with the re-folds of these projections, by their names.
    #[must_use]
    pub fn with_refolds(mut self, refolds: BTreeMap<&'static str, Refolds>) -> Self {
        self.refolds = refolds;
        self
    }

    /// The same, with these read models of the past, and with the rows of today's: without them both
    /// are 404.
    #[must_use]
    pub fn with_pasts(mut self, pasts: Pasts) -> Self {
        self.pasts = Some(pasts);
        self
    }

    /// The same, with metrics, which a recorder of the program writes down as Prometheus reads them.
    #[must_use]
    pub fn with_metrics(mut self, render: impl Fn() -> String + Send + Sync + 'static) -> Self {
        self.render = Some(Arc::new(render));
        self
    }

    /// The routes, for those who show the token.
    pub fn routes<S: Clone + Send + Sync + 'static>(self, token: BearerToken) -> OpenApiRouter<S> {
        let mut routes = self.unprotected_routes();
        require_bearer_token(routes.get_openapi_mut());
        routes.route_layer(from_fn_with_state(token, require_token))
    }

    /// The routes, for whoever can reach them: they show data and change it, so something else must
    /// stand in front of them.
    pub fn unprotected_routes<S: Clone + Send + Sync + 'static>(self) -> OpenApiRouter<S> {
        let metrics = match self.render {
            Some(_) => OpenApiRouter::new().routes(routes!(metrics::get_metrics)),
            None => OpenApiRouter::new(),
        };
        metrics
            .routes(routes!(projections::list_projections))
            .routes(routes!(projections::get_projection))
            .routes(routes!(projections::pause_projection))
            .routes(routes!(projections::resume_projection))
            .routes(routes!(dead_letters::list_dead_letters))
            .routes(routes!(dead_letters::retry_all_dead_letters))
            .routes(routes!(dead_letters::get_dead_letter))
            .routes(routes!(dead_letters::retry_dead_letter))
            .routes(routes!(dead_letters::skip_dead_letter))
            .routes(routes!(rebuilds::get_rebuild, rebuilds::begin_rebuild))
            .routes(routes!(rebuilds::pause_rebuild))
            .routes(routes!(rebuilds::resume_rebuild))
            .routes(routes!(rebuilds::accept_rebuild))
            .routes(routes!(rebuilds::cancel_rebuild))
            .routes(routes!(rebuilds::roll_back))
            .routes(routes!(refolds::get_latest_check, refolds::check_rows))
            .routes(routes!(refolds::rebuild_rows))
            .routes(routes!(past::list_pasts, past::begin_past))
            .routes(routes!(past::get_past, past::discard_past))
            .routes(routes!(rows::list_rows))
            .routes(routes!(rows::list_past_rows))
            .routes(routes!(audit::get_audit, audit::run_audit))
            .routes(routes!(erasures::erase_person))
            .routes(routes!(erasures::get_erasure))
            .routes(routes!(sagas::list_sagas))
            .routes(routes!(sagas::list_instances))
            .routes(routes!(instances::get_instance))
            .routes(routes!(instances::get_timeline))
            .routes(routes!(instances::retry_instance))
            .routes(routes!(instances::skip_step))
            .routes(routes!(instances::compensate_instance))
            .routes(routes!(instances::cancel_instance))
            .with_state(Arc::new(self))
    }
}

/// A time as it is answered, in milliseconds.
fn milliseconds(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

impl std::fmt::Debug for Operations {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Operations")
            .field("projections", &self.projections.keys())
            .finish_non_exhaustive()
    }
}
