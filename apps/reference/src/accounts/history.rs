//! The events of an account: what happened, who asked, when, as part of what.

use annals::http::{Answer, Freshness, Page, PageRequest, Parameters, Problem};
use annals::{Event, Recorded, StreamVersion};
use axum::extract::State;

use super::events::AccountEvent;
use super::ids::AccountId;
use crate::bank::Bank;
use crate::history::{EventPlace, EventView};

fn view(recorded: &Recorded<AccountEvent>) -> Result<EventView, Problem> {
    let data = recorded.event.encode();
    let data = data.map_err(|error| Problem::internal(&error))?;
    let data = serde_json::from_slice(&data).map_err(|error| Problem::internal(&error))?;
    Ok(EventView::of(recorded, data))
}

/// The events of an account, oldest first, old shapes brought to the newest.
#[utoipa::path(
    get,
    path = "/accounts/{id}/history",
    tag = "queries",
    params(AccountId, PageRequest<EventPlace>, Freshness),
    responses(
        (status = 200, body = Page<EventView>),
        (status = "default", body = Problem, content_type = "application/problem+json")
    )
)]
pub(crate) async fn list_history(
    State(bank): State<Bank>,
    Parameters((account_id, page, freshness)): Parameters<(
        AccountId,
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
    let events = bank
        .accounts()
        .history(account_id.as_str(), after, rows)
        .await?;
    if events.is_empty() && after == StreamVersion::NONE {
        return Err(Problem::not_found(format!(
            "there is no account {account_id}"
        )));
    }
    let views = events.iter().map(view).collect::<Result<_, _>>()?;
    let page = page.page(views, EventPlace::of);
    Ok(Answer::ok(page).position(position))
}
