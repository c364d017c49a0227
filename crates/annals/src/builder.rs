//! Putting a service together: which store, which aggregates, which projections.

use std::any::{Any, TypeId, type_name};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::num::NonZeroUsize;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use annals_core::{
    Effect, EventStore, Leases, Projection, Projector, QueryError, ReadModels, Snapshot,
    SnapshotStore, TableFold, TableProjection,
};
use annals_runtime::{
    AuditSubject, BackgroundAuditOptions, CommandBus, DeclaredReadModels, DriftOptions,
    EditionOptions, Pasts, PastsOptions, ProjectionHandle, Refolds, Repository, SnapshotPolicy,
    run_projection,
};

use crate::declared_effect::{BegunEffect, DeclaredEffect};
use crate::declared_saga::{self, DeclaredCommand, DeclaredSaga, Repositories, RunningSagas};
use crate::error::Error;
use crate::place::{Opened, Place};
use crate::runners::Runners;
use crate::service::{Annals, Running};
use crate::typed_tables::{DueRebuilds, TypedTables};

/// A snapshot is taken when this many events have passed since the last.
const SNAPSHOT_EVERY: u64 = 100;

/// Most aggregates of each kind that are remembered.
const REMEMBERED: NonZeroUsize = NonZeroUsize::new(1_000).expect("a thousand is not zero");

type Declared = Box<dyn Any + Send + Sync>;
type DeclareAggregate = Box<dyn FnOnce(&Ground) -> Declared>;
/// Its type, the name of that, and what makes its repository.
type DeclaredAggregate = (TypeId, &'static str, DeclareAggregate);

/// A service that is being put together. Nothing is opened before [`start`](Self::start).
#[must_use = "a builder does nothing before it is started"]
pub struct Builder {
    place: Place,
    aggregates: Vec<DeclaredAggregate>,
    remembered: Option<NonZeroUsize>,
    folds: Vec<TableFold>,
    inline: Vec<TableFold>,
    projectors: Vec<Arc<dyn Projector>>,
    local_projectors: Vec<Arc<dyn Projector>>,
    effects: Vec<DeclaredEffect>,
    pub(crate) commands: Vec<DeclaredCommand>,
    pub(crate) sagas: Vec<DeclaredSaga>,
    leases: Option<Arc<dyn Leases>>,
    code_version: String,
    audits: Option<BackgroundAuditOptions>,
    drift: Option<DriftOptions>,
    due_rebuilds: DueRebuilds,
    keep_previous: Duration,
}

/// What a repository stands on.
struct Ground {
    store: Arc<dyn EventStore>,
    snapshots: Arc<dyn SnapshotStore>,
    remembered: Option<NonZeroUsize>,
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
        }))
    }
}

