//! Samples of what happens to orders.

use std::num::NonZeroU32;

use annals::Timestamp;

use crate::money::{Currency, Money};
use crate::orders::{Line, OrderEvent};

pub(super) fn events() -> [OrderEvent; 11] {
    let at = Timestamp::UNIX_EPOCH;
    let product_id = || "mug".parse().expect("it is an id");
    let account_id = || "acc-123".parse().expect("it is an id");
    let quantity = NonZeroU32::MIN;
    let price = Money::of_minor(1_050, Currency::USD);
    [
        OrderEvent::Created {
            order_id: "o-1".parse().expect("it is an id"),
            user_id: "user-7".parse().expect("it is an id"),
            created_at: at,
        },
        OrderEvent::ItemAdded {
            product_id: product_id(),
            quantity,
            unit_price: price,
            added_at: at,
        },
        OrderEvent::ItemRemoved {
            product_id: product_id(),
            removed_at: at,
        },
        OrderEvent::Submitted { submitted_at: at },
        OrderEvent::PaymentRequested {
            account_id: account_id(),
            total: price,
            lines: vec![Line {
                product_id: product_id(),
                quantity,
            }],
            timeout_ms: 120_000,
            requested_at: at,
        },
        OrderEvent::StockReserved { reserved_at: at },
        OrderEvent::Paid {
            account_id: account_id(),
            total: price,
            paid_at: at,
        },
        OrderEvent::Shipped { shipped_at: at },
        OrderEvent::Delivered { delivered_at: at },
        OrderEvent::Cancelled {
            reason: Some("not needed any more".to_owned()),
            cancelled_at: at,
        },
        OrderEvent::Cancelled {
            reason: None,
            cancelled_at: at,
        },
    ]
}
