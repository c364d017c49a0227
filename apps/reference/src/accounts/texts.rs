//! Free texts that people add: why, and what for.

/// Longest description or reason, in characters.
const LONGEST: usize = 500;

/// Checks a description or a reason.
pub(crate) fn note(text: &str) -> Result<String, String> {
    if text.chars().count() > LONGEST {
        return Err(format!("must be at most {LONGEST} characters"));
    }
    if text
        .chars()
        .any(|c| c.is_control() && c != '\n' && c != '\t')
    {
        return Err("must not hold control characters".to_owned());
    }
    Ok(text.to_owned())
}
