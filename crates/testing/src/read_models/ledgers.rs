//! Which events were handled, noted where the checkpoint is moved.

use annals_core::{Ledger, LedgerView, Position, ProjectionError, RecordedEvent};

use super::bank::{
    AccountEvent, Balance, OTHER_STORE, STORE, batch, deposit, pages_noting, recorded,
};
use super::by_hand::ByHand;
use super::dead_letters::{MendedBalance, poisoned};
use super::declarations::RevisedBalance;
use super::subject::{Subject, Writing};

impl Writing {
    fn ledger(&self) -> &dyn Ledger {
        let ledger = self.0.ledger();
        ledger.expect("a read model has a ledger")
    }

    async fn view(&self, from_page: u64, limit: usize) -> LedgerView {
        let view = self.ledger().checkpoint_and_pages(STORE, from_page, limit);
        let view = view.await;
        view.unwrap_or_else(|error| panic!("the ledger was not read: {error}"))
    }

    /// Makes sure that exactly these events are noted, each once, behind this checkpoint.
    async fn assert_noted(&self, checkpoint: u64, events: &[RecordedEvent]) {
        let view = self.view(0, 100).await;
        assert_eq!(view.checkpoint, Position(checkpoint));
        assert_eq!(view.pages, pages_noting(events));
    }
}

fn deposits(positions: &[u64]) -> Vec<RecordedEvent> {
    let deposits = positions.iter().map(|position| deposit(*position, "a", 1));
    deposits.collect()
}

pub(super) async fn events_are_noted_where_the_checkpoint_moves(subject: Subject) {
    let balances = subject.rows::<Balance>().await;
    balances.assert_noted(0, &[]).await;
    balances.apply(0, deposits(&[1, 2])).await;
    balances.apply(2, deposits(&[4])).await;
    balances.assert_noted(4, &deposits(&[1, 2, 4])).await;
}

pub(super) async fn a_batch_without_events_notes_nothing(subject: Subject) {
    let balances = subject.rows::<Balance>().await;
    balances.apply(0, deposits(&[1])).await;
    let mut empty = batch(1, vec![]);
    empty.up_to = Position(90);
    let applied = balances.0.apply(empty).await;
    assert!(applied.is_ok(), "{applied:?}");
    balances.assert_noted(90, &deposits(&[1])).await;
    balances.apply(90, deposits(&[91])).await;
    balances.assert_noted(91, &deposits(&[1, 91])).await;
}

pub(super) async fn a_batch_that_fails_or_begins_elsewhere_notes_nothing(subject: Subject) {
    let balances = subject.rows::<Balance>().await;
    balances.apply(0, deposits(&[1])).await;
    let poison = recorded(3, "b", &AccountEvent::Poisoned);
    balances.refusal(1, vec![deposit(2, "a", 1), poison]).await;
    balances.refusal(0, deposits(&[1])).await;
    balances.refusal(2, deposits(&[3])).await;
    balances.assert_noted(1, &deposits(&[1])).await;
    balances.apply(1, deposits(&[2])).await;
    balances.assert_noted(2, &deposits(&[1, 2])).await;
}

pub(super) async fn a_batch_over_the_end_of_a_page_is_noted_on_both(subject: Subject) {
    let balances = subject.rows::<Balance>().await;
    balances.apply(0, deposits(&[4_000])).await;
    balances.apply(4_000, deposits(&[4_096, 4_097])).await;
    balances.apply(4_097, deposits(&[4_098])).await;
    let all = deposits(&[4_000, 4_096, 4_097, 4_098]);
    balances.assert_noted(4_098, &all).await;
}

pub(super) async fn who_takes_over_goes_on_with_what_was_noted(subject: Subject) {
    let one = subject.rows::<Balance>().await;
    one.apply(0, deposits(&[1])).await;
    let other = subject.reopened().await.rows::<Balance>().await;
    other.apply(1, deposits(&[2])).await;
    one.resume().await;
    one.apply(2, deposits(&[3])).await;
    one.apply(3, deposits(&[4])).await;
    other.resume().await;
    other.apply(4, deposits(&[5])).await;
    one.assert_noted(5, &deposits(&[1, 2, 3, 4, 5])).await;
}

pub(super) async fn what_was_noted_is_there_after_reopening(subject: Subject) {
    let balances = subject.rows::<Balance>().await;
    balances.apply(0, deposits(&[1, 2])).await;
    let reopened = subject.reopened().await;
    drop((subject, balances));
    let balances = reopened.rows::<Balance>().await;
    balances.assert_noted(2, &deposits(&[1, 2])).await;
    balances.apply(2, deposits(&[3])).await;
    balances.assert_noted(3, &deposits(&[1, 2, 3])).await;
}

