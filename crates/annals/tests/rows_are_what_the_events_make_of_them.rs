//! Rows that are not what the events make of them are found by folding them again, and a few are made
//! anew, while all goes on.

#![expect(clippy::unwrap_used, reason = "a test ends at the first surprise")]

use std::sync::Arc;
use std::time::Duration;

use annals::embedded::EmbeddedStore;
use annals::postgres::{Postgres, PostgresReadModels};
use annals::runtime::{
    CutOver, DriftOptions, LatestRowsCheck, RebuildOptions, RebuildPhase, RefoldError,
};
use annals::sqlite::Database;
use annals::{
    Annals, Append, Edition, Event, EventId, EventStore, ExpectedVersion, IdSource, LeftOut,
    Metadata, PartitionKey, Position, Projection, ProjectionBatch, RandomIds, Read, ReadModel,
    ReadModels, Recorded, Replacement, RowWrite, RowsCheck, Source, StreamId, TableFold,
    TableWrites, Value,
};
use serde::{Deserialize, Serialize};

/// Far beyond what any wait takes when nothing is wrong.
const LONG: Duration = Duration::from_secs(60);

const ACCOUNTS: u64 = 40;

#[derive(Event, Serialize, Deserialize, Debug)]
enum AccountEvent {
    Deposited { cents: i64 },
    Transferred { cents: i64, to: String },
}

macro_rules! balance {
    ($row:ident, forgets: $forgotten:literal, takes_debts: $takes_debts:literal) => {
        #[derive(ReadModel, Clone, Debug, PartialEq)]
        #[read_model(table = "balances")]
        struct $row {
            #[key]
            account: String,
            cents: i64,
        }

        impl Projection for $row {
            type Event = AccountEvent;

            fn keys(event: &Recorded<AccountEvent>) -> Vec<String> {
                let account = event.record.stream.id().to_owned();
                match &event.event {
                    AccountEvent::Transferred { to, .. } => vec![account, to.clone()],
                    AccountEvent::Deposited { .. } => vec![account],
                }
            }

            fn fold(
                row: Option<Self>,
                account: &String,
                event: &Recorded<AccountEvent>,
            ) -> Option<Self> {
                let before = row.as_ref().map_or(0, |row| row.cents);
                if account == $forgotten {
                    return row;
                }
                let cents = match &event.event {
                    AccountEvent::Deposited { cents } => {
                        assert!($takes_debts || *cents >= 0, "a deposit of {cents}");
                        before + cents
                    }
                    AccountEvent::Transferred { cents, to } if to == account => before + cents,
                    AccountEvent::Transferred { cents, .. } => before - cents,
                };
                let account = account.clone();
                Some(Self { account, cents })
            }
        }
    };
}

balance!(Balance, forgets: "", takes_debts: false);
balance!(Forgetful, forgets: "17", takes_debts: false);
balance!(Mended, forgets: "", takes_debts: true);

/// A store and read models that outlive the service on them.
#[derive(Clone)]
struct Place {
    store: Arc<dyn EventStore>,
    read_models: Arc<dyn ReadModels>,
}

impl Place {
    fn with(read_models: Arc<dyn ReadModels>) -> Self {
        let store = Arc::new(EmbeddedStore::in_memory().unwrap());
        Self { store, read_models }
    }

    async fn sqlite() -> Self {
        Self::with(Arc::new(Database::in_memory().await.unwrap()))
    }

    async fn postgres() -> Self {
        let server = annals_servers::postgres_url();
        let mark = if server.contains('?') { '&' } else { '?' };
        let url = format!("{server}{mark}schema=t_{}", RandomIds.next().simple());
        let postgres = Postgres::connect(&url).await.unwrap();
        Self::with(Arc::new(PostgresReadModels::open(&postgres)))
    }

    /// A service that has taken in all there is.
    async fn run<P: Projection>(&self) -> Annals {
        let service = Annals::on(Arc::clone(&self.store), Arc::clone(&self.read_models));
        let service = service.without_drift_detection().projection::<P>();
        up_to_date(service.start().await.unwrap()).await
    }

    async fn record(&self, account: &str, event: AccountEvent) -> Position {
        let stream = StreamId::new("Account", account).unwrap();
        let event = event.to_new(EventId(RandomIds.next()), Metadata::default());
        let append = Append::to(stream, ExpectedVersion::Any, vec![event.unwrap()]);
        self.store.append(append).await.unwrap().last
    }

    async fn deposit(&self, account: &str, cents: i64) -> Position {
        self.record(account, AccountEvent::Deposited { cents })
            .await
    }

    /// Money for each account, some of which goes to the next one.
    async fn record_round(&self) {
        for account in 0..ACCOUNTS {
            let (account, to) = (account.to_string(), (account + 1).to_string());
            self.deposit(&account, 10).await;
            let transferred = AccountEvent::Transferred { cents: 3, to };
            self.record(&account, transferred).await;
        }
    }

