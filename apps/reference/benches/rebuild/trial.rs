//! The order of it all.

use std::time::{Duration, Instant};

use annals::Annals;

use crate::history::{self, EVENTS_EACH};
use crate::operator::{self, Progress, Window};
use crate::service::{Client, Place, Service};
use crate::table::Table;
use crate::traffic::{Random, Sample, Traffic};
use crate::{Failure, Numbers};

/// How long queries are measured while nothing is made anew.
const QUIET: Duration = Duration::from_secs(10);

/// The latest moment of a kill after a rebuild was gone on with.
const KILLED_WITHIN_MS: u64 = 1_000;

/// How long before and after a cut-over a query may have been hindered by it.
const NEAR: Duration = Duration::from_millis(250);

/// No query should take longer, also near a cut-over.
const GOAL: Duration = Duration::from_millis(50);

/// The last kills may come when a rebuild was about to be over, unseen.
const ABOUT_TO_BE_OVER: f64 = 0.95;

/// Most rounds of waiting for a rebuild that was begun to tell where.
const MOST_LOOKS: usize = 10_000;

pub(crate) struct Trial {
    numbers: Numbers,
    table: Table,
}

/// What kills met.
#[derive(Debug, Default)]
struct Kills {
    amid: u64,
    over: u64,
    went_on: u64,
}

impl Trial {
    pub(crate) fn new(numbers: Numbers) -> Self {
        let table = Table::default();
        Self { numbers, table }
    }

    pub(crate) async fn run(mut self) -> Result<Table, Failure> {
        let place = Place::new()?;
        self.record(&place).await?;
        let started = Instant::now();
        let mut service = place.start().await?;
        let note = format!("four read models, on {}", place.kind());
        self.rate("the first start, until all are up to date", started, &note);

        let client = place.client();
        let traffic = Traffic::begin(client.clone(), self.numbers.accounts);
        let quiet = quiet().await;
        service = self.kill(&place, service, &traffic).await?;
        let cut_overs = self.rounds(&client).await?;
        let exchanges = [
            operator::roll_back(&client).await?,
            operator::roll_back(&client).await?,
        ];
        let (samples, acknowledged) = traffic.end().await?;

        self.latencies("a query while nothing is made anew", &samples, &[quiet]);
        self.latencies("a query near a cut-over", &samples, &cut_overs);
        self.latencies("a query near a roll-back", &samples, &exchanges);
        let queries = samples.len();
        let note = format!("and {} payments meanwhile", acknowledged.payments());
        self.table
            .row("queries, all answers right", queries.to_string(), note);
        let rows = acknowledged.check_all().await?;
        let note = "each looked at, none missing, none wrong".to_owned();
        self.table.row("rows at the end", rows.to_string(), note);
        service.kill()?;
        Ok(self.table)
    }

    async fn record(&mut self, place: &Place) -> Result<(), Failure> {
        let started = Instant::now();
        let service = Annals::open(place.open()).start().await?;
        history::record(&service, self.numbers.accounts).await?;
        service.stop().await;
        self.rate("recording them", started, "a thousand at once");
        Ok(())
    }

    /// Kills the service at random moments of a rebuild, and goes on with it.
    async fn kill(
        &mut self,
        place: &Place,
        mut service: Service,
        traffic: &Traffic,
    ) -> Result<Service, Failure> {
        let (client, mut random, mut kills) = (place.client(), Random(7), Kills::default());
        let mut seen: Option<Progress> = None;
        for _ in 0..self.numbers.kills {
            operator::begin(&client).await?;
            kills.check(&client, seen.as_ref()).await?;
            seen = Some(until_killed(&client, &mut random).await?);
            traffic.interrupt();
            service.kill()?;
            service = place.start().await?;
            traffic.interrupt();
        }
        let Kills {
            amid,
            over,
            went_on,
        } = kills;
        let note = format!("{amid} amid one, {went_on} times it went on there, {over} were over");
        let killed = self.numbers.kills.to_string();
        self.table.row("kills of the service", killed, note);
        operator::begin(&client).await?;
        kills.check(&client, seen.as_ref()).await?;
        operator::until_cut_over(&client).await?;
        Ok(service)
    }

    /// Rebuilds in peace.
    async fn rounds(&mut self, client: &Client) -> Result<Vec<Window>, Failure> {
        let mut cut_overs = Vec::new();
        for _ in 0..self.numbers.rounds {
            operator::begin(client).await?;
            let (cut_over, last) = operator::until_cut_over(client).await?;
            cut_overs.push(cut_over);
            let rate = format!("{:.0} events/s", last.events_per_second);
            let note = format!("{} events, under that load", last.events);
            self.table.row("a rebuild", rate, note);
        }
        Ok(cut_overs)
    }

    fn rate(&mut self, what: &str, started: Instant, note: &str) {
        let events = self.numbers.accounts * EVENTS_EACH;
        let rate = events as f64 / started.elapsed().as_secs_f64();
        let what = format!("{what} ({events} events)");
        self.table
            .row(&what, format!("{rate:.0} events/s"), note.to_owned());
    }

    fn latencies(&mut self, what: &str, samples: &[Sample], windows: &[Window]) {
        let near = |sample: &&Sample| {
            windows.iter().any(|window| {
                sample.sent <= window.to + NEAR && sample.sent + sample.took + NEAR >= window.from
            })
        };
        let took: Vec<_> = samples.iter().filter(near).map(|it| it.took).collect();
        let longest = took.iter().max().copied().unwrap_or_default();
        let met = match longest <= GOAL {
            true => "met",
            false => "missed",
        };
        let longest = format!("{:.1} ms", longest.as_secs_f64() * 1_000.0);
        let note = format!(
            "the longest of {}; the goal of {GOAL:?} is {met}",
            took.len()
        );
        self.table.row(what, longest, note);
        self.table.percentiles(what, took);
    }
}

impl Kills {
    /// Whether a rebuild that was broken off goes on where it was.
    async fn check(&mut self, client: &Client, seen: Option<&Progress>) -> Result<(), Failure> {
        let Some(seen) = seen else {
            return Ok(());
        };
        if seen.phase == "cut over" {
            self.over += 1;
            return Ok(());
        }
        self.amid += 1;
        let begun_at = begun_at(client).await?;
        if begun_at >= seen.position {
            self.went_on += 1;
            return Ok(());
        }
        if (seen.position as f64) < ABOUT_TO_BE_OVER * seen.head as f64 {
            let lost = format!("killed at {seen:?}, the rebuild went on at {begun_at}");
            return Err(lost.into());
        }
        self.over += 1;
        Ok(())
    }
}

/// Where a rebuild went on that has just been begun.
async fn begun_at(client: &Client) -> Result<u64, Failure> {
    for _ in 0..MOST_LOOKS {
        let now = operator::progress(client).await?;
        if now.events > 0 || now.phase != "catching up" {
            return Ok(now.position.saturating_sub(now.events));
        }
        tokio::task::yield_now().await;
    }
    Err("the rebuild does not begin".into())
}

/// Looks on until a random moment.
async fn until_killed(client: &Client, random: &mut Random) -> Result<Progress, Failure> {
    let until = Instant::now() + Duration::from_millis(random.below(KILLED_WITHIN_MS));
    loop {
        let seen = operator::progress(client).await?;
        if Instant::now() >= until {
            return Ok(seen);
        }
    }
}

/// A while in which nothing is made anew.
async fn quiet() -> Window {
    let from = Instant::now();
    // The first tick comes at once.
    let mut while_ = tokio::time::interval(QUIET);
    while_.tick().await;
    while_.tick().await;
    let to = Instant::now();
    Window { from, to }
}
