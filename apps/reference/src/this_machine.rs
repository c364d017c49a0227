//! This machine, by its names: what goes there needs no encryption.

/// Its names as a host.
pub(crate) const NAMES: [&str; 3] = ["localhost", "127.0.0.1", "::1"];

/// Whether a host of a URL is this machine, by one of its names.
pub(crate) fn is_at(host: &str) -> bool {
    let name = host.trim_start_matches('[').trim_end_matches(']');
    NAMES.contains(&name)
}
