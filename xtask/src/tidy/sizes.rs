//! The size rule: a file should fit in a head.

use super::Finding;
use super::tree::{TextFile, Tree};

/// From here on a file is mentioned.
pub(super) const COMFORTABLE: usize = 300;

/// From here on a file is a fault.
const LIMIT: usize = 600;

/// Files that may be longer, each with the reason why splitting it would make it worse.
const EXCEPTIONS: &[(&str, &str)] = &[];

/// No file is over the limit.
pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    over(tree, LIMIT)
}

/// The files that are getting long; no fault yet.
pub(super) fn long_files(tree: &Tree) -> Vec<Finding> {
    over(tree, COMFORTABLE)
}

fn over(tree: &Tree, limit: usize) -> Vec<Finding> {
    tree.rust_files()
        .filter(|file| !EXCEPTIONS.iter().any(|(path, _)| *path == file.path))
        .map(|file| (file, lines_without_tests(file)))
        .filter(|(_, lines)| *lines > limit)
        .map(|(file, lines)| {
            file.finding(
                limit + 1,
                format!("{lines} lines without tests, over {limit}"),
            )
        })
        .collect()
}

/// Counts the lines, except those of a `#[cfg(test)] mod tests { … }`.
fn lines_without_tests(file: &TextFile) -> usize {
    let mut lines = file.text.lines();
    let mut count = 0;
    while let Some(line) = lines.next() {
        if line == "#[cfg(test)]" {
            // rustfmt puts the brace that closes the module at the start of a line; `mod tests;` has none.
            if lines.next().is_some_and(|line| line.ends_with('{')) {
                lines
                    .by_ref()
                    .take_while(|line| *line != "}")
                    .for_each(drop);
            }
        } else {
            count += 1;
        }
    }
    count
}

#[cfg(test)]
mod tests {
    use super::*;

    fn findings(text: &str) -> Vec<Finding> {
        check(&Tree::of(&[("crates/x/src/lib.rs", text)]))
    }

    #[test]
    fn a_file_over_the_limit_is_found() {
        assert_eq!(findings(&"\n".repeat(LIMIT + 1)).len(), 1);
        assert_eq!(findings(&"\n".repeat(LIMIT)).len(), 0);
    }

    #[test]
    fn lines_of_tests_do_not_count() {
        let tests = format!("#[cfg(test)]\nmod tests {{\n{}}}\n", "    \n".repeat(LIMIT));
        assert_eq!(findings(&tests).len(), 0);
    }

    #[test]
    fn lines_after_the_tests_count() {
        let rest = "\n".repeat(LIMIT + 1);
        assert_eq!(
            findings(&format!("#[cfg(test)]\nmod tests {{\n}}\n{rest}")).len(),
            1
        );
        assert_eq!(
            findings(&format!("#[cfg(test)]\nmod tests;\n{rest}")).len(),
            1
        );
    }

    #[test]
    fn only_rust_files_have_a_limit() {
        let text = "\n".repeat(LIMIT + 1);
        assert!(check(&Tree::of(&[("CHANGELOG.md", &text)])).is_empty());
    }
}
