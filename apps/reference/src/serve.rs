//! Serving: from the open bank to the last answer.

use std::future::IntoFuture;
use std::io::Write;
use std::net::SocketAddr;
use std::time::Duration;

use annals::http::Limits;
use axum::Router;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::oneshot;

use crate::bank::Bank;
use crate::demo;
use crate::error::Error;
use crate::messages_out::MessagesOut;
use crate::metrics::Metrics;
use crate::options::Options;
use crate::place::Place;
use crate::routes::{Operating, router};

/// How long requests in flight may take once the service was told to stop.
const DRAIN_WITHIN: Duration = Duration::from_secs(20);

/// Serves until Ctrl-C or SIGTERM, then drains: requests in flight are answered and projections
/// write their checkpoints.
///
/// # Errors
/// [`Error`] when it cannot start.
pub async fn serve(options: &Options) -> Result<(), Error> {
    refuse_insecure(options)?;
    let place = options.place()?;
    let operating = operating(options)?;
    let messages = MessagesOut {
        webhook: options.webhook.open()?,
        outbox: options.outbox.open()?,
    };
    let bank = Bank::open_telling(&place, messages).await?;
    let bank = bank.with_checkout_timeout(Duration::from_secs(options.checkout_timeout));
    if options.seed_demo {
        demo::seed(&bank).await?;
    }
    let address = options.listen;
    let listener = TcpListener::bind(address).await;
    let listener = listener.map_err(|source| Error::Listen { address, source })?;
    // Before anyone is told that it serves: from then on a signal must drain it.
    let told_to_stop = StopSignals::listen()?;
    greet(listener.local_addr()?, &place);
    let router = router(bank.clone(), operating, Limits::default());
    serve_until(told_to_stop, listener, router).await;
    bank.stop().await;
    tracing::info!("stopped");
    Ok(())
}

/// What is there for whoever operates the service. Nobody else sees what is measured, so that nothing is
/// measured without them.
fn operating(options: &Options) -> Result<Option<Operating>, Error> {
    let Some(token) = options.operations_token()? else {
        return Ok(None);
    };
    let metrics = Metrics::install()?;
    Ok(Some(Operating { token, metrics }))
}

fn refuse_insecure(options: &Options) -> Result<(), Error> {
    if options.listen.ip().is_loopback() || options.insecure_listen {
        return Ok(());
    }
    Err(Error::InsecureListen(options.listen))
}

fn greet(address: SocketAddr, place: &Place) {
    let greeting = format!(
        "listening on  http://{address}   (documentation: http://{address}/docs)\n\
         data kept in  {place}\n\
         try           curl -i http://{address}/accounts -H 'Content-Type: application/json' \
         -d '{{\"accountId\":\"acc-123\",\"ownerId\":\"me\",\"initialDeposit\":\"50.00\"}}'\n"
    );
    // A service whose standard output nobody reads serves all the same.
    let _unread = std::io::stdout().write_all(greeting.as_bytes());
}

async fn serve_until(told_to_stop: StopSignals, listener: TcpListener, router: Router) {
    let (stop, stopping) = oneshot::channel::<()>();
    let server = axum::serve(listener, router);
    let drained = server.with_graceful_shutdown(async {
        // A dropped sender means stop as well.
        let _stop = stopping.await;
    });
    let serving = tokio::spawn(drained.into_future());
    told_to_stop.wait().await;
    tracing::info!("draining");
    drop(stop);
    let abort = serving.abort_handle();
    if tokio::time::timeout(DRAIN_WITHIN, serving).await.is_err() {
        tracing::warn!("requests took too long and were cut off");
        abort.abort();
    }
}

/// Ctrl-C and SIGTERM.
struct StopSignals {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
}

impl StopSignals {
    fn listen() -> Result<Self, std::io::Error> {
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
        })
    }

    async fn wait(mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}
