//! Writes the store of old shapes that `tests/old_shapes` reads, packed, into a directory:
//!
//! ```sh
//! cargo run -p annals-reference --example write_old_shapes -- DIRECTORY
//! ```

#![expect(clippy::unwrap_used, reason = "it ends at the first surprise")]

#[path = "../tests/old_shapes/once.rs"]
mod once;
#[path = "../tests/old_shapes/stored.rs"]
mod stored;

use std::fs;
use std::io::Write;
use std::path::Path;

use annals_reference::bank::Bank;
use annals_reference::place::Place;
use flate2::Compression;
use flate2::write::GzEncoder;

/// What is kept of a store: read models are made anew by who opens it.
const KEPT: [&str; 2] = ["log", "keys"];

#[tokio::main]
async fn main() {
    let target = std::env::args_os().nth(1).expect("a directory to write to");
    let directory = tempfile::tempdir().unwrap();
    let bank = Bank::open(&Place::directory(directory.path()))
        .await
        .unwrap();
    once::write_once(&bank).await;
    bank.stop().await;
    drop(bank);
    for kept in KEPT {
        pack(&directory.path().join(kept), &Path::new(&target).join(kept));
    }
}

fn pack(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        if path.is_dir() {
            pack(&path, &to.join(name));
        } else if name != "LOCK" {
            let packed = fs::File::create(to.join(format!("{name}.gz"))).unwrap();
            let mut packed = GzEncoder::new(packed, Compression::best());
            packed.write_all(&fs::read(&path).unwrap()).unwrap();
            packed.finish().unwrap();
        }
    }
}
