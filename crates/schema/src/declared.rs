//! What the code declares: event types, their shapes, and samples of them.

use std::sync::Arc;

use annals_core::{Event, EventSchema};
use schemars::{JsonSchema, schema_for};
use serde_json::Value;

use crate::fault::SchemaFault;
use crate::payload_schema;
use crate::sample::{self, Outcome, Sample, SampleFault};

/// One enum of events.
pub(crate) struct DeclaredEvents {
    pub(crate) events: Vec<DeclaredEvent>,
    pub(crate) retired: Vec<&'static str>,
    /// Reads a sample as these events.
    pub(crate) read: fn(&str, u32, &Sample) -> Result<Vec<Outcome>, SampleFault>,
}

/// One event type.
pub(crate) struct DeclaredEvent {
    pub(crate) schema: &'static EventSchema,
    /// Its JSON Schema; `None`: that of the enum has no part for it.
    pub(crate) json: Option<Value>,
    pub(crate) samples: Result<Vec<Sample>, Arc<SampleFault>>,
}

impl DeclaredEvents {
    pub(crate) fn of<E: Event + JsonSchema>(samples: impl IntoIterator<Item = E>) -> Self {
        let whole = schema_for!(E).to_value();
        let declared = |schema| DeclaredEvent {
            schema,
            json: payload_schema::of(schema, &whole),
            samples: Ok(Vec::new()),
        };
        let mut events: Vec<_> = E::SCHEMAS.iter().map(declared).collect();
        for event in samples {
            let name = event.schema().name;
            let of_type = events.iter_mut().find(|it| it.schema.name == name);
            if let Some(of_type) = of_type {
                of_type.add(sample::of_event(event));
            }
        }
        Self {
            events,
            retired: E::RETIRED.iter().map(|retired| retired.name).collect(),
            read: sample::read::<E>,
        }
    }

    /// True if events of this stored name are read as these.
    pub(crate) fn knows(&self, name: &str) -> bool {
        self.retired.contains(&name) || self.reading(name).is_some()
    }

    /// The event type that events of this stored name are read as.
    pub(crate) fn reading(&self, name: &str) -> Option<&DeclaredEvent> {
        let mut events = self.events.iter();
        events.find(|event| event.names().any(|known| known == name))
    }
}

impl DeclaredEvent {
    fn add(&mut self, sample: Result<Sample, SampleFault>) {
        match (sample, &mut self.samples) {
            (Ok(sample), Ok(samples)) => samples.push(sample),
            (Err(fault), samples @ Ok(_)) => *samples = Err(Arc::new(fault)),
            (_, Err(_)) => {}
        }
    }

    pub(crate) fn name(&self) -> &'static str {
        self.schema.name
    }

    /// The name it is stored under, and those that it was.
    pub(crate) fn names(&self) -> impl Iterator<Item = &'static str> {
        [self.schema.name]
            .into_iter()
            .chain(self.schema.aliases.iter().copied())
    }

    /// What is wrong with it, whatever is recorded.
    pub(crate) fn faults(&self) -> Vec<SchemaFault> {
        let event = self.name().to_owned();
        let mut faults = Vec::new();
        if self.json.is_none() {
            let (event, variant) = (event.clone(), self.schema.variant);
            faults.push(SchemaFault::NoSchema { event, variant });
        }
        if let Some(fault) = self.schema.chain_fault() {
            let event = event.clone();
            faults.push(SchemaFault::Chain { event, fault });
        }
        match &self.samples {
            Ok(samples) if samples.is_empty() => faults.push(SchemaFault::NoSample { event }),
            Ok(_) => {}
            Err(fault) => {
                let fault = Arc::clone(fault);
                faults.push(SchemaFault::UnfitSample { event, fault });
            }
        }
        faults
    }
}
