//! Rounds at one place: runs begin, something is killed in their midst, and all end as they have to.

use std::collections::BTreeSet;
use std::num::NonZeroUsize;
use std::time::Duration;

use annals::runtime::SagaRow;
use annals::{InstanceId, Leases, ReadModel, Selection};
use annals_reference::bank::Bank;

use crate::books::Books;
use crate::clients::{Clients, Whereabouts};
use crate::commits::{Commits, random_commits};
use crate::log::Log;
use crate::place::NewPlace;
use crate::runs::{STOCK, preparation, runs_of};
use crate::service::Service;
use crate::tally::Tally;

/// The numbers of commits to wait for before each kill, as far as the machine repeats them.
const SEED: u64 = 0x6b69_6c6c;

/// Far more than are needed until enough was killed.
const MOST_ROUNDS: u32 = 300;

/// Likewise. On PostgreSQL, leases have to run out after each.
const MOST_KILLS: usize = 120;

/// Far beyond what any wait takes when nothing is wrong.
const LONG: Duration = Duration::from_secs(60);

/// What every customer may ask.
const QUERIES: [&str; 14] = [
    "/accounts",
    "/accounts/rich-0",
    "/accounts/rich-0?version=1",
    "/accounts/rich-0/transactions",
    "/accounts/rich-0/daily",
    "/accounts/rich-0/history",
    "/summary",
    "/transfers",
    "/transfers?accountId=closed",
    "/orders",
    "/orders?status=paid",
    "/products",
    "/products/mug",
    "/categories",
];

/// A place with a service, and what is known of both from outside.
pub(crate) struct Rounds {
    place: NewPlace,
    log: Log,
    commits: Commits,
    until_kill: Box<dyn Iterator<Item = u64>>,
    of_each_kind: u32,
    begun: u32,
    service: Whereabouts,
    books: Books,
    pub(crate) tally: Tally,
}

impl Rounds {
    /// At a place that holds nothing yet, with so many runs of each kind in each round.
    pub(crate) async fn at(place: NewPlace, of_each_kind: u32) -> Self {
        // The more are under way, the longer it takes until they are at their ends.
        let commits =
            random_commits(SEED).map(move |commits| commits * u64::from(of_each_kind) / 2);
        Self {
            log: Log::of(&place),
            commits: Commits::of(&place).await,
            place,
            until_kill: Box::new(commits),
            of_each_kind,
            begun: 0,
            service: Whereabouts::default(),
            books: Books::default(),
            tally: Tally::default(),
        }
    }

    /// Starts the service; clients go there from now on.
    pub(crate) fn serve(&self) -> Service {
        let service = Service::start(&self.place);
        self.send_to(&service);
        service
    }

    /// Clients go there from now on.
    pub(crate) fn send_to(&self, service: &Service) {
        self.service.moved_to(service.address());
    }

    /// Makes what all rounds are about.
    pub(crate) fn prepare(&self) {
        for (number, post) in preparation().iter().enumerate() {
            self.service.post(&format!("preparation/{number}"), post);
        }
    }

    /// Begins a round, and waits until it is time to kill something. A round that is over before that is
    /// followed by another.
    pub(crate) async fn begin(&mut self) -> Clients {
        loop {
            let clients = self.begin_round();
            let commits = self.until_kill.next().unwrap();
            let is_time = self.commits.wait_for(commits, || clients.are_done());
            if is_time.await {
                return clients;
            }
            self.end(clients);
        }
    }

    fn begin_round(&mut self) -> Clients {
        let missing = self.tally.missing();
        let is_bounded = self.begun < MOST_ROUNDS && self.tally.kills() < MOST_KILLS;
        assert!(is_bounded, "none after {missing:?}");
        let runs = runs_of(self.begun, self.of_each_kind);
        self.begun += 1;
        for run in &runs {
            for (number, post) in run.before().iter().enumerate() {
                self.service.post(&format!("{}/{number}", run.id), post);
            }
        }
        Clients::begin(&runs, &self.service)
    }

    /// Waits until so many processes share the instances of each saga out.
    pub(crate) async fn until_shared_by(&self, processes: usize) {
        let leases = self.log.leases().await;
        let shared = async {
            for saga in ["transfer", "checkout"] {
                let seats = format!("saga/{saga}/");
                while leases.held(&seats).await.unwrap().len() < processes {
                    tokio::task::yield_now().await;
                }
            }
        };
        tokio::time::timeout(LONG, shared).await.unwrap();
    }

    /// Which shares of two those have that are under way.
    pub(crate) fn shares_under_way(&self) -> BTreeSet<usize> {
        let sagas = self.books.under_way();
        sagas.map(|(saga, _)| share_of_two(saga)).collect()
    }

    /// Counts what is under way.
    pub(crate) async fn count(&mut self) {
        self.log.enter_in(&mut self.books).await;
        self.tally.count(&self.books);
    }

    /// Ends a round: all runs end as they have to, and every query is answered.
    pub(crate) fn end(&self, clients: Clients) {
        clients.wait();
        self.assert_queries_are_answered();
    }

    /// Every query is answered.
    pub(crate) fn assert_queries_are_answered(&self) {
        for path in QUERIES {
            self.service.get(path);
        }
    }

    /// Ends all, once nobody serves any more: no saga is left or parked, and money and stock are where
    /// they have to be.
    pub(crate) async fn finish(mut self) {
        let bank = Bank::open(&self.place.place()).await.unwrap();
        for saga in ["transfer", "checkout"] {
            wait_until_over(&bank, saga).await;
        }
        self.books.read_on(bank.store()).await;
        let paid = self.books.paid_orders();
        let checkouts = self.begun * self.of_each_kind;
        assert_eq!(paid, u64::from(checkouts));
        for count in bank.catalogue().stock().await.unwrap() {
            if count.put_in == STOCK {
                let stands = (count.on_shelf, count.reserved, count.sold);
                assert_eq!(stands, (STOCK - paid, 0, paid), "{count:?}");
            }
        }
        bank.stop().await;
    }
}

fn share_of_two(saga: &str) -> usize {
    let (_, id) = saga.split_once('/').unwrap();
    let two = NonZeroUsize::new(2).unwrap();
    InstanceId::new(id).unwrap().share_of(two)
}

/// Waits until every instance of a saga has ended by itself.
async fn wait_until_over(bank: &Bank, saga: &str) {
    let index = bank.annals().projection(SagaRow::TABLE);
    let mut position = bank.head().await.unwrap();
    index.wait_for(position, LONG).await.unwrap();
    let with = |status: &str| {
        let rows = Selection::new().equal("saga", &saga.to_owned());
        bank.annals()
            .sagas()
            .list(rows.equal("status", &status.to_owned()))
    };
    while !with("running").await.unwrap().is_empty() {
        position = index.wait_for(position.next(), LONG).await.unwrap();
    }
    for status in ["parked", "cancelled", "notFound"] {
        assert_eq!(with(status).await.unwrap(), []);
    }
}
