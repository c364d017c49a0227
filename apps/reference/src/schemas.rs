//! The events of the service, as they are recorded in `schemas`: whatever was stored once is read for
//! ever.
//!
//! After a change of an event: `annals-reference schema check` says whether recorded ones survive, and
//! `annals-reference schema accept` records what is new.

use annals::schema::Catalogue;
use annals::{Personal, Saga, Stepped, Steps, TableFold, Timestamp};

use crate::accounts::read_models::{
    AccountBalance, AccountSummary, DailySummary, TransactionHistory,
};
use crate::accounts::{Account, AccountEvent, Reference};
use crate::checkout::{Checkout, GiveBack};
use crate::money::{Currency, Money};
use crate::orders::{Order, OrderRow};
use crate::outbox::AccountsOutbox;
use crate::transfers::saga::MoneyTransfer;
use crate::transfers::{Transfer, TransferEvent, TransferRow};
use crate::users::{User, UserEvent, UserRow};
use crate::webhook::Webhook;

mod orders;

/// All events, who writes and who reads them.
pub fn catalogue() -> Catalogue {
    Catalogue::new("the reference service")
        .events(account_events())
        .produced_by::<Account>()
        .consumed_by_fold(&TableFold::of_rows::<AccountBalance>())
        .consumed_by_fold(&TableFold::of_tables::<TransactionHistory>())
        .consumed_by_fold(&TableFold::of_rows::<DailySummary>())
        .consumed_by_fold(&TableFold::of_tables::<AccountSummary>())
        .consumed_by_effect::<Webhook>()
        .consumed_by_effect::<AccountsOutbox>()
        .events(transfer_events())
        .produced_by::<Transfer>()
        .consumed_by_fold(&TableFold::of_rows::<TransferRow>())
        .consumed_by(MoneyTransfer::NAME, Stepped::<MoneyTransfer>::query())
        .events(user_events())
        .produced_by::<User>()
        .consumed_by_fold(&TableFold::of_rows::<UserRow>())
        .events(orders::events())
        .produced_by::<Order>()
        .consumed_by_fold(&TableFold::of_rows::<OrderRow>())
        .consumed_by(Checkout::NAME, Stepped::<Checkout>::query())
        .consumed_by(GiveBack::NAME, GiveBack::query())
}

fn account_events() -> [AccountEvent; 9] {
    let at = Timestamp::UNIX_EPOCH;
    let amount = Money::of_minor(1_050, Currency::USD);
    let reference = || Reference::to("transfer", "t-1");
    [
        AccountEvent::Opened {
            account_id: "acc-123".parse().expect("it is an id"),
            owner_id: "owner-7".parse().expect("it is an id"),
            opened_at: at,
        },
        AccountEvent::Deposited {
            amount,
            description: Some("salary".to_owned()),
            reference: None,
            timestamp: at,
        },
        AccountEvent::Deposited {
            amount,
            description: None,
            reference: None,
            timestamp: at,
        },
        AccountEvent::Deposited {
            amount,
            description: None,
            reference: Some(reference()),
            timestamp: at,
        },
        AccountEvent::Withdrawn {
            amount,
            description: Some("rent".to_owned()),
            reference: None,
            timestamp: at,
        },
        AccountEvent::Withdrawn {
            amount,
            description: None,
            reference: Some(reference()),
            timestamp: at,
        },
        AccountEvent::Settled {
            reference: reference(),
            settled_at: at,
        },
        AccountEvent::Closed {
            reason: Some("moved".to_owned()),
            closed_at: at,
        },
        AccountEvent::Closed {
            reason: None,
            closed_at: at,
        },
    ]
}

fn transfer_events() -> [TransferEvent; 4] {
    let at = Timestamp::UNIX_EPOCH;
    let requested = |description: Option<&str>| TransferEvent::Requested {
        transfer_id: "t-1".parse().expect("it is an id"),
        from: "acc-123".parse().expect("it is an id"),
        to: "acc-124".parse().expect("it is an id"),
        amount: Money::of_minor(1_050, Currency::USD),
        description: description.map(str::to_owned),
        requested_at: at,
    };
    [
        requested(Some("rent")),
        requested(None),
        TransferEvent::Completed { completed_at: at },
        TransferEvent::Refunded {
            reason: "account acc-124: the account is closed".to_owned(),
            refunded_at: at,
        },
    ]
}

/// Of nobody: a sample is sealed under a key that everybody knows.
fn user_events() -> [UserEvent; 3] {
    let at = Timestamp::UNIX_EPOCH;
    let user_id = || "user-7".parse().expect("it is an id");
    let told = |text: &str| Personal::new(text.to_owned());
    [
        UserEvent::Registered {
            user_id: user_id(),
            email: told("name@example.org"),
            first_name: told("First"),
            last_name: told("Last"),
            registered_at: at,
        },
        UserEvent::Activated { activated_at: at },
        UserEvent::EmailChanged {
            user_id: user_id(),
            new_email: told("name@example.com"),
            updated_by: user_id(),
            changed_at: at,
        },
    ]
}
