//! What stands in for a database refuses what a database does.

use annals_core::{ProjectionError, TableFold};

use super::deposited;
use super::wrong::UniqueAmount;
use crate::given::happened::{happened, record};
use crate::given::projection::batch;
use crate::given::tables::Tables;

#[test]
fn a_batch_that_does_not_begin_at_the_checkpoint_is_refused() {
    let fold = TableFold::of_rows::<UniqueAmount>();
    let log = record([1, 2].map(|amount| happened("Account-a", deposited(amount))));
    let [first, second] = [batch(&fold, &log[..1]), batch(&fold, &log[1..])];
    let ahead = Tables::default().after(&fold, &second).unwrap_err();
    assert!(matches!(ahead, ProjectionError::Moved { .. }), "{ahead}");
    let tables = Tables::default().after(&fold, &first).unwrap();
    let behind = tables.after(&fold, &first).unwrap_err();
    assert!(matches!(behind, ProjectionError::Moved { .. }), "{behind}");
    tables.after(&fold, &second).unwrap();
}

#[test]
fn a_unique_value_may_pass_from_one_row_to_another_within_a_batch() {
    let fold = TableFold::of_rows::<UniqueAmount>();
    let moves = [("Account-a", 5), ("Account-a", 1), ("Account-b", 5)];
    let log = record(moves.map(|(account, amount)| happened(account, deposited(amount))));
    Tables::default().after(&fold, &batch(&fold, &log)).unwrap();
    let taken = record([
        happened("Account-a", deposited(5)),
        happened("Account-b", deposited(5)),
    ]);
    let error = Tables::default()
        .after(&fold, &batch(&fold, &taken))
        .unwrap_err();
    assert!(matches!(error, ProjectionError::Event { .. }), "{error}");
}
