//! The dependency rule: which crate may use which of ours, and what the core must not know.

use super::Finding;
use super::tree::{Manifest, Tree};

/// A crate and the crates of ours it may use. Dev-dependencies are free: a test may stand on anything.
const MAY_USE: &[(&str, &[&str])] = &[
    ("annals-core", &[]),
    ("annals-macros", &[]),
    ("annals-log", &[]),
    ("annals-embedded", &["annals-core", "annals-log"]),
    ("annals-postgres", &["annals-core"]),
    ("annals-sqlite", &["annals-core"]),
    ("annals-keys", &["annals-core"]),
    (
        "annals-runtime",
        &["annals-core", "annals-keys", "annals-macros"],
    ),
    ("annals-http", &["annals-core", "annals-runtime"]),
    ("annals-outbox", &["annals-core"]),
    ("annals-schema", &["annals-core"]),
    ("annals-testing", &["annals-core", "annals-macros"]),
    ("annals-servers", &[]),
    (
        "annals",
        &[
            "annals-core",
            "annals-macros",
            "annals-log",
            "annals-embedded",
            "annals-keys",
            "annals-postgres",
            "annals-sqlite",
            "annals-runtime",
            "annals-http",
            "annals-outbox",
            "annals-schema",
            "annals-testing",
        ],
    ),
    ("annals-reference", &["annals"]),
    (
        "annals-bench",
        &[
            "annals-core",
            "annals-macros",
            "annals-embedded",
            "annals-postgres",
            "annals-runtime",
            "annals-sqlite",
        ],
    ),
    ("sqlx-sqlite", &[]),
    ("xtask", &["annals-servers"]),
];

/// The core knows no database, no network, no file and no async runtime.
const NOT_IN_CORE: [&str; 18] = [
    "async-nats",
    "async-std",
    "axum",
    "futures-executor",
    "hyper",
    "mio",
    "redis",
    "reqwest",
    "rusqlite",
    "rustls",
    "smol",
    "sqlx",
    "tempfile",
    "tokio",
    "tokio-postgres",
    "tonic",
    "tower",
    "tower-http",
];

/// Each crate uses only what its row allows.
pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    tree.crates()
        .flat_map(|manifest| of_crate(&manifest))
        .collect()
}

fn of_crate(manifest: &Manifest<'_>) -> Vec<Finding> {
    let name = manifest.name();
    let Some((_, allowed)) = MAY_USE.iter().find(|(row, _)| *row == name) else {
        let message = format!("{name} has no row in the dependency table; give it one");
        return vec![manifest.finding("name", message)];
    };
    let used = manifest.dependencies();
    used.into_iter()
        .filter(|used| !is_allowed(name, allowed, used))
        .map(|used| manifest.finding(used, format!("{name} may not use {used}")))
        .collect()
}

fn is_allowed(name: &str, allowed: &[&str], used: &str) -> bool {
    if is_ours(used) {
        allowed.contains(&used)
    } else {
        name != "annals-core" || !NOT_IN_CORE.contains(&used)
    }
}

fn is_ours(package: &str) -> bool {
    package == "annals" || package.starts_with("annals-")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn messages(name: &str, rest: &str) -> Vec<String> {
        let manifest = format!("[package]\nname = \"{name}\"\n{rest}");
        let findings = check(&Tree::of(&[("crates/x/Cargo.toml", &manifest)]));
        findings.iter().map(Finding::to_string).collect()
    }

    #[test]
    fn a_crate_may_not_use_a_sibling_outside_its_row() {
        assert_eq!(
            messages(
                "annals-log",
                "[dependencies]\nannals-core.workspace = true\n"
            ),
            ["crates/x/Cargo.toml:4: annals-log may not use annals-core"]
        );
    }

    #[test]
    fn a_crate_may_use_what_its_row_allows() {
        let allowed = "[dependencies]\nannals-core.workspace = true\nannals-log.workspace = true\n";
        assert!(messages("annals-embedded", allowed).is_empty());
    }

    #[test]
    fn the_application_stands_on_the_facade_alone() {
        let manifest = "[dependencies]\nannals.workspace = true\nannals-runtime.workspace = true\n";
        assert_eq!(
            messages("annals-reference", manifest),
            ["crates/x/Cargo.toml:5: annals-reference may not use annals-runtime"]
        );
    }

    #[test]
    fn the_core_may_not_use_an_async_runtime() {
        let manifest = "[dependencies]\nserde.workspace = true\ntokio.workspace = true\n";
        assert_eq!(
            messages("annals-core", manifest),
            ["crates/x/Cargo.toml:5: annals-core may not use tokio"]
        );
        assert!(messages("annals-runtime", manifest).is_empty());
    }

    #[test]
    fn build_and_target_dependencies_and_renamed_ones_count() {
        let build = "[build-dependencies]\nannals-log.workspace = true\n";
        let target = "[target.'cfg(unix)'.dependencies]\nannals-log.workspace = true\n";
        let renamed = "[dependencies]\njournal = { package = \"annals-log\", path = \"../log\" }\n";
        for manifest in [build, target, renamed] {
            assert_eq!(messages("annals-core", manifest).len(), 1, "{manifest}");
        }
    }

    #[test]
    fn dev_dependencies_are_free() {
        let manifest = "[dev-dependencies]\nannals-testing.workspace = true\n";
        assert!(messages("annals-core", manifest).is_empty());
    }

    #[test]
    fn a_new_crate_needs_a_row() {
        assert_eq!(
            messages("annals-carrier-pigeon", ""),
            [
                "crates/x/Cargo.toml:2: annals-carrier-pigeon has no row in the dependency table; give it one"
            ]
        );
    }
}
