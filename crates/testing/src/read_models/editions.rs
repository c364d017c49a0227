//! Read models that are made anew beside the one that is read.

use annals_core::{
    Edition, EditionRows, EditionState, Editions, Exchange, Exchanged, Failure, Position,
    Projection, ProjectionError, Sample, Selection, Successor, TableFold, Timestamp, Tried, Value,
};
use async_trait::async_trait;
use tokio::sync::oneshot;

use super::bank::{AccountEvent, Balance, STORE, batch, deposit, recorded};
use super::dead_letters::LuckyNumber;
use super::declarations::RevisedBalance;
use super::subject::{Subject, Writing};

impl Subject {
    fn editions(&self) -> &dyn Editions {
        let editions = self.read_models.editions();
        editions.expect("a database that is enrolled keeps editions")
    }

    /// A projector of an edition of the balances, resumed.
    async fn edition(&self, edition: Edition) -> Writing {
        self.edition_of(TableFold::of_rows::<Balance>(), edition)
            .await
    }

    async fn edition_of(&self, fold: TableFold, edition: Edition) -> Writing {
        let projector = self.editions().projector(fold, edition).await;
        let projector = projector.unwrap_or_else(|error| panic!("no {edition} edition: {error}"));
        let writing = Writing(projector);
        writing.resume().await;
        writing
    }

    async fn exchange(&self, exchange: Exchange) -> Exchanged {
        self.exchange_of::<Balance>(exchange).await
    }

    async fn exchange_of<P: Projection>(&self, exchange: Exchange) -> Exchanged {
        let fold = TableFold::of_rows::<P>();
        self.exchange_with(&fold, exchange, &mut StaysBehind).await
    }

    async fn exchange_with(
        &self,
        fold: &TableFold,
        exchange: Exchange,
        successor: &mut dyn Successor,
    ) -> Exchanged {
        let (editions, now) = (self.editions(), Timestamp::UNIX_EPOCH);
        let exchanged = editions.exchange(fold, exchange, successor, now).await;
        exchanged.unwrap_or_else(|error| panic!("editions were not exchanged: {error}"))
    }

    async fn states(&self) -> Vec<(Edition, u64)> {
        let states = self.editions().list("balances").await;
        let states = states.unwrap_or_else(|error| panic!("editions were not listed: {error}"));
        let state = |state: EditionState| (state.edition, state.position.0);
        states.into_iter().map(state).collect()
    }

    async fn rows_of(&self, edition: Edition, sample: Sample) -> EditionRows {
        let fold = TableFold::of_rows::<Balance>();
        let rows = self.editions().rows(&fold, edition, sample).await;
        rows.unwrap_or_else(|error| panic!("rows of an edition were not read: {error}"))
    }
}

/// An edition that nobody brings up to date.
struct StaysBehind;

#[async_trait]
impl Successor for StaysBehind {
    async fn catch_up(&mut self, _position: Position) {}
}

/// A candidate that lacks the second event, while somebody has the third for the current edition.
struct LacksOne<'a> {
    candidate: Writing,
    current: &'a Writing,
    catches_up: Option<oneshot::Sender<()>>,
}

#[async_trait]
impl Successor for LacksOne<'_> {
    async fn catch_up(&mut self, position: Position) {
        assert_eq!(position, Position(2));
        let told = self.catches_up.take().map(|told| told.send(()));
        assert_eq!(told, Some(Ok(())), "it catches up once");
        self.candidate.apply(1, vec![deposit(2, "a", 5)]).await;
        for _ in 0..20 {
            assert_eq!(self.current.position().await, Position(2));
        }
    }
}

pub(super) async fn what_is_current_stands_still_while_the_next_catches_up(subject: Subject) {
    let current = subject.rows::<Balance>().await;
    current
        .apply(0, vec![deposit(1, "a", 5), deposit(2, "a", 5)])
        .await;
    let candidate = subject.edition(Edition::Candidate).await;
    candidate.apply(0, vec![deposit(1, "a", 7)]).await;
    let (told, catches_up) = oneshot::channel();
    let mut successor = LacksOne {
        candidate,
        current: &current,
        catches_up: Some(told),
    };
    let fold = TableFold::of_rows::<Balance>();
    let exchanged = subject.exchange_with(&fold, Exchange::CutOver, &mut successor);
    let moved_on = async {
        assert_eq!(catches_up.await, Ok(()), "it was not told to catch up");
        current.refusal(2, vec![deposit(3, "a", 1)]).await
    };
    let (exchanged, refusal) = tokio::join!(exchanged, moved_on);
    assert_eq!(exchanged, Exchanged::Done(Position(2)));
    assert!(
        matches!(refusal, ProjectionError::Moved { .. }),
        "{refusal:?}"
    );
    assert_eq!(subject.balance("a").await, Some(12));
}

