//! The import of real transactions ends as the data says, account by account, and repeating it
//! changes nothing.

use crate::bank_data::czech_bank;
use crate::ledger::{Ledger, assert_agrees};
use crate::place::{NewPlace, in_each_place};
use crate::tables::{READ_MODELS, Tables};
use annals_reference::bank::Bank;
use annals_reference::import::import_bank;

in_each_place![every_account_ends_as_the_data_says_and_a_second_import_appends_nothing];

async fn every_account_ends_as_the_data_says_and_a_second_import_appends_nothing(place: NewPlace) {
    let Some((file, expected)) = czech_bank() else {
        return;
    };
    let bank = Bank::open(&place.place()).await.unwrap();
    let store = &**bank.annals().store();
    let tables = Tables::of(&place).await;
    let report = import_bank(&bank, &file).await.unwrap();
    assert_eq!(report.accounts, expected.accounts);
    assert_eq!(report.entries, expected.entries);
    assert_eq!(report.refused, expected.refused);
    assert_eq!(report.deposits, expected.deposits);
    assert_eq!(report.withdrawals, expected.withdrawals);
    assert_eq!(report.total.value().to_string(), "35603999.80");

    // By folding the events …
    let head = bank.head().await.unwrap();
    let mut ledger = Ledger::default();
    ledger.read_on(store, head).await;
    let folded = ledger
        .accounts
        .iter()
        .map(|(id, account)| (id.clone(), account.balance));
    assert_eq!(
        folded.collect::<std::collections::BTreeMap<_, _>>(),
        expected.balances
    );
    let total: i64 = ledger
        .accounts
        .values()
        .map(|account| account.balance)
        .sum();
    assert_eq!(total, expected.total_balance);

    // … and in the read models.
    for name in READ_MODELS {
        assert_eq!(
            assert_agrees(store, &tables, name).await,
            head,
            "{name} has caught up"
        );
    }
    let (_, rows) = tables.read("account_balances").await;
    assert_eq!(rows.len() as u64, expected.accounts);

    let again = import_bank(&bank, &file).await.unwrap();
    assert_eq!(again.events, 0);
    assert_eq!(bank.head().await.unwrap(), head);
    assert_eq!(again.refused, expected.refused);
    assert_eq!(again.total, report.total);
}
