//! Who may have which commands carried out.

use std::any::Any;

use annals_core::{Cause, Command};
use async_trait::async_trait;

use super::{CommandFault, Rejection};
use crate::execute::CommandContext;

/// Says who may have which commands carried out. It is asked about each command of a bus, whoever
/// sends it, also one that is repeated: after its shape was checked, before its handler is called.
///
/// Who asks is the [actor](SentCommand::actor) of the command's metadata, which is as trustworthy as
/// who wrote it there. A saga is the actor `saga:<name>`: whoever may begin one need not have the right
/// to each of its steps, and may have lost it by the time something must be undone.
///
/// ```
/// # use annals_core::Command;
/// # use annals_runtime::{Authorize, NotAuthorized, SentCommand};
/// # use serde::{Deserialize, Serialize};
/// # #[derive(Serialize, Deserialize)]
/// # struct CloseAccount { owner: String }
/// # impl Command for CloseAccount {
/// #     const NAME: &'static str = "closeAccount";
/// #     type Reply = ();
/// #     type Refusal = ();
/// # }
/// /// Only its owner closes an account.
/// struct ByOwner;
///
/// #[async_trait::async_trait]
/// impl Authorize for ByOwner {
///     async fn authorize(&self, sent: &SentCommand<'_>) -> Result<(), NotAuthorized> {
///         match sent.command::<CloseAccount>() {
///             Some(close) if sent.actor() != Some(&close.owner) => {
///                 Err(NotAuthorized::denied("it is another's account"))
///             }
///             _ => Ok(()),
///         }
///     }
/// }
/// ```
#[async_trait]
pub trait Authorize: Send + Sync + 'static {
    /// Whether a command may be carried out.
    ///
    /// # Errors
    /// [`NotAuthorized`], and it is not.
    async fn authorize(&self, sent: &SentCommand<'_>) -> Result<(), NotAuthorized>;
}

/// A command that somebody wants carried out.
#[derive(Clone, Copy)]
pub struct SentCommand<'a> {
    /// Its name.
    pub name: &'static str,
    /// What comes with it.
    pub context: &'a CommandContext,
    command: &'a (dyn Any + Send + Sync),
}

/// Why a command may not be carried out.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum NotAuthorized {
    /// Whoever sent it may not.
    /// **Do:** tell them.
    #[error("not allowed: {reason}")]
    Denied {
        /// Why not, for whoever sent it.
        reason: String,
    },
    /// Who may cannot be found out now.
    /// **Do:** back off, then ask again.
    #[error("it is not known who may: {0}")]
    Unknown(#[source] Cause),
}

impl<'a> SentCommand<'a> {
    pub(super) fn new<C: Command>(command: &'a C, context: &'a CommandContext) -> Self {
        Self {
            name: C::NAME,
            context,
            command,
        }
    }

    /// Who sent it, as its metadata says.
    pub fn actor(&self) -> Option<&'a str> {
        self.context.metadata.actor.as_deref()
    }

    /// What it says. `None`: it is of another type.
    pub fn command<C: Command>(&self) -> Option<&'a C> {
        self.command.downcast_ref()
    }
}

impl NotAuthorized {
    /// It is not allowed.
    pub fn denied(reason: impl Into<String>) -> Self {
        let reason = reason.into();
        Self::Denied { reason }
    }
}

impl<R> From<NotAuthorized> for CommandFault<R> {
    fn from(not: NotAuthorized) -> Self {
        match not {
            NotAuthorized::Denied { reason } => Rejection::Forbidden { reason }.into(),
            NotAuthorized::Unknown(cause) => Self::Transient(cause),
        }
    }
}

/// Allows everything.
pub(super) struct Anyone;

#[async_trait]
impl Authorize for Anyone {
    async fn authorize(&self, _: &SentCommand<'_>) -> Result<(), NotAuthorized> {
        Ok(())
    }
}

impl std::fmt::Debug for SentCommand<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SentCommand")
            .field("name", &self.name)
            .field("actor", &self.actor())
            .finish_non_exhaustive()
    }
}
