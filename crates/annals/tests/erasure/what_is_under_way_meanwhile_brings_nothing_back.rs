//! What another process has under way while a person is forgotten brings nothing of them back.

use std::sync::Arc;

use annals::runtime::{CommandContext, ExecuteError, Forgets, PlaceKind};
use annals::sqlite::Database;
use annals::{
    Aggregate, Annals, Append, AppendError, AppendId, Appended, Cause, Effect, EffectError,
    EffectKey, EffectStart, EventId, EventStore, EventStream, Position, Read, ReadError, Recorded,
    Snapshot, SnapshotStore, Source, StoreId, StoredSnapshot, StreamId, StreamVersion, SubjectId,
    Subscription,
};
use async_trait::async_trait;

use crate::copies::{PersonRow, said};
use crate::gate::Gate;
use crate::people::{Person, PersonCommand, PersonEvent};
use crate::place::{LONG, Place, move_to, register, settle, subject};

/// The store, as a process has it whose appends wait at a gate once it is closed.
struct Slow {
    inner: Arc<dyn EventStore>,
    gate: Gate,
}

#[async_trait]
impl EventStore for Slow {
    fn id(&self) -> StoreId {
        self.inner.id()
    }

    async fn append(&self, append: Append) -> Result<Appended, AppendError> {
        self.gate.pass().await;
        self.inner.append(append).await
    }

    async fn find_append(&self, id: AppendId) -> Result<Option<Appended>, ReadError> {
        self.inner.find_append(id).await
    }

    async fn read(&self, read: Read) -> Result<EventStream, ReadError> {
        self.inner.read(read).await
    }

    async fn subscribe(&self, source: Source) -> Result<Subscription, ReadError> {
        self.inner.subscribe(source).await
    }

    async fn head(&self) -> Result<Position, ReadError> {
        self.inner.head().await
    }

    async fn stream_version(&self, stream: &StreamId) -> Result<StreamVersion, ReadError> {
        self.inner.stream_version(stream).await
    }
}

/// Another process, whose appends wait.
async fn slow(place: &Place, gate: &Gate) -> Annals {
    let store: Arc<dyn EventStore> = Arc::new(Slow {
        inner: Arc::clone(&place.store) as _,
        gate: gate.clone(),
    });
    Annals::on(store, Arc::new(place.read_models.clone()))
        .keyring(place.keys.keyring())
        .aggregate::<Person>()
        .without_drift_detection()
        .start()
        .await
        .unwrap()
}

#[tokio::test]
async fn a_command_that_knew_the_key_records_nothing_any_more() {
    let place = Place::new().await;
    let service = place.start().await;
    register(&service, "ada", "Ada").await;
    let gate = Gate::default();
    let other = slow(&place, &gate).await;

    gate.close();
    let (user_id, city) = ("ada".to_owned(), "London".to_owned());
    let command = PersonCommand::Move { user_id, city };
    let context = CommandContext::default();
    let late = other.execute::<Person>("ada", command, context);
    let erased = async {
        gate.somebody_waits().await;
        service.erase(&subject("ada")).await.unwrap();
        let head = service.store().head().await.unwrap();
        gate.open();
        head
    };
    let (refused, head) = tokio::join!(late, erased);

    assert!(
        matches!(&refused, Err(ExecuteError::Erased(whose)) if *whose == subject("ada")),
        "{refused:?}"
    );
    assert_eq!(service.store().head().await.unwrap(), head);
    other.stop().await;
    service.stop().await;
}

#[tokio::test]
async fn an_erasure_goes_on_when_whoever_asked_is_gone() {
    let place = Place::new().await;
    let gate = Gate::default();
    let service = slow(&place, &gate).await;
    register(&service, "ada", "Ada").await;

    gate.close();
    let ada = subject("ada");
    tokio::select! {
        report = service.erase(&ada) => panic!("it waits at the gate: {report:?}"),
        () = gate.somebody_waits() => {}
    }
    gate.open();

    place.wait_for_report(&ada).await;
    service.stop().await;
}

/// What waits at a gate before it lets go.
struct Waits(Gate);

