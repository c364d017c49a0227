//! The routes of dead letters: looking at them, trying them again, giving them up.

use std::sync::Arc;

use annals_core::Position;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa::openapi::path::{Parameter, ParameterIn};

use super::Operations;
use super::letter::{LetterView, OpenedLetter, ReleasedView};
use super::projections::ProjectionName;
use super::reason::parse_reason;
use crate::answer::Answer;
use crate::body::WithBody;
use crate::fields::{Fields, FromFields};
use crate::object::text;
use crate::openapi::path_parameter;
use crate::page::{Cursor, Page, PageRequest};
use crate::parameters::Parameters;
use crate::problem::Problem;

/// The place of a letter in the list.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct Place(Position);

impl Cursor for Place {
    const COLLECTION: &'static str = "dead-letters";
}

/// The `{position}` of the path.
#[derive(Debug, Clone)]
pub(super) struct LetterPosition(Position);

impl FromFields for LetterPosition {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        fields.path("position", parse_position).map(Self)
    }
}

fn parse_position(text: &str) -> Result<Position, &'static str> {
    let position = text.parse().map(Position);
    position.map_err(|_| "must be the position of an event: a whole number")
}

impl utoipa::IntoParams for LetterPosition {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let description = "Where the event is in the store.";
        vec![path_parameter(
            "position",
            description,
            utoipa::schema!(u64),
        )]
    }
}

/// Why an event is given up.
#[derive(Debug, Clone, ToSchema)]
pub(super) struct Skip {
    /// The reason, which is kept for ever: 1 to 1000 characters.
    #[schema(min_length = 1, max_length = 1000)]
    reason: String,
}

impl FromFields for Skip {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        let reason = fields.required("reason", text(parse_reason));
        reason.map(|reason| Self { reason })
    }
}

/// What a projection could not apply, what waits behind that, and what was skipped, by position.
#[utoipa::path(
    get,
    path = "/projections/{name}/dead-letters",
    tag = "operations",
    params(ProjectionName, PageRequest<Place>),
    responses(
        (status = 200, body = Page<LetterView>),
        (status = "default", body = Problem, content_type = "application/problem+json")
    )
)]
pub(super) async fn list_dead_letters(
    State(operations): State<Arc<Operations>>,
    Parameters((name, page)): Parameters<(ProjectionName, PageRequest<Place>)>,
) -> Result<Answer<Page<LetterView>>, Problem> {
    let parked = &operations.find(&name)?.parked;
    let after = page.after.as_ref().map_or(Position::START, |place| place.0);
    let letters = parked.list(after, page.rows_to_read()).await?;
    let views = letters.into_iter().map(LetterView::from).collect();
    let page = page.page(views, |view: &LetterView| Place(view.position()));
    Ok(Answer::ok(page))
}

/// A dead letter with its event as the store has it.
#[utoipa::path(
    get,
    path = "/projections/{name}/dead-letters/{position}",
    tag = "operations",
    params(ProjectionName, LetterPosition),
    responses(
        (status = 200, body = OpenedLetter),
        (status = "default", body = Problem, content_type = "application/problem+json")
    )
)]
pub(super) async fn get_dead_letter(
    State(operations): State<Arc<Operations>>,
    Parameters((name, position)): Parameters<(ProjectionName, LetterPosition)>,
) -> Result<Answer<OpenedLetter>, Problem> {
    let parked = &operations.find(&name)?.parked;
    let letter = parked.letter(position.0).await?;
    let event = parked.event(position.0).await?;
    Ok(Answer::ok(OpenedLetter::of(letter, event)))
}

/// Try one event again. It stays parked if it fails, or if it waits for another.
#[utoipa::path(
    post,
    path = "/projections/{name}/dead-letters/{position}/retry",
    tag = "operations",
    params(ProjectionName, LetterPosition),
    responses(
        (status = 200, body = ReleasedView),
        (status = "default", body = Problem, content_type = "application/problem+json")
    )
)]
pub(super) async fn retry_dead_letter(
    State(operations): State<Arc<Operations>>,
    Parameters((name, position)): Parameters<(ProjectionName, LetterPosition)>,
) -> Result<Answer<ReleasedView>, Problem> {
    let parked = &operations.find(&name)?.parked;
    Ok(Answer::ok(parked.retry(position.0).await?.into()))
}

/// Try all events again, in order. What is applied stays applied, also if the answer is late.
#[utoipa::path(
    post,
    path = "/projections/{name}/dead-letters/retry",
    tag = "operations",
    params(ProjectionName),
    responses(
        (status = 200, body = ReleasedView),
        (status = "default", body = Problem, content_type = "application/problem+json")
    )
)]
pub(super) async fn retry_all_dead_letters(
    State(operations): State<Arc<Operations>>,
    Parameters(name): Parameters<ProjectionName>,
) -> Result<Answer<ReleasedView>, Problem> {
    let parked = &operations.find(&name)?.parked;
    Ok(Answer::ok(parked.retry_all().await?.into()))
}

/// Give an event up for good. What waited for it can be tried again from then on.
#[utoipa::path(
    post,
    path = "/projections/{name}/dead-letters/{position}/skip",
    tag = "operations",
    params(ProjectionName, LetterPosition),
    request_body = Skip,
    responses(
        (status = 200, body = LetterView),
        (status = "default", body = Problem, content_type = "application/problem+json")
    )
)]
pub(super) async fn skip_dead_letter(
    State(operations): State<Arc<Operations>>,
    WithBody((name, position, skip)): WithBody<(ProjectionName, LetterPosition, Skip)>,
) -> Result<Answer<LetterView>, Problem> {
    let parked = &operations.find(&name)?.parked;
    parked.skip(position.0, &skip.reason).await?;
    Ok(Answer::ok(parked.letter(position.0).await?.into()))
}
