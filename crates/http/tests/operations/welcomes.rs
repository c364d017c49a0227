//! A service with a saga: whoever makes a deposit is booked and gets a mail, once somebody is there to
//! write it.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use annals_core::{
    Command, Effect, EffectKey, EventStore, InstanceId, Position, Read, ReadModels, Recorded,
    RetryPolicy, SagaStep, Source, Stage, Stepped, Steps, TableFold, decode,
};
use annals_runtime::{
    CommandBus, CommandContext, CommandFault, CommandHandler, ProjectionHandle, SagaEngine,
    SagaOptions, SagaRow, Sagas,
};
use async_trait::async_trait;
use metrics::{NoopRecorder, Recorder, with_local_recorder};
use serde::{Deserialize, Serialize};

use crate::bank::{AccountEvent, Bank, LONG, Service};

/// How long an attempt waits after another at most.
pub(crate) const WAIT: Duration = Duration::from_secs(2);

macro_rules! command {
    ($command:ident, $name:literal) => {
        #[derive(Serialize, Deserialize)]
        struct $command {
            account: String,
        }

        impl Command for $command {
            const NAME: &'static str = $name;
            type Reply = ();
            type Refusal = ();
        }
    };
}

command!(Book, "book");
command!(Unbook, "unbook");
command!(Mail, "mail");

#[derive(Serialize, Deserialize)]
pub(crate) struct Welcome {
    account: String,
}

impl Steps for Welcome {
    const NAME: &'static str = "welcome";
    type Event = AccountEvent;

    fn begin(event: &Recorded<AccountEvent>) -> Option<(InstanceId, Self)> {
        let account = event.record.stream.id().to_owned();
        Some((InstanceId::new(&account).ok()?, Self { account }))
    }

    fn timeout(&self) -> Option<Duration> {
        Some(Duration::from_secs(86_400))
    }

    fn stages() -> Vec<Stage<Self>> {
        let account = |it: &Self| it.account.clone();
        let twice = RetryPolicy {
            attempts: 2,
            first: WAIT,
            most: WAIT,
        };
        let book = SagaStep::new("book", move |it: &Self| Book {
            account: account(it),
        });
        let book = book.undone_by(move |it: &Self| Unbook {
            account: account(it),
        });
        let mail = SagaStep::new("mail", move |it: &Self| Mail {
            account: account(it),
        });
        vec![Stage::of(book), Stage::of(mail.retried(twice)).pivot()]
    }
}

/// Carries everything out, but for mails while nobody is there to write them.
#[derive(Clone, Default)]
struct Desk {
    is_manned: Arc<Mutex<bool>>,
    mails: Arc<Mutex<Vec<String>>>,
}

impl Desk {
    fn bus(&self) -> CommandBus {
        CommandBus::new()
            .handling::<Book>(self.clone())
            .handling::<Unbook>(self.clone())
            .handling::<Mail>(self.clone())
    }
}

#[async_trait]
impl CommandHandler<Book> for Desk {
    async fn handle(&self, _: Book, _: CommandContext) -> Result<(), CommandFault<()>> {
        Ok(())
    }
}

#[async_trait]
impl CommandHandler<Unbook> for Desk {
    async fn handle(&self, _: Unbook, _: CommandContext) -> Result<(), CommandFault<()>> {
        Ok(())
    }
}

#[async_trait]
impl CommandHandler<Mail> for Desk {
    async fn handle(&self, mail: Mail, _: CommandContext) -> Result<(), CommandFault<()>> {
        if !*self.is_manned.lock().unwrap() {
            let cause = std::io::Error::other("nobody is there");
            return Err(CommandFault::transient(cause));
        }
        self.mails.lock().unwrap().push(mail.account);
        Ok(())
    }
}

/// A service with the saga, which does what is due when it is told to.
pub(crate) struct Welcomes {
    pub(crate) bank: Bank,
    pub(crate) service: Service,
    engine: SagaEngine<Stepped<Welcome>>,
    index: Arc<ProjectionHandle>,
    desk: Desk,
}

impl Welcomes {
    pub(crate) async fn new() -> Self {
        Self::measured_by(&NoopRecorder, String::new).await
    }

    /// One whose metrics are rendered like that.
    pub(crate) async fn measured_by(
        recorder: &dyn Recorder,
        render: impl Fn() -> String + Send + Sync + 'static,
    ) -> Self {
        let (bank, desk) = (Bank::new().await, Desk::default());
        let engine = SagaEngine::new(bank.store(), desk.bus()).with_options(SagaOptions {
            clock: Arc::new(bank.clock.clone()),
            ..SagaOptions::default()
        });
        let read_models: Arc<dyn ReadModels> = Arc::new(bank.read_models.clone());
        let rows = read_models.projector(TableFold::of_rows::<SagaRow>());
        let index = Arc::new(bank.run_projector(rows.await.unwrap(), "1.0"));
        let sagas = Sagas::new(&bank.store(), &read_models);
        let sagas = with_local_recorder(recorder, || sagas.with(&engine));
        let operations = bank.operations().with_sagas(sagas).with_metrics(render);
        Self {
            service: Service::new(Arc::clone(&index), operations),
            bank,
            engine,
            index,
            desk,
        }
    }

    /// Begins to welcome somebody, and books them.
    pub(crate) async fn begin(&self, account: &str) {
        let position = self.bank.deposit(account, &[100]).await;
        let read = Read::forwards(Source::all_after(Position(position.0 - 1))).limit(1);
        let events = self.bank.store.read(read).await.unwrap();
        let record = events.collect().await.unwrap().pop().unwrap();
        let event: Recorded<AccountEvent> = decode(record).unwrap().into_iter().next().unwrap();
        let key = EffectKey::of("welcome", event.record.id);
        self.engine.inbox().perform(&event, key).await.unwrap();
        self.drive(account).await;
    }

    /// Begins to welcome somebody, and finds twice that nobody is there to write the mail.
    pub(crate) async fn park(&self, account: &str) {
        self.begin(account).await;
        self.bank.clock.advance(WAIT);
        self.drive(account).await;
    }

    /// From now on somebody is there to write mails.
    pub(crate) fn man(&self) {
        *self.desk.is_manned.lock().unwrap() = true;
    }

    pub(crate) fn mails(&self) -> Vec<String> {
        self.desk.mails.lock().unwrap().clone()
    }

    /// Does what is due, and waits until the read model tells of it.
    pub(crate) async fn drive(&self, account: &str) {
        let instance = InstanceId::new(account).unwrap();
        self.engine.drive(&instance).await.unwrap();
        let head = self.bank.store.head().await.unwrap();
        self.index.wait_for(head, LONG).await.unwrap();
    }
}
