//! Which hosts a webhook may call.

use std::collections::BTreeSet;

use hyper::Uri;

/// Which hosts a webhook may call: public ones, unless others are allowed by name.
///
/// A URL is often given by somebody who should not reach what the service can: its own machine, its
/// network, the metadata of its cloud. So the addresses that a name leads to are looked at when it is
/// called, and nothing else is called than those.
#[derive(Debug, Clone, Default)]
pub struct AllowedHosts {
    /// Those alone, if there is a list.
    only: Option<BTreeSet<String>>,
    inside: BTreeSet<String>,
}

impl AllowedHosts {
    /// All hosts with a public address.
    #[must_use]
    pub fn public() -> Self {
        Self::default()
    }

    /// No other hosts than these, and these only at public addresses.
    #[must_use]
    pub fn only<N: Into<String>>(names: impl IntoIterator<Item = N>) -> Self {
        Self {
            only: Some(lowercase(names)),
            inside: BTreeSet::new(),
        }
    }

    /// And these, wherever they are: in a network of one's own, on this machine. Only those that are
    /// this machine by their name or address can be called unencrypted.
    #[must_use]
    pub fn and_inside<N: Into<String>>(mut self, names: impl IntoIterator<Item = N>) -> Self {
        self.inside.extend(lowercase(names));
        self
    }

    /// Whether the host of a URL may be called at all, at a suitable address.
    pub(super) fn allow(&self, host: &str) -> bool {
        let host = host.to_lowercase();
        let is_listed = self.only.as_ref().is_none_or(|only| only.contains(&host));
        is_listed || self.inside.contains(&host)
    }

    /// Whether the host may be called at any address.
    pub(super) fn allow_inside(&self, host: &str) -> bool {
        self.inside.contains(&host.to_lowercase())
    }
}

/// The host of a URL, without the brackets around an address.
pub(super) fn host(uri: &Uri) -> Option<&str> {
    let host = uri.host()?;
    Some(host.trim_start_matches('[').trim_end_matches(']'))
}

fn lowercase<N: Into<String>>(names: impl IntoIterator<Item = N>) -> BTreeSet<String> {
    let names = names.into_iter().map(Into::into);
    names.map(|name| name.to_lowercase()).collect()
}
