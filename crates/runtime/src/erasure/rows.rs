//! Rows of typed tables: those that a person's events change are made anew.

use std::collections::BTreeSet;

use annals_core::{EditionState, Editions, PartitionKey, Position};

use super::reach::{LOOKS, MOMENT, Obstacle, Reach, Signs};
use super::report::{ErasureReport, PlaceKind};
use crate::refold::{RefoldError, RefoldOptions, RefoldSubject, rebuild_rows};

impl Reach<'_> {
    /// Makes the rows anew that the person's events change, in each edition of this declaration.
    pub(super) async fn fold_again(
        &self,
        subject: &RefoldSubject,
        signs: &Signs<'_>,
        report: &mut ErasureReport,
    ) -> Result<(), Obstacle> {
        let name = subject.fold.name();
        let Some(touched) = signs.trace.folds.get(name) else {
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
                    .has_caught_up(editions, (name, &state), touched.last)
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

    /// Waits a little until an edition has taken in an event, or is gone: before that a process may be
    /// about to write what it read before the erasure.
    async fn has_caught_up(
        &self,
        editions: &dyn Editions,
        (name, edition): (&str, &EditionState),
        event: Position,
    ) -> Result<bool, Obstacle> {
        let is_behind = |state: &EditionState| state.id == edition.id && state.position < event;
        for attempt in 1..=LOOKS {
            if !editions.list(name).await?.iter().any(is_behind) {
                return Ok(true);
            }
            MOMENT.pause(attempt, self.ids).await;
        }
        Ok(false)
    }

    async fn fold_edition_again(
        &self,
        subject: &RefoldSubject,
        state: &EditionState,
        keys: &BTreeSet<PartitionKey>,
        report: &mut ErasureReport,
    ) -> Result<(), Obstacle> {
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
}
