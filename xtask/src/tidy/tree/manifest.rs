//! A `Cargo.toml`, as far as the rules ask about it.

use toml::{Table, Value};

use super::{Finding, TextFile};

/// A parsed `Cargo.toml`.
pub(in crate::tidy) struct Manifest<'a> {
    file: &'a TextFile,
    table: Table,
}

impl<'a> Manifest<'a> {
    pub(super) fn parse(file: &'a TextFile) -> Self {
        let table = file.text.parse();
        let table = table.expect("cargo read the manifests before it started this");
        Self { file, table }
    }

    /// The folder it is in, relative to the workspace.
    pub(in crate::tidy) fn folder(&self) -> &str {
        self.file.path.trim_end_matches("/Cargo.toml")
    }

    /// The name of the package.
    pub(in crate::tidy) fn name(&self) -> &str {
        self.package_text("name")
    }

    /// The description of the package, empty when there is none.
    pub(in crate::tidy) fn description(&self) -> &str {
        self.package_text("description")
    }

    /// The value under a path of keys.
    pub(in crate::tidy) fn value(&self, keys: &[&str]) -> Option<&Value> {
        let (first, rest) = keys.split_first()?;
        let value = self.table.get(*first)?;
        rest.iter().try_fold(value, |value, key| value.get(key))
    }

    /// The packages that ship with this one: dependencies for every target and for the build script, none for tests.
    pub(in crate::tidy) fn dependencies(&self) -> Vec<&str> {
        let targets = self.table.get("target").and_then(Value::as_table);
        let of_targets = targets.into_iter().flat_map(Table::values);
        let of_targets = of_targets.filter_map(Value::as_table);
        std::iter::once(&self.table)
            .chain(of_targets)
            .flat_map(|table| [table.get("dependencies"), table.get("build-dependencies")])
            .flatten()
            .filter_map(Value::as_table)
            .flatten()
            .map(|(key, requirement)| package_name(key, requirement))
            .collect()
    }

    /// A finding at the first line with these words, or else at the top.
    pub(in crate::tidy) fn finding(&self, words: &str, message: impl Into<String>) -> Finding {
        let mut lines = self.file.numbered_lines();
        let line = lines.find(|(_, line)| contains_whole(line, words));
        self.file
            .finding(line.map_or(1, |(number, _)| number), message)
    }

    fn package_text(&self, key: &str) -> &str {
        let value = self.value(&["package", key]);
        value.and_then(Value::as_str).unwrap_or_default()
    }
}

/// A dependency may be renamed; the package behind it counts.
fn package_name<'a>(key: &'a str, requirement: &'a Value) -> &'a str {
    let renamed = requirement.get("package").and_then(Value::as_str);
    renamed.unwrap_or(key)
}

/// Whether the words stand there and are no part of longer ones: `annals` is not in `annals-core`.
fn contains_whole(line: &str, words: &str) -> bool {
    let continues = |c: char| c.is_alphanumeric() || c == '-' || c == '_';
    line.match_indices(words).any(|(start, _)| {
        let before = line[..start].chars().next_back();
        let after = line[start + words.len()..].chars().next();
        !before.is_some_and(continues) && !after.is_some_and(continues)
    })
}
