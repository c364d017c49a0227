//! What the outside refused: seen, performed again once it is mended, or given up.

use std::sync::{Arc, Mutex};

use annals_core::{
    Effect, EffectError, EffectKey, EffectStart, Position, Projector, ReadModels, Recorded,
};
use annals_runtime::{ParkedEvents, UnboundEffect};
use async_trait::async_trait;
use serde_json::json;

use crate::bank::{AccountEvent, Bank, LONG, Service};

const LETTERS: &str = "/projections/mails/dead-letters";

/// Mails about deposits, which account 1 does not take before it is mended.
#[derive(Clone, Default)]
struct Mails {
    sent: Arc<Mutex<Vec<u64>>>,
    is_mended: Arc<Mutex<bool>>,
}

#[async_trait]
impl Effect for Mails {
    type Event = AccountEvent;
    const NAME: &'static str = "mails";
    const START: EffectStart = EffectStart::Beginning;

    async fn perform(
        &self,
        event: &Recorded<AccountEvent>,
        _: EffectKey,
    ) -> Result<(), EffectError> {
        if event.record.stream.id() == "1" && !*self.is_mended.lock().unwrap() {
            let cause = std::io::Error::other("no such mailbox");
            return Err(EffectError::event(cause));
        }
        self.sent.lock().unwrap().push(event.record.position.0);
        Ok(())
    }
}

/// A service whose mails about two deposits to account 1 are parked.
async fn refused(mails: &Mails) -> Service {
    let bank = Bank::new().await;
    bank.deposit("1", &[100, 7]).await;
    let last = bank.deposit("2", &[30]).await;
    let effect = UnboundEffect::of(mails.clone());
    let kept = bank.read_models.projector(effect.fold()).await.unwrap();
    let effect = effect.begin(&*bank.store, kept).await.unwrap();
    let effect: Arc<dyn Projector> = Arc::new(effect);
    let parked = ParkedEvents::new(bank.store(), Arc::clone(&effect));
    let running = Arc::new(bank.run_projector(effect, "1.0"));
    let operations = bank.operations();
    let operations = operations.with_projection(Arc::clone(&running), parked);
    let service = Service::new(running, operations);
    service.projection.wait_for(last, LONG).await.unwrap();
    service
}

#[tokio::test]
async fn what_is_parked_tells_why_and_what_waits_for_it() {
    let mails = Mails::default();
    let service = refused(&mails).await;
    let page = service.get(LETTERS).await.ok();
    let [first, behind] = &page["data"].as_array().unwrap()[..] else {
        panic!("{page}")
    };
    assert_eq!(first["failure"]["error"], "no such mailbox");
    assert_eq!(first["failure"]["codeVersion"], "1.0");
    assert_eq!(first["keys"], json!(["stream Account-1"]));
    assert_eq!(behind["waitsFor"], 1);
    let overview = service.get("/projections/mails").await.ok();
    assert_eq!(overview["parked"], 2);
    assert_eq!(overview["upToDate"], true);
    assert_eq!(*mails.sent.lock().unwrap(), [3]);
}

#[tokio::test]
async fn what_is_mended_is_performed_one_after_the_other_or_all_at_once() {
    for retries in [&["/1/retry", "/2/retry"][..], &["/retry"]] {
        let mails = Mails::default();
        let service = refused(&mails).await;
        let early = service.post(&format!("{LETTERS}/retry"), "").await.ok();
        assert_eq!(early, json!({ "applied": [], "parked": [1, 2] }));
        *mails.is_mended.lock().unwrap() = true;
        for retry in retries {
            service.post(&format!("{LETTERS}{retry}"), "").await.ok();
        }
        assert_eq!(*mails.sent.lock().unwrap(), [3, 1, 2]);
        assert_eq!(service.get(LETTERS).await.ok()["data"], json!([]));
        let gone = service.post(&format!("{LETTERS}/1/retry"), "").await;
        gone.assert_problem(404, "not-found");
    }
}

#[tokio::test]
async fn what_is_given_up_is_never_performed() {
    let mails = Mails::default();
    let service = refused(&mails).await;
    let body = r#"{"reason": "the mailbox is gone"}"#;
    let skipped = service.post(&format!("{LETTERS}/1/skip"), body).await.ok();
    assert_eq!(skipped["skipped"]["reason"], "the mailbox is gone");
    *mails.is_mended.lock().unwrap() = true;
    let retried = service.post(&format!("{LETTERS}/retry"), "").await.ok();
    assert_eq!(retried, json!({ "applied": [2], "parked": [] }));
    assert_eq!(*mails.sent.lock().unwrap(), [3, 2]);
    assert_eq!(service.projection.position(), Position(3));
}
