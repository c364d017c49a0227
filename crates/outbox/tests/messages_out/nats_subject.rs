//! What a reader of a NATS subject sees.

use std::time::Duration;

use async_nats::jetstream::consumer::{AckPolicy, pull};
use async_nats::jetstream::message::PublishMessage;
use async_nats::jetstream::stream::{Config, RetentionPolicy};
use async_nats::jetstream::{self, Context, Message};
use async_nats::{ConnectOptions, HeaderMap};
use futures_util::StreamExt;

/// A stream of JetStream that takes one subject, and with it who reads and who else writes.
pub(crate) struct Subject {
    url: String,
    context: Context,
    name: String,
}

/// For so short the server recognises a repeat by its id.
const WINDOW: Duration = Duration::from_millis(100);

impl Subject {
    /// A new stream for the subject, under its name.
    pub(crate) async fn new(url: &str, name: &str) -> Self {
        Self::over(connect(url).await, url, config(name)).await
    }

    pub(crate) async fn with_retention(url: &str, name: &str, retention: RetentionPolicy) -> Self {
        let config = Config {
            retention,
            ..config(name)
        };
        Self::over(connect(url).await, url, config).await
    }

    /// The same of a server that knows the ids it took for so long.
    pub(crate) async fn with_window(url: &str, name: &str, duplicate_window: Duration) -> Self {
        let config = Config {
            duplicate_window,
            ..config(name)
        };
        Self::over(connect(url).await, url, config).await
    }

    /// The same of a server that asks for a user and a password.
    pub(crate) async fn by((user, password): (&str, &str), url: &str, name: &str) -> Self {
        let options = ConnectOptions::with_user_and_password(user.to_owned(), password.to_owned());
        let context = jetstream::new(options.connect(url).await.unwrap());
        Self::over(context, url, config(name)).await
    }

    async fn over(context: Context, url: &str, config: Config) -> Self {
        let name = config.name.clone();
        context.create_stream(config).await.unwrap();
        Self {
            url: url.to_owned(),
            context,
            name,
        }
    }

    /// How many messages the stream holds.
    pub(crate) async fn count(&self) -> u64 {
        let stream = self.context.get_stream(&self.name).await.unwrap();
        stream.cached_info().state.messages
    }

    /// All messages of the subject, over a connection that no server has forgotten.
    pub(crate) async fn messages(&self) -> Vec<Message> {
        let context = connect(&self.url).await;
        let stream = context.get_stream(&self.name).await.unwrap();
        let config = pull::Config {
            ack_policy: AckPolicy::None,
            filter_subject: self.name.clone(),
            ..pull::Config::default()
        };
        let consumer = stream.create_consumer(config).await.unwrap();
        let pending = usize::try_from(consumer.cached_info().num_pending).unwrap();
        let messages = consumer.messages().await.unwrap().take(pending);
        messages.map(Result::unwrap).collect().await
    }

    /// The marks of all messages.
    pub(crate) async fn marks(&self) -> Vec<String> {
        let messages = self.messages().await.into_iter();
        messages
            .map(|message| header(message.headers.as_ref().unwrap(), "Annals-Mark"))
            .collect()
    }

    /// Removes all messages of the subject.
    pub(crate) async fn purge(&self) {
        let stream = self.context.get_stream(&self.name).await.unwrap();
        stream.purge().filter(&self.name).await.unwrap();
    }

    /// Writes a message of somebody else.
    pub(crate) async fn write(&self, text: &'static str) {
        let sent = self.context.publish(self.name.clone(), text.into()).await;
        sent.unwrap().await.unwrap();
    }

    /// Writes a message of another publication, far beyond ours.
    pub(crate) async fn write_of_another_publication(&self) {
        let publish = PublishMessage::build()
            .header("Annals-Publication", "windows https://house.example/%C3%A4")
            .header("Annals-Mark", "100-0")
            .header("Annals-Event", "of a window");
        let sent = self.context.send_publish(self.name.clone(), publish).await;
        sent.unwrap().await.unwrap();
    }

    /// Waits until the server has forgotten all ids it took so far: it takes one a second time.
    pub(crate) async fn until_ids_are_forgotten(&self) {
        let mut taken = 0;
        while taken < 2 {
            let publish = PublishMessage::build().message_id("elsewhere");
            let sent = self
                .context
                .send_publish(elsewhere(&self.name), publish)
                .await;
            let answer = sent.unwrap().await.unwrap();
            taken += usize::from(!answer.duplicate);
        }
    }
}

async fn connect(url: &str) -> Context {
    jetstream::new(async_nats::connect(url).await.unwrap())
}

/// A text of a header.
pub(crate) fn header(headers: &HeaderMap, name: &str) -> String {
    headers.get(name).unwrap().as_str().to_owned()
}

fn config(name: &str) -> Config {
    Config {
        name: name.to_owned(),
        subjects: vec![name.to_owned(), elsewhere(name)],
        duplicate_window: WINDOW,
        ..Config::default()
    }
}

/// Another subject of the stream of this one.
pub(crate) fn elsewhere(name: &str) -> String {
    format!("elsewhere.{name}")
}
