//! A checkout that cannot go on gives back what it took, and says why.

use super::*;

#[test]
fn what_is_short_is_told_with_what_is_left() {
    let short = |id: &str, asked, left| ShortLine {
        product_id: id.parse().unwrap(),
        asked,
        left,
    };
    let refusal = StockRefusal::Short {
        short: vec![short("hat", 1, 0), short("mug", 2, 1)],
        unknown: vec!["tie".parse().unwrap()],
    };
    let refused = after(&[]).when_refused::<ReserveStock>("reserve stock", &refusal);
    let told = undone(refused, &[]);
    assert_eq!(
        told,
        "not enough in stock: hat (1 ordered, 0 left), mug (2 ordered, 1 left), tie (not sold any more)"
    );
}

#[test]
fn insufficient_funds_give_the_stock_back() {
    let refusal = AccountError::InsufficientFunds {
        balance: usd(500),
        asked: usd(3_000),
    };
    let paying = after(&["reserve stock", "note reserved"]);
    let refused = paying.when_refused::<WithdrawFor>("withdraw", &refusal);
    let told = undone(refused, &["undo reserve stock"]);
    assert_eq!(told, "insufficient funds");
}

#[test]
fn each_refusal_of_an_account_is_told_in_words() {
    let euros: Currency = "EUR".parse().unwrap();
    let kept_in = AccountError::CurrencyMismatch {
        kept: euros,
        asked: Currency::USD,
    };
    let refusals = [
        (AccountError::Closed, "the account is closed"),
        (AccountError::NotOpened, "there is no such account"),
        (kept_in, "the account is kept in EUR, not in USD"),
    ];
    for (refusal, expected) in refusals {
        let paying = after(&["reserve stock", "note reserved"]);
        let refused = paying.when_refused::<WithdrawFor>("withdraw", &refusal);
        assert_eq!(undone(refused, &["undo reserve stock"]), expected);
    }
}

#[test]
fn an_order_that_was_cancelled_turns_it_back_at_the_next_step_of_its_own() {
    let noting = after(&["reserve stock"]);
    let refused = noting.when_refused::<NoteStockReserved>("note reserved", &cancelled_meanwhile());
    undone(refused, &["undo reserve stock"]);
    let marking = after(&["reserve stock", "note reserved", "withdraw"]);
    let refused = marking.when_refused::<MarkOrderPaid>("mark paid", &cancelled_meanwhile());
    let told = undone(refused, &["undo withdraw", "undo reserve stock"]);
    assert_eq!(told, "the order is cancelled, and must be pending");
}

#[test]
fn a_timeout_undoes_what_was_done_once_what_is_open_is_answered() {
    let steps = [
        ("reserve stock", vec!["undo reserve stock"]),
        ("note reserved", vec!["undo reserve stock"]),
        ("withdraw", vec!["undo withdraw", "undo reserve stock"]),
    ];
    for (index, (open, undoings)) in steps.iter().enumerate() {
        let before: Vec<_> = steps[..index].iter().map(|(step, _)| *step).collect();
        let waiting = after(&before).when_time_passes(TIMEOUT).then_nothing();
        let told = undone(done(waiting, open), undoings);
        assert_eq!(told, "the payment took too long", "{open}");
    }
}

#[test]
fn a_timeout_counts_as_it_was_set_when_the_payment_was_asked_for() {
    let almost = TIMEOUT - Duration::from_millis(1);
    let waiting = after(&[]).when_time_passes(almost).then_nothing();
    done(waiting, "reserve stock").then_calls(["note reserved"]);
}

#[test]
fn stock_that_may_have_been_kept_is_released_without_knowing() {
    let given_up = after(&[]).when_given_up("reserve stock");
    let told = undone(given_up, &["undo reserve stock"]);
    assert_eq!(told, "the payment could not be completed");
}

#[test]
fn a_note_that_may_have_been_made_needs_no_undoing() {
    let given_up = after(&["reserve stock"]).when_given_up("note reserved");
    undone(given_up, &["undo reserve stock"]);
}

#[test]
fn money_that_may_have_been_taken_is_not_given_back_before_that_is_known() {
    let parked = || {
        let paying = after(&["reserve stock", "note reserved"]);
        paying.when_given_up("withdraw").then_parked()
    };
    let retry = || parked().when_asked(Asked::Retry).then_calls(["withdraw"]);
    let taken = done(retry(), "withdraw");
    undone(taken, &["undo withdraw", "undo reserve stock"]);
    let not_taken = retry().when_refused::<WithdrawFor>("withdraw", &AccountError::Closed);
    undone(not_taken, &["undo reserve stock"]);
}

#[test]
fn undoing_that_fails_is_parked_and_resumed() {
    let paying = after(&["reserve stock"]);
    let refused = paying.when_refused::<NoteStockReserved>("note reserved", &cancelled_meanwhile());
    let undoing = refused.then_calls(["undo reserve stock"]);
    let parked = undoing.when_given_up("undo reserve stock").then_parked();
    undone(parked.when_asked(Asked::Retry), &["undo reserve stock"]);
}

#[test]
fn an_order_that_cannot_be_called_off_waits_for_a_person() {
    let refusal = StockRefusal::GivenBack;
    let refused = after(&[]).when_refused::<ReserveStock>("reserve stock", &refusal);
    let telling = refused.then_calls(["once undone"]);
    telling.when_given_up("once undone").then_parked();
}
