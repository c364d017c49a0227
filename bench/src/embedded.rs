//! The embedded store beside the disk's own rate.

use crate::Outcome;
use crate::conditions;
use crate::effort::Effort;
use crate::report::Report;

mod appends;
mod memory;
mod reads;

const TITLE: &str = "The embedded store beside the disk's own rate";

const NOTES: &str = "\
Every append is acknowledged after its `fdatasync`. *serial fdatasync* is one write of 512 bytes to a zero-filled file and
its `fdatasync` after the other, on the same disk and in the same round. With one writer, each append waits for its own
sync and is handed between threads, which costs about 50 µs; a disk with slower syncs hides that. Files are in the page
cache when they are read.
";

/// How many events an account has.
const DEPOSITS: usize = 100;

/// Measures everything.
pub(crate) async fn measure(effort: &Effort) -> Outcome<Report> {
    let conditions = conditions::of_machine()?;
    // Memory first, while little of it has been used and given back.
    let mut measures = Vec::from(memory::measure(effort).await?);
    for writers in [1, 8, 64] {
        measures.push(appends::singles(effort, writers).await?);
    }
    measures.push(appends::batches(effort).await?);
    measures.extend(reads::measure(effort).await?);
    Ok(Report {
        name: "embedded",
        title: TITLE,
        notes: NOTES,
        conditions,
        measures,
    })
}
