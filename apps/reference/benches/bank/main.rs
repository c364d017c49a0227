//! What the embedded store and the bank on it do, in one run, as ratios to the disk's own rate.
//!
//! Run by `cargo xtask bench [FILTER]`. Absolute figures tell of the machine; the ratios tell of
//! the code. Every durable row stands beside the rate of serial `fdatasync` calls on the same
//! disk, measured just before it.

mod disk;
mod http;
mod memory;
mod store;
mod table;

use table::Table;

type Outcome = Result<(), Box<dyn std::error::Error>>;

fn main() -> Outcome {
    let filter = std::env::args()
        .skip(1)
        .find(|word| !word.starts_with("--"));
    let wanted = |group: &str| {
        filter
            .as_deref()
            .is_none_or(|filter| group.contains(filter))
    };
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    let mut table = Table::default();
    if wanted("append") {
        runtime.block_on(store::appends(&mut table))?;
    }
    if wanted("read") {
        runtime.block_on(store::reads(&mut table))?;
    }
    if wanted("http") {
        runtime.block_on(http::commands(&mut table))?;
    }
    if wanted("memory") {
        runtime.block_on(memory::million(&mut table))?;
    }
    table.print();
    Ok(())
}
