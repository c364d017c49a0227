//! The books of the shop, kept from the log event by event: at no position is anything lost, made up,
//! or done twice.

use std::collections::BTreeMap;

use annals::{Position, Recorded};

use crate::checkout::{MAY_STAY_UNKNOWN, PARTS};
use crate::courier::Times;
use crate::shop::{Order, ShopEvent};

/// What is wrong, and where.
pub(crate) type Wrong = String;

#[derive(Default)]
pub(crate) struct Books {
    /// What there was in the beginning: of money, and of each product.
    initial: BTreeMap<String, i64>,
    /// What all owners together have, of each.
    have: BTreeMap<String, i64>,
    /// What each owner has.
    owners: BTreeMap<String, i64>,
    /// What orders have taken and not passed on: of what, and which order.
    on_the_way: BTreeMap<(String, String), i64>,
    orders: BTreeMap<String, Order>,
    /// By order, then by step.
    steps: BTreeMap<String, BTreeMap<String, Step>>,
    /// How many positions were looked at.
    pub(crate) positions: u64,
}

#[derive(Debug, Clone, Copy, Default)]
struct Step {
    times: Times,
    /// What it has changed amounts by.
    amount: i64,
}

impl Books {
    /// Takes one event in, and looks at what it concerns.
    pub(crate) fn take(&mut self, event: &Recorded<ShopEvent>) -> Result<(), Wrong> {
        self.positions += 1;
        let owner = event.record.stream.id();
        match &event.event {
            ShopEvent::Opened { amount } => {
                *self.initial.entry(kind_of(owner)).or_default() += amount;
                self.gives(owner, *amount);
            }
            ShopEvent::Placed { order } => {
                self.orders.insert(order.id.clone(), order.clone());
            }
            ShopEvent::Done {
                order,
                step,
                amount,
            } => {
                let booked = self.book(owner, order, step, *amount);
                booked.times.done += 1;
            }
            ShopEvent::Undone {
                order,
                step,
                amount,
            } => {
                let booked = self.book(owner, order, step, -amount);
                booked.times.undone += 1;
            }
        }
        let at = event.record.position;
        self.check(owner, &event.event)
            .map_err(|wrong| at_position(at, &wrong))
    }

    pub(crate) fn order(&self, order: &str) -> &Order {
        &self.orders[order]
    }

    pub(crate) fn orders(&self) -> impl Iterator<Item = &Order> {
        self.orders.values()
    }

    /// How often a step of an order was done and undone.
    pub(crate) fn times(&self, order: &str, step: &str) -> Times {
        let steps = self.steps.get(order);
        let step = steps.and_then(|steps| steps.get(step));
        step.map(|step| step.times).unwrap_or_default()
    }

    /// What an order has taken and not passed on: of money, of its first product, of its second.
    pub(crate) fn on_the_way(&self, order: &str) -> [i64; 3] {
        let changed = |step: &str| {
            let steps = self.steps.get(order);
            let step = steps.and_then(|steps| steps.get(step));
            step.map_or(0, |step| step.amount)
        };
        let left = |[from, to]: [&str; 2]| -(changed(from) + changed(to));
        [
            ["withdraw", "settle"],
            ["reserve first", "sell first"],
            ["reserve second", "sell second"],
        ]
        .map(left)
    }

    fn book(&mut self, owner: &str, order: &str, step: &str, amount: i64) -> &mut Step {
        self.gives(owner, amount);
        let steps = self.steps.entry(order.to_owned()).or_default();
        let step = steps.entry(step.to_owned()).or_default();
        step.amount += amount;
        step
    }

    fn gives(&mut self, owner: &str, amount: i64) {
        *self.have.entry(kind_of(owner)).or_default() += amount;
        *self.owners.entry(owner.to_owned()).or_default() += amount;
    }

    /// Works out anew what is on its way for an order.
    fn note_on_the_way(&mut self, order: &str) {
        let amounts = self.on_the_way(order);
        let [first, second] = self.orders[order].lines.clone();
        let kinds = ["money".to_owned(), first.product, second.product];
        for (kind, amount) in kinds.into_iter().zip(amounts) {
            self.on_the_way.insert((kind, order.to_owned()), amount);
        }
    }

    fn check(&mut self, owner: &str, event: &ShopEvent) -> Result<(), Wrong> {
        let (ShopEvent::Done { order, step, .. } | ShopEvent::Undone { order, step, .. }) = event
        else {
            return Ok(());
        };
        let times = self.times(order, step);
        if times.done > 1 || times.undone > 1 {
            return Err(format!("{step} of {order}: {times:?}"));
        }
        if times.undone > times.done && step != MAY_STAY_UNKNOWN {
            return Err(format!("{step} of {order} is undone and was not done"));
        }
        let is_of_checkout = PARTS.iter().any(|(name, _)| name == step);
        if !is_of_checkout {
            return Ok(());
        }
        if self.owners[owner] < 0 {
            return Err(format!("{owner} has less than nothing"));
        }
        self.note_on_the_way(order);
        self.check_on_the_way(order)?;
        self.check_sums()
    }

    /// All or nothing of each is on its way.
    fn check_on_the_way(&self, order: &str) -> Result<(), Wrong> {
        let asked = self.order(order);
        let on_the_way = self.on_the_way(order);
        let whole = [
            asked.price,
            asked.lines[0].quantity,
            asked.lines[1].quantity,
        ];
        for (on_the_way, whole) in on_the_way.iter().zip(whole) {
            if *on_the_way != 0 && *on_the_way != whole {
                return Err(format!("{on_the_way} of {whole} of {order} are on the way"));
            }
        }
        Ok(())
    }

    /// What owners have and what is on the way is what there was.
    fn check_sums(&self) -> Result<(), Wrong> {
        for (kind, initial) in &self.initial {
            let on_the_way = self.on_the_way.iter().filter(|((of, _), _)| of == kind);
            let sum = self.have[kind] + on_the_way.map(|(_, amount)| amount).sum::<i64>();
            if sum != *initial {
                return Err(format!("of {initial} of {kind} there are {sum}"));
            }
        }
        Ok(())
    }
}

/// What an owner has: money, so much of a product, or what is none of both.
fn kind_of(owner: &str) -> String {
    let product = owner.strip_prefix("sold ").unwrap_or(owner);
    let kind = match product.split(' ').next() {
        Some("product") => product,
        Some("customer" | "till") => "money",
        _ => "nothing",
    };
    kind.to_owned()
}

fn at_position(at: Position, wrong: &str) -> Wrong {
    format!("at position {at}: {wrong}")
}
