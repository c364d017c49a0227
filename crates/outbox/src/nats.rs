//! NATS JetStream: each event a message that the server takes only behind the one we know to be last.

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use annals_core::{EffectError, EffectKey};
use async_nats::Client;
use async_nats::jetstream::context::PublishErrorKind;
use async_nats::jetstream::message::PublishMessage;
use async_nats::jetstream::stream::{LastRawMessageErrorKind, RetentionPolicy, Stream};
use async_trait::async_trait;
use tokio::sync::OnceCell;

use crate::cloud_event::{STRUCTURED, header_text};
use crate::destination::{Destination, Message};
use crate::error::{DeliveryError, DestinationError};
use connection::Connection;
use last::{EVENT, Last, MARK, PUBLICATION, Told, message_id, publication};

mod connection;
mod last;

/// Of so many subjects it is remembered which message is last.
const REMEMBERED: usize = 10_000;

/// The subjects of a JetStream stream: each topic is one.
///
/// The server takes a message only if the last one of its subject is the one that was last when this
/// process looked. Whoever finds that it is not looks again, and takes for delivered what is not behind
/// it, by the mark that each message carries. So neither outages nor a process that wakes up late bring
/// an event twice. A message carries a `Nats-Msg-Id` as well, by which the server leaves out a repeat for
/// as long as its duplicate window lasts; that alone counts for nothing, as what is left out may have
/// been purged.
pub struct NatsSubjects {
    connection: Connection,
    stream_name: String,
    /// Known once it was looked at.
    stream: OnceCell<Stream>,
    lasts: Mutex<HashMap<String, Last>>,
    mode: ContentMode,
}

/// How an event is written into a message of NATS.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ContentMode {
    /// The attributes as headers, the data as the payload.
    #[default]
    Binary,
    /// All as one JSON object.
    Structured,
}

impl NatsSubjects {
    /// The subjects of a stream of the server at a URL, `tls://user:password@host:port`. With `nats://`
    /// a connection is encrypted only if the server wants it, and servers that it names are not connected
    /// to. Nobody is connected to before the first message. The stream must be there, and its retention be
    /// `limits`.
    ///
    /// # Errors
    /// [`DestinationError::ServerUrl`] when it is no such URL.
    pub fn at(url: &str, stream: &str) -> Result<Self, DestinationError> {
        Ok(Self::over(Connection::at(url)?, stream))
    }

    /// The same by a client of one's own, for other ways to show who one is.
    #[must_use]
    pub fn of_client(client: Client, stream: &str) -> Self {
        Self::over(Connection::of(client), stream)
    }

    fn over(connection: Connection, stream: &str) -> Self {
        Self {
            connection,
            stream_name: stream.to_owned(),
            stream: OnceCell::new(),
            lasts: Mutex::default(),
            mode: ContentMode::default(),
        }
    }

    /// The same, that trusts a server at a `tls://` URL only if its certificate is signed by those of a
    /// file, PEM, instead of those that the machine trusts. The file is read again with each connection.
    ///
    /// # Errors
    /// [`DestinationError::Authority`] when the file holds none, [`DestinationError::ServerUrl`] when the
    /// connection would not be encrypted, or is that of a client of one's own.
    pub fn trusting(mut self, file: impl AsRef<Path>) -> Result<Self, DestinationError> {
        self.connection = self.connection.trusting(file.as_ref())?;
        Ok(self)
    }

    /// The same, that waits so long for a connection, and for each answer: 2 seconds unless said otherwise.
    #[must_use]
    pub fn waiting_for(mut self, timeout: Duration) -> Self {
        self.connection = self.connection.waiting_for(timeout);
        self
    }

    /// The same, that writes events in this mode.
    #[must_use]
    pub fn in_mode(mut self, mode: ContentMode) -> Self {
        self.mode = mode;
        self
    }

    /// The stream, which must keep what was read.
    async fn stream(&self) -> Result<&Stream, EffectError> {
        let looked_up = self.stream.get_or_try_init(|| async {
            let context = self.connection.context().await?;
            let stream = context.get_stream(&self.stream_name).await;
            let stream = stream.map_err(EffectError::transient)?;
            match stream.cached_info().config.retention {
                RetentionPolicy::Limits => Ok(stream),
                _ => Err(EffectError::transient(DeliveryError::Forgetful {
                    stream: self.stream_name.clone(),
                })),
            }
        });
        looked_up.await
    }

