//! Accounts, transfers, users and orders whose events were stored by code of any time fold to the state they
//! always did, or snapshots notice.

use annals_reference::accounts::Account;
use annals_reference::orders::Order;
use annals_reference::transfers::Transfer;
use annals_reference::users::User;
use annals_testing::recorded_histories;

#[test]
fn accounts_of_all_times_fold_as_they_did() {
    let directory = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/histories/BankAccount");
    recorded_histories::<Account>(directory);
}

#[test]
fn transfers_of_all_times_fold_as_they_did() {
    let directory = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/histories/Transfer");
    recorded_histories::<Transfer>(directory);
}

#[test]
fn users_of_all_times_fold_as_they_did() {
    let directory = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/histories/User");
    recorded_histories::<User>(directory);
}

#[test]
fn orders_of_all_times_fold_as_they_did() {
    let directory = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/histories/Order");
    recorded_histories::<Order>(directory);
}
