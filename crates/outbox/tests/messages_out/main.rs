//! Messages out, with real servers: each event arrives in order and once, whatever breaks.

#![expect(clippy::unwrap_used, reason = "a test ends at the first surprise")]

mod breaking_way;
mod doors;
mod nats_subject;
mod redis_stream;

mod a_broker_asks_who_one_is;
mod a_poison_event_holds_up_its_topic_alone;
mod nats_takes_each_event_once;
mod nats_tells_what_happened;
mod redis_takes_each_event_once;
mod redis_tells_what_happened;
mod tls_is_verified;
