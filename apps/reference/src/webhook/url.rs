//! Where a webhook may go: over encrypted connections, or to this machine.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use hyper::Uri;
use hyper::http::uri::Scheme;

use super::WebhookError;

/// The URL of a webhook. It may hold a token, so it is never shown.
#[derive(Clone)]
pub struct WebhookUrl(Uri);

impl WebhookUrl {
    pub(super) fn uri(&self) -> &Uri {
        &self.0
    }

    pub(super) fn is_encrypted(&self) -> bool {
        self.0.scheme() == Some(&Scheme::HTTPS)
    }
}

impl FromStr for WebhookUrl {
    type Err = WebhookError;

    fn from_str(text: &str) -> Result<Self, WebhookError> {
        let uri: Uri = text.parse().map_err(|_| WebhookError::Url)?;
        let (Some(scheme), Some(authority)) = (uri.scheme(), uri.authority()) else {
            return Err(WebhookError::Url);
        };
        let is_safe = *scheme == Scheme::HTTPS
            || (*scheme == Scheme::HTTP && is_this_machine(authority.host()));
        // A user would have to be sent as a header of its own.
        let has_user = authority.as_str().contains('@');
        match is_safe && !has_user {
            true => Ok(Self(uri)),
            false => Err(WebhookError::Url),
        }
    }
}

fn is_this_machine(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    let address = bare.parse::<IpAddr>();
    host == "localhost" || address.is_ok_and(|address| address.is_loopback())
}

impl fmt::Debug for WebhookUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("WebhookUrl(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_happens_to_accounts_leaves_the_machine_encrypted_or_not_at_all() {
        for safe in [
            "https://example.com/hooks?token=t",
            "https://127.0.0.1:9000",
            "http://127.0.0.1:9000/hooks",
            "http://[::1]:9000/hooks",
            "http://localhost/hooks",
        ] {
            assert!(safe.parse::<WebhookUrl>().is_ok(), "{safe}");
        }
        for unsafe_or_none in [
            "http://example.com/hooks",
            "http://localhost.example.com/hooks",
            "http://127.0.0.1.example.com/",
            "http://10.0.0.1/hooks",
            "http://0.0.0.0/hooks",
            "https://me:secret@example.com/hooks",
            "http://localhost@example.com/hooks",
            "ftp://localhost/hooks",
            "/hooks",
            "example.com",
            "",
        ] {
            assert!(
                unsafe_or_none.parse::<WebhookUrl>().is_err(),
                "{unsafe_or_none}"
            );
        }
    }

    #[test]
    fn a_url_is_not_shown() {
        let url: WebhookUrl = "https://example.com/t0ken".parse().unwrap();
        assert!(!format!("{url:?}").contains("t0ken"));
    }
}
