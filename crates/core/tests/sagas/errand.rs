//! The saga of these tests: buys something for somebody, and sends it.

use std::collections::BTreeMap;
use std::time::Duration;

use annals_core::{
    Answer, AppendId, Asked, Command, Decision, Ending, Event, EventId, Input, Instance,
    InstanceId, Metadata, Position, Recorded, RecordedEvent, Request, RetryPolicy, SagaStatus,
    SagaStep, Stage, Stepped, Steps, StreamVersion, Timestamp,
};
use annals_macros::Event;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

#[derive(Event, Serialize, Deserialize, Debug, Clone, PartialEq)]
pub(crate) enum ErrandEvent {
    ErrandAsked { goods: String },
}

/// Stages: reserve; pay and pack; send, which is the pivot; thank.
#[derive(Serialize, Deserialize, Debug, Clone, PartialEq)]
pub(crate) struct Errand {
    goods: String,
    /// The receipts for reserving, paying and packing, as they were noted.
    receipts: Vec<String>,
}

/// What is done for an errand, with all receipts before it.
#[derive(Serialize, Deserialize)]
pub(crate) struct Do {
    what: String,
    receipts: Vec<String>,
}

impl Command for Do {
    const NAME: &'static str = "do";
    type Reply = String;
    type Refusal = String;
}

impl Errand {
    fn to(&self, what: &str) -> Do {
        Do {
            what: format!("{what} {}", self.goods),
            receipts: self.receipts.clone(),
        }
    }

    fn step(name: &'static str) -> SagaStep<Self> {
        let note = |errand: &mut Self, receipt| errand.receipts.push(receipt);
        SagaStep::noting(name, move |errand: &Self| errand.to(name), note)
    }
}

impl Steps for Errand {
    const NAME: &'static str = "errand";
    type Event = ErrandEvent;

    fn begin(event: &Recorded<ErrandEvent>) -> Option<(InstanceId, Self)> {
        let ErrandEvent::ErrandAsked { goods } = &event.event;
        let errand = Self {
            goods: goods.clone(),
            receipts: Vec::new(),
        };
        Some((InstanceId::new(event.record.stream.id()).ok()?, errand))
    }

    fn timeout(&self) -> Option<Duration> {
        Some(Duration::from_secs(3_600))
    }

    fn once_undone(&self, reason: &Value) -> Option<Request> {
        let goods = &self.goods;
        let what = format!("tell that there is no {goods}: {reason}");
        let receipts = Vec::new();
        Some(Request::of(&Do { what, receipts }))
    }

    /// Version 1 knew no receipts.
    fn migrate(_: u32, errand: &Value) -> Option<Self> {
        let goods = errand["goods"].as_str()?.to_owned();
        let receipts = Vec::new();
        Some(Self { goods, receipts })
    }

    fn stages() -> Vec<Stage<Self>> {
        let reserve = Self::step("reserve").undone_by(|errand| errand.to("release"));
        let reserve = reserve.even_if_unknown();
        let pay = Self::step("pay").undone_by(|errand| errand.to("refund"));
        let pack = Self::step("pack").undone_by(|errand| errand.to("unpack"));
        let send = SagaStep::new("send", |errand: &Self| errand.to("send"));
        let send = send.undone_by(|errand| errand.to("fetch"));
        let thank = SagaStep::new("thank", |errand: &Self| errand.to("thank"));
        vec![
            Stage::of(reserve),
            Stage::all([]),
            Stage::all([pay, pack.retried(RetryPolicy::ONCE)]),
            Stage::of(send).pivot(),
            Stage::of(thank),
        ]
    }
}

pub(crate) type Saga = Stepped<Errand>;

/// One errand, and a clock that stands still.
pub(crate) struct Run {
    pub(crate) instance: Instance,
    pub(crate) now: Timestamp,
}

impl Run {
    /// One that was asked for.
    pub(crate) fn new() -> Self {
        let mut run = Self {
            instance: Instance::begin::<Saga>(Position(1)),
            now: Timestamp::UNIX_EPOCH,
        };
        run.tell(Input::Event(Box::new(asked_for("flour"))));
        run
    }

    /// One to which these calls were carried out.
    pub(crate) fn after(calls: &[&str]) -> Self {
        let mut run = Self::new();
        for call in calls {
            run.done(call);
        }
        run
    }

