//! What a command on an order led to, as it is answered.

use annals::http::Answer;
use annals::runtime::Executed;
use serde::Serialize;
use utoipa::ToSchema;

use super::OrderId;
use super::items::ItemView;
use super::state::Order;
use super::status::OrderStatus;
use crate::money::Money;

/// An order after a command.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct OrderAnswer {
    order_id: OrderId,
    status: OrderStatus,
    items: Vec<ItemView>,
    total: Money,
    version: u64,
}

impl OrderAnswer {
    fn of(order_id: OrderId, executed: &Executed<Order>) -> Self {
        Self {
            order_id,
            status: executed.state.status,
            items: executed.state.items.views(),
            total: executed.state.items.total(),
            version: executed.version.0,
        }
    }

    /// 200.
    pub(super) fn ok(order_id: OrderId, executed: &Executed<Order>) -> Answer<Self> {
        Self::told_of(executed, Answer::ok(Self::of(order_id, executed)))
    }

    /// 201, and where the order is.
    pub(super) fn created(order_id: OrderId, executed: &Executed<Order>) -> Answer<Self> {
        let location = format!("/orders/{order_id}");
        let order = Self::of(order_id, executed);
        Self::told_of(executed, Answer::created(&location, order))
    }

    /// 202, and where to see what becomes of it.
    pub(super) fn accepted(order_id: OrderId, executed: &Executed<Order>) -> Answer<Self> {
        let location = format!("/orders/{order_id}");
        let order = Self::of(order_id, executed);
        Self::told_of(executed, Answer::accepted(&location, order))
    }

    fn told_of(executed: &Executed<Order>, answer: Answer<Self>) -> Answer<Self> {
        answer.version(executed.version).position(executed.position)
    }
}
