//! What routes of orders are given.

use std::time::Duration;

use annals::runtime::{CommandContext, ExecuteError, Executed};

use super::{Bank, new_id};
use crate::orders::{Order, OrderCommand, OrderError, OrderId};

/// How long a checkout may take until what it took is kept for good.
pub const CHECKOUT_TIMEOUT: Duration = Duration::from_secs(120);

impl Bank {
    /// The same bank, whose checkouts that begin from now on may take so long until the order is paid.
    /// After that they are undone.
    #[must_use]
    pub fn with_checkout_timeout(mut self, timeout: Duration) -> Self {
        self.checkout_timeout = timeout;
        self
    }

    /// How long a checkout may take that begins now.
    pub fn checkout_timeout(&self) -> Duration {
        self.checkout_timeout
    }

    /// Sends a command to an order.
    ///
    /// # Errors
    /// [`ExecuteError`]: the order's refusal, or why the command could not be carried out.
    pub async fn execute_for_order(
        &self,
        order: &OrderId,
        command: OrderCommand,
        context: CommandContext,
    ) -> Result<Executed<Order>, ExecuteError<OrderError>> {
        let id = order.as_str();
        self.annals.execute(id, command, context).await
    }

    /// An id for a new order: of the idempotency key if there is one, so that a repeated request
    /// creates no second order.
    pub fn new_order_id(&self, context: &CommandContext) -> OrderId {
        let id = new_id::<Order>(context);
        id.parse().expect("a UUID is a valid order id")
    }
}
