//! What the bank does over HTTP, how far its read models lag, and how fast they answer, in one run.
//!
//! Absolute figures tell of the machine; the ratios tell of the code. Every durable row stands
//! beside the rate of serial `fdatasync` calls on the same disk, measured just before it. The
//! stores alone are measured by `annals-bench`.

mod disk;
mod http;
mod table;

use table::Table;

type Outcome = Result<(), Box<dyn std::error::Error>>;

fn main() -> Outcome {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    let mut table = Table::default();
    runtime.block_on(http::measure(&mut table))?;
    table.print();
    Ok(())
}
