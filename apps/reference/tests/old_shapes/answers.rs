//! Everything a bank tells of what happened, without what differs from store to store.

use std::collections::BTreeMap;

use annals_reference::bank::Bank;
use serde_json::Value;

use crate::service::Service;

/// Accounts, with how many events each has.
const ACCOUNTS: [(&str, u64); 3] = [("old", 7), ("crowns", 3), ("closed", 4)];

/// Users. There is one more of long ago, who has no name: nobody could be registered so today.
const USERS: [&str; 4] = ["plain", "plato", "sealed", "forgotten"];

/// Where an event is, who brought it, and how it is stored.
const OF_THE_STORE: [&str; 8] = [
    "eventId",
    "position",
    "recordedAt",
    "storedSchemaVersion",
    "actor",
    "correlationId",
    "causationId",
    "traceParent",
];

/// By the path that was asked.
pub(crate) async fn all_answers(bank: &Bank) -> BTreeMap<String, Value> {
    let service = Service::of(bank.clone());
    let mut answers = BTreeMap::new();
    for path in questions() {
        let mut answer = service.get(&path).await;
        leave_out(&mut answer, &OF_THE_STORE);
        answers.insert(path, answer);
    }
    answers
}

fn questions() -> Vec<String> {
    let mut paths = vec!["/accounts".to_owned(), "/summary".to_owned()];
    for (account, events) in ACCOUNTS {
        let account = format!("/accounts/{account}");
        for more in [
            "",
            "/transactions",
            "/daily",
            "/history",
            "?at=2020-01-03T12:00:00Z",
        ] {
            paths.push(format!("{account}{more}"));
        }
        paths.extend((1..=events).map(|version| format!("{account}?version={version}")));
    }
    for user in USERS {
        paths.push(format!("/users/{user}"));
        paths.push(format!("/users/{user}/history"));
    }
    paths
}

fn leave_out(answer: &mut Value, fields: &[&str]) {
    match answer {
        Value::Object(members) => {
            members.retain(|name, _| !fields.contains(&name.as_str()));
            members.values_mut().for_each(|it| leave_out(it, fields));
        }
        Value::Array(items) => items.iter_mut().for_each(|it| leave_out(it, fields)),
        _ => {}
    }
}
