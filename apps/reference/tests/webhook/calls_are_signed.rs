//! With a secret, each call carries a signature that a receiver can check with the secret alone.

use annals::{Clock, SystemClock};
use annals_reference::place::Place;
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::receiver::{Answer, Call, Receiver};
use crate::teller::{open_account, open_bank, until_told};

const SECRET: &str = "whsec_dGhpcyBzZWNyZXQgaXMgZm9yIHRlc3RzIG9ubHkh";

#[tokio::test]
async fn a_receiver_can_check_who_called_with_what_and_when() {
    let receiver = Receiver::start().await;
    receiver.answer([Answer::Status(500)]);
    let webhook = receiver.webhook_with(Some(SECRET.parse().unwrap()));
    let bank = open_bank(&Place::Memory, webhook).await;
    let started = SystemClock.now().as_second();
    open_account(&bank, "acc-1").await;
    until_told(&bank).await;
    let ended = SystemClock.now().as_second();
    let calls = receiver.calls();
    assert_eq!(calls.len(), 3);
    for call in &calls {
        assert!(is_genuine(call, &call.body));
        assert!(!is_genuine(call, b"{}"), "another body has another one");
        assert_eq!(call.header("webhook-id"), call.header("idempotency-key"));
        let sent_at: i64 = call.header("webhook-timestamp").parse().unwrap();
        assert!((started..=ended).contains(&sent_at), "{sent_at}");
    }
    // The repeat of a call is the same message.
    assert_eq!(calls[0].header("webhook-id"), calls[1].header("webhook-id"));
}

#[tokio::test]
async fn without_a_secret_nothing_looks_signed() {
    let receiver = Receiver::start().await;
    let bank = open_bank(&Place::Memory, receiver.webhook()).await;
    open_account(&bank, "acc-1").await;
    until_told(&bank).await;
    for call in receiver.calls() {
        assert_eq!(call.header("webhook-signature"), "");
        assert_ne!(call.header("idempotency-key"), "");
    }
}

/// As a receiver finds out, by what Standard Webhooks says.
fn is_genuine(call: &Call, body: &[u8]) -> bool {
    let secret = BASE64.decode(SECRET.trim_start_matches("whsec_")).unwrap();
    let signature = call
        .header("webhook-signature")
        .strip_prefix("v1,")
        .unwrap();
    let mut mac = Hmac::<Sha256>::new_from_slice(&secret).unwrap();
    for part in [call.header("webhook-id"), call.header("webhook-timestamp")] {
        mac.update(part.as_bytes());
        mac.update(b".");
    }
    mac.update(body);
    mac.verify_slice(&BASE64.decode(signature).unwrap()).is_ok()
}
