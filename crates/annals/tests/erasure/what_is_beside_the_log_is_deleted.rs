//! What is kept beside the log is in no event, is read as if it were, and is deleted with the person.

use std::path::Path;
use std::sync::{Arc, Mutex};

use annals::embedded::EmbeddedStore;
use annals::keys::{Keyring, KeyringOptions, MemoryKeyStore, MemoryRootKeys, MemorySideStore};
use annals::runtime::{CommandContext, ExecuteError, Executed, LoadError};
use annals::sqlite::{Database, KeyDatabase};
use annals::{
    Aggregate, Annals, Append, AppendError, AppendId, Appended, DecodeFault, Event, EventStore,
    EventStream, Personal, PersonalFault, Position, Projection, Read, ReadError, ReadModel,
    Recorded, SideId, SideStore, Snapshot, Source, StoreId, StreamId, StreamVersion, Subscription,
    side_ids_of,
};
use async_trait::async_trait;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::place::{LONG, reached, subject};

#[derive(Event, Serialize, Deserialize, Debug, Clone, PartialEq)]
enum PatientEvent {
    #[event(name = "PatientDiagnosed")]
    Diagnosed {
        patient: String,
        #[personal(subject = patient, beside)]
        illness: Personal<String>,
    },
}

#[derive(Default, Clone, Debug, Serialize, Deserialize, JsonSchema)]
struct Patient {
    illnesses: Vec<Personal<String>>,
}

impl Patient {
    fn known(&self) -> Vec<&str> {
        let known = self.illnesses.iter().filter_map(Personal::known);
        known.map(String::as_str).collect()
    }
}

#[derive(Clone)]
struct Diagnose(&'static str, &'static str);

#[derive(Debug, thiserror::Error, Serialize, Deserialize)]
#[error("nothing is refused")]
struct Never;

impl Aggregate for Patient {
    const CATEGORY: &'static str = "Patient";
    type Command = Diagnose;
    type Event = PatientEvent;
    type Error = Never;

    fn decide(&self, Diagnose(patient, illness): Diagnose) -> Result<Vec<PatientEvent>, Never> {
        let (patient, illness) = (patient.to_owned(), Personal::new(illness.to_owned()));
        Ok(vec![PatientEvent::Diagnosed { patient, illness }])
    }

    fn evolve(&mut self, PatientEvent::Diagnosed { illness, .. }: &PatientEvent) {
        self.illnesses.push(illness.clone());
    }
}

impl Snapshot for Patient {
    const FOLD_REVISION: u32 = 1;
}

/// The last illness of each patient.
#[derive(ReadModel, Debug, Clone, PartialEq)]
#[read_model(table = "patients")]
struct PatientRow {
    #[key]
    id: String,
    illness: Personal<String>,
}

impl Projection for PatientRow {
    type Event = PatientEvent;

    fn keys(event: &Recorded<PatientEvent>) -> Vec<String> {
        vec![event.record.stream.id().to_owned()]
    }

    fn fold(_: Option<Self>, id: &String, event: &Recorded<PatientEvent>) -> Option<Self> {
        let PatientEvent::Diagnosed { illness, .. } = event.event.clone();
        let id = id.clone();
        Some(Self { id, illness })
    }
}

type Diagnosis = Result<Executed<Patient>, ExecuteError<Never>>;

async fn try_diagnose(service: &Annals, id: &'static str, illness: &'static str) -> Diagnosis {
    let context = CommandContext::default();
    let command = Diagnose(id, illness);
    service.execute::<Patient>(id, command, context).await
}

async fn diagnose(service: &Annals, id: &'static str, illness: &'static str) -> Position {
    let executed = try_diagnose(service, id, illness).await;
    executed.unwrap().position
}

async fn load(service: &Annals, id: &str) -> Patient {
    service
        .repository::<Patient>()
        .load(id)
        .await
        .unwrap()
        .state
}

/// True if these bytes are in a file of a directory, or in one below it.
fn shows(directory: &Path, sought: &[u8]) -> bool {
    std::fs::read_dir(directory).unwrap().any(|entry| {
        let path = entry.unwrap().path();
        if path.is_dir() {
            return shows(&path, sought);
        }
        let bytes = std::fs::read(path).unwrap();
        bytes.windows(sought.len()).any(|window| window == sought)
    })
}

