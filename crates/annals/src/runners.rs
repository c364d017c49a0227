//! How the projections of a service are run.

use std::sync::Arc;
use std::time::Duration;

use annals_core::{Leases, Projector};
use annals_runtime::{EditionOptions, RunnerOptions};

use crate::declared_effect::BegunEffect;

/// How projections are run.
pub(crate) struct Runners {
    /// Those that each process runs for itself.
    pub(crate) alone: RunnerOptions,
    /// Those that one process runs for all; effects beside them, each with what it says of itself.
    pub(crate) shared: RunnerOptions,
}

impl Runners {
    /// By code of this version, in turns that leases settle.
    pub(crate) fn new(leases: Option<Arc<dyn Leases>>, code_version: &str) -> Self {
        let alone = RunnerOptions {
            code_version: code_version.to_owned(),
            ..RunnerOptions::default()
        };
        Self {
            shared: RunnerOptions {
                leases,
                ..alone.clone()
            },
            alone,
        }
    }

    /// How editions of read models are kept.
    pub(crate) fn editions(&self, keep_previous: Duration) -> EditionOptions {
        EditionOptions {
            runner: self.shared.clone(),
            keep_previous,
        }
    }

    /// Each that is run, with how: of one's own, those that are shared and those that are not, and
    /// effects.
    pub(crate) fn each(
        &self,
        shared: Vec<Arc<dyn Projector>>,
        local: Vec<Arc<dyn Projector>>,
        effects: Vec<BegunEffect>,
    ) -> impl Iterator<Item = (Arc<dyn Projector>, RunnerOptions)> {
        let shared = shared.into_iter().map(|it| (it, self.shared.clone()));
        let effects = effects.into_iter().map(|it| it.beside(&self.shared));
        let local = local.into_iter().map(|it| (it, self.alone.clone()));
        shared.chain(effects).chain(local)
    }
}