    #[expect(clippy::needless_pass_by_value, reason = "inputs are made in place")]
    pub(crate) fn tell(&mut self, input: Input<ErrandEvent>) -> Vec<Decision> {
        self.instance.take_in::<Saga>(&input, self.now).unwrap()
    }

    pub(crate) fn answer(&mut self, call: &str, answer: Answer) -> Vec<Decision> {
        let call = call.to_owned();
        self.tell(Input::Answer { call, answer })
    }

    pub(crate) fn done(&mut self, call: &str) -> Vec<Decision> {
        self.answer(call, Answer::Done(json!(format!("{call}: done"))))
    }

    pub(crate) fn refused(&mut self, call: &str) -> Vec<Decision> {
        self.answer(call, Answer::Refused(json!(format!("{call}: no"))))
    }

    pub(crate) fn given_up(&mut self, call: &str) -> Vec<Decision> {
        let error = format!("{call}: no answer");
        self.answer(call, Answer::GaveUp { error })
    }

    pub(crate) fn timed_out(&mut self) -> Vec<Decision> {
        let name = "timeout".to_owned();
        self.tell(Input::Timer { name })
    }

    pub(crate) fn retry(&mut self) -> Vec<Decision> {
        self.tell(Input::Asked(Asked::Retry))
    }

    pub(crate) fn skip(&mut self) -> Vec<Decision> {
        let reason = "seen to it".to_owned();
        self.tell(Input::Asked(Asked::Skip { reason }))
    }

    pub(crate) fn compensate(&mut self) -> Vec<Decision> {
        let reason = "not wanted any more".to_owned();
        self.tell(Input::Asked(Asked::Compensate { reason }))
    }

    /// The names of the calls that are not answered.
    pub(crate) fn open(&self) -> Vec<&str> {
        self.instance.calls.keys().map(String::as_str).collect()
    }

    /// What an open call asks for.
    pub(crate) fn payload(&self, call: &str) -> &Value {
        &self.instance.calls[call].call.request.payload
    }

    pub(crate) fn number(&self, call: &str) -> u64 {
        self.instance.calls[call].number
    }

    pub(crate) fn parked(&self) -> Option<&str> {
        match &self.instance.status {
            SagaStatus::Parked { reason } => Some(reason),
            _ => None,
        }
    }

    pub(crate) fn compensated(&self) -> Option<&Value> {
        match &self.instance.status {
            SagaStatus::Ended(Ending::Compensated { reason }) => Some(reason),
            _ => None,
        }
    }

    pub(crate) fn is_completed(&self) -> bool {
        self.instance.status == SagaStatus::Ended(Ending::Completed)
    }

    /// Answers all that is open until nothing is: the names of the calls, in their order.
    pub(crate) fn carry_out_all(&mut self) -> Vec<String> {
        let mut made = Vec::new();
        while let Some(call) = self.instance.calls.keys().next().cloned() {
            self.done(&call);
            made.push(call);
        }
        made
    }
}

/// An errand for something, as it is recorded.
pub(crate) fn asked_for(goods: &str) -> Recorded<ErrandEvent> {
    let goods = goods.to_owned();
    let event = ErrandEvent::ErrandAsked { goods };
    let append = AppendId::of_key("errand", "1");
    let id = EventId::of_append(append, 0);
    let new = event.to_new(id, Metadata::default()).unwrap();
    let record = RecordedEvent {
        position: Position(1),
        stream: "Errand-1".parse().unwrap(),
        version: StreamVersion(1),
        id,
        append,
        event_type: new.event_type,
        schema_version: new.schema_version,
        content_type: new.content_type,
        data: new.data,
        tags: new.tags,
        metadata: new.metadata,
        recorded_at: Timestamp::UNIX_EPOCH,
        keys: annals_core::Keys::default(),
    };
    Recorded {
        event,
        record,
        part: 0,
    }
}

/// How often each of these names is there.
pub(crate) fn counted<'a>(names: impl IntoIterator<Item = &'a String>) -> BTreeMap<&'a str, usize> {
    let mut counts = BTreeMap::new();
    for name in names {
        *counts.entry(name.as_str()).or_default() += 1;
    }
    counts
}
