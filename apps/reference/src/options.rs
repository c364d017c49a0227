//! What the program can be told on its command line and by its environment.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Parser, Subcommand, ValueEnum};

/// The reference service of Annals: a bank, event-sourced.
#[derive(Debug, Clone, Parser)]
#[command(name = "annals-reference", version)]
pub struct Options {
    /// What to do.
    #[command(subcommand)]
    pub task: Option<Task>,

    /// Where events and read models are kept.
    #[arg(
        long,
        env = "ANNALS_DATA_DIR",
        default_value = "./annals-data",
        global = true
    )]
    pub data_dir: PathBuf,

    /// How log lines are written to the standard error. What is logged is set by RUST_LOG.
    #[arg(long, env = "ANNALS_LOG_FORMAT", default_value = "text", global = true)]
    pub log_format: LogFormat,

    /// Where to listen when serving; port 0 takes a free one.
    #[arg(
        long,
        env = "ANNALS_LISTEN",
        default_value = "127.0.0.1:8080",
        global = true
    )]
    pub listen: SocketAddr,

    /// Listen on an address that other machines can reach, without encryption or authentication.
    #[arg(long, env = "ANNALS_INSECURE_LISTEN", global = true)]
    pub insecure_listen: bool,

    /// Fill the bank with some accounts before serving.
    #[arg(long, env = "ANNALS_SEED_DEMO", global = true)]
    pub seed_demo: bool,
}

/// What the program does. Without a task it serves.
#[derive(Debug, Clone, Subcommand)]
pub enum Task {
    /// Serve the HTTP API until Ctrl-C or SIGTERM.
    Serve,
    /// Send the transactions of a CSV file through the command side. Repeating it changes nothing.
    ImportBank {
        /// `transaction_id,account_id,date,kind,operation,amount,…`; may be compressed (.gz).
        file: PathBuf,
    },
}

/// How log lines are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// For people.
    Text,
    /// For programs: one JSON object a line.
    Json,
}
