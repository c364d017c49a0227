//! Listening where others can reach it needs a flag that says so.

use std::process::Command;

use tempfile::TempDir;

#[test]
fn an_address_that_others_can_reach_is_refused() {
    let data = TempDir::new().unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_annals-reference"))
        .args(["serve", "--listen", "0.0.0.0:0", "--data-dir"])
        .arg(data.path())
        .output()
        .unwrap();
    assert!(!output.status.success());
    let message = String::from_utf8(output.stderr).unwrap();
    assert!(message.contains("--insecure-listen"), "{message}");
}

#[test]
fn a_directory_that_cannot_be_made_is_named() {
    let output = Command::new(env!("CARGO_BIN_EXE_annals-reference"))
        .env("ANNALS_DATA_DIR", "/proc/nothing/here")
        .output()
        .unwrap();
    assert!(!output.status.success());
    let message = String::from_utf8(output.stderr).unwrap();
    assert!(message.contains("/proc/nothing/here"), "{message}");
}
