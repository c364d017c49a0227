//! Where a webhook may go: over encrypted connections, to hosts that are allowed.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use hyper::Uri;
use hyper::http::uri::Scheme;

use super::addresses::is_public;
use super::hosts::{AllowedHosts, host};
use crate::error::DestinationError;

/// The URL of a webhook. It may hold a token, so it is never shown.
#[derive(Clone)]
pub struct WebhookUrl {
    uri: Uri,
    allowed: AllowedHosts,
}

impl WebhookUrl {
    /// A URL with one of the allowed hosts.
    ///
    /// # Errors
    /// [`DestinationError::WebhookUrl`] when it may not be called.
    pub fn parse(text: &str, allowed: AllowedHosts) -> Result<Self, DestinationError> {
        let uri: Uri = text.parse().map_err(|_| DestinationError::WebhookUrl)?;
        match may_be_called(&uri, &allowed) {
            true => Ok(Self { uri, allowed }),
            false => Err(DestinationError::WebhookUrl),
        }
    }

    pub(super) fn uri(&self) -> &Uri {
        &self.uri
    }

    pub(super) fn allowed(&self) -> &AllowedHosts {
        &self.allowed
    }

    pub(super) fn is_encrypted(&self) -> bool {
        self.uri.scheme() == Some(&Scheme::HTTPS)
    }
}

/// A URL with a public host.
impl FromStr for WebhookUrl {
    type Err = DestinationError;

    fn from_str(text: &str) -> Result<Self, DestinationError> {
        Self::parse(text, AllowedHosts::public())
    }
}

fn may_be_called(uri: &Uri, allowed: &AllowedHosts) -> bool {
    let (Some(scheme), Some(authority), Some(host)) = (uri.scheme(), uri.authority(), host(uri))
    else {
        return false;
    };
    let is_encrypted = *scheme == Scheme::HTTPS;
    let is_safe = is_encrypted || (*scheme == Scheme::HTTP && is_this_machine(host));
    // A user would have to be sent as a header of its own.
    let has_user = authority.as_str().contains('@');
    is_safe && !has_user && allowed.allow(host) && is_suitable(host, allowed)
}

/// An address is suitable or not; where a name leads is seen when it is called.
fn is_suitable(host: &str, allowed: &AllowedHosts) -> bool {
    let is_inside = || match host.parse::<IpAddr>() {
        Ok(address) => !is_public(address),
        Err(_) => is_this_machine(host),
    };
    allowed.allow_inside(host) || !is_inside()
}

fn is_this_machine(host: &str) -> bool {
    let address = host.parse::<IpAddr>();
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

    fn is_taken(text: &str, allowed: &AllowedHosts) -> bool {
        WebhookUrl::parse(text, allowed.clone()).is_ok()
    }

    #[test]
    fn a_message_leaves_the_machine_encrypted_or_not_at_all() {
        let this_machine = ["localhost", "127.0.0.1", "::1", "0.0.0.0", "10.0.0.1"];
        let allowed = AllowedHosts::public().and_inside(this_machine);
        for safe in [
            "https://example.com/hooks?token=t",
            "https://127.0.0.1:9000",
            "https://10.0.0.1/hooks",
            "http://127.0.0.1:9000/hooks",
            "http://[::1]:9000/hooks",
            "http://localhost/hooks",
        ] {
            assert!(is_taken(safe, &allowed), "{safe}");
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
            assert!(!is_taken(unsafe_or_none, &allowed), "{unsafe_or_none}");
        }
    }

    #[test]
    fn an_address_that_is_not_public_is_refused_unless_it_is_allowed_by_name() {
        for inside in [
            "127.0.0.1",
            "10.0.0.1",
            "169.254.169.254",
            "[::1]",
            "[fd00::1]",
            "localhost",
        ] {
            let url = format!("https://{inside}/");
            assert!(!is_taken(&url, &AllowedHosts::public()), "{inside}");
            let name = inside.trim_start_matches('[').trim_end_matches(']');
            let allowed = AllowedHosts::public().and_inside([name]);
            assert!(is_taken(&url, &allowed), "{inside}");
        }
    }

    #[test]
    fn a_list_of_hosts_allows_no_others() {
        let allowed = AllowedHosts::only(["hooks.example.com"]).and_inside(["10.0.0.1"]);
        for listed in ["https://hooks.example.com/a", "https://HOOKS.example.com/b"] {
            assert!(is_taken(listed, &allowed), "{listed}");
        }
        assert!(is_taken("https://10.0.0.1/", &allowed));
        for other in [
            "https://example.com/",
            "https://8.8.8.8/",
            "https://10.0.0.2/",
        ] {
            assert!(!is_taken(other, &allowed), "{other}");
        }
    }

    #[test]
    fn a_url_is_not_shown() {
        let url: WebhookUrl = "https://example.com/t0ken".parse().unwrap();
        assert!(!format!("{url:?}").contains("t0ken"));
    }
}
