//! The documentation rule: a crate introduces itself, and a file says what it is for.

use super::Finding;
use super::tree::{Manifest, TextFile, Tree};

/// Each crate has a description and more than one line of documentation; each module starts with its own.
pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for manifest in tree.crates() {
        findings.extend(undescribed(&manifest));
        findings.extend(crate_roots(tree, &manifest).filter_map(barely_documented));
    }
    findings.extend(tree.rust_files().filter_map(undocumented));
    findings
}

fn undescribed(manifest: &Manifest<'_>) -> Option<Finding> {
    let is_missing = manifest.description().is_empty();
    is_missing.then(|| manifest.finding("description", "the crate has no description"))
}

fn crate_roots<'a>(tree: &'a Tree, manifest: &Manifest<'_>) -> impl Iterator<Item = &'a TextFile> {
    let folder = manifest.folder();
    let paths = [
        format!("{folder}/src/lib.rs"),
        format!("{folder}/src/main.rs"),
    ];
    paths.into_iter().filter_map(|path| tree.file(&path))
}

fn barely_documented(root: &TextFile) -> Option<Finding> {
    let lines = root.text.lines().take_while(|line| line.starts_with("//!"));
    let written = lines.filter(|line| *line != "//!").count();
    let is_short = written == 1 && !root.text.contains("#![doc = include_str!(");
    is_short.then(|| root.finding(1, "one line does not introduce a crate"))
}

fn undocumented(file: &TextFile) -> Option<Finding> {
    let starts_with_docs = ["//!", "#![doc"]
        .iter()
        .any(|docs| file.text.starts_with(docs));
    let is_missing = is_module(&file.path) && !starts_with_docs;
    is_missing.then(|| file.finding(1, "the file does not start with `//!` and what it is for"))
}

/// Whether the file explains itself: sources and scenarios do, while `foo/tests.rs` belongs to `foo.rs`.
fn is_module(path: &str) -> bool {
    let folders: Vec<&str> = path.split('/').collect();
    let is_scenario = folders.iter().rev().nth(1) == Some(&"tests");
    let is_source = folders.contains(&"src") && !path.ends_with("/tests.rs");
    is_scenario || is_source
}

#[cfg(test)]
mod tests {
    use super::*;

    fn messages(files: &[(&str, &str)]) -> Vec<String> {
        check(&Tree::of(files))
            .iter()
            .map(Finding::to_string)
            .collect()
    }

    const MANIFEST: (&str, &str) = (
        "crates/x/Cargo.toml",
        "[package]\ndescription = \"An x.\"\n",
    );

    #[test]
    fn a_crate_without_a_description_is_found() {
        let manifest = (
            "crates/x/Cargo.toml",
            "[package]\nname = \"x\"\ndescription = \"\"\n",
        );
        assert_eq!(
            messages(&[manifest]),
            ["crates/x/Cargo.toml:3: the crate has no description"]
        );
    }

    #[test]
    fn a_crate_with_one_line_of_documentation_is_found() {
        assert_eq!(
            messages(&[
                MANIFEST,
                ("crates/x/src/lib.rs", "//! An x.\n//!\n\nmod y;\n")
            ]),
            ["crates/x/src/lib.rs:1: one line does not introduce a crate"]
        );
    }

    #[test]
    fn crate_documentation_may_stand_in_a_file_of_its_own() {
        let root = "#![doc = include_str!(\"../README.md\")]\n";
        assert!(messages(&[MANIFEST, ("crates/x/src/lib.rs", root)]).is_empty());
    }

    #[test]
    fn a_module_or_scenario_without_documentation_is_found() {
        let module = ("crates/x/src/y.rs", "use std::fmt;\n");
        let scenario = ("crates/x/tests/it_works.rs", "use x::y;\n");
        assert_eq!(messages(&[MANIFEST, module, scenario]).len(), 2);
    }

    #[test]
    fn unit_tests_and_fixtures_need_none() {
        let tests = ("crates/x/src/y/tests.rs", "use super::*;\n");
        let fixture = ("crates/x/tests/refused/an_error.rs", "fn main() {}\n");
        assert!(messages(&[MANIFEST, tests, fixture]).is_empty());
    }
}
