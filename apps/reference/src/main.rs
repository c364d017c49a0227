//! The reference service of Annals, as a program.
//!
//! Without a task it serves; `import-bank` sends a file of transactions through the command side, and
//! `schema` holds the events of the code against those that are recorded.
//! What it can be told stands in `options`, and everything it does in the library beside it.

use std::io::{IsTerminal, Write};
use std::path::Path;
use std::process::ExitCode;

use annals_reference::Error;
use annals_reference::bank::Bank;
use annals_reference::import::import_bank;
use annals_reference::options::{LogFormat, Options, SchemaTask, Task};
use annals_reference::schemas::catalogue;
use annals_reference::serve::serve;
use tracing_subscriber::EnvFilter;

#[tokio::main]
async fn main() -> ExitCode {
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Without a standard error there is nobody left to tell.
            let _untold = writeln!(std::io::stderr(), "annals-reference: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<(), Error> {
    let options = Options::read()?;
    write_log(options.log_format);
    match &options.task {
        None | Some(Task::Serve) => serve(&options).await,
        Some(Task::ImportBank { file }) => {
            let bank = Bank::open(&options.place()?).await?;
            let report = import_bank(&bank, file).await?;
            bank.stop().await;
            Ok(writeln!(std::io::stdout(), "{report}")?)
        }
        Some(Task::Schema { task, schemas }) => hold_schemas(*task, schemas),
    }
}

fn hold_schemas(task: SchemaTask, schemas: &Path) -> Result<(), Error> {
    let mut out = std::io::stdout();
    match task {
        SchemaTask::Check => {
            let checked = catalogue().check(schemas)?;
            catalogue().check_page(schemas)?;
            writeln!(out, "{checked}")?;
        }
        SchemaTask::Accept => writeln!(out, "{}", catalogue().accept(schemas)?)?,
    }
    Ok(())
}

/// Sends what is logged to the standard error; the standard output is for results.
fn write_log(format: LogFormat) {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    let log = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(std::io::stderr().is_terminal())
        .with_writer(std::io::stderr);
    match format {
        LogFormat::Text => log.init(),
        LogFormat::Json => log.json().init(),
    }
}
