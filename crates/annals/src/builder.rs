//! Putting a service together: which store, which aggregates, which projections.

use std::collections::{BTreeMap, HashSet};
use std::num::NonZeroUsize;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use annals_core::{
    Effect, Event, EventSchema, EventStore, Leases, Projection, Projector, QueryError, ReadModels,
    Snapshot, TableFold, TableProjection,
};
use annals_keys::Keyring;
use annals_runtime::{
    AuditSubject, BackgroundAuditOptions, DeclaredReadModels, DriftOptions, EditionOptions,
    ErasurePlaces, ErasuresElsewhere, Forgets, Pasts, PastsOptions, PersonalEvents,
    ProjectionHandle, Rebuilds, Refolds, run_projection,
};

use crate::declared_aggregate::{DeclaredAggregate, Ground, RepositoryOptions};
use crate::declared_command::DeclaredCommands;
use crate::declared_effect::{BegunEffect, DeclaredEffect};
use crate::declared_saga::DeclaredSagas;
use crate::error::Error;
use crate::forgetting::{self, Keyed};
use crate::keys_place::DeclaredKeys;
use crate::place::{Opened, Place};
use crate::runners::Runners;
use crate::service::{Annals, Running};
use crate::typed_tables::{DueRebuilds, TypedTables};

/// A service that is being put together. Nothing is opened before [`start`](Self::start).
#[must_use = "a builder does nothing before it is started"]
pub struct Builder {
    place: Place,
    aggregates: Vec<DeclaredAggregate>,
    pub(crate) repositories: RepositoryOptions,
    folds: Vec<TableFold>,
    inline: Vec<TableFold>,
    projectors: Vec<Arc<dyn Projector>>,
    local_projectors: Vec<Arc<dyn Projector>>,
    effects: Vec<DeclaredEffect>,
    pub(crate) commands: DeclaredCommands,
    pub(crate) sagas: DeclaredSagas,
    leases: Option<Arc<dyn Leases>>,
    code_version: String,
    audits: Option<BackgroundAuditOptions>,
    drift: Option<DriftOptions>,
    due_rebuilds: DueRebuilds,
    keep_previous: Duration,
    schemas: Vec<&'static EventSchema>,
    personal: PersonalEvents,
    keys: DeclaredKeys,
    forgets: Vec<Arc<dyn Forgets>>,
}

impl Annals {
    /// A service that keeps everything in one directory, made if it is not there, or, given a URL
    /// such as `postgres://user@host/database`, in a database that several processes can share.
    pub fn open(place: impl AsRef<Path>) -> Builder {
        Builder::new(Place::at(place.as_ref()))
    }

    /// A service that keeps everything in memory, for tests and trials.
    pub fn in_memory() -> Builder {
        Builder::new(Place::Memory)
    }

    /// A service on a store and read models of one's own. Where other processes run the same
    /// projections, [`leases`](Builder::leases) settle which of them does the work.
    pub fn on(store: Arc<dyn EventStore>, read_models: Arc<dyn ReadModels>) -> Builder {
        Builder::new(Place::Opened(Opened {
            store,
            read_models,
            leases: None,
            keyring: None,
        }))
    }
}

impl Builder {
    fn new(place: Place) -> Self {
        Self {
            place,
            aggregates: Vec::new(),
            repositories: RepositoryOptions::default(),
            folds: Vec::new(),
            inline: Vec::new(),
            projectors: Vec::new(),
            local_projectors: Vec::new(),
            effects: Vec::new(),
            commands: DeclaredCommands::default(),
            sagas: DeclaredSagas::default(),
            leases: None,
            code_version: String::new(),
            audits: Some(BackgroundAuditOptions::default()),
            drift: Some(DriftOptions::default()),
            due_rebuilds: DueRebuilds::Begin,
            keep_previous: EditionOptions::default().keep_previous,
            schemas: Vec::new(),
            personal: PersonalEvents::default(),
            keys: DeclaredKeys::default(),
            forgets: Vec::new(),
        }
    }

