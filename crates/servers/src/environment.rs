//! What the environment says: where the shared servers are, and whether this is a CI machine.

use std::env;

/// Names the URL of the shared PostgreSQL server.
pub const POSTGRES_VARIABLE: &str = "ANNALS_TEST_POSTGRES";

/// Names the URL of the shared PostgreSQL server of another major version.
pub const NEXT_POSTGRES_VARIABLE: &str = "ANNALS_TEST_POSTGRES_NEXT";

/// Names the URL that leads through PgBouncer to the shared PostgreSQL server.
pub const PGBOUNCER_VARIABLE: &str = "ANNALS_TEST_PGBOUNCER";

/// Names the URL of the shared Redis server.
pub const REDIS_VARIABLE: &str = "ANNALS_TEST_REDIS";

/// Names the URL of the shared NATS server.
pub const NATS_VARIABLE: &str = "ANNALS_TEST_NATS";

/// The URL of the shared PostgreSQL server.
///
/// # Panics
///
/// Without the server; the message says how to have one.
#[must_use]
pub fn postgres_url() -> String {
    url(POSTGRES_VARIABLE)
}

/// The URL that leads through PgBouncer, in transaction mode, to the shared PostgreSQL server.
///
/// # Panics
///
/// Without the server; the message says how to have one.
#[must_use]
pub fn pgbouncer_url() -> String {
    url(PGBOUNCER_VARIABLE)
}

/// The URL of the shared Redis server.
///
/// # Panics
///
/// Without the server; the message says how to have one.
#[must_use]
pub fn redis_url() -> String {
    url(REDIS_VARIABLE)
}

/// The URL of the shared NATS server, which has JetStream.
///
/// # Panics
///
/// Without the server; the message says how to have one.
#[must_use]
pub fn nats_url() -> String {
    url(NATS_VARIABLE)
}

/// The URL of a PostgreSQL server of another major version. `None` on a machine that cannot have
/// one: the test is skipped and says so.
///
/// # Panics
///
/// On a CI machine without that server, because there nothing may be skipped.
#[must_use]
pub fn next_postgres_url() -> Option<String> {
    let url = env::var(NEXT_POSTGRES_VARIABLE).ok();
    assert!(
        url.is_some() || !in_ci(),
        "{}",
        missing(NEXT_POSTGRES_VARIABLE)
    );
    url
}

/// Whether this is a CI machine, where nothing may be left out: `CI` is set, and neither `false`
/// nor `0` nor empty.
#[must_use]
pub fn in_ci() -> bool {
    env::var("CI").is_ok_and(|value| means_yes(&value))
}

fn means_yes(value: &str) -> bool {
    !["", "0", "false"].contains(&value)
}

fn url(variable: &str) -> String {
    env::var(variable).unwrap_or_else(|_| panic!("{}", missing(variable)))
}

fn missing(variable: &str) -> String {
    format!(
        "{variable} names no server; run the tests by `cargo xtask check`, or some of them by \
         `cargo xtask with-servers cargo test …`"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ci_machine_may_say_so_in_any_words() {
        assert!(
            ["true", "1", "yes", "woodpecker"]
                .into_iter()
                .all(means_yes)
        );
        assert!(!["", "0", "false"].into_iter().any(means_yes));
    }

    #[test]
    fn a_test_without_its_server_says_how_to_get_it() {
        let panic = std::panic::catch_unwind(|| url("ANNALS_TEST_CARRIER_PIGEON")).unwrap_err();
        let message = panic.downcast::<String>().unwrap();
        assert!(message.starts_with("ANNALS_TEST_CARRIER_PIGEON names no server; run"));
    }
}
