//! Recorded histories: events as they were stored, and the state they fold to.
//!
//! They notice what nobody meant to change: an upcaster that reads an old event otherwise, a fold that
//! comes to another state, and a fold that does so without snapshots noticing it.

use std::env;
use std::ffi::OsString;
use std::fmt::Display;
use std::path::Path;

use annals_core::Snapshot;

use file::History;
use replay::Verdict;

mod coverage;
mod file;
mod replay;
#[cfg(test)]
mod tests;

/// When this is 1 in the environment, histories are written instead of compared.
const ACCEPT: &str = "ANNALS_ACCEPT_HISTORIES";

/// Replays every `<name>.history.json` of a directory, and expects the state that it was recorded with.
///
/// A history is begun by hand, with events as they are stored, of whichever version:
///
/// ```json
/// { "events": [{ "type": "MoneyDeposited", "version": 1, "payload": { "amount": 100 } }] }
/// ```
///
/// Running the test once with `ANNALS_ACCEPT_HISTORIES=1` in the environment adds the state, and the
/// fingerprint of the code that folded it. Both are looked at, committed, and compared from then on:
///
/// - Another state under the same fingerprint means that kept snapshots would be believed although they
///   hold what events do not make any more. Raise the revision, as in `#[snapshot(revision = 2)]`;
///   this is never accepted as it is.
/// - Another fingerprint means that the fold or the shape of the state changed, whether it came to the
///   same state or not. Accept it if that was meant.
///
/// Personal values are sealed as in the golden samples of the schema gate, `$sealed` and all, and opened;
/// in the place of one that was erased stands its `$erased`. What they say is made up.
///
/// There must be one history at least, and together they hold each version of each event type that the
/// aggregate has, and each retired one.
///
/// # Panics
/// When anything differs; the message names each history, what differs, and what to do. Also when a file
/// cannot be read, an event not be decoded, or histories are to be accepted in a CI, as `CI` in the
/// environment says.
#[track_caller]
pub fn recorded_histories<A: Snapshot>(directory: impl AsRef<Path>) {
    let purpose = Purpose::of(env::var_os(ACCEPT), env::var_os("CI"));
    let purpose = purpose.unwrap_or_else(|refusal| panic!("{refusal}"));
    if let Err(faults) = look_at::<A>(directory.as_ref(), purpose) {
        panic!("{}", faults.join("\n"));
    }
}

/// What is to be done with a state that differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Purpose {
    Compare,
    /// It is written down.
    Accept,
}

impl Purpose {
    /// What the environment asks for, and whether it is that of a CI, where nobody looks at what is
    /// written, and a test that wrote it would pass.
    fn of(accept: Option<OsString>, ci: Option<OsString>) -> Result<Self, String> {
        let is_ci = ci.is_some_and(|ci| !ci.is_empty() && ci != "false");
        match accept.is_some_and(|accept| accept == "1") {
            true if is_ci => Err(format!(
                "{ACCEPT}=1 in a CI: accept where it can be looked at"
            )),
            true => Ok(Self::Accept),
            false => Ok(Self::Compare),
        }
    }
}

/// Answers with what is wrong, for whoever reads the failed test.
fn look_at<A: Snapshot>(directory: &Path, purpose: Purpose) -> Result<(), Vec<String>> {
    let histories = file::all(directory).map_err(|error| vec![in_file(directory, error)])?;
    let mut faults = coverage::gaps::<A::Event>(&histories);
    for history in histories {
        let path = history.path.clone();
        let looked = look_at_one::<A>(history, purpose);
        faults.extend(looked.err().map(|fault| in_file(&path, fault)));
    }
    if faults.is_empty() {
        Ok(())
    } else {
        Err(faults)
    }
}

fn look_at_one<A: Snapshot>(mut history: History, purpose: Purpose) -> Result<(), String> {
    match (replay::replay::<A>(&history.recorded)?, purpose) {
        (Verdict::Same, _) => Ok(()),
        (Verdict::Unnoticed { difference }, _) => Err(format!(
            "the fold changed and snapshots do not notice: raise the revision, as in \
             `#[snapshot(revision = 2)]`, and accept the state\n{difference}"
        )),
        (Verdict::Changed { difference, .. }, Purpose::Compare) => Err(format!(
            "{difference}; if that was meant, run the test once with {ACCEPT}=1 and commit the file"
        )),
        (Verdict::Changed { outcome, .. }, Purpose::Accept) => {
            history.recorded.outcome = Some(outcome);
            history.write().map_err(|error| error.to_string())
        }
    }
}

fn in_file(path: &Path, fault: impl Display) -> String {
    format!("{}: {fault}", path.display())
}
