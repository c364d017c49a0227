//! Dumps with the tools that everybody uses.

use std::process::Command;

use annals_servers::PostgresCluster;

/// Dumps a schema and what belongs to it, and restores it in a cluster that is new: nothing is
/// left of what the first one counted, not even its transactions.
pub(crate) fn to_fresh_cluster(server: &str, schema: &str) -> PostgresCluster {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("dump");
    run(Command::new("pg_dump")
        .args(["--format=custom", "--dbname", server, "--file"])
        .arg(&file)
        .arg(format!("--schema={schema}*")));
    let cluster = PostgresCluster::start().unwrap();
    run(Command::new("pg_restore")
        .args(["--exit-on-error", "--dbname", &cluster.url()])
        .arg(&file));
    cluster
}

fn run(command: &mut Command) {
    let output = command.output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {said}");
}
