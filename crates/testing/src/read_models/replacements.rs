//! Rows that are looked at with what belongs to their moment, and others put in their place.

use annals_core::{
    Edition, EditionId, EditionView, Editions, Failure, Position, ProjectionError, Replacement,
    RowWrite, TableFold, TableWrites, Timestamp, Tried, Value,
};
use uuid::Uuid;

use super::bank::{AccountEvent, Balance, STORE, batch, deposit, recorded};
use super::dead_letters::LuckyNumber;
use super::declarations::RevisedBalance;
use super::subject::{Subject, Writing};

impl Subject {
    async fn view(&self, edition: Edition, accounts: &[&str]) -> Option<EditionView> {
        let fold = TableFold::of_rows::<Balance>();
        let keys = accounts.iter().map(|account| vec![text(account)]).collect();
        let viewed = self.kept_editions().view(&fold, edition, vec![keys]).await;
        viewed.unwrap_or_else(|error| panic!("rows were not looked at: {error}"))
    }

    async fn replace(
        &self,
        fold: &TableFold,
        replacement: Replacement,
    ) -> Result<(), ProjectionError> {
        let editions = self.kept_editions();
        let states = editions.list(fold.name()).await;
        let states = states.unwrap_or_else(|error| panic!("editions were not listed: {error}"));
        let current = states.iter().find(|it| it.edition == Edition::Current);
        let of_current = Replacement {
            edition: current.expect("it is there").id,
            ..replacement
        };
        editions.replace(fold, Edition::Current, of_current).await
    }

    async fn replace_balances(&self, replacement: Replacement) -> Result<(), ProjectionError> {
        let fold = TableFold::of_rows::<Balance>();
        self.replace(&fold, replacement).await
    }

    fn kept_editions(&self) -> &dyn Editions {
        let editions = self.read_models.editions();
        editions.expect("a database that is enrolled keeps editions")
    }
}

fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

fn balance(account: &str, cents: i64) -> Vec<Value> {
    vec![text(account), Value::Integer(cents)]
}

/// Made for a position of no edition that is there: rows to be put, and accounts whose rows are to be
/// deleted.
fn replacement(at: u64, put: &[Vec<Value>], delete: &[&str]) -> Replacement {
    let by = Position(at);
    let put = put.iter().cloned().map(|values| RowWrite {
        values,
        before: None,
        by,
    });
    let delete = delete.iter().map(|account| RowWrite {
        values: vec![text(account)],
        before: None,
        by,
    });
    Replacement {
        edition: EditionId(Uuid::nil()),
        at: by,
        tables: vec![TableWrites {
            delete: delete.collect(),
            put: put.collect(),
        }],
        unparked: Vec::new(),
    }
}

/// Parks the event of account `p` at position 2, behind what is there.
async fn park_one(balances: &Writing) {
    let poisoned = batch(1, vec![recorded(2, "p", &AccountEvent::Poisoned)]);
    let failure = Failure {
        error: "poisoned".to_owned(),
        tried: Tried {
            attempts: 5,
            code_version: String::new(),
            at: Timestamp::UNIX_EPOCH,
        },
    };
    let letters = balances.0.dead_letters().expect("it keeps dead letters");
    let parked = letters.park(poisoned, Position(2), failure).await;
    assert!(parked.is_ok(), "{parked:?}");
}

fn assert_moved(replaced: &Result<(), ProjectionError>) {
    let is_moved = matches!(replaced, Err(ProjectionError::Moved { .. }));
    assert!(is_moved, "{replaced:?}");
}

pub(super) async fn rows_are_seen_with_the_checkpoint_and_the_letters_of_their_moment(
    subject: Subject,
) {
    let balances = subject.rows::<Balance>().await;
    balances.apply(0, vec![deposit(1, "a", 5)]).await;
    park_one(&balances).await;
    let view = subject.view(Edition::Current, &["none", "a"]).await;
    let view = view.expect("it is there");
    assert_eq!(view.checkpoint.position, Position(2));
    assert_eq!(view.checkpoint.store, Some(STORE));
    let declared = TableFold::of_rows::<Balance>().fingerprint();
    assert_eq!(view.checkpoint.fingerprint, declared);
    assert_eq!(view.rows, [vec![balance("a", 5)]]);
    let positions = view.letters.iter().map(|letter| letter.position);
    assert_eq!(positions.collect::<Vec<_>>(), [Position(2)]);
    assert_eq!(subject.view(Edition::Previous, &["a"]).await, None);
}

