//! What is unsafe is refused, or needs a flag that says it is meant; no message tells a secret.

use std::path::Path;
use std::process::Command;

use tempfile::TempDir;

#[test]
fn an_address_that_others_can_reach_is_refused() {
    let data = TempDir::new().unwrap();
    let listen = ["serve", "--listen", "0.0.0.0:0", "--data-dir"];
    let message = refusal(program().args(listen).arg(data.path()));
    assert!(message.contains("--insecure-listen"), "{message}");
}

#[test]
fn a_directory_that_cannot_be_made_is_named() {
    let message = refusal(program().env("ANNALS_DATA_DIR", "/proc/nothing/here"));
    assert!(message.contains("/proc/nothing/here"), "{message}");
}

#[test]
fn a_password_on_the_command_line_is_refused_and_not_repeated() {
    for arguments in [
        ["--store", "postgres://me:s3cret@127.0.0.1:1/bank", "serve"],
        [
            "serve",
            "--store",
            "postgres://127.0.0.1:1/bank?user=me&password=s3cret",
        ],
    ] {
        let message = refusal(program().args(arguments));
        assert!(message.contains("ANNALS_STORE"), "{message}");
    }
}

#[test]
fn a_url_that_cannot_be_used_is_not_repeated() {
    let unknown = refusal(program().env("ANNALS_STORE", "postgre://me:s3cret@127.0.0.1:1/bank"));
    assert!(unknown.contains("postgres://"), "{unknown}");
    let keys = TempDir::new().unwrap();
    let nobody = "postgres://me:s3cret@127.0.0.1:1/bank";
    let unreachable = refusal(
        program()
            .env("ANNALS_STORE", nobody)
            .env("ANNALS_KEYS_DIR", keys.path().join("root"))
            .env("RUST_LOG", "trace"),
    );
    assert!(unreachable.contains("unavailable"), "{unreachable}");
    let directory = TempDir::new().unwrap();
    let file = directory.path().join("store");
    std::fs::write(&file, format!("{nobody}\n")).unwrap();
    let unreachable = refusal(
        program()
            .arg("--store-file")
            .arg(&file)
            .env("ANNALS_KEYS_DIR", keys.path().join("root")),
    );
    assert!(unreachable.contains("unavailable"), "{unreachable}");
    let missing = refusal(
        program()
            .arg("--store-file")
            .arg(directory.path().join("nothing")),
    );
    assert!(missing.contains("nothing"), "{missing}");
}

#[test]
fn a_database_without_a_directory_for_root_keys_is_refused() {
    let message = refusal(program().env("ANNALS_STORE", "postgres://me@127.0.0.1:1/bank"));
    assert!(message.contains("--keys-dir"), "{message}");
}

#[test]
fn a_token_of_the_operations_that_could_be_guessed_is_refused() {
    let directory = TempDir::new().unwrap();
    let file = directory.path().join("token");
    std::fs::write(&file, "s3cret\n").unwrap();
    let data = directory.path().join("data");
    let start = |token: &Path| {
        let mut program = program();
        program.args(["--listen", "127.0.0.1:0", "--data-dir"]);
        program.arg(&data).arg("--operations-token-file").arg(token);
        refusal(&mut program)
    };
    let weak = start(&file);
    assert!(weak.contains("16 to 512"), "{weak}");
    let missing = start(&directory.path().join("nothing"));
    assert!(missing.contains("nothing"), "{missing}");
}

#[test]
fn two_places_at_once_are_refused_and_both_named() {
    let two = [
        "--store",
        "postgres://127.0.0.1:1/bank",
        "--data-dir",
        "here",
    ];
    let message = refusal(program().args(two));
    assert!(
        message.contains("--store") && message.contains("--data-dir"),
        "{message}"
    );
}

#[test]
fn a_webhook_that_would_go_unencrypted_to_another_machine_is_refused_and_not_repeated() {
    for url in ["http://example.com/s3cret", "s3cret"] {
        let message = refusal(program().args(["serve", "--webhook", url]));
        assert!(message.contains("https://"), "{message}");
    }
}

