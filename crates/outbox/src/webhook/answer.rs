//! What the receiver's answers mean.

use std::time::Duration;

use annals_core::{EffectError, Timestamp};
use hyper::header::RETRY_AFTER;
use hyper::{HeaderMap, StatusCode};
use jiff::fmt::rfc2822;

/// An answer, without its body.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: StatusCode,
    /// When to come back, as the receiver says it.
    retry_after: Option<String>,
}

/// An answer that is no acknowledgement.
#[derive(Debug, thiserror::Error)]
#[error("the webhook answered {0}")]
struct NotAcknowledged(StatusCode);

impl Answer {
    pub(super) fn new(status: StatusCode, headers: &HeaderMap) -> Self {
        let retry_after = headers.get(RETRY_AFTER);
        let retry_after = retry_after.and_then(|header| header.to_str().ok());
        Self {
            status,
            retry_after: retry_after.map(str::to_owned),
        }
    }

    /// Whether it acknowledges, can be repeated, or refuses.
    pub(super) fn judge(&self, now: Timestamp) -> Result<(), EffectError> {
        let cause = NotAcknowledged(self.status);
        match (self.status.as_u16(), self.wants_to_wait(now)) {
            (200..=299, _) => Ok(()),
            (408 | 425 | 429 | 500..=599, Some(after)) => Err(EffectError::later(after, cause)),
            (408 | 425 | 429 | 500..=599, None) => Err(EffectError::transient(cause)),
            _ => Err(EffectError::event(cause)),
        }
    }

    /// For how long, in seconds or up to a date. What is neither says nothing.
    fn wants_to_wait(&self, now: Timestamp) -> Option<Duration> {
        let text = self.retry_after.as_deref()?.trim();
        if let Ok(seconds) = text.parse() {
            return Some(Duration::from_secs(seconds));
        }
        let date = rfc2822::parse(text).ok()?.timestamp();
        Some(date.duration_since(now).try_into().unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::constant(784_111_777, 0);

    fn judge(status: u16, retry_after: Option<&str>) -> Result<(), EffectError> {
        let retry_after = retry_after.map(|text| (RETRY_AFTER, text.parse().unwrap()));
        let headers = HeaderMap::from_iter(retry_after);
        Answer::new(StatusCode::from_u16(status).unwrap(), &headers).judge(NOW)
    }

    #[test]
    fn an_answer_acknowledges_can_be_repeated_or_refuses() {
        for taken in [200, 201, 202, 204] {
            assert!(judge(taken, None).is_ok(), "{taken}");
        }
        for passes in [408, 425, 429, 500, 502, 503, 504] {
            let answer = judge(passes, None);
            let passes = matches!(answer, Err(EffectError::Transient(_)));
            assert!(passes, "{answer:?}");
        }
        for refused in [301, 302, 307, 308, 400, 401, 403, 404, 410, 422] {
            let answer = judge(refused, Some("5"));
            let refused = matches!(answer, Err(EffectError::Event(_)));
            assert!(refused, "{answer:?}");
        }
    }

    #[test]
    fn who_is_busy_says_for_how_long_or_until_when() {
        for (text, seconds) in [
            ("0", 0),
            (" 120 ", 120),
            ("Sun, 06 Nov 1994 08:49:47 GMT", 10),
            ("Sun, 06 Nov 1994 08:49:27 GMT", 0),
        ] {
            for busy in [429, 503] {
                let answer = judge(busy, Some(text));
                let Err(EffectError::Later { after, .. }) = answer else {
                    panic!("{text}: {answer:?}")
                };
                assert_eq!(after, Duration::from_secs(seconds), "{text}");
            }
        }
    }

    #[test]
    fn what_is_no_time_is_as_if_it_were_not_there() {
        for text in [
            "",
            "soon",
            "-5",
            "1.5",
            "Sun, 06 Nov",
            "99999999999999999999999",
        ] {
            let answer = judge(503, Some(text));
            let passes = matches!(answer, Err(EffectError::Transient(_)));
            assert!(passes, "{text}: {answer:?}");
        }
    }
}
