use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::*;

#[derive(Serialize, Deserialize)]
struct Halve {
    number: u32,
}

impl Command for Halve {
    const NAME: &'static str = "halve";
    type Reply = u32;
    type Refusal = String;
}

/// Halves even numbers, refuses odd ones, and has no idea of zero.
struct Halving;

#[async_trait]
impl CommandHandler<Halve> for Halving {
    async fn handle(&self, it: Halve, _: CommandContext) -> Result<u32, CommandFault<String>> {
        assert_ne!(it.number, 0, "nobody asks for that");
        match it.number % 2 {
            0 => Ok(it.number / 2),
            _ => Err(CommandFault::Refused(format!("{} is odd", it.number))),
        }
    }
}

async fn send(bus: &CommandBus, command: &str, payload: Value) -> String {
    let request = Request {
        command: command.to_owned(),
        payload,
    };
    match bus.send(&request, CommandContext::default()).await {
        Ok(reply) => format!("reply {reply}"),
        Err(CommandFault::Refused(refusal)) => format!("refused {refusal}"),
        Err(CommandFault::Rejected(rejection)) => format!("rejected, {rejection}"),
        Err(CommandFault::Transient(cause)) => format!("transient {cause}"),
    }
}

#[tokio::test]
async fn a_command_comes_back_as_a_reply_or_a_refusal() {
    let bus = CommandBus::new().handling(Halving);
    assert_eq!(send(&bus, "halve", json!({ "number": 6 })).await, "reply 3");
    let refused = send(&bus, "halve", json!({ "number": 3 })).await;
    assert_eq!(refused, r#"refused "3 is odd""#);
}

#[tokio::test]
async fn what_does_not_reach_a_handler_or_never_comes_back_may_be_sent_again() {
    let bus = CommandBus::new().handling(Halving);
    let nobody = send(&bus, "double", json!({})).await;
    assert_eq!(nobody, "transient nobody handles commands of type double");
    let unreadable = send(&bus, "halve", json!({})).await;
    assert!(
        unreadable.starts_with("transient the command cannot be read"),
        "{unreadable}"
    );
    let panicked = send(&bus, "halve", json!({ "number": 0 })).await;
    assert_eq!(panicked, "transient its handler panicked");
}

#[test]
#[should_panic(expected = "command halve is handled twice")]
fn two_handlers_of_one_command_are_a_mistake() {
    let _bus = CommandBus::new().handling(Halving).handling(Halving);
}
