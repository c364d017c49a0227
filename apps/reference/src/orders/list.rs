//! Orders of a user, or all of them.

use std::str::FromStr;

use annals::Selection;
use annals::http::openapi::query_parameter;
use annals::http::{
    Answer, Cursor, Fields, Freshness, FromFields, Page, PageRequest, Parameters, Problem,
};
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::openapi::path::{Parameter, ParameterIn};

use super::OrderId;
use super::get::OrderView;
use super::read_model::OrderRow;
use super::status::OrderStatus;
use crate::bank::Bank;
use crate::users::UserId;

/// Which orders are asked for.
#[derive(Debug, Clone)]
pub struct Filter {
    user: Option<UserId>,
    status: Option<OrderStatus>,
}

impl FromFields for Filter {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        let user = fields.query("userId", UserId::from_str);
        let status = fields.query("status", OrderStatus::from_str);
        Some(Self { user, status })
    }
}

impl utoipa::IntoParams for Filter {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        vec![
            query_parameter(
                "userId",
                "Only orders of this user.",
                utoipa::schema!(
                    #[inline]
                    UserId
                ),
            ),
            query_parameter(
                "status",
                "Only orders that are as far as this.",
                utoipa::schema!(
                    #[inline]
                    OrderStatus
                ),
            ),
        ]
    }
}

/// The place of an order in the list.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Place(OrderId);

impl Cursor for Place {
    const COLLECTION: &'static str = "orders";
}

/// Orders by id, of one user or of all.
#[utoipa::path(
    get,
    path = "/orders",
    tag = "queries",
    params(Filter, PageRequest<Place>, Freshness),
    responses(
        (status = 200, body = Page<OrderView>),
        (status = "default", body = Problem, content_type = "application/problem+json")
    )
)]
pub(crate) async fn list_orders(
    State(bank): State<Bank>,
    Parameters((filter, page, freshness)): Parameters<(Filter, PageRequest<Place>, Freshness)>,
) -> Result<Answer<Page<OrderView>>, Problem> {
    let projection = bank.projection::<OrderRow>();
    let position = freshness.wait(bank.store(), projection).await?;
    let mut selection = Selection::new().limit(page.rows_to_read());
    if let Some(user) = &filter.user {
        selection = selection.equal("user_id", user);
    }
    if let Some(status) = &filter.status {
        selection = selection.equal("status", status);
    }
    if let Some(Place(last)) = &page.after {
        selection = selection.after(last);
    }
    let rows = bank.table::<OrderRow>().list(selection).await?;
    let views = rows.into_iter().map(OrderView::from).collect();
    let page = page.page(views, |view: &OrderView| Place(view.id().clone()));
    Ok(Answer::ok(page).position(position))
}