/// Names what is beside the events of a patient.
async fn side_ids(store: &dyn EventStore, id: &str) -> Vec<SideId> {
    let stream = StreamId::new("Patient", id).unwrap();
    let read = Read::forwards(Source::stream(stream));
    let mut events = store.read(read).await.unwrap();
    let mut ids = Vec::new();
    while let Some(event) = events.try_next().await.unwrap() {
        ids.extend(side_ids_of(&event));
    }
    ids
}

/// A store, keys and values that outlive the services on them.
struct Hospital {
    store: Arc<Faltering>,
    read_models: Database,
    keys: Arc<MemoryKeyStore>,
    roots: Arc<MemoryRootKeys>,
    beside: Arc<MemorySideStore>,
}

impl Hospital {
    async fn new() -> Self {
        let store = Faltering {
            inner: EmbeddedStore::in_memory().unwrap(),
            next: Mutex::default(),
        };
        Self {
            store: Arc::new(store),
            read_models: Database::in_memory().await.unwrap(),
            keys: Arc::default(),
            roots: Arc::new(MemoryRootKeys::new().unwrap()),
            beside: Arc::default(),
        }
    }

    async fn start(&self) -> Annals {
        let (keys, roots) = (Arc::clone(&self.keys), Arc::clone(&self.roots));
        let keyring = Keyring::new(keys, roots, KeyringOptions::default());
        let beside = Arc::<MemorySideStore>::clone(&self.beside);
        let store = Arc::<Faltering>::clone(&self.store);
        let service = Annals::on(store, Arc::new(self.read_models.clone()));
        let service = service.keyring(Arc::new(keyring.with_side_store(beside)));
        let service = service.aggregate::<Patient>().projection::<PatientRow>();
        service.without_drift_detection().start().await.unwrap()
    }

    /// What is found beside the events of a patient.
    async fn found(&self, id: &str) -> Vec<Option<Vec<u8>>> {
        let ids = side_ids(&*self.store, id).await;
        self.beside.find(&ids).await.unwrap()
    }
}

/// What becomes of the next append.
#[derive(Clone, Copy)]
enum Fault {
    /// It never gets to the store.
    LosesTheAppend,
    /// It is recorded, and nobody hears of it.
    LosesTheAnswer,
}

/// A store that one append of may go wrong.
struct Faltering {
    inner: EmbeddedStore,
    next: Mutex<Option<Fault>>,
}

impl Faltering {
    fn falter(&self, fault: Fault) {
        *self.next.lock().unwrap() = Some(fault);
    }

    fn take(&self) -> Option<Fault> {
        self.next.lock().unwrap().take()
    }
}

#[async_trait]
impl EventStore for Faltering {
    fn id(&self) -> StoreId {
        self.inner.id()
    }

