//! Scenarios on the outbox, with real brokers that are spoken to over TLS.

#![expect(clippy::unwrap_used, reason = "a test ends at the first surprise")]

mod broker;
mod client;
#[path = "../place/mod.rs"]
#[expect(
    dead_code,
    unused_macros,
    unused_imports,
    reason = "what differs is the broker, not the place"
)]
mod place;
#[path = "../webhook/receiver.rs"]
#[expect(dead_code, reason = "the webhook is only compared with")]
mod receiver;
#[path = "../schema/mod.rs"]
mod schema;
#[path = "../process/service.rs"]
#[expect(dead_code, reason = "processes are killed and not stopped")]
mod service;
#[path = "../webhook/teller.rs"]
#[expect(dead_code, reason = "nothing is refused here")]
mod teller;

mod a_broker_is_told_what_the_webhook_is;
mod a_killed_service_tells_each_event_once;
mod who_is_named_is_trusted_alone;
