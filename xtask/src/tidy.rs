//! `cargo xtask tidy`: the house rules that the compiler and clippy cannot check.
//!
//! A rule is a pure function from the [`Tree`] of files to what it found, in a file of its own.

mod tree;

mod dependencies;
mod docs;
mod orphans;
mod sizes;
mod suites;
mod words;

use std::fmt;

use crate::error::Error;
use crate::workspace;
use tree::Tree;

/// How much to print of what is no fault.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Detail {
    /// Counts.
    Summary,
    /// Each file by name.
    Everything,
}

const RULES: [fn(&Tree) -> Vec<Finding>; 6] = [
    dependencies::check,
    sizes::check,
    suites::check,
    orphans::check,
    docs::check,
    words::check,
];

/// A place that breaks a rule.
#[derive(Debug, PartialEq, Eq)]
struct Finding {
    path: String,
    line: usize,
    message: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.path, self.line, self.message)
    }
}

/// Applies every rule to the workspace.
pub(crate) fn run(detail: Detail) -> Result<(), Error> {
    let tree = Tree::read(workspace::root())?;
    report_long_files(&tree, detail);
    let findings: Vec<Finding> = RULES.iter().flat_map(|rule| rule(&tree)).collect();
    for finding in &findings {
        println!("{finding}");
    }
    if !findings.is_empty() {
        let findings = findings.len();
        return Err(Error::Untidy { findings });
    }
    let (rules, files) = (RULES.len(), tree.files().len());
    println!("tidy: {rules} rules, {files} files, ok");
    Ok(())
}

fn report_long_files(tree: &Tree, detail: Detail) {
    let long = sizes::long_files(tree);
    if detail == Detail::Everything {
        for finding in &long {
            println!("{finding}");
        }
    }
    if !long.is_empty() {
        let (files, lines) = (long.len(), sizes::COMFORTABLE);
        println!("tidy: files over {lines} lines: {files} (--verbose lists them)");
    }
}
