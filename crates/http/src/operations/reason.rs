//! The reasons that people give for what they ask.

/// Longest reason, in characters.
const LONGEST_REASON: usize = 1_000;

pub(super) fn parse_reason(text: &str) -> Result<String, String> {
    let reason = text.trim();
    match reason.chars().count() {
        1..=LONGEST_REASON => Ok(reason.to_owned()),
        _ => Err(format!("must be 1 to {LONGEST_REASON} characters")),
    }
}