    /// What this version of the service calls itself, such as `1.4.2`: dead letters tell which code
    /// could not apply an event.
    pub fn code_version(mut self, version: &str) -> Self {
        version.clone_into(&mut self.code_version);
        self
    }

    /// Declares an aggregate, with snapshots after every 100 events. The 1,000 that were used last
    /// are remembered, unless [`remembering`](Self::remembering) says otherwise.
    pub fn aggregate<A: Snapshot>(mut self) -> Self {
        self.declare_events::<A::Event>();
        self.aggregates.push(DeclaredAggregate::of::<A>());
        self
    }

    /// Remembers so many aggregates of each kind, those that were used last; 0: none. It saves the
    /// load before the next command to one of them, and costs the memory of as many states: see
    /// [`Repository::remembering`](annals_runtime::Repository::remembering).
    pub fn remembering(mut self, aggregates: usize) -> Self {
        self.repositories.remembered = NonZeroUsize::new(aggregates);
        self
    }

    /// Declares a read model that is folded from events, row by row. If there is one of another
    /// declaration, that is read until this one is made [beside it](Self::without_automatic_rebuilds).
    pub fn projection<P: Projection>(mut self) -> Self {
        self.declare_events::<P::Event>();
        self.folds.push(TableFold::of_rows::<P>());
        self
    }

    /// Declares a read model that is folded in the very transaction of each append: whoever reads
    /// it after an answer sees what was answered for, without waiting.
    ///
    /// On PostgreSQL alone, and for few and small read models: all writers wait for them, and an
    /// event that one cannot take in is refused. It does not run beside the others, and so is not
    /// among [`Annals::projections`]: it is never behind. [`Annals::audit`] knows it.
    pub fn inline_projection<P: Projection>(mut self) -> Self {
        self.declare_events::<P::Event>();
        self.inline.push(TableFold::of_rows::<P>());
        self
    }

    /// Declares read models of several tables that are written event by event.
    pub fn table_projection<P: TableProjection>(mut self) -> Self {
        self.declare_events::<P::Event>();
        self.folds.push(TableFold::of_tables::<P>());
        self
    }

    /// Declares a read model that is kept by a projector of one's own, such as one by SQL. Of the
    /// processes that share the store one keeps it up to date, for all of them.
    pub fn projector(mut self, projector: Arc<dyn Projector>) -> Self {
        self.projectors.push(projector);
        self
    }

    /// Declares a read model that this process has for itself, in its memory or a file of its own:
    /// each process keeps its own up to date.
    pub fn local_projector(mut self, projector: Arc<dyn Projector>) -> Self {
        self.local_projectors.push(projector);
        self
    }

    /// Declares what is done in the outside world for each event, at least once. It runs beside the
    /// read models, and is among [`Annals::projections`]; of the processes that share the store, one
    /// performs it.
    ///
    /// How far it is, is kept beside the read models. Whoever deletes those makes it a new one.
    pub fn effect<E: Effect>(mut self, effect: E) -> Self {
        self.declare_events::<E::Event>();
        self.effects.push(DeclaredEffect::of(effect));
        self
    }

    /// Settles by leases of one's own which of several processes keeps a read model up to date.
    /// On PostgreSQL that is settled already.
    pub fn leases(mut self, leases: Arc<dyn Leases>) -> Self {
        self.leases = Some(leases);
        self
    }

    /// Starts no audits in the background.
    ///
    /// They prove that no projection leaves an event out: each reads the log beside the projection's
    /// ledger once when the service starts, then only what is new, and logs what is missing as an
    /// error. Nothing else depends on them. [`Annals::audit`] works all the same.
    pub fn without_background_audits(mut self) -> Self {
        self.audits = None;
        self
    }

