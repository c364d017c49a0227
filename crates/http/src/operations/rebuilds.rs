//! The routes of rebuilds: beginning one, looking at it, deciding on it, going back.

use std::num::NonZeroU32;
use std::sync::Arc;

use annals_runtime::{CutOver, RebuildHandle, RebuildOptions, Rebuilds};
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use super::Operations;
use super::projections::ProjectionName;
use super::rebuilding::RebuildView;
use crate::answer::Answer;
use crate::body::WithBody;
use crate::faults::Faults;
use crate::fields::{Fields, FromFields};
use crate::object::{JsonValue, text};
use crate::parameters::Parameters;
use crate::problem::Problem;

/// How a read model is to be made anew.
#[derive(Debug, Clone, ToSchema)]
#[schema(rename_all = "camelCase")]
pub(super) struct Begin {
    /// When the new one takes the place of the old one: `whenSame`, if the comparison finds no
    /// difference, else once it is accepted; `whenComplete`, whatever the comparison finds; or
    /// `whenTold`, once it is accepted.
    #[schema(value_type = Option<String>, default = "whenSame")]
    cut_over: CutOver,
    /// Most events that are folded in a second; as many as can be unless given.
    #[schema(value_type = Option<u32>, minimum = 1)]
    events_per_second: Option<NonZeroU32>,
}

impl FromFields for Begin {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        let cut_over = fields.optional("cutOver", text(parse_cut_over));
        let events_per_second = fields.optional("eventsPerSecond", parse_rate);
        Some(Self {
            cut_over: cut_over.unwrap_or(CutOver::WhenSame),
            events_per_second,
        })
    }
}

fn parse_cut_over(text: &str) -> Result<CutOver, &'static str> {
    match text {
        "whenSame" => Ok(CutOver::WhenSame),
        "whenComplete" => Ok(CutOver::WhenComplete),
        "whenTold" => Ok(CutOver::WhenTold),
        _ => Err("must be whenSame, whenComplete or whenTold"),
    }
}

pub(super) fn parse_rate(value: JsonValue) -> Result<NonZeroU32, Faults> {
    let number = match value {
        JsonValue::Number(number) => number.parse().ok(),
        _ => None,
    };
    let fault = || Faults::whole(format!("must be a whole number from 1 to {}", u32::MAX));
    number.ok_or_else(fault)
}

/// What is read from now on.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(super) struct RolledBack {
    /// Up to where it is complete.
    position: u64,
}

impl Operations {
    fn rebuilds(&self, name: &ProjectionName) -> Result<&Rebuilds, Problem> {
        self.find(name)?;
        let found = self.rebuilds.get(name.0.as_str());
        let detail = || format!("projection {} is not made of typed tables", name.0);
        found.ok_or_else(|| Problem::not_found(detail()))
    }

    /// How far the rebuild is that is under way.
    pub(super) fn rebuild_under_way(&self, projection: &str) -> Option<RebuildView> {
        let latest = self.rebuilds.get(projection)?.latest()?;
        let progress = latest.progress();
        (!progress.phase.is_over()).then(|| RebuildView::of(progress, None))
    }

    /// The rebuild that was begun last; 404 if there was none.
    fn under_way(&self, name: &ProjectionName) -> Result<Arc<RebuildHandle>, Problem> {
        let latest = self.rebuilds(name)?.latest();
        let detail = || format!("projection {} is not being rebuilt", name.0);
        latest.ok_or_else(|| Problem::not_found(detail()))
    }

    /// How far it is.
    async fn view(
        &self,
        name: &ProjectionName,
        rebuild: &RebuildHandle,
    ) -> Result<Answer<RebuildView>, Problem> {
        // First: once that tells of an exchange, there is an edition before.
        let progress = rebuild.progress();
        let previous_until = self.rebuilds(name)?.previous_until();
        let previous_until = self
            .answered("until when an edition is kept", previous_until)
            .await;
        Ok(Answer::ok(RebuildView::of(
            progress,
            previous_until.flatten(),
        )))
    }
}

/// How far the last rebuild is that was begun since the service was started.
#[utoipa::path(
    get,
    path = "/projections/{name}/rebuild",
    tag = "operations",
    params(ProjectionName),
    responses(
        (status = 200, body = RebuildView),
        (status = "default", body = Problem, content_type = "application/problem+json")
    )
)]
pub(super) async fn get_rebuild(
    State(operations): State<Arc<Operations>>,
    Parameters(name): Parameters<ProjectionName>,
) -> Result<Answer<RebuildView>, Problem> {
    let rebuild = operations.under_way(&name)?;
    operations.view(&name, &rebuild).await
}