pub(super) async fn what_is_written_to_one_edition_shows_in_no_other(subject: Subject) {
    let current = subject.rows::<Balance>().await;
    current.apply(0, vec![deposit(1, "a", 5)]).await;
    let candidate = subject.edition(Edition::Candidate).await;
    assert_eq!(candidate.position().await, Position::START);
    candidate
        .apply(0, vec![deposit(1, "a", 7), deposit(2, "b", 1)])
        .await;
    assert_eq!(
        subject.states().await,
        [(Edition::Current, 1), (Edition::Candidate, 2)]
    );
    assert_eq!(subject.balance("a").await, Some(5));
    assert_eq!(subject.balance("b").await, None);
    current.apply(1, vec![deposit(2, "a", 1)]).await;
    assert_eq!(subject.balance("a").await, Some(6));
    assert_eq!(candidate.position().await, Position(2));
}

pub(super) async fn each_edition_has_its_own_dead_letters(subject: Subject) {
    let current = subject.rows::<Balance>().await;
    let candidate = subject.edition(Edition::Candidate).await;
    let failure = Failure {
        error: "poisoned".to_owned(),
        tried: Tried {
            attempts: 5,
            code_version: String::new(),
            at: Timestamp::UNIX_EPOCH,
        },
    };
    let poisoned = batch(0, vec![recorded(1, "a", &AccountEvent::Poisoned)]);
    let parked = candidate.0.dead_letters().map(|letters| async {
        letters.park(poisoned, Position(1), failure).await?;
        letters.parked().await
    });
    let parked = parked.expect("it keeps dead letters").await;
    assert_eq!(parked.ok(), Some(1));
    let letters = current.0.dead_letters().expect("it keeps dead letters");
    assert_eq!(letters.parked().await.ok(), Some(0));
    current.apply(0, vec![deposit(1, "a", 5)]).await;
    assert_eq!(
        subject.exchange(Exchange::CutOver).await,
        Exchanged::Done(Position(1))
    );
    assert_eq!(letters.parked().await.ok(), Some(1));
}

pub(super) async fn a_candidate_goes_on_where_it_was(subject: Subject) {
    subject.rows::<Balance>().await;
    let candidate = subject.edition(Edition::Candidate).await;
    candidate.apply(0, vec![deposit(1, "a", 7)]).await;
    let subject = subject.reopened().await;
    let candidate = subject.edition(Edition::Candidate).await;
    assert_eq!(candidate.position().await, Position(1));
    let revised = TableFold::of_rows::<RevisedBalance>();
    let candidate = subject.edition_of(revised, Edition::Candidate).await;
    assert_eq!(candidate.position().await, Position::START);
}

pub(super) async fn readers_see_the_candidate_once_it_is_current(subject: Subject) {
    let current = subject.rows::<Balance>().await;
    current
        .apply(0, vec![deposit(1, "a", 5), deposit(2, "gone", 1)])
        .await;
    let candidate = subject.edition(Edition::Candidate).await;
    candidate
        .apply(0, vec![deposit(1, "a", 7), deposit(2, "b", 1)])
        .await;
    assert_eq!(
        subject.exchange(Exchange::CutOver).await,
        Exchanged::Done(Position(2))
    );
    assert_eq!(subject.balance("a").await, Some(7));
    assert_eq!(subject.list(Selection::<Balance>::new()).await.len(), 2);
    assert_eq!(
        subject.states().await,
        [(Edition::Current, 2), (Edition::Previous, 2)]
    );
    let other = subject.reopened().await;
    assert_eq!(other.balance("b").await, Some(1));
}

pub(super) async fn a_projector_goes_on_with_the_edition_that_is_current_now(subject: Subject) {
    let current = subject.rows::<Balance>().await;
    current.apply(0, vec![deposit(1, "a", 5)]).await;
    let candidate = subject.edition(Edition::Candidate).await;
    candidate
        .apply(0, vec![deposit(1, "a", 7), deposit(2, "a", 1)])
        .await;
    subject.exchange(Exchange::CutOver).await;
    let refusal = current.refusal(1, vec![deposit(2, "a", 1)]).await;
    assert!(
        matches!(refusal, ProjectionError::Moved { .. }),
        "{refusal:?}"
    );
    assert_eq!(current.resume().await, Position(2));
    current.apply(2, vec![deposit(3, "a", 1)]).await;
    assert_eq!(subject.balance("a").await, Some(9));
}