    /// Writes a row behind the back of the projection, which is up to date.
    async fn tamper(&self, edition: Edition, account: &str, cents: i64) {
        let at = self.store.head().await.unwrap();
        let values = vec![Value::Text(account.to_owned()), Value::Integer(cents)];
        let put = vec![RowWrite {
            values,
            before: None,
            by: at,
        }];
        let delete = Vec::new();
        let editions = self.read_models.editions().unwrap();
        let states = editions.list("balances").await.unwrap();
        let state = states.iter().find(|it| it.edition == edition).unwrap();
        let replacement = Replacement {
            edition: state.id,
            at,
            tables: vec![TableWrites { delete, put }],
            unparked: Vec::new(),
        };
        let fold = TableFold::of_rows::<Balance>();
        editions.replace(&fold, edition, replacement).await.unwrap();
    }
}

async fn up_to_date(service: Annals) -> Annals {
    taken_in(&service).await;
    service
}

/// Waits until all there is has been taken in.
async fn taken_in(service: &Annals) {
    let head = service.store().head().await.unwrap();
    let balances = service.projection("balances");
    balances.wait_for(head, LONG).await.unwrap();
}

async fn check(service: &Annals) -> RowsCheck {
    service.refolds("balances").check().await.unwrap()
}

/// What is wrong, in the order of the keys.
fn drifts(check: &RowsCheck) -> Vec<String> {
    let mut drifts: Vec<_> = check.examples.iter().map(ToString::to_string).collect();
    drifts.sort();
    drifts
}

async fn cents(service: &Annals, account: &str) -> Option<i64> {
    let row = service.table::<Balance>().get(&account.to_owned()).await;
    row.unwrap().map(|row| row.cents)
}

fn key(account: &str) -> PartitionKey {
    PartitionKey::of_row(&[Value::Text(account.to_owned())])
}

