//! The events of a user: what happened, who asked, when, as part of what.

use annals::http::{Answer, Freshness, Page, PageRequest, Parameters, Problem};
use annals::{Recorded, StreamVersion};
use axum::extract::State;
use serde_json::{Value, json};

use super::events::UserEvent;
use super::ids::UserId;
use super::personal::told;
use crate::bank::Bank;
use crate::history::{EventPlace, EventView};

fn view(recorded: &Recorded<UserEvent>) -> Result<EventView, Problem> {
    Ok(EventView::of(recorded, data(&recorded.event)?))
}

/// What an event tells, in the open: never what is stored of it. Where something personal was erased,
/// it is null, and `erased` says why.
fn data(event: &UserEvent) -> Result<Value, Problem> {
    Ok(match event {
        UserEvent::Registered {
            user_id,
            email,
            first_name,
            last_name,
            registered_at,
        } => json!({
            "userId": user_id,
            "email": told(email)?,
            "firstName": told(first_name)?,
            "lastName": told(last_name)?,
            "registeredAt": registered_at,
            "erased": email.is_erased(),
        }),
        UserEvent::Activated { activated_at } => json!({ "activatedAt": activated_at }),
        UserEvent::EmailChanged {
            user_id,
            new_email,
            updated_by,
            changed_at,
        } => json!({
            "userId": user_id,
            "newEmail": told(new_email)?,
            "updatedBy": updated_by,
            "changedAt": changed_at,
            "erased": new_email.is_erased(),
        }),
    })
}

/// The events of a user, oldest first, old shapes brought to the newest, personal values as far as
/// the user was not forgotten.
#[utoipa::path(
    get,
    path = "/users/{id}/history",
    tag = "queries",
    params(UserId, PageRequest<EventPlace>, Freshness),
    responses(
        (status = 200, body = Page<EventView>),
        (status = "default", body = Problem, content_type = "application/problem+json")
    )
)]
pub(crate) async fn list_history(
    State(bank): State<Bank>,
    Parameters((user_id, page, freshness)): Parameters<(
        UserId,
        PageRequest<EventPlace>,
        Freshness,
    )>,
) -> Result<Answer<Page<EventView>>, Problem> {
    let position = freshness.check(bank.head().await?)?;
    let after = page
        .after
        .as_ref()
        .map_or(StreamVersion::NONE, |place| place.0);
    let rows = u64::from(page.rows_to_read());
    let events = bank.users().history(user_id.as_str(), after, rows).await?;
    if events.is_empty() && after == StreamVersion::NONE {
        return Err(Problem::not_found(format!("there is no user {user_id}")));
    }
    let views = events.iter().map(view).collect::<Result<_, _>>()?;
    let page = page.page(views, EventPlace::of);
    Ok(Answer::ok(page).position(position))
}
