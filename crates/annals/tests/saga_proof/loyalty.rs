//! A saga as a process manager: reminds who does not pay, awards points to who does, and gives thanks
//! later.

use std::collections::BTreeSet;
use std::time::Duration;

use annals::{
    Answer, Asked, Call, Decision, Input, InstanceId, Recorded, Request, Route, Saga, Schedule,
};
use serde::{Deserialize, Serialize};

use crate::checkout::RETRY;
use crate::shop::{Do, Order, ShopEvent};

#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Loyalty {
    order: Option<Order>,
    /// Calls that failed and are to be made again.
    failed: BTreeSet<String>,
    /// How often it was looked whether the order is paid.
    looks: u64,
}

impl Saga for Loyalty {
    const NAME: &'static str = "loyalty";
    const CATEGORIES: &'static [&'static str] = &["Owner"];
    type Event = ShopEvent;

    fn route(event: &Recorded<ShopEvent>) -> Route {
        let instance = |order: &str| InstanceId::new(order).unwrap();
        match &event.event {
            ShopEvent::Placed { order } => Route::Start(instance(&order.id)),
            ShopEvent::Done { order, step, .. } if step == "pay" => {
                Route::Continue(instance(order))
            }
            ShopEvent::Done { order, step, .. } if step == "cancel" => {
                Route::ContinueIfThere(instance(order))
            }
            _ => Route::Nobody,
        }
    }

    fn react(&mut self, input: &Input<ShopEvent>) -> Vec<Decision> {
        match input {
            Input::Event(event) => self.happened(&event.event),
            Input::Timer { name } if name == "look" => {
                self.looks += 1;
                Vec::new()
            }
            Input::Timer { name } => vec![self.call(name)],
            Input::Answer { call, answer } => self.answered(call, answer),
            Input::Asked(Asked::Skip { .. }) => self.skipped(),
            Input::Asked(_) => self.again(),
        }
    }
}

impl Loyalty {
    fn happened(&mut self, event: &ShopEvent) -> Vec<Decision> {
        match event {
            ShopEvent::Placed { order } => {
                self.order = Some(order.clone());
                let look = Schedule::Every(Duration::from_secs(40));
                vec![
                    Decision::timer("remind", Duration::from_secs(20)),
                    Decision::scheduled("look", look),
                ]
            }
            ShopEvent::Done { step, .. } if step == "pay" => {
                let cancel = |name: &str| Decision::CancelTimer {
                    name: name.to_owned(),
                };
                vec![cancel("remind"), cancel("look"), self.call("award")]
            }
            _ => vec![Decision::complete()],
        }
    }

    fn answered(&mut self, call: &str, answer: &Answer) -> Vec<Decision> {
        match answer {
            Answer::Done(_) => Self::done(call),
            failed => {
                self.failed.insert(call.to_owned());
                let reason = format!("{call}: {failed:?}");
                vec![Decision::Park { reason }]
            }
        }
    }

    fn done(call: &str) -> Vec<Decision> {
        match call {
            "award" => vec![Decision::timer("thank", Duration::from_secs(30))],
            "thank" => vec![Decision::complete()],
            _ => Vec::new(),
        }
    }

    fn skipped(&mut self) -> Vec<Decision> {
        let failed = std::mem::take(&mut self.failed).into_iter();
        let done = failed.flat_map(|call| Self::done(&call));
        std::iter::once(Decision::Resume).chain(done).collect()
    }

    fn again(&mut self) -> Vec<Decision> {
        let failed = std::mem::take(&mut self.failed).into_iter();
        let calls = failed.map(|call| self.call(&call));
        std::iter::once(Decision::Resume).chain(calls).collect()
    }

    fn call(&self, name: &str) -> Decision {
        let order = self.order.as_ref().expect("it began with an order");
        let mut call = Call::of(name, Request::of(&regarding(order, name)));
        call.retry = RETRY;
        Decision::Call(call)
    }
}

/// The command that a call of this name sends.
pub(crate) fn regarding(order: &Order, name: &str) -> Do {
    Do {
        owner: format!("points of {}", order.customer),
        order: order.id.clone(),
        step: name.to_owned(),
        amount: i64::from(name == "award"),
    }
}
