//! First answers: what is kept under an idempotency key, and given again to each repeat.

use std::sync::Arc;

use annals::runtime::IdempotencyKey;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::error::{CatalogueError, WriteError};

/// What a change led to: it was made, or a rule forbids it. Both are kept.
pub(super) type Settled<T, R> = Result<T, R>;

/// What a database keeps under a key.
pub(super) struct FirstAnswer {
    /// What the request was.
    pub(super) fingerprint: String,
    /// What was answered, as JSON.
    pub(super) json: String,
}

impl FirstAnswer {
    /// The answer to a request.
    pub(super) fn of<T: Serialize, R: Serialize>(
        key: &IdempotencyKey,
        answer: &Settled<T, R>,
    ) -> Self {
        let json = serde_json::to_string(answer);
        Self {
            fingerprint: key.fingerprint.to_string(),
            json: json.expect("an answer has a JSON form"),
        }
    }

    /// The answer again, if this is the request again.
    pub(super) fn again<T: DeserializeOwned, R: DeserializeOwned>(
        self,
        key: &IdempotencyKey,
    ) -> Result<Settled<T, R>, WriteError<R>> {
        if self.fingerprint != key.fingerprint.to_string() {
            let key = key.key.clone();
            return Err(WriteError::KeyReused { key });
        }
        let answer = serde_json::from_str(&self.json);
        Ok(answer.map_err(|fault| CatalogueError::Failed(Arc::new(fault)))?)
    }
}

/// What is kept of an attempt; what was no answer goes on as an error, and nothing is kept.
pub(super) fn settled<T, R>(
    attempt: Result<T, WriteError<R>>,
) -> Result<Settled<T, R>, WriteError<R>> {
    match attempt {
        Ok(done) => Ok(Ok(done)),
        Err(WriteError::Refused(refusal)) => Ok(Err(refusal)),
        Err(error) => Err(error),
    }
}
