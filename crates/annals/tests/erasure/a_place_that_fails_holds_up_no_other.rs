//! A place that fails, or panics, holds up no other, and is told again until it lets go.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use annals::runtime::{EraseError, Forgets};
use annals::{Cause, SubjectId};
use async_trait::async_trait;

use crate::gate::Gate;
use crate::place::{LONG, Place, register, settle, subject};

/// Fails, by an error and by a panic in turn, until it is mended.
#[derive(Default)]
struct Fails {
    calls: AtomicU32,
    is_mended: AtomicBool,
}

#[async_trait]
impl Forgets for Fails {
    fn name(&self) -> &'static str {
        "fails"
    }

    async fn forget(&self, _: &SubjectId) -> Result<(), Cause> {
        let calls = self.calls.fetch_add(1, Ordering::SeqCst);
        match self.is_mended.load(Ordering::SeqCst) {
            true => Ok(()),
            false if calls.is_multiple_of(2) => panic!("it fails"),
            false => Err(Arc::new(std::io::Error::other("it fails"))),
        }
    }
}

/// Counts how often it was told.
#[derive(Default)]
struct Counts {
    told: AtomicU32,
    gate: Gate,
}

#[async_trait]
impl Forgets for Counts {
    fn name(&self) -> &'static str {
        "counts"
    }

    async fn forget(&self, _: &SubjectId) -> Result<(), Cause> {
        self.told.fetch_add(1, Ordering::SeqCst);
        self.gate.pass().await;
        Ok(())
    }
}

#[tokio::test]
async fn all_others_are_reached_and_it_is_told_until_it_lets_go() {
    let place = Place::new().await;
    let (fails, counts) = (Arc::new(Fails::default()), Arc::new(Counts::default()));
    let service = place.service(place.keys.keyring());
    let service = service.forgets(Arc::clone(&fails) as _);
    let service = service.forgets(Arc::clone(&counts) as _).start().await;
    let service = service.unwrap();
    register(&service, "ada", "Ada").await;
    settle(&service).await;

    counts.gate.close();
    let ada = subject("ada");
    let mended = async {
        counts.gate.somebody_waits().await;
        assert!(fails.calls.load(Ordering::SeqCst) > 0);
        fails.is_mended.store(true, Ordering::SeqCst);
        counts.gate.open();
    };
    let (report, ()) = tokio::join!(service.erase(&ada), mended);

    let reached = report.unwrap().reached;
    let of = |name| reached.iter().filter(|it| it.name == name).count();
    assert_eq!((of("fails"), of("counts")), (1, 1));
    let head = service.store().head().await.unwrap();
    service.has_forgotten(head, LONG).await.unwrap();
    service.stop().await;
}

#[tokio::test]
async fn all_who_ask_at_a_time_wait_for_one_erasure() {
    let place = Place::new().await;
    let counts = Arc::new(Counts::default());
    let service = place.service(place.keys.keyring());
    let service = service.forgets(Arc::clone(&counts) as _).start().await;
    let service = service.unwrap();
    register(&service, "ada", "Ada").await;

    let ada = subject("ada");
    let (one, two) = tokio::join!(service.erase(&ada), service.erase(&ada));

    assert_eq!(one.unwrap(), two.unwrap());
    let head = service.store().head().await.unwrap();
    service.has_forgotten(head, LONG).await.unwrap();
    let told = counts.told.load(Ordering::SeqCst);
    assert_eq!(told, 2, "once to erase, and once as every process is told");
    service.stop().await;
}

#[tokio::test]
async fn a_service_that_stops_begins_no_erasure() {
    let place = Place::new().await;
    let service = place.start().await;
    register(&service, "ada", "Ada").await;
    service.stop().await;
    let head = service.store().head().await.unwrap();

    let refused = service.erase(&subject("ada")).await;

    assert!(matches!(refused, Err(EraseError::Stopped)), "{refused:?}");
    assert_eq!(service.store().head().await.unwrap(), head);
}

#[tokio::test]
async fn what_every_process_forgets_is_shown_as_a_projection_is() {
    let place = Place::new().await;
    let service = place.start().await;
    let mut names = service.projections().map(|it| it.name().to_owned());
    assert!(names.any(|name| name == "personal-data-erased"));
    drop(names);
    service.stop().await;
}
