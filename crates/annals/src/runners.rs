//! How the projections of a service are run.

use std::sync::Arc;

use annals_core::Leases;
use annals_runtime::RunnerOptions;

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
}
