//! The orphan rule: a file that no `mod` names is not compiled, so its tests do not run and nobody notices.

use super::Finding;
use super::tree::{TextFile, Tree};

/// Files that are reached without a `mod` beside them.
const ROOTS: [&str; 3] = ["lib.rs", "main.rs", "mod.rs"];

/// Every file of a crate or of a suite in a folder is a module of it.
pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let files = tree.rust_files();
    files.filter_map(|file| orphan(tree, file)).collect()
}

fn orphan(tree: &Tree, file: &TextFile) -> Option<Finding> {
    let (folder, name) = file.path.rsplit_once('/')?;
    if ROOTS.contains(&name) {
        return None;
    }
    let module = name.trim_end_matches(".rs");
    let parents = parents(tree, folder);
    // Without a parent it is what cargo finds by itself, as `tests/it_works.rs`, or data of a test.
    let is_module = is_source(folder) || !parents.is_empty();
    let is_named = parents.iter().any(|parent| declares(parent, module));
    let message = format!("no `mod {module};` names this file, so it is not compiled");
    (is_module && !is_named).then(|| file.finding(1, message))
}

/// The files that can declare the modules in a folder.
fn parents<'a>(tree: &'a Tree, folder: &str) -> Vec<&'a TextFile> {
    let inside = ROOTS.map(|root| format!("{folder}/{root}"));
    let beside = format!("{folder}.rs");
    let paths = inside.iter().chain([&beside]);
    paths.filter_map(|path| tree.file(path)).collect()
}

fn is_source(folder: &str) -> bool {
    folder.split('/').any(|name| name == "src")
}

fn declares(parent: &TextFile, module: &str) -> bool {
    let declaration = format!("mod {module};");
    let mut lines = parent.text.lines().map(str::trim);
    lines.any(|line| line.ends_with(&declaration) && !line.starts_with("//"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn orphans(files: &[(&str, &str)]) -> Vec<String> {
        let findings = check(&Tree::of(files));
        findings.into_iter().map(|finding| finding.path).collect()
    }

    #[test]
    fn a_module_that_nothing_names_is_found() {
        let root = ("crates/x/src/lib.rs", "pub mod read;\nmod append;\n");
        let read = ("crates/x/src/read.rs", "#[cfg(test)]\nmod tests;\n");
        let append = ("crates/x/src/append.rs", "");
        let tests = ("crates/x/src/read/tests.rs", "");
        let stray = ("crates/x/src/append/tests.rs", "");
        assert_eq!(
            orphans(&[root, read, append, tests, stray]),
            ["crates/x/src/append/tests.rs"]
        );
    }

    #[test]
    fn a_scenario_that_its_suite_does_not_name_is_found() {
        let suite = ("crates/x/tests/bank/main.rs", "mod named;\n");
        let named = ("crates/x/tests/bank/named.rs", "");
        let stray = ("crates/x/tests/bank/stray.rs", "");
        assert_eq!(
            orphans(&[suite, named, stray]),
            ["crates/x/tests/bank/stray.rs"]
        );
    }

    #[test]
    fn a_declaration_in_a_comment_does_not_count() {
        let root = ("crates/x/src/lib.rs", "// mod read;\n");
        let read = ("crates/x/src/read.rs", "");
        assert_eq!(orphans(&[root, read]), ["crates/x/src/read.rs"]);
    }

    #[test]
    fn a_module_without_a_parent_is_found() {
        assert_eq!(
            orphans(&[("crates/x/src/read/page.rs", "")]),
            ["crates/x/src/read/page.rs"]
        );
    }

    #[test]
    fn scenarios_and_fixtures_need_no_declaration() {
        let scenario = ("crates/x/tests/it_works.rs", "");
        let fixture = ("crates/x/tests/refused/an_error.rs", "");
        assert!(orphans(&[scenario, fixture]).is_empty());
    }
}
