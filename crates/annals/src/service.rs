//! A running service: commands in, queries out.

use std::any::{Any, TypeId, type_name};
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

use annals_core::{
    Aggregate, EventStore, Position, Projector, ReadModel, ReadModels, SubjectId, Table,
};
use annals_keys::Keyring;
use annals_runtime::{
    AsOf, Audit, AuditError, AuditOptions, AuditSubject, BackgroundAudit, BackgroundAuditOptions,
    CommandBus, CommandContext, EraseError, ErasureReport, Erasures, ErasuresElsewhere,
    ExecuteError, Executed, NotReached, ParkedEvents, Past, PastError, PastOptions, Pasts,
    ProjectionHandle, Rebuilds, Refolds, Repository, audit_in_background, audit_projection,
};

use crate::declared_saga::RunningSagas;
use crate::forgetting::Forgetting;

/// A running service: its store, its aggregates, its read models and what keeps them up to date.
pub struct Annals {
    pub(crate) store: Arc<dyn EventStore>,
    pub(crate) read_models: Arc<dyn ReadModels>,
    pub(crate) repositories: HashMap<TypeId, Box<dyn Any + Send + Sync>>,
    pub(crate) projections: BTreeMap<String, Running>,
    /// What keeps each read model up to date, also those that are inline.
    pub(crate) audited: BTreeMap<String, Arc<dyn Projector>>,
    pub(crate) rebuilds: BTreeMap<&'static str, Rebuilds>,
    /// Of all read models of typed tables, also those that are inline.
    pub(crate) refolds: BTreeMap<&'static str, Refolds>,
    pub(crate) pasts: Pasts,
    pub(crate) commands: CommandBus,
    pub(crate) sagas: RunningSagas,
    /// Where there is a keyring.
    pub(crate) forgetting: Option<Forgetting>,
}

/// A projection that runs.
pub(crate) struct Running {
    handle: Arc<ProjectionHandle>,
    parked: ParkedEvents,
    audits: Option<BackgroundAudit>,
}

impl Annals {
    /// The event store.
    pub fn store(&self) -> &Arc<dyn EventStore> {
        &self.store
    }

    /// Where the read models are kept.
    pub fn read_models(&self) -> &Arc<dyn ReadModels> {
        &self.read_models
    }

    /// The rows of a read model, to be queried.
    pub fn table<R: ReadModel>(&self) -> Table<R> {
        Table::of(&self.read_models)
    }

    /// Loads, decides and appends for one kind of aggregate.
    ///
    /// # Panics
    /// When the aggregate was not declared: a mistake in the program.
    pub fn repository<A: Aggregate>(&self) -> &Repository<A> {
        let repository = self.repositories.get(&TypeId::of::<A>());
        repository
            .and_then(|repository| repository.downcast_ref())
            .unwrap_or_else(|| panic!("aggregate {} was not declared", type_name::<A>()))
    }

    /// Sends a command to the aggregate `id`.
    ///
    /// # Errors
    /// [`ExecuteError`]: the aggregate's refusal, or why the command could not be carried out.
    ///
    /// # Panics
    /// As [`repository`](Self::repository).
    pub async fn execute<A: Aggregate<Command: Clone>>(
        &self,
        id: &str,
        command: A::Command,
        context: CommandContext,
    ) -> Result<Executed<A>, ExecuteError<A::Error>> {
        self.repository::<A>().execute(id, command, context).await
    }

    /// A running projection.
    ///
    /// # Panics
    /// When no projection of this name was declared, or only an inline one, which does not run
    /// and is never behind: a mistake in the program.
    pub fn projection(&self, name: &str) -> &ProjectionHandle {
        &self.running(name).handle
    }

    /// What a projection could not apply.
    ///
    /// # Panics
    /// As [`projection`](Self::projection).
    pub fn parked_events(&self, name: &str) -> &ParkedEvents {
        &self.running(name).parked
    }

    /// How the read model of a projection is made anew beside the one that is read.
    ///
    /// # Panics
    /// When no projection of typed tables was declared by this name: a mistake in the program.
    pub fn rebuilds(&self, name: &str) -> &Rebuilds {
        let rebuilds = self.rebuilds.get(name);
        rebuilds.unwrap_or_else(|| panic!("no projection {name} of typed tables was declared"))
    }

    /// How rows of a projection are checked, and a few made anew, by folding them again.
    ///
    /// # Panics
    /// As [`rebuilds`](Self::rebuilds).
    pub fn refolds(&self, name: &str) -> &Refolds {
        let refolds = self.refolds.get(name);
        refolds.unwrap_or_else(|| panic!("no projection {name} of typed tables was declared"))
    }

    /// The read model of a projection as it was, to be queried like the one of today. It is folded
    /// anew for that, by the code of today, beside the one of today, which goes on as ever.
    ///
    /// # Errors
    /// [`PastError`]: there is none as of then, or none now.
    pub async fn read_model_as_of(&self, name: &str, as_of: AsOf) -> Result<Past, PastError> {
        let past = self.pasts.begin(name, as_of, PastOptions::default())?;
        past.complete().await
    }

    /// The read models of the past, for who wants to see how far they are, or to keep some.
    pub fn pasts(&self) -> &Pasts {
        &self.pasts
    }

    /// What personal data is sealed by; `None` in a service that declares none and was given none.
    pub fn keyring(&self) -> Option<&Arc<Keyring>> {
        self.forgetting.as_ref().map(|it| &it.keyring)
    }

