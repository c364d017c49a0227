//! The routes of audits: what those in the background have found, and one more on demand.

use std::sync::Arc;
use std::time::Duration;

use annals_core::Position;
use annals_runtime::{
    Audit, AuditOptions, AuditProgress, AuditSubject, Findings, LatestAudit, PageSpan,
    audit_projection,
};
use axum::extract::State;
use axum::http::StatusCode;
use serde::Serialize;
use tokio::sync::{Mutex, MutexGuard, watch};
use utoipa::ToSchema;

use super::Operations;
use super::projections::ProjectionName;
use crate::answer::Answer;
use crate::parameters::Parameters;
use crate::problem::Problem;

/// Longest time for an audit on demand. Those in the background take as long as they need.
const AUDIT_WITHIN: Duration = Duration::from_secs(20);

/// A projection that is audited.
#[derive(Clone)]
pub(super) struct Audited {
    subject: AuditSubject,
    /// What the audits in the background have found. `None`: there are none.
    background: Option<watch::Receiver<LatestAudit>>,
    /// Held while one is made on demand: each reads all that the projection handled.
    turn: Arc<Mutex<()>>,
}

/// How the last audit in the background ended.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(super) struct LatestAuditView {
    /// What was found; null before the first has ended, and when it could not be made.
    audit: Option<AuditView>,
    /// Why it could not be made.
    error: Option<String>,
}

/// What a projection has handled, compared with what the log holds for it.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct AuditView {
    /// What was found, as a line: `complete up to 12,345 (8,200 events)`, or what is wrong.
    summary: String,
    /// True if every event up to where it was compared was handled, once, and nothing else was.
    is_complete: bool,
    /// Up to here that is so.
    complete_up_to: u64,
    /// Up to here ledger and log were compared.
    compared_up_to: u64,
    /// How many times an event was handled up to there, repeats included.
    handled: u64,
    /// Events that were not handled.
    missing: FindingsView,
    /// What was handled and holds nothing for the projection.
    foreign: FindingsView,
    /// Events that were handled more than once.
    repeated: FindingsView,
    /// Pages on which another event was handled than the log holds.
    altered: FindingsView,
}

/// What was found of one kind.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(super) struct FindingsView {
    /// How many there are.
    total: u64,
    /// The first of them: positions, or pages by their first position.
    first: Vec<u64>,
}

/// What an overview tells of audits.
#[derive(Debug, Clone, Default, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct AuditedView {
    /// Up to where the audits in the background have proven it complete; null before the first has
    /// ended, and without them.
    audited_up_to: Option<u64>,
    /// How many events they found missing.
    missing: Option<u64>,
}

impl Operations {
    /// The same, with the audits of one more projection: those in the background, if there are any, and
    /// one at a time on demand.
    #[must_use]
    pub fn with_audits(
        mut self,
        subject: AuditSubject,
        background: Option<watch::Receiver<LatestAudit>>,
    ) -> Self {
        let name = subject.projector.name().to_owned();
        let audited = Audited {
            subject,
            background,
            turn: Arc::default(),
        };
        self.audits.insert(name, audited);
        self
    }

    fn audited(&self, name: &ProjectionName) -> Result<&Audited, Problem> {
        let found = self.audits.get(&name.0);
        found.ok_or_else(|| Problem::not_found(format!("there are no audits of {}", name.0)))
    }

    /// What an overview of a projection tells of its audits.
    pub(super) fn audited_view(&self, projection: &str) -> AuditedView {
        match self.audits.get(projection).and_then(Audited::latest) {
            Some(Ok(audit)) => AuditedView {
                audited_up_to: Some(audit.complete_up_to.0),
                missing: Some(audit.missing.total),
            },
            _ => AuditedView::default(),
        }
    }
}

/// What the audits in the background have found last of a projection.
#[utoipa::path(
    get,
    path = "/projections/{name}/audit",
    tag = "operations",
    params(ProjectionName),
    responses(
        (status = 200, body = LatestAuditView),
        (status = "default", body = Problem, content_type = "application/problem+json")
    )
)]
pub(super) async fn get_audit(
    State(operations): State<Arc<Operations>>,
    Parameters(name): Parameters<ProjectionName>,
) -> Result<Answer<LatestAuditView>, Problem> {
    let latest = operations.audited(&name)?.latest();
    Ok(Answer::ok(latest.into()))
}

/// Audit a projection now, from the first event to its checkpoint: one audit at a time, for 20
/// seconds at most.
#[utoipa::path(
    post,
    path = "/projections/{name}/audit",
    tag = "operations",
    params(ProjectionName),
    responses(
        (status = 200, body = AuditView),
        (status = "default", body = Problem, content_type = "application/problem+json")
    )
)]
pub(super) async fn run_audit(
    State(operations): State<Arc<Operations>>,
    Parameters(name): Parameters<ProjectionName>,
) -> Result<Answer<AuditView>, Problem> {
    let audit = operations.audited(&name)?.audit().await?;
    Ok(Answer::ok(audit.into()))
}

impl Audited {
    fn latest(&self) -> LatestAudit {
        let background = self.background.as_ref()?;
        background.borrow().clone()
    }

    async fn audit(&self) -> Result<Audit, Problem> {
        let _turn = self.take_turn()?;
        let (progress, compared) = watch::channel(AuditProgress::default());
        let options = AuditOptions {
            progress: Some(progress),
            ..AuditOptions::default()
        };
        let AuditSubject { store, projector } = &self.subject;
        let audit = audit_projection(&**store, &**projector, &options);
        match tokio::time::timeout(AUDIT_WITHIN, audit).await {
            Ok(audit) => Ok(audit?),
            Err(_) => Err(too_long(*compared.borrow())),
        }
    }

    fn take_turn(&self) -> Result<MutexGuard<'_, ()>, Problem> {
        let title = "An audit of the projection is under way";
        let problem = |_| Problem::new(StatusCode::CONFLICT, "audit-under-way", title);
        self.turn.try_lock().map_err(problem)
    }
}

fn too_long(progress: AuditProgress) -> Problem {
    let title = "The audit takes too long to be waited for";
    let problem = Problem::new(StatusCode::SERVICE_UNAVAILABLE, "audit-too-long", title);
    let (compared, checkpoint) = (progress.compared_up_to, progress.checkpoint);
    problem.detail(format!(
        "it compared up to {compared} of {checkpoint}: see what those in the background find"
    ))
}

impl From<LatestAudit> for LatestAuditView {
    fn from(latest: LatestAudit) -> Self {
        let (audit, error) = match latest {
            Some(Ok(audit)) => (Some(audit.into()), None),
            Some(Err(error)) => (None, Some(error.to_string())),
            None => (None, None),
        };
        Self { audit, error }
    }
}

impl From<Audit> for AuditView {
    fn from(audit: Audit) -> Self {
        Self {
            summary: audit.to_string(),
            is_complete: audit.is_complete(),
            complete_up_to: audit.complete_up_to.0,
            compared_up_to: audit.compared_up_to.0,
            handled: audit.handled,
            missing: FindingsView::of(&audit.missing, |position: Position| position),
            foreign: FindingsView::of(&audit.foreign, |position: Position| position),
            repeated: FindingsView::of(&audit.repeated, |position: Position| position),
            altered: FindingsView::of(&audit.altered, |page: PageSpan| page.first),
        }
    }
}

impl FindingsView {
    fn of<T: Copy>(found: &Findings<T>, begins_at: impl Fn(T) -> Position) -> Self {
        let first = found.first.iter().map(|one| begins_at(*one).0);
        Self {
            total: found.total,
            first: first.collect(),
        }
    }
}
