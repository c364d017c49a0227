//! What happens to each account: the same to all of them, so that a version tells everything.

use annals::{
    Aggregate, Annals, Append, AppendId, Clock, Event, EventId, ExpectedVersion, IdSource,
    Metadata, RandomIds, SystemClock, Timestamp,
};
use annals_reference::accounts::{Account, AccountEvent};
use annals_reference::money::{Currency, Money};
use serde_json::{Value, json};

use crate::Failure;

/// How many events each account begins with.
pub(crate) const EVENTS_EACH: u64 = 1_000;

const DEPOSIT: i64 = 100;
const WITHDRAWAL: i64 = 50;

/// The name of an account.
pub(crate) fn account(number: u64) -> String {
    format!("acc-{number}")
}

/// True if the event that makes this version takes money out. The first one opens the account.
pub(crate) fn is_withdrawal(version: u64) -> bool {
    version.is_multiple_of(3)
}

/// How much the event that makes this version moves, as JSON.
pub(crate) fn amount(version: u64) -> Value {
    match is_withdrawal(version) {
        true => usd(WITHDRAWAL),
        false => usd(DEPOSIT),
    }
}

/// What is there at this version, as JSON.
pub(crate) fn balance(version: u64) -> Value {
    let withdrawals = version / 3;
    let deposits = version - 1 - withdrawals;
    let minor = |number: u64, each: i64| i64::try_from(number).map(|number| number * each);
    let balance = minor(deposits, DEPOSIT)
        .and_then(|deposited| Ok(deposited - minor(withdrawals, WITHDRAWAL)?));
    usd(balance.expect("a version is far below what a balance holds"))
}

fn usd(minor: i64) -> Value {
    json!(Money::of_minor(minor, Currency::USD))
}

/// Records what each account begins with.
pub(crate) async fn record(service: &Annals, accounts: u64) -> Result<(), Failure> {
    let now = SystemClock.now();
    for number in 0..accounts {
        let id = AppendId(RandomIds.next());
        let events = (1..=EVENTS_EACH).map(|version| {
            let event = event(number, version, now)?;
            let place = usize::try_from(version - 1)?;
            let id = EventId::of_append(id, place);
            Ok::<_, Failure>(event.to_new(id, Metadata::default())?)
        });
        let events = events.collect::<Result<Vec<_>, _>>()?;
        let stream = Account::stream(&account(number))?;
        let append = Append::to(stream, ExpectedVersion::NoStream, events).with_id(id);
        service.store().append(append).await?;
    }
    Ok(())
}

fn event(number: u64, version: u64, at: Timestamp) -> Result<AccountEvent, Failure> {
    Ok(match version {
        1 => AccountEvent::Opened {
            account_id: account(number).parse()?,
            owner_id: "bench".parse()?,
            opened_at: at,
        },
        version if is_withdrawal(version) => AccountEvent::Withdrawn {
            amount: Money::of_minor(WITHDRAWAL, Currency::USD),
            description: None,
            reference: None,
            timestamp: at,
        },
        _ => AccountEvent::Deposited {
            amount: Money::of_minor(DEPOSIT, Currency::USD),
            description: None,
            reference: None,
            timestamp: at,
        },
    })
}
