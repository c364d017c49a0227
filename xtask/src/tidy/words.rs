//! The word rule: names that say nothing, code that is not finished, paths that exist on one machine.

use super::Finding;
use super::tree::{TextFile, Tree};

/// Names of modules that hold whatever had no place.
const EMPTY_NAMES: [&str; 7] = [
    "common", "helper", "helpers", "manager", "managers", "util", "utils",
];

/// Unfinished code, and references that a reader of this repository cannot follow.
const PHRASES: [(&str, &str); 4] = [
    ("todo!(", "finish it or leave it out"),
    ("unimplemented!(", "finish it or leave it out"),
    ("dbg!(", "remove it, or use `tracing`"),
    ("issue #", "give the reason itself, not a number"),
];

/// Where absolute paths of one machine begin.
const MACHINE_PATHS: [&str; 3] = ["/root/", "/home/", "/Users/"];

/// This rule has to spell what it looks for; the lock file is written by cargo.
const NOT_READ: [&str; 3] = [
    "xtask/src/tidy/words.rs",
    "xtask/src/tidy/words/tests.rs",
    "Cargo.lock",
];

/// No file has an empty name, and none contains a forbidden phrase.
pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let names = tree.rust_files().filter_map(empty_name);
    let read = |file: &&TextFile| !NOT_READ.contains(&file.path.as_str());
    let phrases = tree.files().iter().filter(read).flat_map(in_text);
    names.chain(phrases).collect()
}

fn empty_name(file: &TextFile) -> Option<Finding> {
    let path = file.path.trim_end_matches(".rs");
    let name = path.split('/').find(|name| EMPTY_NAMES.contains(name))?;
    Some(file.finding(1, format!("`{name}` says nothing; name what it is")))
}

fn in_text(file: &TextFile) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (number, line) in file.numbered_lines() {
        for (phrase, advice) in PHRASES {
            if line.to_lowercase().contains(phrase) {
                findings.push(file.finding(number, format!("`{phrase}`: {advice}")));
            }
        }
        for path in MACHINE_PATHS {
            if has_absolute(line, path) {
                findings.push(file.finding(number, format!("`{path}` exists on one machine only")));
            }
        }
    }
    findings
}

/// Whether the path stands at the start of a word; `docs/home/` is somewhere below, not a root.
fn has_absolute(line: &str, path: &str) -> bool {
    line.match_indices(path).any(|(start, _)| {
        let before = line[..start].chars().next_back();
        !before.is_some_and(|before| before.is_alphanumeric() || "._-~".contains(before))
    })
}

#[cfg(test)]
mod tests;
