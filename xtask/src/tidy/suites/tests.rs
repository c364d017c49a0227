use super::*;

const WORKSPACE: (&str, &str) = (
    "Cargo.toml",
    "[workspace]\nmembers = [\"crates/*\", \"xtask\"]\n",
);

fn messages(files: &[(&str, &str)]) -> Vec<String> {
    check(&Tree::of(files))
        .iter()
        .map(Finding::to_string)
        .collect()
}

fn of_manifest(rest: &str) -> Vec<String> {
    let manifest = format!("[package]\nname = \"annals-x\"\n{rest}");
    messages(&[WORKSPACE, ("crates/x/Cargo.toml", &manifest)])
}

#[test]
fn an_ignored_test_is_found() {
    let plain = ("a.rs", "#[test]\n    #[ignore]\nfn t() {}\n");
    let reasoned = ("b.rs", "#[ignore = \"slow\"]\n");
    let conditional = ("c.rs", "#[cfg_attr(windows, ignore)]\n");
    assert_eq!(
        messages(&[plain, reasoned, conditional]),
        [
            "a.rs:2: an ignored test; run it or remove it",
            "b.rs:1: an ignored test; run it or remove it",
            "c.rs:1: an ignored test; run it or remove it",
        ]
    );
}

#[test]
fn a_manifest_that_leaves_scenarios_out_is_found() {
    assert_eq!(
        of_manifest("autotests = false\n"),
        ["crates/x/Cargo.toml:3: `autotests = false` leaves out scenarios"]
    );
}

#[test]
fn a_target_that_is_not_tested_is_found() {
    assert_eq!(
        of_manifest("[lib]\ndoctest = false\n[[bin]]\nname = \"x\"\ntest = false\n"),
        [
            "crates/x/Cargo.toml:4: `doctest = false` leaves out a suite",
            "crates/x/Cargo.toml:7: `test = false` leaves out a suite",
        ]
    );
}

#[test]
fn a_suite_that_waits_for_a_feature_is_found() {
    let findings = of_manifest("[[test]]\nname = \"x\"\nrequired-features = [\"slow\"]\n");
    assert_eq!(findings.len(), 1);
}

#[test]
fn a_benchmark_need_not_be_a_test() {
    assert!(of_manifest("[[bench]]\nname = \"x\"\ntest = false\n").is_empty());
}

#[test]
fn a_crate_outside_the_workspace_is_found() {
    let stray = ("apps/stray/Cargo.toml", "[package]\nname = \"stray\"\n");
    let member = ("xtask/Cargo.toml", "[package]\nname = \"xtask\"\n");
    assert_eq!(
        messages(&[WORKSPACE, stray, member]),
        ["apps/stray/Cargo.toml:2: this crate is no member of the workspace"]
    );
}

#[test]
fn an_excluded_crate_is_found() {
    let workspace = "[workspace]\nmembers = [\"crates/*\"]\nexclude = [\"crates/x\"]\n";
    let manifest = ("crates/x/Cargo.toml", "[package]\nname = \"annals-x\"\n");
    assert_eq!(messages(&[("Cargo.toml", workspace), manifest]).len(), 1);
}

#[test]
fn an_excluded_crate_that_is_a_workspace_of_its_own_needs_no_other() {
    let workspace = "[workspace]\nmembers = [\"crates/*\"]\nexclude = [\"bench\"]\n";
    let manifest = ("bench/Cargo.toml", "[package]\nname = \"b\"\n[workspace]\n");
    assert!(messages(&[("Cargo.toml", workspace), manifest]).is_empty());
}
