//! What is known from the log alone, read to its end: the books, how the instances are, what is due,
//! and which events are to be brought to whom.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::{Arc, Mutex};

use annals::runtime::SagaRow;
use annals::{
    Decision, Instance, InstanceId, Position, Projection, Read, Recorded, RecordedEvent, Route,
    Saga, SagaEvent, SagaStatus, Source, Timestamp, decode,
};

use crate::at_once::AtOnce;
use crate::books::{Books, Wrong};
use crate::chance::Chance;
use crate::checkout::Checkouts;
use crate::loyalty::Loyalty;
use crate::shop::ShopEvent;

/// The name of a saga, and which instance of it.
pub(crate) type Which = (&'static str, String);

pub(crate) const CHECKOUT: &str = <Checkouts as Saga>::NAME;
pub(crate) const LOYALTY: &str = <Loyalty as Saga>::NAME;

#[derive(Default)]
pub(crate) struct Observed {
    position: Position,
    pub(crate) books: Books,
    pub(crate) instances: BTreeMap<Which, Instance>,
    /// The read model that tells what is due.
    rows: BTreeMap<Which, SagaRow>,
    inputs: BTreeSet<(Which, String)>,
    pub(crate) post: Post,
    /// How often an instance was parked.
    pub(crate) parkings: u64,
    /// Inputs that changed nothing.
    pub(crate) in_vain: u64,
    /// What happened, as text: the same in every run of a seed.
    pub(crate) trace: Vec<String>,
}

/// Events that are to be brought to instances, in order for each. Clones are the same.
#[derive(Clone, Default)]
pub(crate) struct Post(Arc<Mutex<Letters>>);

type Letter = (Which, Recorded<ShopEvent>);

#[derive(Default)]
struct Letters {
    waiting: BTreeMap<Which, VecDeque<Recorded<ShopEvent>>>,
    brought: Vec<Letter>,
}

impl Observed {
    /// Reads on to the end of the log.
    pub(crate) fn catch_up(&mut self, store: &AtOnce) -> Result<(), Wrong> {
        let read = Read::forwards(Source::all_after(self.position));
        let (_, events) = store.read(read).unwrap();
        for event in events {
            self.position = event.position;
            let happened = (&event.stream, event.version, &event.event_type);
            self.trace.push(format!("{happened:?}"));
            if event.stream.category() == "Owner" {
                self.shop_event(event)?;
            } else if SagaEvent::instance_of(&event.stream).is_some() {
                self.saga_event(event)?;
            }
        }
        Ok(())
    }

    /// The instances for which something is due, though it may not be at their turn.
    pub(crate) fn due(&self, now: Timestamp) -> Vec<Which> {
        let is_due = |row: &SagaRow| row.due.is_some_and(|due| due <= now);
        let due = self.rows.iter().filter(|(_, row)| is_due(row));
        due.map(|(which, _)| which.clone()).collect()
    }

    pub(crate) fn is_parked(&self, which: &Which) -> bool {
        self.rows[which].status == "parked"
    }

    pub(crate) fn parked(&self) -> Vec<Which> {
        let all = self.rows.keys();
        all.filter(|which| self.is_parked(which)).cloned().collect()
    }

    /// Orders that are paid, and checked out no further.
    pub(crate) fn past_the_pivot(&self) -> Vec<Which> {
        let all = self.instances.iter();
        let late = all.filter(|((saga, _), instance)| {
            *saga == CHECKOUT && !instance.has_ended() && instance.state["stage"] == 3
        });
        late.map(|(which, _)| which.clone()).collect()
    }

    /// A planted bug: what is due is not known any more.
    pub(crate) fn forget_rows(&mut self) {
        for row in self.rows.values_mut() {
            row.due = None;
        }
    }

    fn shop_event(&mut self, event: RecordedEvent) -> Result<(), Wrong> {
        for event in decode::<ShopEvent>(event).unwrap() {
            self.books.take(&event)?;
            self.post.take::<Checkouts>(&event);
            self.post.take::<Loyalty>(&event);
        }
        Ok(())
    }

    fn saga_event(&mut self, event: RecordedEvent) -> Result<(), Wrong> {
        for event in decode::<SagaEvent>(event).unwrap() {
            let (saga, instance) = SagaEvent::instance_of(&event.record.stream).unwrap();
            let which = (name_of(saga), instance.to_owned());
            let key = (which.clone(), event.event.input().key());
            if !self.inputs.insert(key.clone()) {
                return Err(format!("{key:?} was taken in twice"));
            }
            self.in_vain += u64::from(matches!(event.event, SagaEvent::Ignored { .. }));
            self.parkings += parkings(&event.event);
            if let Some(instance) = event.event.instance() {
                self.changed(&which, instance)?;
            }
            let key = SagaRow::keys(&event).pop().unwrap();
            let row = SagaRow::fold(self.rows.remove(&which), &key, &event);
            self.rows.insert(which, row.unwrap());
        }
        Ok(())
    }

    /// One that is over stays as it is.
    fn changed(&mut self, which: &Which, instance: &Instance) -> Result<(), Wrong> {
        let before = self.instances.insert(which.clone(), instance.clone());
        match before {
            Some(before) if before.has_ended() && before != *instance => {
                Err(format!("{which:?} changed after its end"))
            }
            _ => Ok(()),
        }
    }
}

impl Post {
    fn take<S: Saga<Event = ShopEvent>>(&self, event: &Recorded<ShopEvent>) {
        let (Route::Start(to) | Route::Continue(to) | Route::ContinueIfThere(to)) = S::route(event)
        else {
            return;
        };
        let mut letters = self.0.lock().unwrap();
        let to = (S::NAME, to.to_string());
        let waiting = letters.waiting.entry(to).or_default();
        waiting.push_back(event.clone());
    }

    /// What is to be brought next, to each.
    pub(crate) fn next(&self) -> Vec<Letter> {
        let letters = self.0.lock().unwrap();
        let next = letters.waiting.iter().filter_map(|(to, waiting)| {
            let event = waiting.front()?;
            Some((to.clone(), event.clone()))
        });
        next.collect()
    }

    /// One that was brought before.
    pub(crate) fn any_before(&self, chance: &Chance) -> Option<Letter> {
        let letters = self.0.lock().unwrap();
        let brought = letters.brought.len();
        (brought > 0).then(|| letters.brought[chance.below(brought)].clone())
    }

    /// An event does not have to be brought any more.
    pub(crate) fn brought(&self, to: &Which, at: Position) {
        let mut letters = self.0.lock().unwrap();
        let waiting = letters.waiting.entry(to.clone()).or_default();
        let is_next = waiting
            .front()
            .is_some_and(|next| next.record.position == at);
        if let Some(event) = waiting.pop_front_if(|_| is_next) {
            letters.brought.push((to.clone(), event));
        }
    }
}

pub(crate) fn id(which: &Which) -> InstanceId {
    InstanceId::new(&which.1).unwrap()
}

fn name_of(saga: &str) -> &'static str {
    match saga {
        CHECKOUT => CHECKOUT,
        _ => LOYALTY,
    }
}

fn parkings(event: &SagaEvent) -> u64 {
    let SagaEvent::Reacted {
        decisions,
        instance,
        ..
    } = event
    else {
        return 0;
    };
    let parks = |decision: &&Decision| matches!(decision, Decision::Park { .. });
    let parkings = decisions.iter().filter(parks).count() as u64;
    let is_parked = matches!(instance.status, SagaStatus::Parked { .. });
    assert!(parkings == 0 || is_parked, "{instance:?}");
    parkings
}
