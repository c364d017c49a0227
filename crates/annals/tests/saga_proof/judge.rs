//! What must be so once there are no faults any more.

use annals::{Ending, Instance, SagaStatus};

use crate::alarms::Alarms;
use crate::books::Wrong;
use crate::checkout::{MAY_STAY_UNKNOWN, PARTS};
use crate::courier::{Courier, Times};
use crate::observed::{CHECKOUT, LOYALTY, Observed, Which};
use crate::simulation::Seen;

const ONCE: Times = Times { done: 1, undone: 0 };
const NEVER: Times = Times { done: 0, undone: 0 };

/// Each instance is there, and ended or parked; or it waits for an order that somebody has to decide
/// on.
pub(crate) fn all_at_rest(observed: &Observed) -> Result<(), Wrong> {
    each(observed, |which, instance| {
        is_ended_or_parked(instance) || which.0 == LOYALTY && is_undecided(observed, &which.1)
    })
}

pub(crate) fn all_ended(observed: &Observed) -> Result<(), Wrong> {
    each(observed, |_, instance| instance.has_ended())
}

fn each(observed: &Observed, is_so: impl Fn(&Which, &Instance) -> bool) -> Result<(), Wrong> {
    for order in observed.books.orders() {
        for saga in [CHECKOUT, LOYALTY] {
            let which = (saga, order.id.clone());
            match observed.instances.get(&which) {
                Some(instance) if is_so(&which, instance) => {}
                Some(instance) => return Err(format!("{which:?} goes on and on: {instance:?}")),
                None => return Err(format!("{which:?} was forgotten")),
            }
        }
    }
    Ok(())
}

fn is_ended_or_parked(instance: &Instance) -> bool {
    instance.has_ended() || matches!(instance.status, SagaStatus::Parked { .. })
}

/// True if its checkout waits for a person, or was ended by one.
fn is_undecided(observed: &Observed, order: &str) -> bool {
    let checkout = observed.instances.get(&(CHECKOUT, order.to_owned()));
    checkout.is_some_and(|checkout| {
        matches!(
            checkout.status,
            SagaStatus::Parked { .. } | SagaStatus::Ended(Ending::Cancelled { .. })
        )
    })
}

/// Those whose order nobody works on any more.
pub(crate) fn waiting_in_vain(observed: &Observed) -> Vec<Which> {
    let running = observed.instances.iter().filter(|(which, instance)| {
        let checkout = observed.instances.get(&(CHECKOUT, which.1.clone()));
        let is_cancelled = checkout
            .is_some_and(|it| matches!(it.status, SagaStatus::Ended(Ending::Cancelled { .. })));
        which.0 == LOYALTY && instance.status == SagaStatus::Running && is_cancelled
    });
    running.map(|(which, _)| which.clone()).collect()
}

/// The read model shows each instance that is parked.
pub(crate) fn parked_are_told_of(observed: &Observed) -> Result<(), Wrong> {
    for (which, instance) in &observed.instances {
        let is_parked = matches!(instance.status, SagaStatus::Parked { .. });
        if is_parked != observed.is_parked(which) {
            return Err(format!(
                "the row of {which:?} does not tell that it is parked"
            ));
        }
    }
    Ok(())
}

/// The log and the metric tell of each parking, unless the process was cut off when it had recorded that.
pub(crate) fn alarms_were_heard(alarms: &Alarms, seen: &Seen) -> Result<(), Wrong> {
    let (logged, counted) = (alarms.logged(), alarms.counted());
    if logged != counted || logged + seen.cut + seen.failed < seen.parkings {
        return Err(format!("{logged} in the log, {counted} counted: {seen:?}"));
    }
    Ok(())
}

/// How many completed, were compensated, and were cancelled.
pub(crate) fn endings(observed: &Observed) -> (u64, u64, u64) {
    let count = |name: &str| {
        let ended = observed.instances.values().filter(
            |instance| matches!(&instance.status, SagaStatus::Ended(ending) if ending.name() == name),
        );
        ended.count() as u64
    };
    (count("completed"), count("compensated"), count("cancelled"))
}

/// No effect of an order is missing, and none too many.
pub(crate) fn each_ended_well(observed: &Observed, courier: &Courier) -> Result<(), Wrong> {
    for order in observed.books.orders() {
        let order = &order.id;
        let shipped = courier.carried(order);
        if shipped.done > 1 || shipped.undone > shipped.done {
            return Err(format!("{order}: shipped {shipped:?}"));
        }
        match ending(observed, CHECKOUT, order)? {
            Ending::Completed => all_done(observed, order, shipped)?,
            Ending::Compensated { .. } => all_undone(observed, order, shipped)?,
            Ending::Cancelled { .. } => continue,
        }
        if observed.books.on_the_way(order) != [0; 3] {
            return Err(format!("{order} is over, and something is on its way"));
        }
        if ending(observed, LOYALTY, order)? == &Ending::Completed {
            thanked(observed, order)?;
        }
    }
    Ok(())
}

fn ending<'a>(
    observed: &'a Observed,
    saga: &'static str,
    order: &str,
) -> Result<&'a Ending, Wrong> {
    match &observed.instances[&(saga, order.to_owned())].status {
        SagaStatus::Ended(ending) => Ok(ending),
        status => Err(format!("{saga} of {order}: {status:?}")),
    }
}

fn all_done(observed: &Observed, order: &str, shipped: Times) -> Result<(), Wrong> {
    let steps = PARTS
        .iter()
        .map(|(step, _)| (*step, observed.books.times(order, step)));
    for (step, times) in steps.chain([("ship", shipped)]) {
        if times != ONCE {
            return Err(format!("{order} is complete, and {step}: {times:?}"));
        }
    }
    told_once(observed, order, NEVER)
}

fn all_undone(observed: &Observed, order: &str, shipped: Times) -> Result<(), Wrong> {
    let steps = PARTS
        .iter()
        .map(|(step, _)| (*step, observed.books.times(order, step)));
    for (step, times) in steps.chain([("ship", shipped)]) {
        let may_be_undone_undone = step == MAY_STAY_UNKNOWN && times.done == 0;
        if times.done != times.undone && !may_be_undone_undone {
            return Err(format!("{order} is undone, and {step}: {times:?}"));
        }
    }
    told_once(observed, order, ONCE)
}

/// Somebody was told that it was undone, if it was.
fn told_once(observed: &Observed, order: &str, expected: Times) -> Result<(), Wrong> {
    let told = observed.books.times(order, "cancel");
    match told == expected {
        true => Ok(()),
        false => Err(format!("{order}: told {told:?}")),
    }
}

/// Whoever paid has points and thanks, unless it was undone while they were on their way.
fn thanked(observed: &Observed, order: &str) -> Result<(), Wrong> {
    let times = |step| observed.books.times(order, step);
    let is_undone = times("cancel").done > 0;
    let (paid, awarded, thanked) = (times("pay").done, times("award").done, times("thank").done);
    let is_right = match is_undone {
        true => thanked <= awarded && awarded <= paid,
        false => (paid, awarded, thanked) == (1, 1, 1),
    };
    match is_right {
        true => Ok(()),
        false => Err(format!(
            "{order}: paid {paid}, awarded {awarded}, thanked {thanked}"
        )),
    }
}
