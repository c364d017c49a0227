//! The person who decides for instances that are parked, and now and then for others.

use annals::{Asked, Instance};

use crate::books::Wrong;
use crate::by_hand::ByHand;
use crate::checkout::MAY_STAY_UNKNOWN;
use crate::observed::{CHECKOUT, Observed, Which};
use crate::shop::Order;

fn asked(what: fn(String) -> Asked) -> Asked {
    what("carol says so".to_owned())
}

pub(crate) fn skip() -> Asked {
    asked(|reason| Asked::Skip { reason })
}

pub(crate) fn compensate() -> Asked {
    asked(|reason| Asked::Compensate { reason })
}

pub(crate) fn cancel() -> Asked {
    asked(|reason| Asked::Cancel { reason })
}

/// Sees to what one that is parked failed at. False: that cannot be seen to, since nobody knows
/// whether it will be done yet, or since it is more than one thing.
pub(crate) async fn sees_to(
    which: &Which,
    observed: &Observed,
    by_hand: &ByHand,
) -> Result<bool, Wrong> {
    let instance = &observed.instances[which];
    let order = observed.books.order(&which.1);
    let Some(failed) = what_failed(which, instance) else {
        return Ok(false);
    };
    if instance.unknown.contains_key(&failed) {
        return Ok(is_done(order, &failed, observed, by_hand));
    }
    by_hand.sees_to(order, &failed).await?;
    Ok(true)
}

/// The one call that it waits for a person for.
fn what_failed(which: &Which, instance: &Instance) -> Option<String> {
    let names = |field: &str| -> Vec<String> {
        let names = instance.state.get(field).cloned();
        names.map_or_else(Vec::new, |names| serde_json::from_value(names).unwrap())
    };
    let mut failed = match (which.0, instance.state["course"].as_str()) {
        (CHECKOUT, Some("back")) => match names("touched").last() {
            Some(last) => vec![format!("undo {last}")],
            None => vec!["once undone".to_owned()],
        },
        (CHECKOUT, Some("turnsBack")) => {
            let mut unknown = names("unknown");
            unknown.retain(|step| step != MAY_STAY_UNKNOWN);
            unknown
        }
        _ => names("failed"),
    };
    let last = failed.pop();
    last.filter(|_| failed.is_empty())
}

fn is_done(order: &Order, call: &str, observed: &Observed, by_hand: &ByHand) -> bool {
    let times = |step: &str| match step {
        "ship" => by_hand.courier.carried(&order.id),
        "once undone" => observed.books.times(&order.id, "cancel"),
        step => observed.books.times(&order.id, step),
    };
    match call.strip_prefix("undo ") {
        Some(step) => times(step).undone > 0,
        None => times(call).done > 0,
    }
}
