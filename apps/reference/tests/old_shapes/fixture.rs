//! The store of old shapes that is kept, unpacked to where it can be served.

use std::fs;
use std::io::{Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use flate2::read::GzDecoder;
use tempfile::TempDir;

const FIXTURE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/old-shapes-v1");

/// A copy that a test may write to.
pub(crate) fn unpacked() -> TempDir {
    let directory = TempDir::new().unwrap();
    unpack(Path::new(FIXTURE), directory.path());
    directory
}

fn unpack(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_stem().unwrap());
        if path.is_dir() {
            fs::create_dir(&target).unwrap();
            unpack(&path, &target);
            // Root keys are refused where others could read them.
            fs::set_permissions(&target, fs::Permissions::from_mode(0o700)).unwrap();
        } else if path.extension().is_some_and(|it| it == "gz") {
            let mut bytes = Vec::new();
            let mut packed = GzDecoder::new(fs::File::open(&path).unwrap());
            packed.read_to_end(&mut bytes).unwrap();
            write(&target, &bytes);
        }
    }
}

/// Without the zeros at the end, which take no place on the disk: a log has 64 MiB of them.
fn write(path: &Path, bytes: &[u8]) {
    let used = bytes.iter().rposition(|byte| *byte != 0);
    let used = used.map_or(0, |last| last + 1);
    let mut file = fs::File::create(path).unwrap();
    file.write_all(&bytes[..used]).unwrap();
    file.set_len(bytes.len() as u64).unwrap();
    file.set_permissions(fs::Permissions::from_mode(0o600))
        .unwrap();
}
