//! The processes of this machine, from `/proc`.

use std::fs;

use rustix::process::Pid;

/// The processes whose parent this is.
pub(crate) fn children(parent: Pid) -> Vec<Pid> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    entries
        .filter_map(|entry| Pid::from_raw(entry.file_name().to_str()?.parse().ok()?))
        .filter(|id| status(*id).is_some_and(|status| status.parent == Some(parent)))
        .collect()
}

/// Whether a process still runs, and is not merely waiting for its parent to hear of its end.
pub(crate) fn is_alive(id: Pid) -> bool {
    status(id).is_some_and(|status| status.state != "Z")
}

struct Status {
    state: String,
    parent: Option<Pid>,
}

fn status(id: Pid) -> Option<Status> {
    let id = id.as_raw_nonzero();
    parse(&fs::read_to_string(format!("/proc/{id}/stat")).ok()?)
}

/// Parses `id (name) state parent …`; the name may hold spaces and brackets.
fn parse(stat: &str) -> Option<Status> {
    let (_, after_name) = stat.rsplit_once(") ")?;
    let mut fields = after_name.split(' ');
    let state = fields.next()?.to_owned();
    let parent = Pid::from_raw(fields.next()?.parse().ok()?);
    Some(Status { state, parent })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_may_hold_anything() {
        let status = parse("77 (postgres: a) b) S 42 77 77 0").unwrap();
        assert_eq!(status.state, "S");
        assert_eq!(status.parent, Pid::from_raw(42));
    }

    #[test]
    fn this_process_is_alive_and_a_child_of_its_parent() {
        let this = rustix::process::getpid();
        let parent = rustix::process::getppid().unwrap();
        assert!(is_alive(this));
        assert!(children(parent).contains(&this));
    }
}
