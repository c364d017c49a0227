//! From place to place: what copies say of a person who was forgotten.

use std::collections::BTreeSet;
use std::time::Duration;

use annals_core::{
    AppendError, Cause, EditionState, Editions, EventStore, IdSource, InvalidName, KeyStoreError,
    PartitionKey, Position, ProjectionError, Projector, QueryError, SideStoreError, SnapshotError,
    SubjectId, TableFold,
};
use annals_keys::Keyring;

use super::EraseError;
use super::places::ErasurePlaces;
use super::report::{ErasureReport, OutOfReach, PlaceKind, Reached};
use super::trace::Trace;
use crate::backoff::Backoff;
use crate::personal_events::PersonalEvents;
use crate::refold::{RefoldError, RefoldOptions, RefoldSubject, rebuild_rows};

/// Most positions that a report names.
const MOST_TOLD: usize = 100;

/// Of most events letters are redacted in one go.
const AT_ONCE: usize = 1_000;

/// How often an edition is asked how far it is: for some seconds.
const LOOKS: u32 = 40;

/// Between those.
const MOMENT: Backoff = Backoff {
    first: Duration::from_millis(1),
    most: Duration::from_millis(200),
};

/// One way through all places.
pub(super) struct Reach<'a> {
    pub(super) store: &'a dyn EventStore,
    pub(super) keyring: &'a Keyring,
    pub(super) personal: &'a PersonalEvents,
    pub(super) places: &'a ErasurePlaces,
    pub(super) ids: &'a dyn IdSource,
    pub(super) subject: &'a SubjectId,
    /// Where the log says that they were forgotten.
    pub(super) erased_at: Position,
}