pub(super) async fn what_is_previous_is_kept_up_to_date_and_gone_back_to(subject: Subject) {
    let current = subject.rows::<Balance>().await;
    current.apply(0, vec![deposit(1, "a", 5)]).await;
    let candidate = subject.edition(Edition::Candidate).await;
    candidate.apply(0, vec![deposit(1, "a", 7)]).await;
    subject.exchange(Exchange::CutOver).await;
    current.resume().await;
    current.apply(1, vec![deposit(2, "a", 1)]).await;
    let behind = Exchanged::Behind {
        position: Position(1),
        current: Position(2),
    };
    assert_eq!(subject.exchange(Exchange::RollBack).await, behind);
    let previous = subject.edition(Edition::Previous).await;
    previous.apply(1, vec![deposit(2, "a", 1)]).await;
    assert_eq!(
        subject.exchange(Exchange::RollBack).await,
        Exchanged::Done(Position(2))
    );
    assert_eq!(subject.balance("a").await, Some(6));
    subject.exchange(Exchange::RollBack).await;
    assert_eq!(subject.balance("a").await, Some(8));
}

pub(super) async fn a_candidate_that_is_behind_stays_one(subject: Subject) {
    let current = subject.rows::<Balance>().await;
    current
        .apply(0, vec![deposit(1, "a", 5), deposit(2, "a", 5)])
        .await;
    assert_eq!(
        subject.exchange(Exchange::CutOver).await,
        Exchanged::Missing
    );
    let candidate = subject.edition(Edition::Candidate).await;
    candidate.apply(0, vec![deposit(1, "a", 7)]).await;
    let behind = Exchanged::Behind {
        position: Position(1),
        current: Position(2),
    };
    assert_eq!(subject.exchange(Exchange::CutOver).await, behind);
    assert_eq!(subject.balance("a").await, Some(10));
}

pub(super) async fn a_projector_of_another_fold_is_superseded(subject: Subject) {
    let current = subject.rows::<Balance>().await;
    let revised = TableFold::of_rows::<RevisedBalance>();
    subject
        .edition_of(revised.clone(), Edition::Candidate)
        .await;
    subject
        .exchange_of::<RevisedBalance>(Exchange::CutOver)
        .await;
    let refusal = current.refusal(0, vec![deposit(1, "a", 5)]).await;
    assert!(
        matches!(refusal, ProjectionError::Superseded { .. }),
        "{refusal:?}"
    );
    let revised = subject.edition_of(revised, Edition::Current).await;
    revised.apply(0, vec![deposit(1, "a", 5)]).await;
    let current = subject.edition(Edition::Previous).await;
    current.apply(0, vec![deposit(1, "a", 5)]).await;
    assert_eq!(
        subject.exchange(Exchange::RollBack).await,
        Exchanged::Done(Position(1))
    );
    assert_eq!(subject.balance("a").await, Some(5));
}

pub(super) async fn editions_are_made_again_and_again(subject: Subject) {
    let fold = TableFold::of_rows::<LuckyNumber>();
    let name = fold.name();
    let projector = subject.projector(fold.clone()).await;
    for round in 0..3 {
        let candidate = subject.edition_of(fold.clone(), Edition::Candidate).await;
        candidate.apply(0, vec![deposit(1, "a", round)]).await;
        assert_eq!(
            subject.exchange_of::<LuckyNumber>(Exchange::CutOver).await,
            Exchanged::Done(Position(1)),
            "round {round}"
        );
        assert_eq!(projector.resume(STORE).await.ok(), Some(Position(1)));
    }
    for edition in [Edition::Previous, Edition::Candidate] {
        let discarded = subject.editions().discard(name, edition).await;
        assert!(discarded.is_ok(), "{discarded:?}");
    }
    let states = subject.editions().list(name).await.unwrap_or_default();
    assert_eq!(states.len(), 1, "{states:?}");
}

pub(super) async fn rows_are_counted_and_sampled_at_one_moment(subject: Subject) {
    let current = subject.rows::<Balance>().await;
    let events = vec![deposit(1, "a", 5), deposit(2, "b", 6), deposit(3, "c", 7)];
    current.apply(0, events).await;
    let text = |text: &str| Value::Text(text.to_owned());
    let keys = vec![vec![vec![text("c")], vec![text("none")]]];
    let rows = subject.rows_of(Edition::Current, Sample::Keys(keys)).await;
    assert_eq!(rows.position, Position(3));
    let [balances] = &rows.tables[..] else {
        panic!("{rows:?}")
    };
    assert_eq!(balances.count, 3);
    assert_eq!(balances.rows, [[text("c"), Value::Integer(7)]]);
    let rows = subject.rows_of(Edition::Current, Sample::Random(2)).await;
    assert_eq!(rows.tables[0].rows.len(), 2);
}

