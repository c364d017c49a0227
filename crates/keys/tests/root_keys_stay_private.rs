//! A directory of root keys is read by its owner alone, and what is destroyed in it is overwritten.

#![expect(clippy::unwrap_used, reason = "a test ends at the first surprise")]

use std::fs::{self, File, Permissions};
use std::io::Read;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use annals_core::{KeyStoreError, RootKeys};
use annals_keys::RootKeyDirectory;
use tempfile::TempDir;

struct Place(TempDir);

impl Place {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self) -> PathBuf {
        self.0.path().join("roots")
    }

    async fn open(&self) -> Result<RootKeyDirectory, KeyStoreError> {
        RootKeyDirectory::open_or_make(self.path()).await
    }

    fn files(&self) -> Vec<PathBuf> {
        let entries = fs::read_dir(self.path()).unwrap();
        entries.map(|entry| entry.unwrap().path()).collect()
    }

    fn only_file(&self) -> PathBuf {
        let [only] = &self.files()[..] else {
            panic!("{:?}", self.files());
        };
        only.clone()
    }
}

fn open_to(path: &Path, mode: u32) {
    fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[tokio::test]
async fn directory_and_files_are_their_owners_alone() {
    let place = Place::new();
    let roots = place.open().await.unwrap();
    roots.begin_rotation().await.unwrap();
    assert_eq!(mode(&place.path()), 0o700);
    assert_eq!(place.files().len(), 2);
    for file in place.files() {
        assert_eq!(mode(&file), 0o600, "{}", file.display());
    }
}

#[tokio::test]
async fn what_others_can_read_is_refused() {
    let place = Place::new();
    let roots = place.open().await.unwrap();
    for (path, private, exposed) in [
        (place.path(), 0o700, [0o750, 0o701]),
        (place.only_file(), 0o600, [0o640, 0o604]),
    ] {
        for mode in exposed {
            open_to(&path, mode);
            let refusal = place.open().await.unwrap_err();
            assert!(
                matches!(refusal, KeyStoreError::Exposed { .. }),
                "{refusal}"
            );
        }
        open_to(&path, private);
        roots.current().await.unwrap();
    }
}

#[tokio::test]
async fn a_destroyed_root_key_leaves_no_bytes_of_it_in_its_file() {
    let place = Place::new();
    let roots = place.open().await.unwrap();
    let mut kept_open = File::open(place.only_file()).unwrap();
    let root = roots.begin_rotation().await.unwrap();
    roots.finish_rotation(&root).await.unwrap();

    let mut left = Vec::new();
    kept_open.read_to_end(&mut left).unwrap();
    assert!(!left.is_empty());
    assert!(left.iter().all(|byte| *byte == 0), "{left:?}");
    let name = format!("{root}.key");
    assert!(place.only_file().ends_with(name));
}

#[tokio::test]
async fn what_a_crash_left_half_written_or_half_destroyed_is_cleared_away() {
    let place = Place::new();
    let roots = place.open().await.unwrap();
    let first = place.only_file();
    // A crash before a new root key had its name, and one after an old one was overwritten.
    let unfinished = place.path().join("00000002-0000000000000000.tmp");
    fs::copy(&first, &unfinished).unwrap();
    roots.begin_rotation().await.unwrap();
    fs::write(&first, [0; 49]).unwrap();

    let reopened = place.open().await.unwrap();
    let root = reopened.begin_rotation().await.unwrap();
    assert_eq!(root, roots.current().await.unwrap());
    reopened.finish_rotation(&root).await.unwrap();
    assert!(place.only_file().ends_with(format!("{root}.key")));
}

#[tokio::test]
async fn an_empty_directory_is_taken_for_a_disk_that_is_not_mounted() {
    let place = Place::new();
    fs::create_dir(place.path()).unwrap();
    open_to(&place.path(), 0o700);
    let refusal = place.open().await.unwrap_err();
    assert!(
        matches!(refusal, KeyStoreError::Damaged { .. }),
        "{refusal}"
    );
    assert!(place.files().is_empty());
}

#[tokio::test]
async fn a_damaged_file_is_told() {
    let place = Place::new();
    place.open().await.unwrap();
    let file = place.only_file();
    let intact = fs::read(&file).unwrap();
    let longer = [&intact[..], &[0]].concat();
    let mut damages = vec![Vec::new(), intact[..48].to_vec(), longer];
    for index in 0..intact.len() {
        let mut changed = intact.clone();
        changed[index] ^= 1;
        damages.push(changed);
    }
    for damaged in damages {
        fs::write(&file, damaged).unwrap();
        let refusal = place.open().await.unwrap_err();
        assert!(
            matches!(refusal, KeyStoreError::Damaged { .. }),
            "{refusal}"
        );
    }
}

#[tokio::test]
async fn processes_that_make_the_directory_at_a_time_have_one() {
    let place = Place::new();
    let (one, other) = tokio::join!(place.open(), place.open());
    let (one, other) = (one.unwrap(), other.unwrap());
    assert_eq!(one.current().await.unwrap(), other.current().await.unwrap());
    let left: Vec<_> = fs::read_dir(place.0.path()).unwrap().collect();
    assert_eq!(left.len(), 1, "{left:?}");
}