    async fn append(&self, append: Append) -> Result<Appended, AppendError> {
        let fault = self.take();
        if let Some(Fault::LosesTheAppend) = fault {
            let reason = "the process died".to_owned();
            return Err(AppendError::Unavailable { reason });
        }
        let id = append.id;
        let appended = self.inner.append(append).await?;
        match fault {
            None => Ok(appended),
            Some(_) => Err(AppendError::Unconfirmed {
                append: id,
                cause: Arc::new(std::io::Error::other("the answer is lost")),
            }),
        }
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

#[tokio::test]
async fn neither_the_log_nor_a_copy_holds_the_value_or_what_is_sealed_of_it() {
    let (events, keys) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let service = Annals::open(events.path()).keys_in(keys.path());
    let service = service.aggregate::<Patient>().projection::<PatientRow>();
    let service = service.start().await.unwrap();
    let position = diagnose(&service, "ada", "influenza").await;
    let rows = service.projection("patients");
    rows.wait_for(position, LONG).await.unwrap();
    let ids = side_ids(&**service.store(), "ada").await;
    service.stop().await;
    drop(service);

    let beside = KeyDatabase::open(keys.path().join("keys.db")).await;
    let found = SideStore::find(&beside.unwrap(), &ids).await.unwrap();
    let [Some(sealed)] = &found[..] else {
        panic!("{found:?}")
    };
    assert!(shows(keys.path(), sealed), "that is where it is");
    assert!(shows(&events.path().join("log"), b"$beside"));
    for absent in [&b"influenza"[..], b"$sealed", sealed] {
        assert!(!shows(events.path(), absent));
    }
    assert!(!shows(keys.path(), b"influenza"));
}

#[tokio::test]
async fn it_is_read_by_every_process_and_copies_are_disclosed() {
    let hospital = Hospital::new().await;
    let service = hospital.start().await;
    diagnose(&service, "ada", "influenza").await;
    service.stop().await;

    let service = hospital.start().await;
    assert_eq!(load(&service, "ada").await.known(), ["influenza"]);
    let position = diagnose(&service, "ada", "measles").await;
    assert_eq!(
        load(&service, "ada").await.known(),
        ["influenza", "measles"]
    );
    let rows = service.projection("patients");
    rows.wait_for(position, LONG).await.unwrap();
    let row = service.table::<PatientRow>().get(&"ada".to_owned()).await;
    let mut illness = row.unwrap().unwrap().illness;
    assert_eq!(illness.known(), None);
    let keyring = service.keyring().unwrap();
    keyring.disclose(&mut illness).await.unwrap();
    assert_eq!(illness.value().unwrap(), "measles");
    service.stop().await;
}

#[tokio::test]
async fn a_kept_state_is_open_with_what_is_beside_the_log() {
    let hospital = Hospital::new().await;
    let service = hospital.start().await;
    for _ in 0..100 {
        diagnose(&service, "ada", "a cold").await;
    }
    service.repository::<Patient>().settle().await;
    service.stop().await;

    let service = hospital.start().await;
    let loaded = service.repository::<Patient>().load("ada").await.unwrap();
    assert!(loaded.replayed < 100, "there is no snapshot");
    assert_eq!(loaded.state.known(), ["a cold"; 100]);
    service.stop().await;
}

#[tokio::test]
async fn an_erasure_deletes_it_and_the_stream_is_read_as_before() {
    let hospital = Hospital::new().await;
    let service = hospital.start().await;
    diagnose(&service, "ada", "influenza").await;
    diagnose(&service, "ada", "measles").await;
    diagnose(&service, "bob", "gout").await;

    let report = service.erase(&subject("ada")).await.unwrap();

    assert_eq!(reached(&report, "values beside the log"), Some(2));
    assert_eq!(hospital.found("ada").await, [None, None]);
    for service in [&service, &hospital.start().await] {
        let illnesses = load(service, "ada").await.illnesses;
        assert_eq!(illnesses.len(), 2);
        assert!(illnesses.iter().all(Personal::is_erased));
        assert_eq!(load(service, "bob").await.known(), ["gout"]);
    }
    let refused = try_diagnose(&service, "ada", "relapse").await;
    assert!(
        matches!(refused, Err(ExecuteError::Erased(_))),
        "{refused:?}"
    );
    service.stop().await;
}

#[tokio::test]
async fn an_append_whose_answer_was_lost_is_recorded_once_with_one_value() {
    let hospital = Hospital::new().await;
    let service = hospital.start().await;
    hospital.store.falter(Fault::LosesTheAnswer);
    diagnose(&service, "ada", "influenza").await;

    assert_eq!(load(&service, "ada").await.known(), ["influenza"]);
    let report = service.erase(&subject("ada")).await.unwrap();
    assert_eq!(reached(&report, "values beside the log"), Some(1));
    service.stop().await;
}

#[tokio::test]
async fn a_value_whose_append_never_came_goes_with_the_person() {
    let hospital = Hospital::new().await;
    let service = hospital.start().await;
    hospital.store.falter(Fault::LosesTheAppend);
    let lost = try_diagnose(&service, "ada", "influenza").await;
    assert!(matches!(lost, Err(ExecuteError::Store(_))), "{lost:?}");
    diagnose(&service, "ada", "measles").await;

    assert_eq!(load(&service, "ada").await.known(), ["measles"]);
    let report = service.erase(&subject("ada")).await.unwrap();
    assert_eq!(reached(&report, "values beside the log"), Some(2));
    service.stop().await;
}

#[tokio::test]
async fn what_is_missing_of_the_living_is_told_and_never_taken_for_erased() {
    let hospital = Hospital::new().await;
    let service = hospital.start().await;
    diagnose(&service, "ada", "influenza").await;
    service.stop().await;
    hospital.beside.delete(&subject("ada")).await.unwrap();

    let service = hospital.start().await;
    let told = service.repository::<Patient>().load("ada").await;
    let Err(LoadError::Decode(error)) = told else {
        panic!("{told:?}")
    };
    let fault = PersonalFault::Missing;
    let field = "illness".to_owned();
    assert!(
        matches!(&error.fault, DecodeFault::Personal { field: it, fault: found } if (it, found) == (&field, &fault)),
        "{error}"
    );
    service.stop().await;
}