#[test]
fn a_webhook_is_not_called_without_the_signature_it_should_have() {
    let webhook = ["serve", "--webhook", "http://127.0.0.1:1/"];
    let directory = TempDir::new().unwrap();
    let file = directory.path().join("secret");
    std::fs::write(&file, "whsec_s3cret").unwrap();
    for secret in ["", "s3cret", "whsec_s3cret"] {
        let mut program = program();
        let message = refusal(program.args(webhook).env("ANNALS_WEBHOOK_SECRET", secret));
        assert!(message.contains("whsec_"), "{message}");
        let message = refusal(program.arg("--webhook-secret-file").arg(&file));
        assert!(message.contains("keep one"), "{message}");
    }
    for (file, told) in [
        (file, "whsec_"),
        (directory.path().join("nothing"), "nothing"),
    ] {
        let mut program = program();
        let message = refusal(program.args(webhook).arg("--webhook-secret-file").arg(file));
        assert!(message.contains(told), "{message}");
    }
}

#[test]
fn a_broker_is_told_nothing_unencrypted_over_a_network_nor_by_a_url_of_another_kind() {
    for (url, told) in [
        ("redis://me:s3cret@redis.example:6379", "rediss://"),
        ("nats://s3cret@nats.example:4222", "tls://"),
        ("https://me:s3cret@redis.example", "rediss://"),
        ("s3cret", "rediss://"),
    ] {
        let message = refusal(program().arg("serve").env("ANNALS_OUTBOX", url));
        assert!(message.contains("--outbox"), "{message}");
        assert!(message.contains(told), "{message}");
    }
}

#[test]
fn a_password_of_a_broker_on_the_command_line_is_refused_and_not_repeated() {
    for url in ["rediss://me:s3cret@127.0.0.1", "tls://s3cret@127.0.0.1"] {
        let message = refusal(program().args(["serve", "--outbox", url]));
        assert!(message.contains("ANNALS_OUTBOX"), "{message}");
    }
}

#[test]
fn a_file_of_the_outbox_that_cannot_be_used_is_named() {
    let directory = TempDir::new().unwrap();
    let (url, empty) = (directory.path().join("url"), directory.path().join("empty"));
    std::fs::write(&url, "rediss://me:s3cret@127.0.0.1\n").unwrap();
    std::fs::write(&empty, "").unwrap();
    let missing = directory.path().join("missing");
    let message = refusal(program().arg("--outbox-file").arg(&missing));
    assert!(message.contains("missing"), "{message}");
    let mut program = program();
    let program = program.arg("--outbox-file").arg(&url);
    let message = refusal(program.arg("--outbox-ca-file").arg(&empty));
    assert!(message.contains("no certificate"), "{message}");
}

#[test]
fn what_is_said_of_the_outbox_and_makes_no_sense_is_refused() {
    let directory = TempDir::new().unwrap();
    let data = directory.path().join("data");
    let start = |more: &[(&str, &str)]| {
        let mut program = program();
        program.args(["--listen", "127.0.0.1:0", "--data-dir"]);
        refusal(program.arg(&data).envs(more.iter().copied()))
    };
    // Whoever says whom to trust wants a broker to be told.
    let nobody = start(&[("ANNALS_OUTBOX_CA_FILE", "ca.pem")]);
    assert!(nobody.contains("--outbox-ca-file"), "{nobody}");
    let url = ("ANNALS_OUTBOX", "rediss://me:s3cret@127.0.0.1:1");
    let two = start(&[url, ("ANNALS_OUTBOX_FILE", "url")]);
    assert!(two.contains("keep one"), "{two}");
    // Fewer than are told again after a crash.
    let few = start(&[url, ("ANNALS_OUTBOX_KEEP", "10")]);
    assert!(few.contains("--outbox-keep"), "{few}");
}

#[test]
fn help_does_not_show_the_url() {
    let url = "postgres://me:s3cret@127.0.0.1:1/bank";
    let output = program()
        .env("ANNALS_STORE", url)
        .arg("--help")
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(
        text.contains("ANNALS_STORE") && !text.contains("s3cret"),
        "{text}"
    );
}

fn program() -> Command {
    Command::new(env!("CARGO_BIN_EXE_annals-reference"))
}

/// What a program says that will not start.
fn refusal(program: &mut Command) -> String {
    let output = program.output().unwrap();
    assert!(!output.status.success());
    let message = String::from_utf8(output.stderr).unwrap();
    assert!(!message.contains("s3cret"), "{message}");
    message
}
