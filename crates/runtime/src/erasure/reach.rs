//! From place to place: what copies say of a person who was forgotten.

use std::collections::BTreeSet;
use std::error::Error;
use std::panic::AssertUnwindSafe;
use std::time::Duration;

use annals_core::{EventStore, IdSource, Position, Projector, SubjectId};
use annals_keys::Keyring;
use futures_util::FutureExt;
use futures_util::future::join_all;
use tokio::sync::OnceCell;
use tokio::time::timeout;

use super::EraseError;
use super::places::{ErasurePlaces, Forgets};
use super::report::{ErasureReport, PlaceKind};
use super::trace::Trace;
use crate::backoff::Backoff;
use crate::personal_events::PersonalEvents;
use crate::refolds::Refolds;

/// Longest time that what lets go by itself may take for one person.
const LETS_GO_WITHIN: Duration = Duration::from_secs(30);

/// Between two tries to reach what could not be reached.
pub(super) const BACKOFF: Backoff = Backoff {
    first: Duration::from_millis(100),
    most: Duration::from_secs(60),
};

/// How often a read model is asked how far it is: for some seconds.
pub(super) const LOOKS: u32 = 40;

/// Between those.
pub(super) const MOMENT: Backoff = Backoff {
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

/// One of the places.
#[derive(Clone, Copy)]
enum Place<'a> {
    BesideTheLog,
    Forgets(&'a dyn Forgets),
    Snapshots,
    Letters(&'a dyn Projector),
    Rows(&'a Refolds),
}

/// What a way through the places goes by.
pub(super) struct Signs<'a> {
    pub(super) trace: &'a Trace,
    /// Names of those that may be about to write what they read before the erasure, once somebody asks.
    behind: OnceCell<BTreeSet<String>>,
}

/// Why a place is not reached now. It may quote what an event says, and is shown nowhere.
pub(super) type Obstacle = Box<dyn Error + Send + Sync>;

/// Something was not reached: the log of the process names it.
#[derive(Debug, thiserror::Error)]
#[error("copies of erased data are not reached yet: warnings name the places")]
pub(super) struct Missed;

impl<'a> Reach<'a> {
    /// Reaches all places, and tells what came of it. Those that cannot be reached now hold up no
    /// other, and are tried until they are.
    pub(super) async fn all(&self) -> Result<ErasureReport, EraseError> {
        let trace = self.trace().await?;
        let mut report = self.report(&trace);
        let mut left = self.everywhere();
        let mut attempt = 0;
        loop {
            left = self.go_to(left, &trace, &mut report).await;
            if left.is_empty() {
                break;
            }
            attempt += 1;
            BACKOFF.pause(attempt, self.ids).await;
        }
        name_what_is_out_of_reach(self.places, &trace, &mut report);
        Ok(report)
    }

    /// Reaches what this process alone has, once.
    pub(super) async fn what_is_in_memory(&self) -> Result<(), Missed> {
        self.once(self.in_memory().collect(), &Trace::default())
            .await
    }

    /// Reaches once what this process may have written after whoever erases was there.
    pub(super) async fn what_was_written_late(&self) -> Result<(), Missed> {
        let trace = self.trace().await.map_err(|_| Missed)?;
        let places = [Place::Snapshots].into_iter().chain(self.letters());
        self.once(places.collect(), &trace).await
    }

    async fn once(&self, places: Vec<Place<'a>>, trace: &Trace) -> Result<(), Missed> {
        let mut report = self.report(trace);
        let left = self.go_to(places, trace, &mut report).await;
        if left.is_empty() { Ok(()) } else { Err(Missed) }
    }

    async fn trace(&self) -> Result<Trace, EraseError> {
        Trace::of(self.subject, self.store, self.personal, self.places).await
    }

    fn everywhere(&self) -> Vec<Place<'a>> {
        let rows = self.places.refolds.iter().map(Place::Rows);
        let beside = self.keyring.has_side_store().then_some(Place::BesideTheLog);
        let places = beside.into_iter().chain(self.in_memory());
        let places = places.chain([Place::Snapshots]).chain(self.letters());
        places.chain(rows).collect()
    }

    fn in_memory(&self) -> impl Iterator<Item = Place<'a>> + use<'a> {
        let forgets = self.places.forgets.iter();
        forgets.map(|place| Place::Forgets(&**place))
    }

    fn letters(&self) -> impl Iterator<Item = Place<'a>> + use<'a> {
        let projectors = self.places.projectors.iter();
        projectors.map(|projector| Place::Letters(&**projector))
    }

    /// Goes to each of these places, and tells which could not be reached.
    async fn go_to(
        &self,
        places: Vec<Place<'a>>,
        trace: &Trace,
        report: &mut ErasureReport,
    ) -> Vec<Place<'a>> {
        let behind = OnceCell::new();
        let signs = Signs { trace, behind };
        let mut left = Vec::new();
        for place in places {
            // Of a place that is reached in part, nothing is told before it is wholly.
            let mut told = report.clone();
            if self.reach(place, &signs, &mut told).await.is_ok() {
                *report = told;
            } else {
                let (kind, name) = (place.kind(), place.name());
                tracing::warn!(subject = %self.subject, ?kind, name, "copies of erased data are not reached yet");
                left.push(place);
            }
        }
        left
    }

    async fn reach(
        &self,
        place: Place<'a>,
        signs: &Signs<'_>,
        report: &mut ErasureReport,
    ) -> Result<(), Obstacle> {
        let count = match place {
            Place::BesideTheLog => Some(self.keyring.delete_beside(self.subject).await?),
            Place::Forgets(place) => {
                tell(place, self.subject).await?;
                None
            }
            Place::Snapshots => Some(self.drop_snapshots(signs.trace).await?),
            Place::Letters(projector) => match projector.dead_letters() {
                Some(letters) => Some(self.redact(letters, place.name(), signs, report).await?),
                None => return Ok(()),
            },
            Place::Rows(refolds) => {
                return self.fold_again(refolds.subject(), signs, report).await;
            }
        };
        report.reaches(place.kind(), place.name(), count);
        Ok(())
    }

    fn report(&self, trace: &Trace) -> ErasureReport {
        let events = trace.positions.len() as u64;
        ErasureReport::begin(self.subject.clone(), self.erased_at, events)
    }

    async fn drop_snapshots(&self, trace: &Trace) -> Result<u64, Obstacle> {
        let mut dropped = 0;
        for stream in &trace.streams {
            dropped += u64::from(self.places.snapshots.delete(stream).await?);
        }
        Ok(dropped)
    }

    /// True for a projection that has not taken in all events of the person: a process may be about to
    /// write what it read before the erasure. It is waited for a little.
    pub(super) async fn is_behind(&self, name: &str, signs: &Signs<'_>) -> bool {
        let behind = signs.behind.get_or_init(|| self.behind(signs.trace)).await;
        behind.contains(name)
    }

    async fn behind(&self, trace: &Trace) -> BTreeSet<String> {
        let projectors = self.places.projectors.iter().map(|projector| async {
            let name = projector.name();
            let event = *trace.last_of.get(name)?;
            (!self.has_taken_in(&**projector, event).await).then(|| name.to_owned())
        });
        join_all(projectors).await.into_iter().flatten().collect()
    }

    async fn has_taken_in(&self, projector: &dyn Projector, event: Position) -> bool {
        for attempt in 1..=LOOKS {
            let position = projector.position(self.store.id()).await;
            if position.is_ok_and(|position| position >= event) {
                return true;
            }
            MOMENT.pause(attempt, self.ids).await;
        }
        false
    }
}