    /// Forgets a person: their key is destroyed, and what copies say is reached. To do it again is to
    /// do it once.
    ///
    /// # Errors
    /// [`EraseError`] says what is done by then.
    pub async fn erase(&self, subject: &SubjectId) -> Result<ErasureReport, EraseError> {
        let erasures = self.erasures().ok_or(EraseError::NoKeyring)?;
        erasures.erase(subject).await
    }

    /// Waits until this process has forgotten whoever was forgotten up to a position, also by other
    /// processes: until then it may use what it remembers of them.
    ///
    /// # Errors
    /// [`NotReached`] when it takes longer than `limit`.
    pub async fn has_forgotten(
        &self,
        position: Position,
        limit: Duration,
    ) -> Result<(), NotReached> {
        match self.projections.get(ErasuresElsewhere::NAME) {
            Some(forgetting) => forgetting.handle.wait_for(position, limit).await.map(drop),
            None => Ok(()),
        }
    }

    /// The erasures of persons; `None` in a service without a [keyring](Self::keyring).
    pub fn erasures(&self) -> Option<&Erasures> {
        self.forgetting.as_ref().map(|it| &it.erasures)
    }

    /// All running projections, by name.
    pub fn projections(&self) -> impl Iterator<Item = &ProjectionHandle> {
        self.projections.values().map(|running| &*running.handle)
    }

    /// The operations on all running projections, to be mounted beside the routes of the service. As
    /// long as they are, the projections run: [`stop`](Self::stop) ends them.
    #[cfg(feature = "http")]
    pub fn operations(&self) -> annals_http::Operations {
        let mut operations = annals_http::Operations::on(Arc::clone(&self.store))
            .with_rebuilds(self.rebuilds.clone())
            .with_refolds(self.refolds.clone())
            .with_pasts(self.pasts.clone())
            .with_sagas(self.sagas().clone());
        if let Some(erasures) = self.erasures() {
            operations = operations.with_erasures(erasures.clone());
        }
        for running in self.projections.values() {
            let (handle, parked) = (Arc::clone(&running.handle), running.parked.clone());
            operations = operations.with_projection(handle, parked);
        }
        for (name, projector) in &self.audited {
            let subject = AuditSubject {
                store: Arc::clone(&self.store),
                projector: Arc::clone(projector),
            };
            let running = self.projections.get(name);
            let background = running.and_then(|running| running.audits.as_ref());
            operations = operations.with_audits(subject, background.map(BackgroundAudit::watch));
        }
        operations
    }

    /// Compares what a projection has handled with the log, from the first event to its checkpoint:
    /// a proof that it left none out, or which it did. Inline projections are known by their names
    /// too.
    ///
    /// # Errors
    /// [`AuditError`] when it could not be finished. What it finds is no error: see
    /// [`Audit::is_complete`].
    ///
    /// # Panics
    /// When no projection of this name was declared: a mistake in the program.
    pub async fn audit(&self, name: &str) -> Result<Audit, AuditError> {
        self.audit_with(name, &AuditOptions::default()).await
    }

    /// As [`audit`](Self::audit), with options: such as to select the events itself instead of
    /// trusting the index of the store.
    ///
    /// # Errors
    /// As [`audit`](Self::audit).
    ///
    /// # Panics
    /// As [`audit`](Self::audit).
    pub async fn audit_with(
        &self,
        name: &str,
        options: &AuditOptions,
    ) -> Result<Audit, AuditError> {
        let projector = self.audited.get(name);
        let projector = projector.unwrap_or_else(|| panic!("projection {name} was not declared"));
        audit_projection(&*self.store, &**projector, options).await
    }

    /// What the audits in the background have found of a projection so far. `None`: there are none,
    /// because the service was started without, or because it keeps no ledger.
    ///
    /// # Panics
    /// As [`projection`](Self::projection).
    pub fn background_audit(&self, name: &str) -> Option<&BackgroundAudit> {
        self.running(name).audits.as_ref()
    }

    /// Finishes what projections are at and writes their checkpoints; ends their audits. Queries still
    /// work.
    pub async fn stop(&self) {
        self.sagas.stop().await;
        for running in self.projections.values() {
            running.handle.stop().await;
            if let Some(audits) = &running.audits {
                audits.stop().await;
            }
        }
        for rebuilds in self.rebuilds.values() {
            rebuilds.stop().await;
        }
        for refolds in self.refolds.values() {
            refolds.stop().await;
        }
        self.pasts.stop().await;
        if let Some(forgetting) = &self.forgetting {
            forgetting.stop().await;
        }
    }

    fn running(&self, name: &str) -> &Running {
        let running = self.projections.get(name);
        running.unwrap_or_else(|| panic!("projection {name} was not declared"))
    }
}

impl Running {
    /// The projection itself.
    pub(crate) fn handle(&self) -> &ProjectionHandle {
        &self.handle
    }

    /// What belongs to a projection that was started: audits of it, if there are options for them.
    pub(crate) fn beside(
        handle: ProjectionHandle,
        subject: AuditSubject,
        code_version: &str,
        audits: Option<BackgroundAuditOptions>,
    ) -> Self {
        let AuditSubject { store, projector } = subject.clone();
        let parked = ParkedEvents::new(store, projector).with_code_version(code_version);
        let audits = audits.filter(|_| subject.projector.ledger().is_some());
        let audits = audits.map(|options| audit_in_background(subject, &handle, options));
        Self {
            handle: Arc::new(handle),
            parked,
            audits,
        }
    }
}

impl std::fmt::Debug for Annals {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Annals")
            .field("store", &self.store.id())
            .field("projections", &self.projections.keys())
            .finish_non_exhaustive()
    }
}
