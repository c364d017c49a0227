//! The webhook: everything that happens to accounts, posted to one URL.

use std::io;
use std::path::PathBuf;

use annals::outbox::{
    AllowedHosts, DestinationError, Outbox, Publication, Webhook as Calls, WebhookUrl,
};
use annals::{Aggregate, EffectStart, RecordedEvent};

use crate::accounts::{Account, AccountEvent};
use crate::this_machine;

pub use annals::outbox::WebhookSecret;

/// Posts each event of an account to a URL, at least once, in the order of the account.
///
/// What is refused, or not acknowledged for a day, is parked with what happens to the account
/// afterwards; other accounts go on.
pub type Webhook = Outbox<AccountsTold, Calls>;

/// What happens to accounts, as others are told.
#[derive(Debug)]
pub struct AccountsTold;

impl Publication for AccountsTold {
    type Event = AccountEvent;
    const NAME: &'static str = "webhook";
    const CATEGORIES: &'static [&'static str] = &[Account::CATEGORY];
    const START: EffectStart = EffectStart::Now;

    fn source(&self) -> &str {
        "annals-reference"
    }

    fn topic(record: &RecordedEvent) -> String {
        record.stream.to_string()
    }
}

/// A webhook that posts to a URL with a public host, one of these, or this machine. With a secret, every
/// call is signed.
///
/// # Errors
/// [`WebhookError::Destination`] when the URL may not be called, or no server could be trusted.
pub fn webhook(
    url: &str,
    allowed_inside: &[String],
    secret: Option<WebhookSecret>,
) -> Result<Webhook, WebhookError> {
    let allowed = AllowedHosts::public()
        .and_inside(this_machine::NAMES)
        .and_inside(allowed_inside);
    let url = WebhookUrl::parse(url, allowed)?;
    Ok(Outbox::new(AccountsTold, Calls::new(url, secret)?))
}

/// Why a webhook cannot be called at all.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WebhookError {
    /// Its URL or its secret cannot be used.
    /// **Do:** what its own message says.
    #[error("--webhook: {0}")]
    Destination(#[from] DestinationError),

    /// The variable with the secret holds something else than text. It is not shown.
    /// **Do:** make one, for example by `echo whsec_$(openssl rand -base64 32)`.
    #[error("ANNALS_WEBHOOK_SECRET is no text")]
    SecretVariable,

    /// The file with the secret cannot be read.
    /// **Do:** check its path and its rights.
    #[error("webhook secret file {path}: {source}")]
    SecretFile {
        /// Which file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },

    /// There are two secrets, and it is not said which one counts.
    /// **Do:** take one away.
    #[error("ANNALS_WEBHOOK_SECRET and --webhook-secret-file both give a secret: keep one of them")]
    TwoSecrets,
}
