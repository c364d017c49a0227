//! The connection to a NATS server: opened with the first message, and again by its client from then on.

use std::path::{Path, PathBuf};
use std::time::Duration;

use annals_core::EffectError;
use async_nats::jetstream::{self, Context};
use async_nats::{Client, ConnectError, ConnectOptions, ServerAddr};
use tokio::sync::OnceCell;

use crate::authority;
use crate::error::DestinationError;

/// Below what an effect may take for an event, so that it learns what was wrong.
const TIMEOUT: Duration = Duration::from_secs(4);

/// What a URL is refused with that is of another kind.
const NO_URL: DestinationError = DestinationError::ServerUrl {
    kind: "tls://user:password@host:port",
};

/// A connection, or the way to one.
pub(super) struct Connection {
    server: Server,
    timeout: Duration,
    /// Nothing before the first message, or as long as nobody could be reached.
    context: OnceCell<Context>,
}

/// Who is asked.
enum Server {
    At {
        address: ServerAddr,
        /// Who alone signs its certificate, if it is said.
        authority: Option<PathBuf>,
    },
    Of(Client),
}

impl Connection {
    pub(super) fn at(url: &str) -> Result<Self, DestinationError> {
        let address: ServerAddr = url.parse().map_err(|_| NO_URL)?;
        match address.scheme() {
            "nats" | "tls" => Ok(Self::to(Server::At {
                address,
                authority: None,
            })),
            _ => Err(NO_URL),
        }
    }

    pub(super) fn of(client: Client) -> Self {
        Self::to(Server::Of(client))
    }

    fn to(server: Server) -> Self {
        Self {
            server,
            timeout: TIMEOUT,
            context: OnceCell::new(),
        }
    }

    pub(super) fn trusting(mut self, file: &Path) -> Result<Self, DestinationError> {
        match &mut self.server {
            Server::At { address, authority } if address.tls_required() => {
                authority::read(file)?;
                *authority = Some(file.to_owned());
                Ok(self)
            }
            _ => Err(NO_URL),
        }
    }

    pub(super) fn waiting_for(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// What questions are asked by, once the server was reached.
    pub(super) async fn context(&self) -> Result<&Context, EffectError> {
        let opening = self.context.get_or_try_init(|| async {
            let mut context = jetstream::new(self.connect().await?);
            context.set_timeout(self.timeout);
            Ok(context)
        });
        opening.await.map_err(|error: ConnectError| EffectError::transient(error))
    }

    async fn connect(&self) -> Result<Client, ConnectError> {
        let (address, authority) = match &self.server {
            Server::Of(client) => return Ok(client.clone()),
            Server::At { address, authority } => (address, authority),
        };
        let options = ConnectOptions::new().connection_timeout(self.timeout);
        let options = match authority {
            Some(file) => options.add_root_certificates(file.clone()),
            None => options,
        };
        options.connect(address).await
    }
}
