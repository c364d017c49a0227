//! Why a destination cannot be used, and why it did not take a message.

use std::path::PathBuf;

use crate::mark::Mark;

/// Why a destination cannot be used at all.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DestinationError {
    /// It is nowhere that a webhook may call. It is not shown, as it may hold a secret.
    /// **Do:** give a URL that is encrypted and public, or allow its host by name.
    #[error(
        "the URL of a webhook must be https://host/path without a user, and its host public; \
         http:// and other hosts are for those that are allowed by name"
    )]
    WebhookUrl,

    /// The text is no secret of a webhook. It is not shown.
    /// **Do:** make one, for example by `echo whsec_$(openssl rand -base64 32)`.
    #[error("the secret of a webhook must be whsec_ and then 24 to 64 bytes in base64")]
    WebhookSecret,

    /// This machine names nobody whose certificates are to be trusted.
    /// **Do:** install the certificates of the usual authorities.
    #[error("no certificate authorities are known to this machine: {0}")]
    NoRoots(String),

    /// The text names no server. It is not shown, as it may hold a password.
    /// **Do:** give one of the kind that the message names.
    #[error("the URL must be of the kind {kind}")]
    ServerUrl {
        /// What it must be like.
        kind: &'static str,
    },

    /// The file names nobody who could be trusted.
    /// **Do:** give one that holds the certificate of who signs those of the server, PEM.
    #[error("the certificates in {file} cannot be trusted: {reason}")]
    Authority {
        /// Which file.
        file: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
}

/// Why a destination did not take a message: the cause of an
/// [`EffectError`](annals_core::EffectError) beside what its server says.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DeliveryError {
    /// What is at this place of the Redis stream is of somebody else.
    /// **Do:** give each publication streams of its own; mend who wrote there.
    #[error("entry {mark} of the stream {topic} is of somebody else")]
    Taken {
        /// The key of the stream.
        topic: String,
        /// The id of the entry.
        mark: Mark,
    },

    /// The Redis stream has gone past this place and does not hold the message any more, or never did.
    /// **Do:** skip it if the stream is trimmed and its readers had it; else find out who else writes to
    /// the stream, and tell the message there by another way.
    #[error("the stream {topic} has gone past {mark} and holds no such entry")]
    Passed {
        /// The key of the stream.
        topic: String,
        /// The id of the entry.
        mark: Mark,
    },

    /// The last message of a NATS subject is not of this publication, or of another event in the place of
    /// this one, so that its order tells nothing.
    /// **Do:** give each publication and each store subjects of its own, and new ones to a log that was
    /// restored from an older copy.
    #[error("the last message of the subject {topic} is of somebody else")]
    Shared {
        /// The subject.
        topic: String,
    },

    /// The server knows the id of the message, and stored nothing.
    /// **Do:** nothing: it is looked whether the subject has the message. If that was purged, the server
    /// takes it as soon as the duplicate window of its stream is over.
    #[error("the server took the message for a repeat and left it out of the subject {topic}")]
    LeftOut {
        /// The subject.
        topic: String,
    },

    /// The topic is no subject of NATS.
    /// **Do:** make subjects of tokens without spaces and wildcards, separated by single dots.
    #[error("{topic:?} is no subject")]
    NoSubject {
        /// The topic.
        topic: String,
    },

    /// The JetStream stream removes messages that were read, and with them what repeats are recognised
    /// by.
    /// **Do:** give it the retention policy `limits`.
    #[error("the stream {stream} keeps no messages that were read: its retention must be limits")]
    Forgetful {
        /// The name of the stream.
        stream: String,
    },
}
