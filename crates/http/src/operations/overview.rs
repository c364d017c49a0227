//! How a projection is, as far as it can be found out now.

use std::fmt::Display;

use annals_core::{Position, Read, ReadError, Source};
use annals_runtime::{ParkedError, ProjectionStatus};
use futures_util::future::{join, join_all};
use serde::Serialize;
use utoipa::ToSchema;

use super::activity::ActivityView;
use super::audit::AuditedView;
use super::rebuilding::RebuildView;
use super::{Operated, Operations};
use crate::health::ProjectionHealth;

/// How a projection is, for whoever operates it.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct ProjectionOverview {
    #[serde(flatten)]
    health: ProjectionHealth,
    /// The last position of the store; null when the store does not answer.
    #[schema(value_type = Option<u64>)]
    head: Option<Position>,
    /// How many events of the store it has not handled yet, also those that do not concern it; null
    /// when the store does not answer.
    pub(super) lag_events: Option<u64>,
    /// For how long the first of them has been recorded, in milliseconds; null when the store does
    /// not answer.
    pub(super) lag_ms: Option<u64>,
    /// What went wrong, while it tries again or once it failed.
    last_error: Option<LastError>,
    /// How many events are parked; null when it keeps no dead letters, or when they cannot be
    /// counted now.
    pub(super) parked: Option<u64>,
    /// True while the read model is of another declaration; null when it is not made of typed tables,
    /// or when that cannot be told now.
    rebuild_due: Option<bool>,
    #[serde(flatten)]
    activity: ActivityView,
    #[serde(flatten)]
    audited: AuditedView,
    /// The rebuild that is under way; null when there is none.
    rebuild: Option<RebuildView>,
}

/// What went wrong with a projection.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct LastError {
    /// Which kind of error: `transient`, `event`, `store`, `readModel` or `other`.
    class: &'static str,
    /// What happened.
    message: String,
    /// How many times in a row something went wrong; null once it failed for good.
    in_a_row: Option<u32>,
}

impl Operations {
    /// How projections are, with one look at the store for all of them. What is asked of several is
    /// asked side by side: so it does not take longer the more do not answer.
    pub(super) async fn overviews(&self, projections: &[&Operated]) -> Vec<ProjectionOverview> {
        let due = projections.iter().map(|it| self.is_rebuild_due(it));
        let (mut overviews, due) = join(self.backlogs(projections), join_all(due)).await;
        for (overview, due) in overviews.iter_mut().zip(due) {
            overview.rebuild_due = due;
        }
        overviews
    }

    /// The same, but for whether a rebuild is due.
    pub(super) async fn backlogs(&self, projections: &[&Operated]) -> Vec<ProjectionOverview> {
        // Before the head is: then none is ahead of it.
        let overviews: Vec<_> = projections
            .iter()
            .map(|projection| self.without_asking(projection))
            .collect();
        let head = self
            .answered("the head of the store", self.store.head())
            .await;
        let overviews = overviews.into_iter().zip(projections);
        let overviews =
            overviews.map(|(overview, projection)| self.ask(overview, projection, head));
        join_all(overviews).await
    }

    /// How a projection is.
    pub(super) async fn overview(&self, projection: &Operated) -> ProjectionOverview {
        let overviews = self.overviews(&[projection]).await;
        let mut overviews = overviews.into_iter();
        overviews.next().expect("as many come out as go in")
    }

    /// What is known of a projection without asking elsewhere.
    fn without_asking(&self, projection: &Operated) -> ProjectionOverview {
        let handle = &projection.handle;
        let status = handle.status();
        ProjectionOverview {
            health: ProjectionHealth::in_status(handle, &status),
            head: None,
            lag_events: None,
            lag_ms: None,
            last_error: LastError::of(&status),
            parked: None,
            rebuild_due: None,
            activity: handle.activity().into(),
            audited: self.audited_view(handle.name()),
            rebuild: self.rebuild_under_way(handle.name()),
        }
    }

    /// Asks how far a projection is behind the store, and what is parked.
    async fn ask(
        &self,
        mut overview: ProjectionOverview,
        projection: &Operated,
        head: Option<Position>,
    ) -> ProjectionOverview {
        let parked = self.answered("the number of parked events", projection.count_parked());
        let ((), parked) = join(self.compare(&mut overview, head), parked).await;
        overview.parked = parked.flatten();
        overview
    }

    /// Tells how far a projection is behind the store, if the head is known.
    async fn compare(&self, overview: &mut ProjectionOverview, head: Option<Position>) {
        let Some(head) = head else {
            return;
        };
        let position = overview.health.position;
        overview.head = Some(head);
        overview.lag_events = Some(head.0.saturating_sub(position.0));
        overview.lag_ms = self
            .answered("the first event to be handled", self.lag_ms(position))
            .await;
    }

    /// Whether a projection's declaration changed.
    async fn is_rebuild_due(&self, projection: &Operated) -> Option<bool> {
        let rebuilds = self.rebuilds.get(projection.handle.name())?;
        self.answered("whether a rebuild is due", rebuilds.is_due())
            .await
    }

    async fn lag_ms(&self, position: Position) -> Result<u64, ReadError> {
        let read = Read::forwards(Source::all_after(position)).limit(1);
        let next = self.store.read(read).await?.try_next().await?;
        let age = next.map(|event| self.clock.now().duration_since(event.recorded_at));
        // The clocks of two machines may differ: nothing is recorded later than now.
        Ok(age.map_or(0, |age| age.as_millis().try_into().unwrap_or(0)))
    }

    /// The answer to a question, unless there is none in time. Why not goes to the log.
    pub(super) async fn answered<T, E: Display>(
        &self,
        what: &str,
        question: impl Future<Output = Result<T, E>>,
    ) -> Option<T> {
        match tokio::time::timeout(self.answers_within, question).await {
            Ok(Ok(answer)) => Some(answer),
            Ok(Err(error)) => {
                tracing::warn!(%error, "{what} cannot be told");
                None
            }
            Err(_) => {
                tracing::warn!(limit = ?self.answers_within, "{what} is not told in time");
                None
            }
        }
    }
}

impl Operated {
    /// How many events are parked. `None`: it keeps no dead letters.
    async fn count_parked(&self) -> Result<Option<u64>, ParkedError> {
        match self.parked.count().await {
            Err(ParkedError::NoLetters(_)) => Ok(None),
            count => count.map(Some),
        }
    }
}

impl LastError {
    fn of(status: &ProjectionStatus) -> Option<Self> {
        let (error, in_a_row) = match status {
            ProjectionStatus::Retrying { error, attempt } => (error, Some(*attempt)),
            ProjectionStatus::Failed { error } => (error, None),
            _ => return None,
        };
        Some(Self {
            class: error.class().as_str(),
            message: error.to_string(),
            in_a_row,
        })
    }
}