impl Builder {
    fn new(place: Place) -> Self {
        Self {
            place,
            aggregates: Vec::new(),
            remembered: Some(REMEMBERED),
            folds: Vec::new(),
            inline: Vec::new(),
            projectors: Vec::new(),
            local_projectors: Vec::new(),
            effects: Vec::new(),
            commands: Vec::new(),
            sagas: Vec::new(),
            leases: None,
            code_version: String::new(),
            audits: Some(BackgroundAuditOptions::default()),
            drift: Some(DriftOptions::default()),
            due_rebuilds: DueRebuilds::Begin,
            keep_previous: EditionOptions::default().keep_previous,
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
        let declare = |ground: &Ground| -> Declared { Box::new(ground.repository::<A>()) };
        let declared = (TypeId::of::<A>(), type_name::<A>(), Box::new(declare) as _);
        self.aggregates.push(declared);
        self
    }

    /// Remembers so many aggregates of each kind, those that were used last; 0: none. It saves the
    /// load before the next command to one of them, and costs the memory of as many states: see
    /// [`Repository::remembering`].
    pub fn remembering(mut self, aggregates: usize) -> Self {
        self.remembered = NonZeroUsize::new(aggregates);
        self
    }

    /// Declares a read model that is folded from events, row by row. If there is one of another
    /// declaration, that is read until this one is made [beside it](Self::without_automatic_rebuilds).
    pub fn projection<P: Projection>(mut self) -> Self {
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
        self.inline.push(TableFold::of_rows::<P>());
        self
    }

    /// Declares read models of several tables that are written event by event.
    pub fn table_projection<P: TableProjection>(mut self) -> Self {
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

    /// Opens the store and the read models, and starts the projections.
    ///
    /// # Errors
    /// [`Error`] when something could not be opened or was declared twice.
    pub async fn start(mut self) -> Result<Annals, Error> {
        if !self.sagas.is_empty() {
            self.folds.push(declared_saga::index());
        }
        self.check_names()?;
        let inline = self.inline.clone();
        let Opened {
            store,
            read_models,
            leases,
        } = self.place.open(self.inline).await?;
        let declared = DeclaredReadModels::new(read_models, self.folds.clone());
        let read_models: Arc<dyn ReadModels> = Arc::new(declared);
        let ground = Ground {
            store: Arc::clone(&store),
            snapshots: read_models.snapshots().await?,
            remembered: self.remembered,
        };
        let repositories = ground.repositories(self.aggregates);
        let bus = bus(self.commands, &repositories)?;
        let sagas = self.sagas.into_iter();
        let sagas: Vec<_> = sagas.map(|saga| saga.begin(&store, &bus)).collect();
        self.effects.extend(sagas.iter().map(|saga| saga.inbox()));
        let folds = self.folds.iter().chain(&inline).cloned();
        let folded: Vec<_> = folds.clone().collect();
        let pasts = Pasts::new(&store, &read_models, folds, PastsOptions::default());
        let mut audited = projectors(&*read_models, inline).await?;
        let runners = Runners::new(self.leases.or(leases), &self.code_version);
        let editions = EditionOptions {
            runner: runners.shared.clone(),
            keep_previous: self.keep_previous,
        };
        let mut typed = Vec::new();
        for fold in self.folds {
            typed.push(TypedTables::open(&store, &read_models, fold, &editions).await?);
        }
        let effects = begin(self.effects, &store, &*read_models).await?;
        let mut projections = BTreeMap::new();
        let mut beside = |projector: Arc<dyn Projector>, handle: ProjectionHandle| {
            audited.push(Arc::clone(&projector));
            let name = handle.name().to_owned();
            let store = Arc::clone(&store);
            let subject = AuditSubject { store, projector };
            let audits = self.audits.clone();
            let running = Running::beside(handle, subject, &self.code_version, audits);
            projections.insert(name, running);
        };
        let mut rebuilds = BTreeMap::new();
        for tables in typed {
            let handle = tables.run(self.due_rebuilds).await?;
            beside(tables.projector, handle);
            rebuilds.insert(tables.name, tables.rebuilds);
        }
        // From here on nothing fails: no effect is performed by a service that does not start.
        let others = self.projectors.into_iter();
        let others = others.map(|projector| (projector, runners.shared.clone()));
        let effects = effects.into_iter();
        let effects = effects.map(|effect| effect.beside(&runners.shared));
        let local = self.local_projectors.into_iter();
        let local = local.map(|projector| (projector, runners.alone.clone()));
        for (projector, options) in others.chain(effects).chain(local) {
            let handle = run_projection(Arc::clone(&store), Arc::clone(&projector), options);
            beside(projector, handle);
        }
        let index = projections.get(declared_saga::index().name());
        let sagas = RunningSagas::run(
            &sagas,
            &store,
            &read_models,
            index.map(Running::handle),
            runners.shared.leases.as_ref(),
        );
        let refolds = refolds(&store, &read_models, folded, self.drift.as_ref());
        Ok(Annals {
            store,
            read_models,
            repositories,
            projections,
            audited: audited.into_iter().map(by_name).collect(),
            rebuilds,
            refolds,
            pasts,
            sagas,
        })
    }

    /// Nothing is opened or made before everything is known to be declared rightly.
    fn check_names(&self) -> Result<(), Error> {
        let mut aggregates = HashSet::new();
        for (aggregate, name, _) in &self.aggregates {
            if !aggregates.insert(aggregate) {
                return Err(Error::DeclaredTwice((*name).to_owned()));
            }
        }
        let mut projections = HashSet::new();
        let folds = self.folds.iter().chain(&self.inline);
        let names = folds.clone().map(|fold| -> &str { fold.name() });
        let projectors = self.projectors.iter().chain(&self.local_projectors);
        let names = names.chain(projectors.map(|projector| projector.name()));
        let effects = self.effects.iter().map(|effect| effect.name);
        // The inbox of a saga is an effect of its name.
        let sagas = self.sagas.iter().map(|saga| saga.name);
        for name in names.chain(effects).chain(sagas) {
            check_ending(name)?;
            if !projections.insert(name) {
                return Err(Error::DeclaredTwice(name.to_owned()));
            }
        }
        let mut commands = HashSet::new();
        for command in &self.commands {
            if !commands.insert(command.name) {
                let command = format!("command {}", command.name);
                return Err(Error::DeclaredTwice(command));
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

/// Who handles which commands.
fn bus(commands: Vec<DeclaredCommand>, repositories: &Repositories) -> Result<CommandBus, Error> {
    let mut bus = CommandBus::new();
    for command in commands {
        let name = command.name;
        let added = command.add_to(bus, repositories);
        bus = added.ok_or_else(|| Error::NoAggregate(name.to_owned()))?;
    }
    Ok(bus)
}

/// How rows of folds are folded again.
fn refolds(
    store: &Arc<dyn EventStore>,
    read_models: &Arc<dyn ReadModels>,
    folds: Vec<TableFold>,
    drift: Option<&DriftOptions>,
) -> BTreeMap<&'static str, Refolds> {
    let refolds = |fold: TableFold| {
        let (name, refolds) = (fold.name(), Refolds::new(store, read_models, fold));
        let refolds = match drift {
            Some(options) => refolds.with_drift_detection(options.clone()),
            None => refolds,
        };
        (name, refolds)
    };
    folds.into_iter().map(refolds).collect()
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

fn by_name(projector: Arc<dyn Projector>) -> (String, Arc<dyn Projector>) {
    (projector.name().to_owned(), projector)
}

impl Ground {
    /// A repository for each kind of aggregate.
    fn repositories(&self, aggregates: Vec<DeclaredAggregate>) -> HashMap<TypeId, Declared> {
        let aggregates = aggregates.into_iter();
        aggregates
            .map(|(aggregate, _, declare)| (aggregate, declare(self)))
            .collect()
    }

    fn repository<A: Snapshot>(&self) -> Repository<A> {
        let policy = SnapshotPolicy::every(SNAPSHOT_EVERY);
        let repository = Repository::new(Arc::clone(&self.store));
        let repository = repository.with_snapshots(Arc::clone(&self.snapshots), policy);
        match self.remembered {
            Some(aggregates) => repository.remembering(aggregates),
            None => repository,
        }
    }
}

impl std::fmt::Debug for Builder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Builder").finish_non_exhaustive()
    }
}
