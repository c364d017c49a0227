//! What the sagas work on: owners of money and of goods, in aggregates that defend nothing but their
//! amounts. Whoever does a step twice with them has done it twice.

use std::collections::BTreeMap;
use std::sync::Arc;

use annals::runtime::{Repository, ToAggregate};
use annals::{Aggregate, Command, Event, EventStore};
use serde::{Deserialize, Serialize};

/// What a customer wants: so much of two products, for a price.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Order {
    pub(crate) id: String,
    pub(crate) customer: String,
    pub(crate) price: i64,
    pub(crate) lines: [Line; 2],
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Line {
    pub(crate) product: String,
    pub(crate) quantity: i64,
}

/// What happens to an owner.
#[derive(Event, Serialize, Deserialize, Debug, Clone, PartialEq)]
pub(crate) enum ShopEvent {
    Opened {
        amount: i64,
    },
    Placed {
        order: Order,
    },
    /// A step of an order was done, which changed the amount by so much.
    Done {
        order: String,
        step: String,
        amount: i64,
    },
    /// A step was undone that had changed the amount by so much; by nothing if it was not done, and
    /// will not be.
    Undone {
        order: String,
        step: String,
        amount: i64,
    },
}

/// Somebody or something with an amount: a customer, the till, the stock of a product, an order.
#[derive(Default, Clone)]
pub(crate) struct Owner {
    amount: i64,
    /// By order and step. `None`: it was undone.
    done: BTreeMap<(String, String), Option<i64>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
pub(crate) enum Refusal {
    #[error("there is not enough")]
    NotEnough,
    #[error("it was undone before")]
    TooLate,
    #[error("nobody is allowed to")]
    Forbidden,
}

#[derive(Debug, Clone)]
pub(crate) enum OwnerCommand {
    Do {
        order: String,
        step: String,
        amount: i64,
    },
    Undo {
        order: String,
        step: String,
    },
}

impl Aggregate for Owner {
    const CATEGORY: &'static str = "Owner";
    type Command = OwnerCommand;
    type Event = ShopEvent;
    type Error = Refusal;

    fn decide(&self, command: OwnerCommand) -> Result<Vec<ShopEvent>, Refusal> {
        match command {
            OwnerCommand::Do {
                order,
                step,
                amount,
            } => self.do_step(order, step, amount),
            OwnerCommand::Undo { order, step } => {
                let done = self.done.get(&(order.clone(), step.clone()));
                let amount = done.copied().flatten().unwrap_or(0);
                Ok(vec![ShopEvent::Undone {
                    order,
                    step,
                    amount,
                }])
            }
        }
    }

    fn evolve(&mut self, event: &ShopEvent) {
        match event {
            ShopEvent::Opened { amount } => self.amount += amount,
            ShopEvent::Placed { .. } => {}
            ShopEvent::Done {
                order,
                step,
                amount,
            } => {
                self.amount += amount;
                let key = (order.clone(), step.clone());
                self.done.insert(key, Some(*amount));
            }
            ShopEvent::Undone {
                order,
                step,
                amount,
            } => {
                self.amount -= amount;
                self.done.insert((order.clone(), step.clone()), None);
            }
        }
    }
}

impl Owner {
    fn do_step(&self, order: String, step: String, amount: i64) -> Result<Vec<ShopEvent>, Refusal> {
        let key = (order, step);
        if self.done.get(&key) == Some(&None) {
            return Err(Refusal::TooLate);
        }
        if self.amount + amount < 0 {
            return Err(Refusal::NotEnough);
        }
        let (order, step) = key;
        Ok(vec![ShopEvent::Done {
            order,
            step,
            amount,
        }])
    }
}

/// Does a step of an order at an owner.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Do {
    pub(crate) owner: String,
    pub(crate) order: String,
    pub(crate) step: String,
    pub(crate) amount: i64,
}

/// Undoes a step of an order.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Undo {
    pub(crate) owner: String,
    pub(crate) order: String,
    pub(crate) step: String,
}

impl Command for Do {
    const NAME: &'static str = "do";
    type Reply = i64;
    type Refusal = Refusal;
}

impl Command for Undo {
    const NAME: &'static str = "undo";
    type Reply = i64;
    type Refusal = Refusal;
}

/// The owners in a store, as one more process sees them.
pub(crate) fn owners_in(store: &Arc<dyn EventStore>) -> Repository<Owner> {
    Repository::new(Arc::clone(store))
}

pub(crate) fn doing(
    owners: &Repository<Owner>,
) -> impl annals::runtime::CommandHandler<Do> + use<> {
    let address = |it: Do| {
        let (order, step, amount) = (it.order, it.step, it.amount);
        let command = OwnerCommand::Do {
            order,
            step,
            amount,
        };
        (it.owner, command)
    };
    ToAggregate::new(owners.clone(), address, |done| done.state.amount)
}

pub(crate) fn undoing(
    owners: &Repository<Owner>,
) -> impl annals::runtime::CommandHandler<Undo> + use<> {
    let address = |it: Undo| {
        let (order, step) = (it.order, it.step);
        (it.owner, OwnerCommand::Undo { order, step })
    };
    ToAggregate::new(owners.clone(), address, |done| done.state.amount)
}
