//! The suite rule: what is written as a test is run as a test.

use toml::Value;

use super::Finding;
use super::tree::{Manifest, Tree};

/// No test is switched off, and every crate is in the workspace, so that `--workspace` reaches it.
/// A crate that the workspace excludes says so by being a workspace of its own.
pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = ignored_tests(tree);
    for manifest in tree.crates() {
        findings.extend(switches(&manifest));
        findings.extend(outside_the_workspace(tree, &manifest));
    }
    findings
}

fn ignored_tests(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in tree.rust_files() {
        for (number, line) in file.numbered_lines() {
            if ignores(line.trim_start()) {
                findings.push(file.finding(number, "an ignored test; run it or remove it"));
            }
        }
    }
    findings
}

fn ignores(line: &str) -> bool {
    line.starts_with("#[ignore") || (line.starts_with("#[cfg_attr(") && line.contains(", ignore"))
}

/// The keys by which a manifest keeps cargo from running a suite.
fn switches(manifest: &Manifest<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    if is_off(manifest.value(&["package", "autotests"])) {
        findings.push(manifest.finding("autotests", "`autotests = false` leaves out scenarios"));
    }
    for target in targets(manifest) {
        for key in ["test", "doctest"] {
            if is_off(target.get(key)) {
                let message = format!("`{key} = false` leaves out a suite");
                findings.push(manifest.finding(&format!("{key} = false"), message));
            }
        }
    }
    for suite in array(manifest.value(&["test"])) {
        if suite.get("required-features").is_some() {
            let message = "a suite with `required-features` is left out without them";
            findings.push(manifest.finding("required-features", message));
        }
    }
    findings
}

fn targets<'a>(manifest: &'a Manifest<'_>) -> impl Iterator<Item = &'a Value> {
    let library = manifest.value(&["lib"]).into_iter();
    let programs = array(manifest.value(&["bin"]));
    let suites = array(manifest.value(&["test"]));
    library.chain(programs).chain(suites)
}

fn array(value: Option<&Value>) -> &[Value] {
    let array = value.and_then(Value::as_array);
    array.map_or(&[], Vec::as_slice)
}

fn is_off(value: Option<&Value>) -> bool {
    value.and_then(Value::as_bool) == Some(false)
}

fn outside_the_workspace(tree: &Tree, manifest: &Manifest<'_>) -> Option<Finding> {
    let workspace = tree.workspace()?;
    let lists = |key| {
        let globs = array(workspace.value(&["workspace", key]));
        let mut globs = globs.iter().filter_map(Value::as_str);
        globs.any(|glob| matches(glob, manifest.folder()))
    };
    let is_member = lists("members") && !lists("exclude");
    let stands_alone = lists("exclude") && manifest.value(&["workspace"]).is_some();
    (!is_member && !stands_alone)
        .then(|| manifest.finding("name", "this crate is no member of the workspace"))
}

/// Whether `crates/*` or `crates/core` names the folder `crates/core`.
fn matches(glob: &str, folder: &str) -> bool {
    match (glob.strip_suffix("/*"), folder.rsplit_once('/')) {
        (Some(parent), Some((actual, _))) => parent == actual,
        _ => glob == folder,
    }
}

#[cfg(test)]
mod tests;