async fn a_row_that_was_tampered_with_is_found_and_mended_alone(place: Place) {
    place.record_round().await;
    let service = place.run::<Balance>().await;
    let clean = check(&service).await;
    assert!(clean.is_right(), "{clean}");
    assert_eq!((clean.keys, clean.rows), (ACCOUNTS + 1, ACCOUNTS + 1));
    place.tamper(Edition::Current, "7", 1_000).await;
    place.tamper(Edition::Current, "8", 1_000).await;
    place.tamper(Edition::Current, "nobody", 1).await;
    let expected = [
        r#"balances ["7"] differs"#,
        r#"balances ["8"] differs"#,
        r#"balances ["nobody"] should not be there"#,
    ];
    assert_eq!(drifts(&check(&service).await), expected);
    let keys = [key("7"), key("nobody")];
    let rebuilt = service.refolds("balances").rebuild_keys(keys).await;
    let rebuilt = rebuilt.unwrap();
    assert_eq!((rebuilt.before.rows, rebuilt.before.drifted), (2, 2));
    assert_eq!(cents(&service, "7").await, Some(10));
    assert_eq!(cents(&service, "nobody").await, None);
    assert_eq!(cents(&service, "8").await, Some(1_000), "nobody asked");
    // Its events change the rows of 8 and 9.
    let stream = StreamId::new("Account", "8").unwrap();
    let rebuilt = service.refolds("balances").rebuild_stream(&stream).await;
    assert_eq!(
        drifts(&rebuilt.unwrap().before),
        [r#"balances ["8"] differs"#]
    );
    let clean = check(&service).await;
    assert!(clean.is_right(), "{clean}");
}

#[tokio::test]
async fn tampering_shows_in_sqlite() {
    a_row_that_was_tampered_with_is_found_and_mended_alone(Place::sqlite().await).await;
}

#[tokio::test]
async fn tampering_shows_in_postgres() {
    a_row_that_was_tampered_with_is_found_and_mended_alone(Place::postgres().await).await;
}

#[tokio::test]
async fn what_wrong_code_wrote_is_found_by_right_code() {
    let place = Place::sqlite().await;
    place.record_round().await;
    place.run::<Forgetful>().await.stop().await;
    let service = place.run::<Balance>().await;
    let found = check(&service).await;
    assert_eq!(drifts(&found), [r#"balances ["17"] is missing"#]);
}

async fn there_is_no_false_alarm_and_nothing_is_lost_under_load(place: Place) {
    place.record_round().await;
    let service = Arc::new(place.run::<Balance>().await);
    place.tamper(Edition::Current, "7", 1_000).await;
    let writing = {
        let (place, service) = (place.clone(), Arc::clone(&service));
        tokio::spawn(async move {
            loop {
                place.record_round().await;
                taken_in(&service).await;
            }
        })
    };
    let rebuilt = service.refolds("balances").rebuild_keys([key("7")]).await;
    assert_eq!(rebuilt.unwrap().before.drifted, 1);
    for _ in 0..5 {
        let check = check(&service).await;
        assert!(check.is_right() && check.rows > 0, "{check}");
    }
    writing.abort();
    assert!(writing.await.unwrap_err().is_cancelled());
    taken_in(&service).await;
    let last = check(&service).await;
    assert!(last.is_right() && last.rows == ACCOUNTS + 1, "{last}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn load_raises_no_alarm_in_sqlite() {
    there_is_no_false_alarm_and_nothing_is_lost_under_load(Place::sqlite().await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn load_raises_no_alarm_in_postgres() {
    there_is_no_false_alarm_and_nothing_is_lost_under_load(Place::postgres().await).await;
}

#[tokio::test]
async fn keys_of_which_events_are_parked_raise_no_alarm() {
    let place = Place::sqlite().await;
    place.record_round().await;
    place.deposit("7", -5).await;
    let service = place.run::<Balance>().await;
    let left_out = check(&service).await;
    assert!(left_out.is_right(), "{left_out}");
    assert_eq!((left_out.keys, left_out.with_dead_letters), (ACCOUNTS, 1));
}

#[tokio::test]
async fn what_is_parked_is_applied_to_its_row_by_mended_code_alone() {
    let place = Place::sqlite().await;
    place.deposit("7", 10).await;
    let parked = place.deposit("7", -5).await;
    place.deposit("7", 1).await;
    let service = place.run::<Balance>().await;
    let refused = service.refolds("balances").rebuild_keys([key("7")]).await;
    let Err(RefoldError::KeyLeftOut { why, .. }) = refused else {
        panic!("{refused:?}")
    };
    assert!(
        matches!(why, LeftOut::Failed(at, _) if at == parked),
        "{why}"
    );
    service.stop().await;
    let service = place.run::<Mended>().await;
    let rebuilt = service.refolds("balances").rebuild_keys([key("7")]).await;
    assert_eq!(rebuilt.unwrap().unparked, [parked, Position(parked.0 + 1)]);
    assert_eq!(cents(&service, "7").await, Some(6));
    assert_eq!(service.parked_events("balances").count().await.unwrap(), 0);
    let clean = check(&service).await;
    assert!(clean.is_right() && clean.with_dead_letters == 0, "{clean}");
}

#[tokio::test]
async fn a_rebuild_tells_of_a_mistake_that_both_editions_have_in_common() {
    let place = Place::sqlite().await;
    place.record_round().await;
    let service = place.run::<Balance>().await;
    make_candidate(&place).await;
    for edition in [Edition::Current, Edition::Candidate] {
        place.tamper(edition, "7", 1_000).await;
    }
    let options = RebuildOptions {
        cut_over: CutOver::WhenSame,
        ..RebuildOptions::default()
    };
    let rebuild = service.rebuilds("balances").begin(options);
    let compared = rebuild
        .wait_for(|phase| matches!(phase, RebuildPhase::Compared(_)))
        .await;
    let RebuildPhase::Compared(Some(comparison)) = compared.phase else {
        panic!("{:?}", compared.phase)
    };
    assert!(!comparison.is_same());
    assert_eq!(comparison.tables[0].differing, 0);
    let drifted = drifts(&comparison.refolded);
    assert_eq!(drifted, [r#"balances ["7"] differs"#]);
}

/// A candidate that has taken in all there is.
async fn make_candidate(place: &Place) {
    let editions = place.read_models.editions().unwrap();
    let fold = TableFold::of_rows::<Balance>();
    let candidate = editions.projector(fold, Edition::Candidate).await.unwrap();
    let after = candidate.resume(place.store.id()).await.unwrap();
    let up_to = place.store.head().await.unwrap();
    let mut all = place
        .store
        .read(Read::forwards(Source::all()))
        .await
        .unwrap();
    let mut events = Vec::new();
    while let Some(event) = all.try_next().await.unwrap() {
        events.push(event);
    }
    let events = events.into();
    let batch = ProjectionBatch {
        after,
        up_to,
        events,
    };
    candidate.apply(batch).await.unwrap();
}

fn has_drift(latest: &LatestRowsCheck) -> bool {
    matches!(latest, Some(Ok(check)) if !check.is_right())
}

#[tokio::test]
async fn drift_is_found_in_the_background_until_the_service_stops() {
    let place = Place::sqlite().await;
    place.record_round().await;
    let service = Annals::on(Arc::clone(&place.store), Arc::clone(&place.read_models))
        .drift_detection(DriftOptions {
            first_after: Duration::ZERO,
            every: Duration::ZERO,
            ..DriftOptions::default()
        })
        .projection::<Balance>();
    let service = up_to_date(service.start().await.unwrap()).await;
    let mut latest = service.refolds("balances").drift().unwrap().watch();
    place.tamper(Edition::Current, "7", 1_000).await;
    let found = tokio::time::timeout(LONG, latest.wait_for(has_drift)).await;
    let found = found.expect("in time").unwrap().clone();
    assert_eq!(found.unwrap().unwrap().drifted, 1);
    service.stop().await;
    latest.mark_unchanged();
    assert!(latest.has_changed().is_err(), "it is closed");
}

#[tokio::test]
async fn drift_is_looked_for_unless_told_otherwise() {
    let builder = Annals::in_memory().projection::<Balance>();
    let service = builder.start().await.unwrap();
    assert!(service.refolds("balances").drift().is_some());
    let builder = Annals::in_memory().without_drift_detection();
    let service = builder.projection::<Balance>().start().await.unwrap();
    assert!(service.refolds("balances").drift().is_none());
}
