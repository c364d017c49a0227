//! Annals beside other event stores, measured in one run on one machine.
//!
//! Candidates take turns, round by round, so that whatever else the machine does hits them alike;
//! what counts are the ratios within a round. In reading order: `options` says what is asked for;
//! `postgres`, `embedded`, `projections` and `sagas` are the parts; `candidates` take part in them; `drive` makes them
//! work, `measure` keeps what they did; `report` and `plot` write it down, under its `conditions`.

use std::process::ExitCode;

use clap::Parser;

use crate::options::{Options, Part};
use crate::report::Report;

mod candidates;
mod conditions;
mod database;
mod disk;
mod drive;
mod effort;
mod embedded;
mod fact;
mod figure;
mod measure;
mod options;
mod plot;
mod postgres;
mod projections;
mod report;
mod sagas;

type Outcome<T = ()> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

#[tokio::main]
async fn main() -> Outcome<ExitCode> {
    let options = Options::parse();
    let mut reports = Vec::new();
    if options.wants(Part::Embedded) {
        reports.push(embedded::measure(&options.effort()).await?);
    }
    if options.wants(Part::Postgres) {
        reports
            .push(postgres::measure(options.url()?, &options.subjects(), &options.effort()).await?);
    }
    if options.wants(Part::Projections) {
        reports.push(projections::measure(options.url()?, &options.effort()).await?);
    }
    if options.wants(Part::Sagas) {
        reports.push(sagas::measure(options.url()?, &options.effort()).await?);
    }
    for report in &reports {
        publish(report, &options)?;
    }
    let all_reached = reports.iter().all(Report::reaches_its_goals);
    let failed = options.goals && !all_reached;
    Ok(if failed {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    })
}

#[expect(
    clippy::print_stdout,
    reason = "the tables are what a benchmark is for"
)]
fn publish(report: &Report, options: &Options) -> Outcome {
    println!("{}", report.to_markdown());
    match options.directory() {
        Some(directory) => report.write_to(&directory),
        None => Ok(()),
    }
}
