//! Who one is, and what it is proved by, stands in the URL; no more rights are needed than are said.

use annals::EffectError;
use annals_outbox::{NatsSubjects, Outbox, RedisStreams};
use annals_servers::Broker;

use crate::doors::{Doors, new_house, openings, tell, told, until_failed_by};
use crate::nats_subject::Subject;
use crate::redis_stream::{Reader, address};

#[tokio::test]
async fn redis_is_told_by_who_may_only_add_and_look() {
    let (server, house) = (Broker::redis().unwrap(), new_house());
    let mut reader = Reader::of(&server.url()).await;
    let rights = format!("ACL SETUSER annals on >p@ss ~{house} +xadd +xrange");
    reader.run(&rights).await;
    let at = |login: &str| {
        let url = format!("redis://{login}@{}", address(&server.url()));
        Outbox::new(Doors, RedisStreams::at(&url).unwrap())
    };
    let event = &openings(&house, 1)[0];
    let refused = tell(&at("annals:wrong"), event).await;
    assert!(matches!(refused, Err(EffectError::Transient(_))));
    let outbox = at("annals:p%40ss");
    told(&outbox, event).await.unwrap();
    // A repeat, which is looked for.
    told(&outbox, event).await.unwrap();
    assert_eq!(reader.ids(&house).await, ["1-0"]);
}

#[tokio::test]
async fn nats_is_told_by_who_has_the_password() {
    let (server, house) = (Broker::nats_for("annals", "p@ss").unwrap(), new_house());
    let at = |login: &str| {
        let url = format!("nats://{login}@{}", address(&server.url()));
        Outbox::new(Doors, NatsSubjects::at(&url, &house).unwrap())
    };
    let event = &openings(&house, 1)[0];
    let why = "authorization violation";
    let refused = until_failed_by(&at("annals:wrong"), event, why).await;
    assert!(!refused.contains("wrong"), "{refused}");
    let _subject = Subject::by(("annals", "p@ss"), &server.url(), &house).await;
    told(&at("annals:p%40ss"), event).await.unwrap();
}
