//! Dead letters: their texts may quote what an event says.

use annals_core::{DeadLetters, Position};

use super::reach::{Obstacle, Reach, Signs};
use super::report::{ErasureReport, PlaceKind};

/// Of most events letters are redacted in one go.
const AT_ONCE: usize = 1_000;

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
        let positions: Vec<Position> = signs.trace.positions.iter().copied().collect();
        let mut redacted = 0;
        for some in positions.chunks(AT_ONCE) {
            redacted += letters.redact(some).await?;
        }
        Ok(redacted)
    }
}