#[async_trait]
impl Forgets for Waits {
    fn name(&self) -> &'static str {
        "waits"
    }

    async fn forget(&self, _: &SubjectId) -> Result<(), Cause> {
        self.0.pass().await;
        Ok(())
    }
}

#[tokio::test]
async fn a_kept_state_that_comes_late_is_dropped_by_whoever_wrote_it() {
    let place = Place::new().await;
    let service = place.start().await;
    register(&service, "ada", "Ada").await;
    let gate = Gate::default();
    let other = place.service(place.keys.keyring());
    let other = other.forgets(Arc::new(Waits(gate.clone())));
    let other = other.start().await.unwrap();

    gate.close();
    service.erase(&subject("ada")).await.unwrap();
    let head = service.store().head().await.unwrap();
    service.has_forgotten(head, LONG).await.unwrap();
    gate.somebody_waits().await;
    let snapshots = other.read_models().snapshots().await.unwrap();
    let stream = Person::stream("ada").unwrap();
    let late = StoredSnapshot {
        fingerprint: Person::fingerprint(),
        version: StreamVersion(1),
        last_event: EventId::of_append(AppendId::of_key("any", "other"), 0),
        state: b"{}".to_vec(),
    };
    SnapshotStore::save(&*snapshots, &stream, late)
        .await
        .unwrap();
    gate.open();
    other.has_forgotten(head, LONG).await.unwrap();

    let kept = SnapshotStore::load(&*snapshots, &stream).await.unwrap();
    assert_eq!(kept, None);
    other.stop().await;
    service.stop().await;
}

#[tokio::test]
async fn letters_that_only_another_process_has_are_redacted_there() {
    let place = Place::new().await;
    let service = place.start().await;
    let of_its_own = Database::in_memory().await.unwrap();
    let other = Annals::on(Arc::clone(&place.store) as _, Arc::new(of_its_own))
        .keyring(place.keys.keyring())
        .aggregate::<Person>()
        .projection::<PersonRow>()
        .without_drift_detection()
        .start()
        .await
        .unwrap();
    register(&service, "ada", "Ada").await;
    move_to(&service, "ada", "Atlantis").await;
    settle(&other).await;
    let parked = other.parked_events("persons");
    let letters = parked.list(Position::START, 10).await.unwrap();
    assert!(letters[0].to_json().contains("Atlantis"), "{letters:?}");

    service.erase(&subject("ada")).await.unwrap();
    let head = service.store().head().await.unwrap();
    other.has_forgotten(head, LONG).await.unwrap();

    let letters = parked.list(Position::START, 10).await.unwrap();
    assert!(!letters[0].to_json().contains("Atlantis"), "{letters:?}");
    other.stop().await;
    service.stop().await;
}

/// Is refused once it is through a gate, and quotes what it was to tell.
struct Refused(Gate);

#[derive(Debug, thiserror::Error)]
#[error("{0} is not taken")]
struct NotTaken(String);

#[async_trait]
impl Effect for Refused {
    type Event = PersonEvent;
    const NAME: &'static str = "refused";
    const START: EffectStart = EffectStart::Beginning;

    async fn perform(
        &self,
        event: &Recorded<PersonEvent>,
        _: EffectKey,
    ) -> Result<(), EffectError> {
        self.0.pass().await;
        Err(EffectError::Event(Arc::new(NotTaken(said(&event.event)))))
    }
}

#[tokio::test]
async fn what_a_batch_under_way_may_park_is_told() {
    let place = Place::new().await;
    let gate = Gate::default();
    gate.close();
    let service = place.service(place.keys.keyring());
    let service = service.effect(Refused(gate.clone()));
    let service = service.start().await.unwrap();
    register(&service, "ada", "Ada").await;
    gate.somebody_waits().await;

    let report = service.erase(&subject("ada")).await.unwrap();

    let mut missed = report.out_of_reach.iter();
    assert!(missed.any(|it| (it.kind, &*it.name) == (PlaceKind::DeadLetters, "refused")));
    gate.open();
    service.stop().await;
}
