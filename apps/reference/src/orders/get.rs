//! One order, as it is now.

use annals::Timestamp;
use annals::http::{Answer, Freshness, Parameters, Problem};
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use super::OrderId;
use super::items::ItemView;
use super::read_model::OrderRow;
use super::status::OrderStatus;
use crate::accounts::AccountId;
use crate::bank::Bank;
use crate::money::Money;
use crate::users::UserId;

/// An order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct OrderView {
    order_id: OrderId,
    user_id: UserId,
    status: OrderStatus,
    items: Vec<ItemView>,
    total: Money,
    /// The account it was or is to be paid from.
    account_id: Option<AccountId>,
    /// Why it was cancelled.
    reason: Option<String>,
    created_at: Timestamp,
    updated_at: Timestamp,
    version: u64,
}

impl From<OrderRow> for OrderView {
    fn from(row: OrderRow) -> Self {
        Self {
            total: row.total(),
            items: row.items.views(),
            order_id: row.order_id,
            user_id: row.user_id,
            status: row.status,
            account_id: row.account_id,
            reason: row.reason,
            created_at: row.created_at,
            updated_at: row.updated_at,
            version: row.version.0,
        }
    }
}

impl OrderView {
    /// Which order.
    pub(super) fn id(&self) -> &OrderId {
        &self.order_id
    }
}

/// One order, with its items and what they cost.
#[utoipa::path(
    get,
    path = "/orders/{id}",
    tag = "queries",
    params(OrderId, Freshness),
    responses(
        (status = 200, body = OrderView),
        (status = "default", body = Problem, content_type = "application/problem+json")
    )
)]
pub(crate) async fn get_order(
    State(bank): State<Bank>,
    Parameters((order_id, freshness)): Parameters<(OrderId, Freshness)>,
) -> Result<Answer<OrderView>, Problem> {
    let projection = bank.projection::<OrderRow>();
    let position = freshness.wait(bank.store(), projection).await?;
    let row = bank.table::<OrderRow>().get(&order_id).await?;
    let row = row.ok_or_else(|| Problem::not_found(format!("there is no order {order_id}")))?;
    let version = row.version;
    let answer = Answer::ok(OrderView::from(row));
    Ok(answer.version(version).position(position))
}