/// Begin to make a read model anew beside the one that is read, or go on with what was broken off.
/// While one is under way, this answers with it.
#[utoipa::path(
    post,
    path = "/projections/{name}/rebuild",
    tag = "operations",
    params(ProjectionName),
    request_body = Begin,
    responses(
        (status = 200, body = RebuildView),
        (status = "default", body = Problem, content_type = "application/problem+json")
    )
)]
pub(super) async fn begin_rebuild(
    State(operations): State<Arc<Operations>>,
    WithBody((name, begin)): WithBody<(ProjectionName, Begin)>,
) -> Result<Answer<RebuildView>, Problem> {
    let options = RebuildOptions {
        cut_over: begin.cut_over,
        throttle: begin.events_per_second,
        ..RebuildOptions::default()
    };
    let rebuild = operations.rebuilds(&name)?.begin(options);
    operations.view(&name, &rebuild).await
}

/// Let a rebuild stand still after the batch in progress.
#[utoipa::path(
    post,
    path = "/projections/{name}/rebuild/pause",
    tag = "operations",
    params(ProjectionName),
    responses(
        (status = 200, body = RebuildView),
        (status = "default", body = Problem, content_type = "application/problem+json")
    )
)]
pub(super) async fn pause_rebuild(
    State(operations): State<Arc<Operations>>,
    Parameters(name): Parameters<ProjectionName>,
) -> Result<Answer<RebuildView>, Problem> {
    let rebuild = operations.under_way(&name)?;
    rebuild.pause();
    operations.view(&name, &rebuild).await
}

/// Let a rebuild go on.
#[utoipa::path(
    post,
    path = "/projections/{name}/rebuild/resume",
    tag = "operations",
    params(ProjectionName),
    responses(
        (status = 200, body = RebuildView),
        (status = "default", body = Problem, content_type = "application/problem+json")
    )
)]
pub(super) async fn resume_rebuild(
    State(operations): State<Arc<Operations>>,
    Parameters(name): Parameters<ProjectionName>,
) -> Result<Answer<RebuildView>, Problem> {
    let rebuild = operations.under_way(&name)?;
    rebuild.resume();
    operations.view(&name, &rebuild).await
}

/// Let what was made take the place of what is read, whatever the comparison found.
#[utoipa::path(
    post,
    path = "/projections/{name}/rebuild/accept",
    tag = "operations",
    params(ProjectionName),
    responses(
        (status = 200, body = RebuildView),
        (status = "default", body = Problem, content_type = "application/problem+json")
    )
)]
pub(super) async fn accept_rebuild(
    State(operations): State<Arc<Operations>>,
    Parameters(name): Parameters<ProjectionName>,
) -> Result<Answer<RebuildView>, Problem> {
    let rebuild = operations.under_way(&name)?;
    rebuild.accept();
    operations.view(&name, &rebuild).await
}

/// Give a rebuild up, and drop what was made.
#[utoipa::path(
    post,
    path = "/projections/{name}/rebuild/cancel",
    tag = "operations",
    params(ProjectionName),
    responses(
        (status = 200, body = RebuildView),
        (status = "default", body = Problem, content_type = "application/problem+json")
    )
)]
pub(super) async fn cancel_rebuild(
    State(operations): State<Arc<Operations>>,
    Parameters(name): Parameters<ProjectionName>,
) -> Result<Answer<RebuildView>, Problem> {
    let rebuild = operations.under_way(&name)?;
    rebuild.cancel();
    operations.view(&name, &rebuild).await
}

/// Go back to the read model as it was before the last rebuild, which was kept up to date; or forth
/// again.
#[utoipa::path(
    post,
    path = "/projections/{name}/roll-back",
    tag = "operations",
    params(ProjectionName),
    responses(
        (status = 200, body = RolledBack),
        (status = "default", body = Problem, content_type = "application/problem+json")
    )
)]
pub(super) async fn roll_back(
    State(operations): State<Arc<Operations>>,
    Parameters(name): Parameters<ProjectionName>,
) -> Result<Answer<RolledBack>, Problem> {
    let position = operations.rebuilds(&name)?.roll_back().await?.0;
    Ok(Answer::ok(RolledBack { position }))
}
