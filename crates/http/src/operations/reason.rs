//! The reasons that people give for what they ask.

/// Longest reason, in characters.
const LONGEST_REASON: usize = 1_000;

pub(super) fn parse_reason(text: &str) -> Result<String, String> {
    let reason = text.trim();
    match reason.chars().count() {
        1..=LONGEST_REASON if !reason.contains(char::is_control) => Ok(reason.to_owned()),
        _ => Err(format!(
            "must be 1 to {LONGEST_REASON} characters in one line"
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::parse_reason;

    #[test]
    fn a_reason_is_text_that_can_be_shown_in_one_line() {
        assert_eq!(parse_reason(" she left\n").as_deref(), Ok("she left"));
        for reason in ["", " ", "a\0b", "a\nb", "a\u{1b}[2J", &"a".repeat(1_001)] {
            assert!(parse_reason(reason).is_err(), "{reason:?}");
        }
    }
}
