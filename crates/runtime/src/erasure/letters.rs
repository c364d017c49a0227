//! Dead letters: their texts may quote what an event says.

use annals_core::{DeadLetters, Position, ProjectionError};

use super::reach::{Obstacle, Reach, Signs};
use super::report::{ErasureReport, PlaceKind};
use super::trace::Trace;

/// Most letters that are looked at in one go.
const PAGE: u32 = 500;

impl Reach<'_> {
    /// Redacts the letters of a projection that are about events of the person.
    pub(super) async fn redact(
        &self,
        letters: &dyn DeadLetters,
        name: &str,
        signs: &Signs<'_>,
        report: &mut ErasureReport,
    ) -> Result<u64, Obstacle> {
        if self.is_behind(name, signs).await {
            let why = "it has not taken in all events of the person yet: what it was about to park, in \
                       whichever process, may come";
            report.cannot_reach(PlaceKind::DeadLetters, name, why, &[]);
        }
        let parked = letters_about(letters, signs.trace).await?;
        match parked.is_empty() {
            true => Ok(0),
            false => Ok(letters.redact(&parked).await?),
        }
    }
}

/// Positions of those letters that are about events of the person.
async fn letters_about(
    letters: &dyn DeadLetters,
    trace: &Trace,
) -> Result<Vec<Position>, ProjectionError> {
    let (mut about, mut after) = (Vec::new(), Position::START);
    loop {
        let page = letters.list(after, PAGE).await?;
        let Some(last) = page.last() else {
            return Ok(about);
        };
        after = last.position;
        let positions = page.iter().map(|letter| letter.position);
        about.extend(positions.filter(|position| trace.positions.contains(position)));
    }
}
