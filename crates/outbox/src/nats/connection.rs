//! The connection to a NATS server: opened with the first message, and again by its client from then on.

use std::path::Path;
use std::time::Duration;

use annals_core::EffectError;
use async_nats::jetstream::{self, Context};
use async_nats::{Client, ConnectError, ConnectErrorKind, ConnectOptions, ServerAddr};
use percent_encoding::percent_decode_str;
use tokio::sync::OnceCell;

use crate::authority;
use crate::error::DestinationError;

/// For the connection, and for each of the three answers that its first message needs: together below
/// what an effect may take for an event, so that it learns what was wrong.
const TIMEOUT: Duration = Duration::from_secs(2);

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
        options: Box<ConnectOptions>,
    },
    Of(Client),
}

impl Connection {
    pub(super) fn at(url: &str) -> Result<Self, DestinationError> {
        let url: ServerAddr = url.parse().map_err(|_| NO_URL)?;
        let is_encrypted = match url.scheme() {
            "tls" => true,
            "nats" => false,
            _ => return Err(NO_URL),
        };
        let options = match is_encrypted {
            // Of all servers, also of those that the first one names.
            true => ConnectOptions::new().require_tls(true),
            // Those may be on other machines, where nothing may go unencrypted.
            false => ConnectOptions::new().ignore_discovered_servers(),
        };
        Ok(Self::to(Server::At {
            options: Box::new(logging_in(options, &url)),
            address: without_login(url)?,
        }))
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
        authority::read(file)?;
        match self.server {
            Server::At { address, options } if address.tls_required() => {
                let options = options.add_root_certificates(file.to_owned());
                self.server = Server::At {
                    address,
                    options: Box::new(options),
                };
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
            Ok::<_, ConnectError>(context)
        });
        // From the name of the server on, and also while others try: the client limits less.
        let opened = tokio::time::timeout(self.timeout, opening).await;
        let silent = |_| Err(ConnectError::new(ConnectErrorKind::TimedOut));
        opened
            .unwrap_or_else(silent)
            .map_err(EffectError::transient)
    }

    async fn connect(&self) -> Result<Client, ConnectError> {
        match &self.server {
            Server::Of(client) => Ok(client.clone()),
            Server::At { address, options } => {
                let options = ConnectOptions::clone(options).connection_timeout(self.timeout);
                options.connect(address).await
            }
        }
    }
}

/// The client reads nothing of a URL but the address.
fn logging_in(options: ConnectOptions, url: &ServerAddr) -> ConnectOptions {
    let decoded = |text| percent_decode_str(text).decode_utf8_lossy().into_owned();
    match (url.username(), url.password()) {
        (None, _) => options,
        (Some(token), None) => options.token(decoded(token)),
        (Some(user), Some(password)) => options.user_and_password(decoded(user), decoded(password)),
    }
}

/// The address alone: the client logs it.
fn without_login(url: ServerAddr) -> Result<ServerAddr, DestinationError> {
    let mut url = url.into_inner();
    url.set_username("").map_err(|()| NO_URL)?;
    url.set_password(None).map_err(|()| NO_URL)?;
    ServerAddr::from_url(url).map_err(|_| NO_URL)
}

#[cfg(test)]
mod tests;