    /// Looks for drift in the background in another way: by default once a day, slowly.
    ///
    /// Some rows of each read model are folded again from the log, and what is stored otherwise is
    /// logged as an error. Nothing else depends on it. [`Annals::refolds`] tells what was found.
    pub fn drift_detection(mut self, options: DriftOptions) -> Self {
        self.drift = Some(options);
        self
    }

    /// Looks for no drift in the background. [`Annals::refolds`] works all the same.
    pub fn without_drift_detection(mut self) -> Self {
        self.drift = None;
        self
    }

    /// Begins no rebuild by itself.
    ///
    /// A read model whose declaration changed is read as it is, and made anew beside that: at once,
    /// or after this only when [`Rebuilds::begin`](annals_runtime::Rebuilds::begin) or an operator
    /// says so. Until then its projection [waits](annals_runtime::ProjectionStatus::AwaitsRebuild).
    pub fn without_automatic_rebuilds(mut self) -> Self {
        self.due_rebuilds = DueRebuilds::Wait;
        self
    }

    /// Keeps the edition of a read model that was read before a rebuild for so long, in place of
    /// seven days.
    pub fn keeping_previous_editions(mut self, time: Duration) -> Self {
        self.keep_previous = time;
        self
    }

    /// Keeps the keys of persons in this directory, and root keys in `root` below it: advised for a
    /// service in a directory, which otherwise has them in `keys` there. Copies of the events and of the
    /// keys belong apart, or what was erased can be had back with both.
    pub fn keys_in(mut self, directory: impl AsRef<Path>) -> Self {
        self.keys.keys_in = Some(directory.as_ref().to_owned());
        self
    }

    /// Keeps root keys in this directory. On PostgreSQL, which has the keys of persons beside the events,
    /// that must be said by whoever declares events with personal fields; several processes share it.
    pub fn root_keys_in(mut self, directory: impl AsRef<Path>) -> Self {
        self.keys.root_keys_in = Some(directory.as_ref().to_owned());
        self
    }

    /// Seals personal data by a keyring of one's own, such as one whose root key a key management
    /// service has.
    pub fn keyring(mut self, keyring: Arc<Keyring>) -> Self {
        self.keys.keyring = Some(keyring);
        self
    }

    /// Tells whenever a person is forgotten: a cache, an export, a search index.
    pub fn forgets(mut self, place: Arc<dyn Forgets>) -> Self {
        self.forgets.push(place);
        self
    }

