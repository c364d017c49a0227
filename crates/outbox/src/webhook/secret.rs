//! How calls are signed, as [Standard Webhooks](https://www.standardwebhooks.com) says.

use std::fmt;
use std::str::FromStr;

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::error::DestinationError;

/// What a text begins with that is a secret.
const PREFIX: &str = "whsec_";

/// What the receiver knows as well: it is never shown.
#[derive(Clone)]
pub struct WebhookSecret(Vec<u8>);

impl WebhookSecret {
    /// What proves that the holder of the secret sent a body, under an id and at a time in seconds
    /// since 1970: a receiver that compares the time refuses what was kept by others.
    pub(super) fn sign(&self, id: &str, sent_at: i64, body: &[u8]) -> String {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.0).expect("a key may have any length");
        mac.update(format!("{id}.{sent_at}.").as_bytes());
        mac.update(body);
        format!("v1,{}", BASE64.encode(mac.finalize().into_bytes()))
    }
}

impl FromStr for WebhookSecret {
    type Err = DestinationError;

    fn from_str(text: &str) -> Result<Self, DestinationError> {
        let encoded = text
            .strip_prefix(PREFIX)
            .ok_or(DestinationError::WebhookSecret)?;
        let bytes = BASE64
            .decode(encoded)
            .map_err(|_| DestinationError::WebhookSecret)?;
        match bytes.len() {
            24..=64 => Ok(Self(bytes)),
            _ => Err(DestinationError::WebhookSecret),
        }
    }
}

impl fmt::Debug for WebhookSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("WebhookSecret(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_is_the_one_that_standard_webhooks_publishes() {
        let secret: WebhookSecret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw".parse().unwrap();
        let body = br#"{"test": 2432232314}"#;
        let signature = secret.sign("msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, body);
        assert_eq!(signature, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn what_is_no_secret_or_too_short_is_refused() {
        for text in [
            "",
            "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
            "whsec_",
            "whsec_c2hvcnQ=",
            "whsec_not base64 not base64 not base64",
        ] {
            assert!(text.parse::<WebhookSecret>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_secret_is_not_shown() {
        let secret = WebhookSecret(b"s3cret".to_vec());
        assert_eq!(format!("{secret:?}"), "WebhookSecret(…)");
    }
}
