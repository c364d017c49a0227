//! Driving workers: as fast as they go, or at a pace that does not wait for them.

use std::sync::Arc;
use std::time::{Duration, Instant};

use hdrhistogram::Histogram;
use tokio::sync::{Barrier, mpsc};
use tokio::task::JoinSet;

use crate::Outcome;

#[cfg(test)]
mod tests;

/// One of several that do the same work at the same time, on a connection or stream of its own.
#[async_trait::async_trait]
pub(crate) trait Worker: Send {
    /// Does the work once and tells how many events or commands it was; 0: there is no more.
    async fn work(&mut self) -> Outcome<u64>;
}

/// What a run of workers came to.
pub(crate) struct Run {
    /// Events or commands in a second, of all workers together.
    pub(crate) per_second: f64,
    /// How long each piece of work took, in microseconds.
    pub(crate) latency: Latency,
}

/// Microseconds.
pub(crate) type Latency = Histogram<u64>;

/// An empty histogram: three digits are kept of any duration.
pub(crate) fn no_latency() -> Latency {
    Histogram::new(3).expect("three digits can be kept")
}

/// Each worker does one piece of work after the other, until the time is over.
///
/// The first piece of each is not counted: statements are prepared and caches filled by it.
pub(crate) async fn at_full_speed(workers: Vec<Box<dyn Worker>>, time: Duration) -> Outcome<Run> {
    let start = Arc::new(Barrier::new(workers.len()));
    let mut running = JoinSet::new();
    for worker in workers {
        running.spawn(work_until_over(worker, Arc::clone(&start), time));
    }
    let mut latency = no_latency();
    let mut done = 0;
    let mut longest = Duration::ZERO;
    while let Some(ended) = running.join_next().await {
        let (of_worker, latencies, elapsed) = ended??;
        done += of_worker;
        latency.add(latencies)?;
        longest = longest.max(elapsed);
    }
    Ok(Run {
        per_second: done as f64 / longest.as_secs_f64(),
        latency,
    })
}

async fn work_until_over(
    mut worker: Box<dyn Worker>,
    start: Arc<Barrier>,
    time: Duration,
) -> Outcome<(u64, Latency, Duration)> {
    worker.work().await?;
    start.wait().await;
    let started = Instant::now();
    let mut latency = no_latency();
    let mut done = 0;
    while started.elapsed() < time {
        let begun = Instant::now();
        let pieces = worker.work().await?;
        if pieces == 0 {
            break;
        }
        latency.record(micros(begun.elapsed()))?;
        done += pieces;
    }
    Ok((done, latency, started.elapsed()))
}

/// Pieces of work become due at a pace, whether or not a worker is free to take them, and each
/// counts from when it was due. What waits behind a slow piece is so counted as slow as it was.
pub(crate) async fn at_pace(
    workers: Vec<Box<dyn Worker>>,
    per_second: f64,
    time: Duration,
) -> Outcome<Latency> {
    let (due, taken) = mpsc::unbounded_channel();
    let taken = Arc::new(tokio::sync::Mutex::new(taken));
    let ready = Arc::new(Barrier::new(workers.len() + 1));
    let mut running = JoinSet::new();
    for worker in workers {
        running.spawn(take_what_is_due(
            worker,
            Arc::clone(&ready),
            Arc::clone(&taken),
        ));
    }
    ready.wait().await;
    let pace = std::thread::spawn(move || keep_pace(&due, per_second, time));
    let mut latency = no_latency();
    while let Some(ended) = running.join_next().await {
        latency.add(ended??)?;
    }
    pace.join().map_err(|_| "the pace was lost")?;
    Ok(latency)
}

async fn take_what_is_due(
    mut worker: Box<dyn Worker>,
    ready: Arc<Barrier>,
    taken: Arc<tokio::sync::Mutex<mpsc::UnboundedReceiver<Instant>>>,
) -> Outcome<Latency> {
    worker.work().await?;
    ready.wait().await;
    let mut latency = no_latency();
    loop {
        let Some(due) = taken.lock().await.recv().await else {
            return Ok(latency);
        };
        worker.work().await?;
        latency.record(micros(due.elapsed()))?;
    }
}

/// Says when each piece is due. A thread, since the runtime's timer is as coarse as a millisecond.
fn keep_pace(due: &mpsc::UnboundedSender<Instant>, per_second: f64, time: Duration) {
    let started = Instant::now();
    let pieces = (per_second * time.as_secs_f64()) as u32;
    for piece in 0..pieces {
        let at = started + time * piece / pieces;
        #[expect(clippy::disallowed_methods, reason = "the pace is what is given")]
        std::thread::sleep(at.saturating_duration_since(Instant::now()));
        if due.send(at).is_err() {
            return;
        }
    }
}

/// A duration as the histograms keep it.
pub(crate) fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}