pub(super) async fn parked_events_are_noted_and_released_ones_not_again(subject: Subject) {
    let events = poisoned(&subject).await;
    let mended = subject.rows::<MendedBalance>().await;
    mended.assert_noted(5, &events).await;
    mended.release(&events).await;
    mended.assert_noted(5, &events).await;
}

pub(super) async fn events_of_tables_by_hand_are_noted(subject: Subject) {
    let by_hand = subject.deposits(ByHand::First).await;
    let poison = recorded(2, "b", &AccountEvent::Poisoned);
    let events = [deposit(1, "a", 5), poison, deposit(3, "b", 5)];
    by_hand.apply(0, events[..1].to_vec()).await;
    by_hand.park(1, events[1..].to_vec()).await;
    by_hand.assert_noted(3, &events).await;
}

pub(super) async fn a_page_that_others_wrote_is_damage(subject: Subject) {
    let balances = subject.rows::<Balance>().await;
    balances.apply(0, deposits(&[1])).await;
    subject
        .execute("update annals_ledger set page = page + 1")
        .await;
    let view = balances.ledger().checkpoint_and_pages(STORE, 0, 1).await;
    let damaged = matches!(view, Err(ProjectionError::Damaged { .. }));
    assert!(damaged, "{view:?}");
    balances.resume().await;
    let failure = balances.refusal(1, deposits(&[4_097])).await;
    let damaged = matches!(failure, ProjectionError::Damaged { .. });
    assert!(damaged, "{failure}");
}

pub(super) async fn a_rebuild_empties_its_own_ledger_alone(subject: Subject) {
    let by_hand = subject.deposits(ByHand::First).await;
    by_hand.apply(0, deposits(&[1])).await;
    let balances = subject.rows::<Balance>().await;
    balances.apply(0, deposits(&[1, 2])).await;
    let revised = subject.rows::<RevisedBalance>().await;
    revised.assert_noted(0, &[]).await;
    revised.apply(0, deposits(&[1])).await;
    revised.assert_noted(1, &deposits(&[1])).await;
    by_hand.assert_noted(1, &deposits(&[1])).await;
}

pub(super) async fn what_was_noted_before_a_rebuild_never_comes_back(subject: Subject) {
    let balances = subject.rows::<Balance>().await;
    balances.apply(0, deposits(&[1, 2])).await;
    subject.rows::<RevisedBalance>().await;
    let again = subject.rows::<Balance>().await;
    again.apply(0, deposits(&[2])).await;
    balances.resume().await;
    balances.apply(2, deposits(&[3])).await;
    balances.assert_noted(3, &deposits(&[2, 3])).await;
}

pub(super) async fn pages_come_in_order_from_where_they_are_asked_for(subject: Subject) {
    let balances = subject.rows::<Balance>().await;
    let events = deposits(&[1, 9_000, 20_000]);
    balances.apply(0, events.clone()).await;
    let pages = pages_noting(&events);
    let asked = [
        (0, 2, &pages[..2]),
        (1, 1, &pages[1..2]),
        (2, 9, &pages[1..]),
        (3, 1, &pages[2..]),
        (5, 9, &[]),
        (u64::MAX, usize::MAX, &[]),
    ];
    for (from_page, limit, pages) in asked {
        let view = balances.view(from_page, limit).await;
        assert_eq!(view.checkpoint, Position(20_000));
        assert_eq!(view.pages, pages, "{limit} from page {from_page} on");
    }
}

pub(super) async fn the_ledger_of_another_store_is_refused(subject: Subject) {
    let balances = subject.rows::<Balance>().await;
    balances.apply(0, deposits(&[1])).await;
    let ledger = balances.ledger();
    let refusal = ledger.checkpoint_and_pages(OTHER_STORE, 0, 1).await;
    let of_another = matches!(refusal, Err(ProjectionError::WrongStore { .. }));
    assert!(of_another, "{refusal:?}");
}

pub(super) async fn an_older_declaration_tells_nothing_of_the_ledger(subject: Subject) {
    let older = subject.rows::<Balance>().await;
    subject.reopened().await.rows::<RevisedBalance>().await;
    let refusal = older.ledger().checkpoint_and_pages(STORE, 0, 1).await;
    let superseded = matches!(refusal, Err(ProjectionError::Superseded { .. }));
    assert!(superseded, "{refusal:?}");
}
