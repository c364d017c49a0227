//! What the program can be told of its webhook.

use std::env::{self, VarError};
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;

use crate::webhook::{Webhook, WebhookError, WebhookSecret, webhook};

/// The variable that may hold the secret of the webhook. There is no option for it: everybody on the
/// machine can read a command line.
const SECRET: &str = "ANNALS_WEBHOOK_SECRET";

/// What the program can be told of its webhook.
#[derive(Debug, Clone, Args)]
pub struct WebhookOptions {
    /// A URL that everything that happens to accounts is posted to while serving, at least once and
    /// in the order of each account: https://…, or http:// to this machine itself. When it is given
    /// for the first time it begins with what happens from then on; later it goes on where it was,
    /// also with what happened while it was not given.
    #[arg(
        id = "webhook",
        long = "webhook",
        value_name = "URL",
        env = "ANNALS_WEBHOOK",
        hide_env_values = true,
        global = true
    )]
    pub url: Option<String>,

    /// Hosts, by comma, that the webhook may call although they are not public: by default it calls
    /// public ones, and this machine by its names.
    #[arg(
        id = "webhook_allow_hosts",
        long = "webhook-allow-hosts",
        value_name = "HOSTS",
        env = "ANNALS_WEBHOOK_ALLOW_HOSTS",
        value_delimiter = ',',
        global = true
    )]
    pub allowed_hosts: Vec<String>,

    /// For how many hours a call of the webhook is repeated that is not acknowledged, before its event
    /// is parked with what happens to the account afterwards; 0 repeats none. What the receiver
    /// refuses is parked at once. Other accounts go on. Parked events are looked at and tried again by
    /// the operations on the projection `webhook`.
    #[arg(
        id = "webhook_give_up_after_hours",
        long = "webhook-give-up-after-hours",
        value_name = "HOURS",
        env = "ANNALS_WEBHOOK_GIVE_UP_AFTER_HOURS",
        default_value = "24",
        value_parser = clap::value_parser!(u32).range(0..=8_760),
        global = true
    )]
    pub give_up_after_hours: u32,

    /// A file that holds the secret that calls of the webhook are signed with: whsec_ and then 24 to
    /// 64 bytes in base64. Instead of a file it can be given as ANNALS_WEBHOOK_SECRET.
    #[arg(
        id = "webhook_secret_file",
        long = "webhook-secret-file",
        value_name = "FILE",
        env = "ANNALS_WEBHOOK_SECRET_FILE",
        global = true
    )]
    pub secret_file: Option<PathBuf>,
}

impl WebhookOptions {
    /// What posts everything that happens, if it is to be posted.
    ///
    /// # Errors
    /// [`WebhookError`] when it could not be called at all.
    pub fn open(&self) -> Result<Option<Webhook>, WebhookError> {
        let Some(url) = &self.url else {
            return Ok(None);
        };
        let webhook = webhook(url, &self.allowed_hosts, self.secret()?)?;
        let hours = u64::from(self.give_up_after_hours);
        Ok(Some(
            webhook.giving_up_after(Duration::from_secs(hours * 3_600)),
        ))
    }

    /// Nothing else than a secret that is sound is taken for one: calls must not go out unsigned by
    /// mistake.
    fn secret(&self) -> Result<Option<WebhookSecret>, WebhookError> {
        let text = match (env::var(SECRET), &self.secret_file) {
            (Err(VarError::NotPresent), None) => return Ok(None),
            (Err(VarError::NotPresent), Some(path)) => read_secret(path)?,
            (Ok(text), None) => text,
            (Err(VarError::NotUnicode(_)), None) => return Err(WebhookError::SecretVariable),
            (_, Some(_)) => return Err(WebhookError::TwoSecrets),
        };
        Ok(Some(text.trim().parse()?))
    }
}

fn read_secret(file: &Path) -> Result<String, WebhookError> {
    std::fs::read_to_string(file).map_err(|source| WebhookError::SecretFile {
        path: file.to_owned(),
        source,
    })
}
