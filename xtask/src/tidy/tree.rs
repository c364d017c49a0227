//! The files the rules look at: every text file of the workspace, and the manifests among them.

mod manifest;

use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use super::Finding;
use crate::error::Error;
pub(super) use manifest::Manifest;

/// The text files of a workspace, sorted by path.
pub(super) struct Tree {
    files: Vec<TextFile>,
}

/// A file that holds UTF-8 text.
pub(super) struct TextFile {
    /// Relative to the workspace, with forward slashes.
    pub(super) path: String,
    pub(super) text: String,
}

impl Tree {
    /// Reads what is under a folder, leaving out what git ignores and what a build wrote.
    pub(super) fn read(root: &Path) -> Result<Self, Error> {
        let ignored = ignored_at_root(root)?;
        let mut tree = Self { files: Vec::new() };
        tree.read_folder(root, "", &ignored)?;
        tree.files.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(tree)
    }

    /// A tree of these files.
    #[cfg(test)]
    pub(super) fn of(files: &[(&str, &str)]) -> Self {
        let file = |(path, text): &(&str, &str)| TextFile {
            path: (*path).to_owned(),
            text: (*text).to_owned(),
        };
        Self {
            files: files.iter().map(file).collect(),
        }
    }

    /// Every file.
    pub(super) fn files(&self) -> &[TextFile] {
        &self.files
    }

    /// The Rust sources.
    pub(super) fn rust_files(&self) -> impl Iterator<Item = &TextFile> {
        self.files.iter().filter(|file| file.path.ends_with(".rs"))
    }

    /// The manifests of the crates.
    pub(super) fn crates(&self) -> impl Iterator<Item = Manifest<'_>> {
        let is_crate = |file: &&TextFile| file.path.ends_with("/Cargo.toml");
        self.files.iter().filter(is_crate).map(Manifest::parse)
    }

    /// The manifest at the top.
    pub(super) fn workspace(&self) -> Option<Manifest<'_>> {
        self.file("Cargo.toml").map(Manifest::parse)
    }

    /// The file at a path.
    pub(super) fn file(&self, path: &str) -> Option<&TextFile> {
        self.files.iter().find(|file| file.path == path)
    }

    fn read_folder(&mut self, root: &Path, folder: &str, ignored: &[String]) -> Result<(), Error> {
        let absolute = root.join(folder);
        for entry in fs::read_dir(&absolute).map_err(unreadable(&absolute))? {
            let entry = entry.map_err(unreadable(&absolute))?;
            let path = join(folder, &entry.file_name().to_string_lossy());
            if ignored.contains(&path) {
                continue;
            }
            let kind = entry.file_type().map_err(unreadable(&entry.path()))?;
            if kind.is_file() {
                self.read_file(path, &entry.path())?;
            } else if kind.is_dir() && !is_cache(&entry.path()) {
                self.read_folder(root, &path, ignored)?;
            }
        }
        Ok(())
    }

    fn read_file(&mut self, path: String, absolute: &Path) -> Result<(), Error> {
        match fs::read_to_string(absolute) {
            Ok(text) => self.files.push(TextFile { path, text }),
            Err(error) if error.kind() == ErrorKind::InvalidData => {} // not text
            Err(error) => return Err(unreadable(absolute)(error)),
        }
        Ok(())
    }
}

impl TextFile {
    /// A finding in this file; lines count from 1.
    pub(super) fn finding(&self, line: usize, message: impl Into<String>) -> Finding {
        Finding {
            path: self.path.clone(),
            line,
            message: message.into(),
        }
    }

    /// The lines, numbered from 1.
    pub(super) fn numbered_lines(&self) -> impl Iterator<Item = (usize, &str)> {
        (1..).zip(self.text.lines())
    }
}

/// The `/name` lines of `.gitignore`; the only kind this workspace has.
fn ignored_at_root(root: &Path) -> Result<Vec<String>, Error> {
    let path = root.join(".gitignore");
    let text = fs::read_to_string(&path).map_err(unreadable(&path))?;
    let names = text.lines().filter_map(|line| line.strip_prefix('/'));
    let mut ignored: Vec<String> = names.map(str::to_owned).collect();
    ignored.push(".git".to_owned());
    Ok(ignored)
}

/// Cargo tags its target folder so, wherever `CARGO_TARGET_DIR` puts it.
fn is_cache(folder: &Path) -> bool {
    folder.join("CACHEDIR.TAG").exists()
}

fn join(folder: &str, name: &str) -> String {
    if folder.is_empty() {
        name.to_owned()
    } else {
        format!("{folder}/{name}")
    }
}

fn unreadable(path: &Path) -> impl Fn(std::io::Error) -> Error {
    let path = path.to_owned();
    move |source| Error::Unreadable {
        path: path.clone(),
        source,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(root: &Path, path: &str, bytes: &[u8]) {
        let path = root.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }

    #[test]
    fn a_tree_holds_text_and_neither_ignored_files_nor_builds() {
        let root = tempfile::tempdir().unwrap();
        write(root.path(), ".gitignore", b"/ignored\n");
        write(root.path(), ".git/HEAD", b"main");
        write(root.path(), "crates/core/src/lib.rs", b"//! Core.");
        write(root.path(), "ignored/notes.md", b"notes");
        write(root.path(), "build/CACHEDIR.TAG", b"tag");
        write(root.path(), "build/out.txt", b"out");
        write(root.path(), "picture.png", b"\xff\xfe");

        let tree = Tree::read(root.path()).unwrap();
        let paths: Vec<_> = tree.files().iter().map(|file| &file.path).collect();
        assert_eq!(paths, [".gitignore", "crates/core/src/lib.rs"]);
    }
}
