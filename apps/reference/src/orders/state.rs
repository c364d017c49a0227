//! The order that decides: its state, and which rule answers which command.

use annals::{Aggregate, Timestamp, snapshot};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::OrderId;
use super::add_item::AddItem;
use super::cancel::Cancel;
use super::create::Create;
use super::deliver::Deliver;
use super::error::OrderError;
use super::events::OrderEvent;
use super::for_checkout::{CallOff, MarkPaid, NoteReserved};
use super::items::Items;
use super::pay::Pay;
use super::remove_item::RemoveItem;
use super::ship::Ship;
use super::status::OrderStatus;
use super::submit::Submit;
use crate::accounts::AccountId;
use crate::money::Money;
use crate::users::UserId;

/// An order, as its events made it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Order {
    /// For whom it was created; nothing before that.
    pub creation: Option<Creation>,
    /// How far it is.
    pub status: OrderStatus,
    /// What is in it.
    pub items: Items,
    /// How somebody wants to pay it, or has.
    pub payment: Option<PaymentRequest>,
}

/// The creation of an order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Creation {
    /// Which order.
    pub order_id: OrderId,
    /// Whose.
    pub user_id: UserId,
}

/// How an order is to be paid.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PaymentRequest {
    /// From which account.
    pub account_id: AccountId,
    /// How much.
    pub total: Money,
}

/// What can be asked of an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OrderCommand {
    /// Create it.
    Create(Create),
    /// Add some of a product.
    AddItem(AddItem),
    /// Take a product out.
    RemoveItem(RemoveItem),
    /// Say that it is complete.
    Submit(Submit),
    /// Begin to pay it.
    Pay(Pay),
    /// Note that all of it is kept for it.
    NoteReserved(NoteReserved),
    /// Note that it is paid.
    MarkPaid(MarkPaid),
    /// Send it.
    Ship(Ship),
    /// Note that it has arrived.
    Deliver(Deliver),
    /// Cancel it.
    Cancel(Cancel),
    /// Cancel it, since its checkout failed.
    CallOff(CallOff),
}

#[snapshot]
impl Aggregate for Order {
    const CATEGORY: &'static str = "Order";
    type Command = OrderCommand;
    type Event = OrderEvent;
    type Error = OrderError;

    fn happens_at(command: &OrderCommand) -> Option<Timestamp> {
        Some(Self::time_of(command))
    }

    fn decide(&self, command: OrderCommand) -> Result<Vec<OrderEvent>, OrderError> {
        match command {
            OrderCommand::Create(create) => create.decide(self),
            OrderCommand::AddItem(add) => add.decide(self),
            OrderCommand::RemoveItem(remove) => remove.decide(self),
            OrderCommand::Submit(submit) => submit.decide(self),
            OrderCommand::Pay(pay) => pay.decide(self),
            OrderCommand::NoteReserved(note) => note.decide(self),
            OrderCommand::MarkPaid(paid) => paid.decide(self),
            OrderCommand::Ship(ship) => ship.decide(self),
            OrderCommand::Deliver(deliver) => deliver.decide(self),
            OrderCommand::Cancel(cancel) => cancel.decide(self),
            OrderCommand::CallOff(call_off) => call_off.decide(self),
        }
    }

    fn evolve(&mut self, event: &OrderEvent) {
        match event {
            OrderEvent::Created {
                order_id, user_id, ..
            } => {
                self.creation = Some(Creation {
                    order_id: order_id.clone(),
                    user_id: user_id.clone(),
                });
            }
            OrderEvent::ItemAdded {
                product_id,
                quantity,
                unit_price,
                ..
            } => self.items = self.items.clone().with(product_id, *quantity, *unit_price),
            OrderEvent::ItemRemoved { product_id, .. } => {
                self.items = self.items.clone().without(product_id);
            }
            OrderEvent::Submitted { .. } => self.status = OrderStatus::Pending,
            OrderEvent::PaymentRequested {
                account_id, total, ..
            } => {
                self.payment = Some(PaymentRequest {
                    account_id: account_id.clone(),
                    total: *total,
                });
            }
            OrderEvent::StockReserved { .. } => {}
            OrderEvent::Paid { .. } => self.status = OrderStatus::Paid,
            OrderEvent::Shipped { .. } => self.status = OrderStatus::Shipped,
            OrderEvent::Delivered { .. } => self.status = OrderStatus::Delivered,
            OrderEvent::Cancelled { .. } => self.status = OrderStatus::Cancelled,
        }
    }
}

impl Order {
    /// When what a command asks for is to have happened.
    fn time_of(command: &OrderCommand) -> Timestamp {
        match command {
            OrderCommand::Create(create) => create.at,
            OrderCommand::AddItem(add) => add.at,
            OrderCommand::RemoveItem(remove) => remove.at,
            OrderCommand::Submit(submit) => submit.at,
            OrderCommand::Pay(pay) => pay.at,
            OrderCommand::NoteReserved(note) => note.at,
            OrderCommand::MarkPaid(paid) => paid.at,
            OrderCommand::Ship(ship) => ship.at,
            OrderCommand::Deliver(deliver) => deliver.at,
            OrderCommand::Cancel(cancel) => cancel.at,
            OrderCommand::CallOff(call_off) => call_off.at,
        }
    }

    /// Checks that it is there, and exactly as far.
    pub(super) fn check_is(&self, needed: OrderStatus) -> Result<(), OrderError> {
        let status = self.known_status()?;
        if status != needed {
            return Err(OrderError::WrongStatus { status, needed });
        }
        Ok(())
    }

    /// How far it is, if it is there.
    pub(super) fn known_status(&self) -> Result<OrderStatus, OrderError> {
        let created = self.creation.as_ref();
        created.map(|_| self.status).ok_or(OrderError::NotCreated)
    }

    /// The payment that is under way.
    pub(super) fn payment_under_way(&self) -> Result<&PaymentRequest, OrderError> {
        self.check_is(OrderStatus::Pending)?;
        self.payment.as_ref().ok_or(OrderError::NoPayment)
    }
}
