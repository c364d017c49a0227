//! What is asked for on the command line.

use std::path::{Path, PathBuf};

use clap::{Parser, ValueEnum};

use crate::Outcome;
use crate::effort::Effort;

/// Measures Annals beside other event stores, in one run on one machine.
#[derive(Parser)]
#[command(name = "annals-bench", version)]
pub(crate) struct Options {
    /// What to measure; everything unless given
    part: Option<Part>,
    /// A PostgreSQL server, as a role that may create databases and run CHECKPOINT
    #[arg(long, env = "ANNALS_TEST_POSTGRES")]
    url: Option<String>,
    /// Rough figures in less than a minute; nothing is written unless --out says where
    #[arg(long)]
    quick: bool,
    /// Of the PostgreSQL part, only this
    #[arg(long)]
    only: Option<Subject>,
    /// Fail when a goal is missed
    #[arg(long)]
    pub(crate) goals: bool,
    /// Where tables and plots are written; docs/benchmarks unless given
    #[arg(long)]
    out: Option<PathBuf>,
}

/// A part of the benchmark.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Part {
    /// The PostgreSQL store beside textbook SQL and other libraries
    Postgres,
    /// The embedded store beside the disk's own rate
    Embedded,
    /// Read models beside the bare database
    Projections,
    /// Sagas beside the bare commands that they send
    Sagas,
}

/// What the PostgreSQL part measures.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Subject {
    /// Loading a large aggregate
    Load,
    /// Reading everything
    Replay,
    /// Commands through each library's repository
    Commands,
    /// Appends of one event
    Appends,
    /// Appends of a hundred events
    Batches,
}

impl Options {
    /// True if this part is to be measured.
    pub(crate) fn wants(&self, part: Part) -> bool {
        self.part.is_none_or(|wanted| wanted == part)
    }

    /// What is to be measured of the PostgreSQL part; all unless given.
    pub(crate) fn subjects(&self) -> Vec<Subject> {
        match self.only {
            Some(subject) => vec![subject],
            None => Subject::value_variants().to_vec(),
        }
    }

    /// How long to measure.
    pub(crate) fn effort(&self) -> Effort {
        if self.quick {
            Effort::QUICK
        } else {
            Effort::FULL
        }
    }

    /// Where the server is.
    pub(crate) fn url(&self) -> Outcome<&str> {
        let url = self.url.as_deref();
        Ok(url.ok_or("no PostgreSQL server: give --url or set ANNALS_TEST_POSTGRES")?)
    }

    /// Where tables and plots go, if anywhere.
    pub(crate) fn directory(&self) -> Option<PathBuf> {
        let documents = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/benchmarks");
        let unless_given = (!self.quick).then_some(documents);
        self.out.clone().or(unless_given)
    }
}
