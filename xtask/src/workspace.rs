//! Where things are: the workspace, and the shared test data beside it.

use std::env;
use std::path::{Path, PathBuf};

/// The variable that tells the tests where the shared data is; set it to override the default place.
pub(crate) const TEST_DATA_VARIABLE: &str = "ANNALS_TEST_DATA";

/// Where the shared data is by default, relative to the workspace.
pub(crate) const TEST_DATA: &str = "../shared/data";

/// The folder of the workspace's `Cargo.toml`.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("xtask is a folder of the workspace")
}

/// The folder of the shared test data, if this machine has it.
pub(crate) fn test_data() -> Option<PathBuf> {
    match env::var_os(TEST_DATA_VARIABLE) {
        Some(named) => existing_folder(Path::new(&named)),
        None => existing_folder(&root().join(TEST_DATA)),
    }
}

/// Absolute, because each crate's tests run in that crate's folder.
fn existing_folder(path: &Path) -> Option<PathBuf> {
    path.canonicalize().ok().filter(|path| path.is_dir())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_told_by_its_absolute_path() {
        // Tests run in the folder of their crate.
        let folder = existing_folder(Path::new("src")).unwrap();
        assert!(folder.is_absolute());
        assert!(folder.ends_with("xtask/src"));
    }

    #[test]
    fn neither_a_missing_folder_nor_a_file_counts() {
        assert_eq!(existing_folder(Path::new("no-such-folder")), None);
        assert_eq!(existing_folder(Path::new("Cargo.toml")), None);
    }
}
