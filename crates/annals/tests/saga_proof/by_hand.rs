//! What a person does instead of a saga, before it is skipped there.

use std::sync::Arc;

use annals::EventStore;
use annals::runtime::{CommandContext, CommandHandler, IdempotencyKey, Repository};

use crate::books::Wrong;
use crate::checkout::{self, PARTS};
use crate::courier::{BringBack, Carry, Courier};
use crate::loyalty::regarding;
use crate::shop::{Do, Order, Owner, doing, owners_in, undoing};

pub(crate) struct ByHand {
    owners: Repository<Owner>,
    pub(crate) courier: Courier,
}

impl ByHand {
    pub(crate) fn new(store: &Arc<dyn EventStore>, courier: &Courier) -> Self {
        Self {
            owners: owners_in(store),
            courier: courier.clone(),
        }
    }

    /// Does what a call failed to do.
    pub(crate) async fn sees_to(&self, order: &Order, call: &str) -> Result<(), Wrong> {
        let key = format!("by hand {}/{call}", order.id);
        let context = CommandContext {
            idempotency: Some(IdempotencyKey::new(key, call.as_bytes())),
            ..CommandContext::default()
        };
        let id = order.id.clone();
        let courier = &self.courier;
        let done = match call {
            "ship" => courier.handle(Carry { order: id }, context).await.map(drop),
            "undo ship" => courier
                .handle(BringBack { order: id }, context)
                .await
                .map(drop),
            call => match call.strip_prefix("undo ") {
                Some(step) => {
                    let undo = checkout::undoing(order, part(step).expect("a step is undone"));
                    undoing(&self.owners).handle(undo, context).await.map(drop)
                }
                None => {
                    let command = command_of(order, call);
                    doing(&self.owners).handle(command, context).await.map(drop)
                }
            },
        };
        done.map_err(|fault| format!("by hand: {fault:?}"))
    }
}

fn part(step: &str) -> Option<(&'static str, checkout::Part)> {
    PARTS.into_iter().find(|(name, _)| *name == step)
}

fn command_of(order: &Order, call: &str) -> Do {
    match (part(call), call) {
        (Some(part), _) => checkout::doing(order, part),
        (None, "once undone") => checkout::cancelling(order),
        (None, call) => regarding(order, call),
    }
}
