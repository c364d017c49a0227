//! The service in a process of its own, and requests to it.

use std::net::{SocketAddr, TcpListener};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper::{HeaderMap, Method, Request, StatusCode};
use hyper_util::client::legacy::Client as HyperClient;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde_json::Value;
use tokio::time::timeout;

use crate::Failure;

const TOKEN: &str = "the-token-of-a-benchmark";

/// What tells of a database to use: not what a service is told of its own with, whose events must not
/// be mixed with ours.
const STORE_VARIABLE: &str = "ANNALS_BENCH_STORE";

/// How often a service that is starting is asked whether it is ready.
const ASK_EVERY: Duration = Duration::from_millis(20);

/// How long a service may take to be ready: at its first start it takes in every event.
const READY_WITHIN: Duration = Duration::from_secs(600);

/// Where the service keeps everything, and where it listens whenever it runs.
pub(crate) struct Place {
    directory: tempfile::TempDir,
    /// A database, if that is where.
    url: Option<String>,
    address: SocketAddr,
}

impl Place {
    pub(crate) fn new() -> Result<Self, Failure> {
        let directory = tempfile::tempdir()?;
        std::fs::write(directory.path().join("token"), TOKEN)?;
        Ok(Self {
            directory,
            url: std::env::var(STORE_VARIABLE).ok(),
            // Free now, and taken by nobody else in a benchmark.
            address: TcpListener::bind("127.0.0.1:0")?.local_addr()?,
        })
    }

    /// As the builder of a service is told.
    pub(crate) fn open(&self) -> String {
        let directory = || self.directory.path().join("data").display().to_string();
        self.url.clone().unwrap_or_else(directory)
    }

    pub(crate) fn kind(&self) -> &'static str {
        match self.url {
            Some(_) => "PostgreSQL",
            None => "a directory",
        }
    }

    pub(crate) fn client(&self) -> Client {
        Client {
            client: HyperClient::builder(TokioExecutor::new()).build_http(),
            address: self.address,
        }
    }

    /// Starts it, and waits until its read models are up to date.
    pub(crate) async fn start(&self) -> Result<Service, Failure> {
        let (variable, value) = match &self.url {
            Some(url) => ("ANNALS_STORE", url.clone()),
            None => ("ANNALS_DATA_DIR", self.open()),
        };
        let mut command = Command::new(env!("CARGO_BIN_EXE_annals-reference"));
        for (name, _) in std::env::vars_os() {
            if name.as_encoded_bytes().starts_with(b"ANNALS_") {
                command.env_remove(name);
            }
        }
        let process = command
            .args(["--listen", &self.address.to_string()])
            .arg("--operations-token-file")
            .arg(self.directory.path().join("token"))
            .arg("--keys-dir")
            .arg(self.directory.path().join("keys"))
            .env(variable, value)
            .env("RUST_LOG", "error")
            .stdout(Stdio::null())
            .spawn()?;
        let mut service = Service { process };
        let ready = timeout(READY_WITHIN, self.until_ready(&mut service)).await;
        ready.map_err(|_| format!("the service is not ready within {READY_WITHIN:?}"))??;
        Ok(service)
    }

    async fn until_ready(&self, service: &mut Service) -> Result<(), Failure> {
        let client = self.client();
        let mut pace = tokio::time::interval(ASK_EVERY);
        loop {
            pace.tick().await;
            if let Some(status) = service.process.try_wait()? {
                return Err(format!("the service ended before it was ready: {status}").into());
            }
            // Until it listens nobody answers.
            if let Ok(answer) = client.get("/health/ready").await
                && answer.status == StatusCode::OK
            {
                return Ok(());
            }
        }
    }
}

/// A running service; killed when dropped.
pub(crate) struct Service {
    process: Child,
}

impl Service {
    /// As the system does it when there is no memory left.
    pub(crate) fn kill(mut self) -> Result<(), Failure> {
        self.process.kill()?;
        self.process.wait()?;
        Ok(())
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        // It may have ended already, and nobody is left to tell.
        let _ended = self.process.kill();
        let _ended = self.process.wait();
    }
}

/// Sends requests. Clones share their connections.
#[derive(Clone)]
pub(crate) struct Client {
    client: HyperClient<HttpConnector, Full<Bytes>>,
    address: SocketAddr,
}

/// What the service answered.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Value,
}

impl Client {
    pub(crate) async fn get(&self, path: &str) -> Result<Answer, Failure> {
        self.send(Method::GET, path, &Value::Null, None).await
    }

    /// With a key that makes a repeat harmless.
    pub(crate) async fn post(
        &self,
        path: &str,
        body: &Value,
        key: Option<&str>,
    ) -> Result<Answer, Failure> {
        self.send(Method::POST, path, body, key).await
    }

    async fn send(
        &self,
        method: Method,
        path: &str,
        body: &Value,
        key: Option<&str>,
    ) -> Result<Answer, Failure> {
        let mut request = Request::builder()
            .method(method)
            .uri(format!("http://{}{path}", self.address))
            .header("authorization", format!("Bearer {TOKEN}"));
        if let Some(key) = key {
            request = request.header("idempotency-key", key);
        }
        let body = match body {
            Value::Null => Bytes::new(),
            body => {
                request = request.header("content-type", "application/json");
                body.to_string().into()
            }
        };
        let answer = self.client.request(request.body(Full::new(body))?).await?;
        let (parts, body) = answer.into_parts();
        let body = body.collect().await?.to_bytes();
        Ok(Answer {
            status: parts.status,
            headers: parts.headers,
            body: serde_json::from_slice(&body).unwrap_or_default(),
        })
    }
}