    /// Opens the store and the read models, and starts the projections.
    ///
    /// # Errors
    /// [`Error`] when something could not be opened or was declared twice.
    pub async fn start(mut self) -> Result<Annals, Error> {
        self.complete()?;
        let inline = self.inline.clone();
        let opened = self.place.open(self.inline, self.keys).await?;
        let unkeyed = Arc::clone(&opened.store);
        let (opened, keyed) = Keyed::of(opened, self.personal).await?;
        let (store, read_models) = (opened.store, opened.read_models);
        let declared = DeclaredReadModels::new(read_models, self.folds.clone());
        let read_models: Arc<dyn ReadModels> = Arc::new(declared);
        let ground = Ground {
            store: Arc::clone(&store),
            snapshots: read_models.snapshots().await?,
            options: self.repositories,
            keyring: keyed.as_ref().map(Keyed::keyring),
        };
        let (repositories, mut forgets) = ground.repositories(self.aggregates);
        let commands = self.commands.bus(&repositories)?;
        let sagas = self.sagas.begin(&store, &commands);
        self.effects.extend(sagas.inboxes());
        let all = self.folds.iter().chain(&inline).cloned();
        let pasts = Pasts::new(&store, &read_models, all, PastsOptions::default());
        let mut audited = projectors(&*read_models, inline.clone()).await?;
        let runners = Runners::new(self.leases.or(opened.leases), &self.code_version);
        let editions = runners.editions(self.keep_previous);
        let folds = self.folds.clone();
        let typed = TypedTables::open_all(&store, &read_models, self.folds, &editions).await?;
        let effects = begin(self.effects, &store, &*read_models).await?;
        let mut projections = BTreeMap::new();
        let mut beside = |projector: Arc<dyn Projector>, handle: ProjectionHandle| {
            audited.push(Arc::clone(&projector));
            let name = handle.name().to_owned();
            let store = Arc::clone(&store);
            let subject = AuditSubject { store, projector };
            let running = Running::beside(handle, subject, &self.code_version, self.audits.clone());
            projections.insert(name, running);
        };
        let rebuilds = run_typed(typed, self.due_rebuilds, &mut beside).await?;
        // From here on nothing fails: no effect is performed by a service that does not start.
        let own_read_models = names([&self.projectors, &self.local_projectors]);
        for (projector, options) in runners.each(self.projectors, self.local_projectors, effects) {
            let handle = run_projection(Arc::clone(&store), Arc::clone(&projector), options);
            beside(projector, handle);
        }
        let sagas = sagas.run(&read_models, &projections, &runners);
        let folds = [(&store, folds), (&unkeyed, inline)];
        let refolds = refolds_of(folds, &read_models, self.drift.as_ref());
        forgets.extend(in_memory(&pasts, &refolds, &rebuilds));
        forgets.extend(self.forgets);
        let places = ErasurePlaces {
            snapshots: ground.snapshots,
            refolds: refolds.values().cloned().collect(),
            projectors: audited.clone(),
            own_read_models,
            forgets,
        };
        let (forgetting, follows) = forgetting::begin(keyed, places, &runners.alone);
        projections.extend(follows);
        Ok(Annals {
            store,
            read_models,
            repositories,
            projections,
            audited: audited.into_iter().map(by_name).collect(),
            rebuilds,
            refolds,
            pasts,
            commands,
            sagas,
            forgetting,
        })
    }

    /// With what follows from what is declared. Nothing is opened or made before that is known to be
    /// right.
    fn complete(&mut self) -> Result<(), Error> {
        self.folds.extend(self.sagas.index());
        self.keys.needed = !self.personal.is_empty();
        self.check_names()?;
        self.check_upcasters()?;
        self.sagas.check()
    }

    /// With the events of something that is declared.
    pub(crate) fn declare_events<E: Event>(&mut self) {
        self.personal.declare::<E>();
        self.schemas.extend(E::SCHEMAS);
    }

    /// Stored events must come to their newest version, which the derive sees to, and nobody for an
    /// `Event` by hand.
    fn check_upcasters(&self) -> Result<(), Error> {
        for schema in &self.schemas {
            if let Some(fault) = schema.chain_fault() {
                let event = schema.name;
                return Err(Error::Upcasters { event, fault });
            }
        }
        Ok(())
    }

    /// Nothing is declared twice, or has a name that is reserved.
    fn check_names(&self) -> Result<(), Error> {
        let mut aggregates = HashSet::new();
        for aggregate in &self.aggregates {
            if !aggregates.insert(aggregate.id) {
                return Err(Error::DeclaredTwice(aggregate.name.to_owned()));
            }
        }
        let mut projections = HashSet::new();
        let folds = self.folds.iter().chain(&self.inline);
        let names = folds.clone().map(|fold| -> &str { fold.name() });
        let projectors = self.projectors.iter().chain(&self.local_projectors);
        let names = names.chain(projectors.map(|projector| projector.name()));
        let effects = self.effects.iter().map(|effect| effect.name);
        for name in names.chain(effects).chain(self.sagas.names()) {
            check_ending(name)?;
            if name == ErasuresElsewhere::NAME {
                return Err(Error::ReservedName(name.to_owned()));
            }
            if !projections.insert(name) {
                return Err(Error::DeclaredTwice(name.to_owned()));
            }
        }
        let mut tables = HashSet::new();
        for table in folds.flat_map(TableFold::tables) {
            check_ending(table.name)?;
            if !tables.insert(table.name) {
                return Err(Error::DeclaredTwice(format!("table {}", table.name)));
            }
        }
        Ok(())
    }
}

