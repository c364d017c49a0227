//! `daily_summaries`: one row for each account and UTC day with payments.

use annals::{Aggregate, Projection, ReadModel, Recorded, Timestamp};
use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::accounts::ids::AccountId;
use crate::accounts::{Account, AccountEvent};
use crate::money::{Currency, Total};

/// The payments of an account on one day, in its currency.
#[derive(ReadModel, Debug, Clone, PartialEq, Eq)]
#[read_model(table = "daily_summaries")]
pub struct DailySummary {
    /// Which account.
    #[key]
    pub account_id: AccountId,
    /// Which day, in UTC.
    #[key]
    pub day: Date,
    /// The account's currency.
    pub currency: Currency,
    /// How many deposits.
    pub deposits: u64,
    /// Their sum.
    pub deposited: Total,
    /// How many withdrawals.
    pub withdrawals: u64,
    /// Their sum.
    pub withdrawn: Total,
}

impl DailySummary {
    fn empty((account_id, day): &(AccountId, Date), currency: Currency) -> Self {
        Self {
            account_id: account_id.clone(),
            day: *day,
            currency,
            deposits: 0,
            deposited: Total::default(),
            withdrawals: 0,
            withdrawn: Total::default(),
        }
    }
}

impl Projection for DailySummary {
    type Event = AccountEvent;
    const CATEGORIES: &'static [&'static str] = &[Account::CATEGORY];

    fn keys(event: &Recorded<AccountEvent>) -> Vec<(AccountId, Date)> {
        let (AccountEvent::Deposited { timestamp, .. } | AccountEvent::Withdrawn { timestamp, .. }) =
            &event.event
        else {
            return Vec::new();
        };
        let account_id = event.record.stream.id().parse().into_iter();
        account_id.map(|id| (id, utc_day(*timestamp))).collect()
    }

    fn fold(
        row: Option<Self>,
        key: &(AccountId, Date),
        event: &Recorded<AccountEvent>,
    ) -> Option<Self> {
        match &event.event {
            AccountEvent::Deposited { amount, .. } => {
                let mut row = row.unwrap_or_else(|| Self::empty(key, amount.currency));
                row.deposits += 1;
                row.deposited = row.deposited.plus(*amount);
                Some(row)
            }
            AccountEvent::Withdrawn { amount, .. } => {
                let mut row = row.unwrap_or_else(|| Self::empty(key, amount.currency));
                row.withdrawals += 1;
                row.withdrawn = row.withdrawn.plus(*amount);
                Some(row)
            }
            AccountEvent::Opened { .. }
            | AccountEvent::Settled { .. }
            | AccountEvent::Closed { .. } => row,
        }
    }
}

fn utc_day(time: Timestamp) -> Date {
    time.to_zoned(TimeZone::UTC).date()
}