    /// The last message of a subject, as it is remembered or as the server says.
    async fn last(&self, message: &Message) -> Result<Last, EffectError> {
        if let Some(last) = self.remembered().get(&message.topic) {
            return Ok(last.clone());
        }
        let stream = self.stream().await?;
        match stream.get_last_raw_message_by_subject(&message.topic).await {
            Ok(last) => Last::of(&last, message),
            Err(error) if error.kind() == LastRawMessageErrorKind::NoMessageFound => Ok(Last::NONE),
            Err(error) => Err(EffectError::transient(error)),
        }
    }

    /// Publishes a message behind the last one; its sequence.
    async fn publish(&self, message: &Message, last: &Last) -> Result<u64, EffectError> {
        let publish = self
            .written(message)
            .header(PUBLICATION, publication(message))
            .header(MARK, message.mark.to_string())
            .header(EVENT, header_text(&message.event.id))
            .message_id(message_id(message))
            .expected_stream(&self.stream_name)
            .expected_last_subject_sequence(last.sequence);
        let topic = message.topic.clone();
        let context = self.connection.context().await?;
        let sent = context.send_publish(topic, publish).await;
        let answer = match sent {
            Ok(answer) => answer.await,
            Err(error) => Err(error),
        };
        let answer = answer.map_err(|error| match error.kind() {
            PublishErrorKind::MaxPayloadExceeded => EffectError::event(error),
            // Also if another message is last by now: then the next attempt looks again.
            _ => EffectError::transient(error),
        })?;
        match answer.duplicate {
            // The next attempt looks whether the subject has it.
            true => Err(EffectError::transient(DeliveryError::LeftOut {
                topic: message.topic.clone(),
            })),
            false => Ok(answer.sequence),
        }
    }

    fn written(&self, message: &Message) -> PublishMessage {
        let publish = PublishMessage::build();
        match self.mode {
            ContentMode::Structured => publish
                .header("content-type", STRUCTURED)
                .payload(message.event.to_json().into()),
            ContentMode::Binary => {
                let headers = message.event.headers().into_iter();
                let publish = publish.payload(message.event.data.clone());
                headers.fold(publish, |publish, (name, value)| {
                    publish.header(name.as_str(), value.as_str())
                })
            }
        }
    }

    fn remember(&self, topic: &str, last: Last) {
        let mut lasts = self.remembered();
        if lasts.len() >= REMEMBERED {
            lasts.clear();
        }
        lasts.insert(topic.to_owned(), last);
    }

    fn remembered(&self) -> MutexGuard<'_, HashMap<String, Last>> {
        self.lasts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Destination for NatsSubjects {
    async fn deliver(&self, message: &Message, _: EffectKey) -> Result<(), EffectError> {
        if !is_subject(&message.topic) {
            let topic = message.topic.clone();
            return Err(EffectError::event(DeliveryError::NoSubject { topic }));
        }
        let last = self.last(message).await?;
        // What is remembered counts again only once the server has answered.
        self.remembered().remove(&message.topic);
        if let Some(told) = &last.told
            && told.mark >= message.mark
        {
            return told.includes(message);
        }
        let sequence = self.publish(message, &last).await?;
        let told = Some(Told::by(message));
        self.remember(&message.topic, Last { sequence, told });
        Ok(())
    }
}

/// Whether a text is a subject that can be published to.
fn is_subject(topic: &str) -> bool {
    let is_forbidden = |c: char| c.is_whitespace() || c.is_control() || "*>".contains(c);
    !topic.contains(is_forbidden) && topic.split('.').all(|token| !token.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subject_is_made_of_tokens() {
        for subject in [
            "bank",
            "bank.accounts",
            "bank.accounts.BankAccount-7",
            "bänk",
        ] {
            assert!(is_subject(subject), "{subject}");
        }
        for none in [
            "", ".", "bank.", ".bank", "bank..a", "a b", "a.*", "a.>", "a\r\n",
        ] {
            assert!(!is_subject(none), "{none}");
        }
    }
}