impl Place<'_> {
    fn kind(&self) -> PlaceKind {
        match self {
            Self::BesideTheLog => PlaceKind::BesideTheLog,
            Self::Forgets(place) => place.kind(),
            Self::Snapshots => PlaceKind::Snapshots,
            Self::Letters(_) => PlaceKind::DeadLetters,
            Self::Rows(_) => PlaceKind::ReadModel,
        }
    }

    fn name(&self) -> &str {
        match self {
            Self::BesideTheLog => "values beside the log",
            Self::Forgets(place) => place.name(),
            Self::Snapshots => "snapshots",
            Self::Letters(projector) => projector.name(),
            Self::Rows(refolds) => refolds.subject().fold.name(),
        }
    }
}

/// Lets a place let go of a person. It may be code of anyone's.
async fn tell(place: &dyn Forgets, subject: &SubjectId) -> Result<(), Obstacle> {
    let forgotten = AssertUnwindSafe(place.forget(subject)).catch_unwind();
    match timeout(LETS_GO_WITHIN, forgotten).await? {
        Ok(forgotten) => Ok(forgotten?),
        Err(_) => Err("it panicked".into()),
    }
}

fn name_what_is_out_of_reach(places: &ErasurePlaces, trace: &Trace, report: &mut ErasureReport) {
    if !trace.plain.is_empty() {
        let why = "they were stored before their fields were personal: they are read as erased, \
                   and still say in plain text what they say";
        report.cannot_reach(PlaceKind::Events, "events", why, &trace.plain);
    }
    if !trace.unread.is_empty() {
        let why = "they cannot be read, so nobody knows whether they tell of the person: deploy the \
                   code that reads them, and look";
        let name = "events that cannot be read";
        report.cannot_reach(PlaceKind::Events, name, why, &trace.unread);
    }
    if !trace.refusals.is_empty() {
        let why = "they are refusals of commands to streams with events about the person: what they \
                   say is plain text";
        report.cannot_reach(PlaceKind::Events, "refusals", why, &trace.refusals);
    }
    for name in &places.own_read_models {
        let why = "it is kept by code of its own: what that copied is for it to erase";
        report.cannot_reach(PlaceKind::OwnReadModel, name, why, &[]);
    }
    let why = "what is sealed in them is noise, unless a copy of the key store from before the \
               erasure is put back with the root key of that time; what code copied unsealed is in \
               them until they are gone";
    report.cannot_reach(PlaceKind::Backups, "backups and logs", why, &[]);
}