/// Other editions of a read model have its name and such an ending.
fn check_ending(name: &str) -> Result<(), Error> {
    let reserved = ["__candidate", "__previous", "__exchanged"];
    match reserved.iter().any(|ending| name.ends_with(ending)) {
        true => Err(Error::ReservedName(name.to_owned())),
        false => Ok(()),
    }
}

/// How rows of folds are folded again, from the store that each is told by: whoever is told in the
/// transaction of an append sees what is sealed, so that is read without keys here, too.
fn refolds_of(
    folds: [(&Arc<dyn EventStore>, Vec<TableFold>); 2],
    read_models: &Arc<dyn ReadModels>,
    drift: Option<&DriftOptions>,
) -> BTreeMap<&'static str, Refolds> {
    let folds = folds
        .into_iter()
        .flat_map(|(store, folds)| folds.into_iter().map(move |fold| (store, fold)));
    let refolds = |(store, fold): (&Arc<dyn EventStore>, TableFold)| {
        let (name, refolds) = (fold.name(), Refolds::new(store, read_models, fold));
        let refolds = match drift {
            Some(options) => refolds.with_drift_detection(options.clone()),
            None => refolds,
        };
        (name, refolds)
    };
    folds.map(refolds).collect()
}

/// Starts the projections of typed tables, and tells of each.
async fn run_typed(
    typed: Vec<TypedTables>,
    due: DueRebuilds,
    mut tell: impl FnMut(Arc<dyn Projector>, ProjectionHandle),
) -> Result<BTreeMap<&'static str, Rebuilds>, Error> {
    let mut rebuilds = BTreeMap::new();
    for tables in typed {
        let handle = tables.run(due).await?;
        tell(tables.projector, handle);
        rebuilds.insert(tables.name, tables.rebuilds);
    }
    Ok(rebuilds)
}

/// What performs effects, each from where it is.
async fn begin(
    effects: Vec<DeclaredEffect>,
    store: &Arc<dyn EventStore>,
    read_models: &dyn ReadModels,
) -> Result<Vec<BegunEffect>, Error> {
    let mut begun = Vec::with_capacity(effects.len());
    for effect in effects {
        begun.push(effect.begin(store, read_models).await?);
    }
    Ok(begun)
}

/// What keeps the tables of folds up to date. They are made if they are not there.
async fn projectors(
    read_models: &dyn ReadModels,
    folds: Vec<TableFold>,
) -> Result<Vec<Arc<dyn Projector>>, QueryError> {
    let mut projectors = Vec::with_capacity(folds.len());
    for fold in folds {
        projectors.push(read_models.projector(fold).await?);
    }
    Ok(projectors)
}

/// What has rows in the memory of this process.
fn in_memory(
    pasts: &Pasts,
    refolds: &BTreeMap<&'static str, Refolds>,
    rebuilds: &BTreeMap<&'static str, Rebuilds>,
) -> Vec<Arc<dyn Forgets>> {
    let mut all: Vec<Arc<dyn Forgets>> = vec![Arc::new(pasts.clone())];
    for refolds in refolds.values() {
        all.push(Arc::new(refolds.clone()));
    }
    for rebuilds in rebuilds.values() {
        all.push(Arc::new(rebuilds.clone()));
    }
    all
}

fn names(of: [&[Arc<dyn Projector>]; 2]) -> Vec<String> {
    let projectors = of.into_iter().flatten();
    projectors.map(|it| it.name().to_owned()).collect()
}

fn by_name(projector: Arc<dyn Projector>) -> (String, Arc<dyn Projector>) {
    (projector.name().to_owned(), projector)
}

impl std::fmt::Debug for Builder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Builder").finish_non_exhaustive()
    }
}
