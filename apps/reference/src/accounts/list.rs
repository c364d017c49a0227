//! Accounts of an owner, or all of them.

use std::str::FromStr;

use annals::Selection;
use annals::http::{
    Answer, Cursor, Fields, Freshness, FromFields, Page, PageRequest, Parameters, Problem,
};
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::openapi::path::{Parameter, ParameterIn};

use super::get::AccountView;
use super::ids::{AccountId, OwnerId};
use super::read_models::AccountBalance;
use super::state::Status;
use crate::bank::Bank;

/// Which accounts are asked for.
#[derive(Debug, Clone)]
pub struct Filter {
    owner: Option<OwnerId>,
    status: Option<Status>,
}

impl FromFields for Filter {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        let owner = fields.query("ownerId", OwnerId::from_str);
        let status = fields.query("status", Status::from_str);
        Some(Self { owner, status })
    }
}

impl utoipa::IntoParams for Filter {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        use annals::http::openapi::query_parameter;
        vec![
            query_parameter(
                "ownerId",
                "Only accounts of this owner.",
                utoipa::schema!(
                    #[inline]
                    OwnerId
                ),
            ),
            query_parameter(
                "status",
                "Only accounts in this state.",
                utoipa::schema!(
                    #[inline]
                    Status
                ),
            ),
        ]
    }
}

/// The place of an account in the list.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Place(AccountId);

impl Cursor for Place {
    const COLLECTION: &'static str = "accounts";
}

/// Accounts by id, of one owner or of all.
#[utoipa::path(
    get,
    path = "/accounts",
    tag = "queries",
    params(Filter, PageRequest<Place>, Freshness),
    responses(
        (status = 200, body = Page<AccountView>),
        (status = "default", body = Problem, content_type = "application/problem+json")
    )
)]
pub(crate) async fn list_accounts(
    State(bank): State<Bank>,
    Parameters((filter, page, freshness)): Parameters<(Filter, PageRequest<Place>, Freshness)>,
) -> Result<Answer<Page<AccountView>>, Problem> {
    let position = freshness
        .wait(bank.store(), bank.projection::<AccountBalance>())
        .await?;
    let mut selection = Selection::new().limit(page.rows_to_read());
    if let Some(owner) = &filter.owner {
        selection = selection.equal("owner_id", owner);
    }
    if let Some(status) = &filter.status {
        selection = selection.equal("status", status);
    }
    if let Some(Place(last)) = &page.after {
        selection = selection.after(last);
    }
    let rows = bank.table::<AccountBalance>().list(selection).await?;
    let views = rows.into_iter().map(AccountView::from).collect();
    let page = page.page(views, |view: &AccountView| Place(view.id().clone()));
    Ok(Answer::ok(page).position(position))
}
