//! Why a checkout failed, in words for whoever wanted to pay.

use annals::TOOK_TOO_LONG;
use serde::Deserialize;
use serde_json::Value;

use crate::accounts::AccountError;
use crate::catalogue::{ProductId, ShortLine, StockRefusal};
use crate::orders::OrderError;

/// What a checkout was undone for: a refusal, or a text that is for whoever operates the service.
pub(super) fn for_people(reason: &Value) -> String {
    if let Ok(refusal) = StockRefusal::deserialize(reason) {
        return of_stock(&refusal);
    }
    if let Ok(refusal) = AccountError::deserialize(reason) {
        return refusal.for_others();
    }
    if let Ok(refusal) = OrderError::deserialize(reason) {
        return refusal.to_string();
    }
    if reason == TOOK_TOO_LONG {
        return "the payment took too long".to_owned();
    }
    "the payment could not be completed".to_owned()
}

fn of_stock(refusal: &StockRefusal) -> String {
    let StockRefusal::Short { short, unknown } = refusal else {
        return refusal.to_string();
    };
    let short = short.iter().map(|line| {
        let ShortLine {
            product_id,
            asked,
            left,
        } = line;
        format!("{product_id} ({asked} ordered, {left} left)")
    });
    let unknown = unknown.iter();
    let unknown = unknown.map(|product: &ProductId| format!("{product} (not sold any more)"));
    let lines: Vec<_> = short.chain(unknown).collect();
    format!("not enough in stock: {}", lines.join(", "))
}
