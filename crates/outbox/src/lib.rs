//! Messages out: what is recorded, told to others as CloudEvents, each event once in effect.
//!
//! A [`Publication`] declares which events are told, and of each what, where and in order with what. A
//! [`Destination`] takes the messages: a [`Webhook`], the streams of a Redis server
//! ([`RedisStreams`]), or the subjects of NATS JetStream ([`NatsSubjects`]). An [`Outbox`] puts the two
//! together, and is an [`Effect`](annals_core::Effect): it follows the log from a checkpoint, one
//! process at a time, and parks what is refused. There is no table of messages to be sent; the log is
//! that table.
//!
//! ```
//! # use annals_core::{EffectStart, RecordedEvent};
//! # use annals_core as annals;
//! # use annals_macros::Event;
//! # use annals_outbox::{Destination, DestinationError, Outbox, Publication, RedisStreams};
//! # use serde::{Deserialize, Serialize};
//! #[derive(Event, Serialize, Deserialize)]
//! enum AccountEvent {
//!     Opened { owner: String },
//! }
//!
//! /// What happens to accounts, for the other services of the bank.
//! struct Accounts;
//!
//! impl Publication for Accounts {
//!     type Event = AccountEvent;
//!     const NAME: &'static str = "accounts";
//!     const CATEGORIES: &'static [&'static str] = &["Account"];
//!     const START: EffectStart = EffectStart::Beginning;
//!
//!     fn source(&self) -> &str {
//!         "https://bank.example/accounts"
//!     }
//!
//!     fn topic(_: &RecordedEvent) -> String {
//!         "bank.accounts".to_owned()
//!     }
//! }
//!
//! let redis = RedisStreams::at("rediss://events.example:6379")?.keeping_about(1_000_000);
//! let outbox = Outbox::new(Accounts, redis); // Annals::open(…).effect(outbox)
//! # Ok::<(), DestinationError>(())
//! ```
//!
//! In reading order: `publication` and `destination` are the two halves, `outbox` what they make,
//! `cloud_event` the form of a message and `mark` its place in order; `webhook`, `redis` and `nats` are
//! the destinations, and an `authority` is whom the two trust.

#[cfg(any(feature = "nats", feature = "redis"))]
mod authority;
mod cloud_event;
mod destination;
mod error;
mod mark;
#[cfg(feature = "nats")]
mod nats;
mod outbox;
mod publication;
#[cfg(feature = "redis")]
mod redis;
#[cfg(feature = "webhooks")]
mod webhook;

#[cfg(feature = "nats")]
pub use async_nats;
pub use cloud_event::CloudEvent;
pub use destination::{Destination, Message};
pub use error::{DeliveryError, DestinationError};
pub use mark::{InvalidMark, Mark};
#[cfg(feature = "nats")]
pub use nats::{ContentMode, NatsSubjects};
pub use outbox::Outbox;
pub use publication::{Data, Publication};
#[cfg(feature = "redis")]
pub use redis::RedisStreams;
#[cfg(feature = "webhooks")]
pub use webhook::{AllowedHosts, Webhook, WebhookSecret, WebhookUrl};