/// Why a place could not be reached now. **Do:** back off, then reach all again.
#[derive(Debug, thiserror::Error)]
pub(super) enum ReachError {
    #[error(transparent)]
    Erase(#[from] EraseError),
    #[error("{place}: {cause}")]
    Forgets { place: String, cause: Cause },
    #[error(transparent)]
    Beside(#[from] SideStoreError),
    #[error(transparent)]
    Snapshot(#[from] SnapshotError),
    #[error(transparent)]
    ReadModel(#[from] ProjectionError),
    #[error(transparent)]
    Rows(#[from] QueryError),
    #[error(transparent)]
    Refold(#[from] RefoldError),
}

impl Reach<'_> {
    /// Reaches all places, and tells what came of it.
    pub(super) async fn all(&self) -> Result<ErasureReport, ReachError> {
        let folds = self.places.refolds.iter().map(|it| &it.subject().fold);
        let folds: Vec<&TableFold> = folds.collect();
        let trace = Trace::of(self.subject, self.store, self.personal, &folds).await?;
        let mut report = self.begin_report(&trace);
        self.delete_beside(&mut report).await?;
        self.forget_what_is_in_memory(&mut report).await?;
        self.drop_snapshots(&trace, &mut report).await?;
        for projector in &self.places.projectors {
            self.redact_letters(&**projector, &trace, &mut report)
                .await?;
        }
        for refolds in &self.places.refolds {
            self.fold_again(refolds.subject(), &trace, &mut report)
                .await?;
        }
        self.name_what_is_out_of_reach(&trace, &mut report);
        Ok(report)
    }

    fn begin_report(&self, trace: &Trace) -> ErasureReport {
        let key = Reached {
            kind: PlaceKind::Key,
            name: self.subject.to_string(),
            count: None,
        };
        ErasureReport {
            subject: self.subject.clone(),
            position: self.erased_at,
            events: trace.positions.len() as u64,
            reached: vec![key],
            out_of_reach: Vec::new(),
        }
    }

    async fn delete_beside(&self, report: &mut ErasureReport) -> Result<(), ReachError> {
        if self.keyring.has_side_store() {
            let deleted = self.keyring.delete_beside(self.subject).await?;
            report.reaches(
                PlaceKind::BesideTheLog,
                "values beside the log",
                Some(deleted),
            );
        }
        Ok(())
    }

    async fn forget_what_is_in_memory(&self, report: &mut ErasureReport) -> Result<(), ReachError> {
        for place in &self.places.forgets {
            let forgotten = place.forget(self.subject).await;
            forgotten.map_err(|cause| ReachError::Forgets {
                place: place.name().to_owned(),
                cause,
            })?;
            report.reaches(place.kind(), place.name(), None);
        }
        Ok(())
    }

    async fn drop_snapshots(
        &self,
        trace: &Trace,
        report: &mut ErasureReport,
    ) -> Result<(), ReachError> {
        let mut dropped = 0;
        for stream in &trace.streams {
            dropped += u64::from(self.places.snapshots.delete(stream).await?);
        }
        report.reaches(PlaceKind::Snapshots, "snapshots", Some(dropped));
        Ok(())
    }

    /// Texts in dead letters may quote what an event says.
    async fn redact_letters(
        &self,
        projector: &dyn Projector,
        trace: &Trace,
        report: &mut ErasureReport,
    ) -> Result<(), ReachError> {
        let Some(letters) = projector.dead_letters() else {
            return Ok(());
        };
        let positions: Vec<Position> = trace.positions.iter().copied().collect();
        let mut redacted = 0;
        for some in positions.chunks(AT_ONCE) {
            redacted += letters.redact(some).await?;
        }
        report.reaches(PlaceKind::DeadLetters, projector.name(), Some(redacted));
        Ok(())
    }

    /// Makes the rows anew that the person's events change, in each edition of this declaration.
    async fn fold_again(
        &self,
        subject: &RefoldSubject,
        trace: &Trace,
        report: &mut ErasureReport,
    ) -> Result<(), ReachError> {
        let name = subject.fold.name();
        let Some(touched) = trace.folds.get(name) else {
            report.reaches(PlaceKind::ReadModel, name, Some(0));
            return Ok(());
        };
        if !touched.untold.is_empty() {
            let why = "these events do not tell which rows they change: make it anew";
            report.cannot_reach(PlaceKind::ReadModel, name, why, &touched.untold);
        }
        let Some(editions) = subject.read_models.editions() else {
            let why = "its database does not tell which rows are of which moment: make it anew";
            report.cannot_reach(PlaceKind::ReadModel, name, why, &[]);
            return Ok(());
        };
        for state in editions.list(name).await? {
            if state.fingerprint == subject.fold.fingerprint()
                && !self
                    .has_taken_in(editions, (name, &state), touched.last)
                    .await?
            {
                let name = format!("{name} ({})", state.edition);
                let why = "it has not taken in all events of the person yet: rows that it was about to \
                           write, in whichever process, may come. Let it go on, then make the rows anew";
                report.cannot_reach(PlaceKind::ReadModel, &name, why, &[]);
            }
            let keys = &touched.keys;
            self.fold_edition_again(subject, &state, keys, report)
                .await?;
        }
        Ok(())
    }

    async fn fold_edition_again(
        &self,
        subject: &RefoldSubject,
        state: &EditionState,
        keys: &BTreeSet<PartitionKey>,
        report: &mut ErasureReport,
    ) -> Result<(), ReachError> {
        let name = format!("{} ({})", subject.fold.name(), state.edition);
        if state.fingerprint != subject.fold.fingerprint() {
            let why = "it is of another declaration: what it copied stays until it is dropped";
            report.cannot_reach(PlaceKind::ReadModel, &name, why, &[]);
            return Ok(());
        }
        let subject = RefoldSubject {
            edition: state.edition,
            ..subject.clone()
        };
        match rebuild_rows(&subject, keys.clone(), &RefoldOptions::default()).await {
            Ok(rebuilt) => report.reaches(PlaceKind::ReadModel, &name, Some(rebuilt.before.rows)),
            // What stands against it may quote what an event says.
            Err(RefoldError::KeyLeftOut { .. }) => {
                let why = "some of its rows cannot be told by their events alone: make it anew";
                report.cannot_reach(PlaceKind::ReadModel, &name, why, &[]);
            }
            // It was dropped, or has taken another place, where it is looked for the next time.
            Err(error) => return Err(error.into()),
        }
        Ok(())
    }

    /// Waits a little until an edition has taken in an event, or is gone: before that a process may be
    /// about to write what it read before the erasure.
    async fn has_taken_in(
        &self,
        editions: &dyn Editions,
        (name, edition): (&str, &EditionState),
        event: Position,
    ) -> Result<bool, ReachError> {
        let is_behind = |state: &EditionState| state.id == edition.id && state.position < event;
        for attempt in 1..=LOOKS {
            if !editions.list(name).await?.iter().any(is_behind) {
                return Ok(true);
            }
            MOMENT.pause(attempt, self.ids).await;
        }
        Ok(false)
    }

    fn name_what_is_out_of_reach(&self, trace: &Trace, report: &mut ErasureReport) {
        if !trace.plain.is_empty() {
            let why = "they were stored before their fields were personal: they are read as erased, \
                       and still say in plain text what they say";
            report.cannot_reach(PlaceKind::Events, "events", why, &trace.plain);
        }
        if !trace.unread.is_empty() {
            let why = "they cannot be read, so nobody knows whether they tell of the person: deploy \
                       the code that reads them, and look";
            report.cannot_reach(
                PlaceKind::Events,
                "events that cannot be read",
                why,
                &trace.unread,
            );
        }
        if !trace.refusals.is_empty() {
            let why = "they are refusals of commands to streams with events about the person: what \
                       they say is plain text";
            report.cannot_reach(PlaceKind::Events, "refusals", why, &trace.refusals);
        }
        for name in &self.places.own_read_models {
            let why = "it is kept by code of its own: what that copied is for it to erase";
            report.cannot_reach(PlaceKind::OwnReadModel, name, why, &[]);
        }
        let why = "what is sealed in them is noise, unless a copy of the key store from before the \
                   erasure is put back with the root key of that time; what code copied unsealed is in \
                   them until they are gone";
        report.cannot_reach(PlaceKind::Backups, "backups and logs", why, &[]);
    }
}

impl ErasureReport {
    fn reaches(&mut self, kind: PlaceKind, name: &str, count: Option<u64>) {
        let name = name.to_owned();
        self.reached.push(Reached { kind, name, count });
    }

    fn cannot_reach(&mut self, kind: PlaceKind, name: &str, why: &str, positions: &[Position]) {
        self.out_of_reach.push(OutOfReach {
            kind,
            name: name.to_owned(),
            why: why.to_owned(),
            positions: positions.iter().copied().take(MOST_TOLD).collect(),
        });
    }
}

impl From<AppendError> for ReachError {
    fn from(error: AppendError) -> Self {
        EraseError::from(error).into()
    }
}

impl From<KeyStoreError> for ReachError {
    fn from(error: KeyStoreError) -> Self {
        EraseError::from(error).into()
    }
}

impl From<InvalidName> for ReachError {
    fn from(error: InvalidName) -> Self {
        EraseError::from(error).into()
    }
}