pub(super) async fn rows_are_replaced_and_nothing_else(subject: Subject) {
    let balances = subject.rows::<Balance>().await;
    let events = vec![deposit(1, "a", 5), deposit(2, "b", 6), deposit(3, "c", 7)];
    balances.apply(0, events).await;
    let rows = [balance("a", 50), balance("new", 1)];
    let replaced = subject
        .replace_balances(replacement(3, &rows, &["b", "none"]))
        .await;
    assert!(replaced.is_ok(), "{replaced:?}");
    assert_eq!(subject.balance("a").await, Some(50));
    assert_eq!(subject.balance("new").await, Some(1));
    assert_eq!(subject.balance("b").await, None);
    assert_eq!(subject.balance("c").await, Some(7));
    // Whoever keeps it up to date goes on, from the rows that are there now.
    assert_eq!(balances.position().await, Position(3));
    balances.apply(3, vec![deposit(4, "a", 1)]).await;
    assert_eq!(subject.balance("a").await, Some(51));
}

pub(super) async fn rows_that_were_made_for_another_position_or_edition_are_refused(
    subject: Subject,
) {
    let balances = subject.rows::<Balance>().await;
    balances
        .apply(0, vec![deposit(1, "a", 5), deposit(2, "a", 5)])
        .await;
    for at in [1, 3] {
        let rows = replacement(at, &[balance("a", 50)], &[]);
        assert_moved(&subject.replace_balances(rows).await);
    }
    let of_another = replacement(2, &[balance("a", 50)], &[]);
    let (fold, editions) = (TableFold::of_rows::<Balance>(), subject.kept_editions());
    assert_moved(&editions.replace(&fold, Edition::Current, of_another).await);
    assert_eq!(subject.balance("a").await, Some(10));
}

pub(super) async fn what_is_parked_is_unparked_with_its_rows_and_only_once(subject: Subject) {
    let balances = subject.rows::<Balance>().await;
    balances.apply(0, vec![deposit(1, "a", 5)]).await;
    park_one(&balances).await;
    let unparking = |cents| Replacement {
        unparked: vec![Position(2)],
        ..replacement(2, &[balance("p", cents)], &[])
    };
    let replaced = subject.replace_balances(unparking(7)).await;
    assert!(replaced.is_ok(), "{replaced:?}");
    assert_eq!(subject.balance("p").await, Some(7));
    let letters = balances.0.dead_letters().expect("it keeps dead letters");
    assert_eq!(letters.parked().await.ok(), Some(0));
    assert_moved(&subject.replace_balances(unparking(8)).await);
    assert_eq!(subject.balance("p").await, Some(7));
}

pub(super) async fn rows_of_another_declaration_are_refused(subject: Subject) {
    let balances = subject.rows::<Balance>().await;
    balances.apply(0, vec![deposit(1, "a", 5)]).await;
    let revised = TableFold::of_rows::<RevisedBalance>();
    let rows = replacement(1, &[balance("a", 50)], &[]);
    let refused = subject.replace(&revised, rows).await;
    let is_superseded = matches!(refused, Err(ProjectionError::Superseded { .. }));
    assert!(is_superseded, "{refused:?}");
    assert_eq!(subject.balance("a").await, Some(5));
}

pub(super) async fn a_row_that_is_refused_leaves_all_as_they_were(subject: Subject) {
    let numbers = subject.rows::<LuckyNumber>().await;
    numbers
        .apply(0, vec![deposit(1, "a", 5), deposit(2, "b", 6)])
        .await;
    let fold = TableFold::of_rows::<LuckyNumber>();
    let same_as_b = [balance("new", 7), balance("a", 6)];
    let refused = subject
        .replace(&fold, replacement(2, &same_as_b, &[]))
        .await;
    let is_of_an_event = matches!(refused, Err(ProjectionError::Event { .. }));
    assert!(is_of_an_event, "{refused:?}");
    assert_eq!(subject.get::<LuckyNumber>(&"new".to_owned()).await, None);
    let exchanged = [balance("b", 5), balance("a", 6)];
    let replaced = subject
        .replace(&fold, replacement(2, &exchanged, &[]))
        .await;
    assert!(replaced.is_ok(), "{replaced:?}");
}