pub(super) async fn what_is_current_stays_as_it_is_for_another_fold(subject: Subject) {
    let current = subject.rows::<Balance>().await;
    current.apply(0, vec![deposit(1, "a", 5)]).await;
    let revised = TableFold::of_rows::<RevisedBalance>();
    let revised = subject.editions().projector(revised, Edition::Current);
    let revised = revised.await.expect("it is bound all the same");
    let refusal = revised.resume(STORE).await;
    assert!(
        matches!(refusal, Err(ProjectionError::Superseded { .. })),
        "{refusal:?}"
    );
    current.apply(1, vec![deposit(2, "a", 5)]).await;
    assert_eq!(subject.balance("a").await, Some(10));
    subject
        .edition_of(TableFold::of_rows::<RevisedBalance>(), Edition::Candidate)
        .await
        .apply(0, vec![deposit(1, "a", 5), deposit(2, "a", 5)])
        .await;
    subject
        .exchange_of::<RevisedBalance>(Exchange::CutOver)
        .await;
    assert_eq!(revised.resume(STORE).await.ok(), Some(Position(2)));
}

pub(super) async fn only_an_edition_of_the_fold_takes_the_place(subject: Subject) {
    subject.rows::<Balance>().await;
    let revised = TableFold::of_rows::<RevisedBalance>();
    subject.edition_of(revised, Edition::Candidate).await;
    assert_eq!(
        subject.exchange(Exchange::CutOver).await,
        Exchanged::Missing
    );
    subject
        .exchange_of::<RevisedBalance>(Exchange::CutOver)
        .await;
    let back = subject
        .exchange_of::<RevisedBalance>(Exchange::RollBack)
        .await;
    assert_eq!(back, Exchanged::Missing);
}

pub(super) async fn what_was_replaced_is_dropped_when_its_time_has_come(subject: Subject) {
    subject.rows::<Balance>().await;
    subject.edition(Edition::Candidate).await;
    // At the beginning of time.
    subject.exchange(Exchange::CutOver).await;
    let replaced_at = Timestamp::UNIX_EPOCH;
    let states = subject.editions().list("balances").await.ok();
    let states = states.iter().flatten().map(|state| state.replaced_at);
    assert_eq!(states.collect::<Vec<_>>(), [None, Some(replaced_at)]);
    let before = replaced_at - std::time::Duration::from_micros(1);
    for (until, is_dropped) in [(before, false), (replaced_at, true), (replaced_at, false)] {
        let dropped = subject.editions().discard_replaced("balances", until).await;
        assert_eq!(dropped.ok(), Some(is_dropped), "{until}");
    }
    assert_eq!(subject.states().await, [(Edition::Current, 0)]);
}

pub(super) async fn an_edition_keeps_its_identity_wherever_it_is(subject: Subject) {
    let current = subject.rows::<Balance>().await;
    subject.edition(Edition::Candidate).await;
    let ids = || async {
        let states = subject.editions().list("balances").await;
        let states = states.unwrap_or_default().into_iter();
        states.map(|state| state.id).collect::<Vec<_>>()
    };
    let [first, second] = ids().await[..] else {
        panic!("there are two")
    };
    assert_ne!(first, second);
    let ledger = current.0.ledger().expect("a read model has a ledger");
    let of_ledger = || async {
        let view = ledger.checkpoint_and_pages(STORE, 0, 1).await;
        view.ok().map(|view| view.edition)
    };
    assert_eq!(of_ledger().await, Some(first));
    subject.exchange(Exchange::CutOver).await;
    assert_eq!(ids().await, [second, first]);
    assert_eq!(of_ledger().await, Some(second));
}

pub(super) async fn a_projector_of_a_dropped_edition_writes_nothing_to_the_next(subject: Subject) {
    subject.rows::<Balance>().await;
    let stale = subject.edition(Edition::Candidate).await;
    let discarded = subject.editions().discard("balances", Edition::Candidate);
    assert!(discarded.await.is_ok());
    let next = subject.edition(Edition::Candidate).await;
    let refusal = stale.refusal(0, vec![deposit(1, "a", 5)]).await;
    assert!(
        matches!(refusal, ProjectionError::Moved { .. }),
        "{refusal:?}"
    );
    next.apply(0, vec![deposit(1, "b", 5)]).await;
    let rows = subject.rows_of(Edition::Candidate, Sample::Random(5)).await;
    assert_eq!(rows.tables[0].count, 1);
}
