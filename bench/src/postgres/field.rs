//! All who take part, each with a database that is filled alike.

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

use annals_postgres::{Postgres, PostgresStore};
use sqlx::PgPool;
use sqlx::postgres::PgPoolOptions;

use crate::candidates::annals::{Annals, Records};
use crate::candidates::cqrs_es::CqrsEs;
use crate::candidates::disintegrate::{Disintegrate, Unchecked};
use crate::candidates::raw_select::RawSelect;
use crate::candidates::textbook::{self, Naive, OneStatement};
use crate::candidates::{Appends, Library, Replays};
use crate::database::Database;
use crate::effort::Effort;
use crate::{Outcome, fact};

use super::commands;

/// How many deposits an account has.
const DEPOSITS: usize = 10;
/// How many the one account has that is large.
pub(super) const MANY_DEPOSITS: usize = 10_000;
/// What both peers are documented with. One for each of 32 writers made neither clearly faster.
const PEER_CONNECTIONS: u32 = 10;

/// All who take part.
pub(super) struct Field {
    databases: Vec<Database>,
    naive: Naive,
    one_statement: OneStatement,
    cqrs_es: Arc<CqrsEs>,
    disintegrate: Arc<Disintegrate>,
    unchecked: Unchecked,
    annals: Arc<Annals>,
    remembering: Arc<Annals>,
    records: Records,
    raw_select: RawSelect,
    /// How many accounts there are, beside the large one.
    accounts: usize,
}

impl Field {
    /// Makes and fills the databases.
    pub(super) async fn prepare(server: &str, effort: &Effort) -> Outcome<Self> {
        let accounts = effort.commands * effort.rounds * commands::CLIENTS.len();
        let mut databases = Vec::new();
        for candidate in [
            "naive",
            "one_statement",
            "cqrs_es",
            "disintegrate",
            "annals",
            "annals_remembering",
        ] {
            databases.push(Database::create(server, candidate).await?);
        }
        let url = |place: usize| databases[place].url();
        for place in [0, 1] {
            textbook::create(&url(place)).await?;
        }
        let disintegrate = Disintegrate::create(pool(&url(3)).await?).await?;
        let postgres = Postgres::connect(&url(4)).await?;
        let store = Arc::new(PostgresStore::open(&postgres).await?);
        let remembering = Postgres::connect(&url(5)).await?;
        let remembering = Arc::new(PostgresStore::open(&remembering).await?);
        let all = NonZeroUsize::MIN.saturating_add(accounts);
        let field = Self {
            naive: Naive { url: url(0) },
            one_statement: OneStatement { url: url(1) },
            cqrs_es: Arc::new(CqrsEs::create(pool(&url(2)).await?).await?),
            unchecked: disintegrate.unchecked(),
            disintegrate: Arc::new(disintegrate),
            annals: Arc::new(Annals::on(store.clone())),
            remembering: Arc::new(Annals::remembering(remembering, all)),
            records: Records(store),
            raw_select: RawSelect { url: url(4) },
            databases,
            accounts,
        };
        field.fill().await?;
        Ok(field)
    }

    async fn fill(&self) -> Outcome {
        let large = self.accounts + 1;
        let fills = [(1..large, DEPOSITS), (large..large + 1, MANY_DEPOSITS)];
        for (accounts, deposits) in fills {
            for library in self.repositories() {
                library.fill(accounts.clone(), deposits).await?;
            }
            for url in [&self.naive.url, &self.one_statement.url] {
                textbook::fill(url, accounts.clone(), deposits).await?;
            }
        }
        for database in &self.databases {
            database.settle().await?;
        }
        self.remembering.look_at(1..large).await
    }

    /// The account with many deposits.
    pub(super) fn large_account(&self) -> String {
        fact::account(self.accounts + 1)
    }

    /// How many events each database holds before any are appended.
    pub(super) fn events(&self) -> usize {
        self.accounts * DEPOSITS + MANY_DEPOSITS
    }

    pub(super) fn libraries(&self) -> [Arc<dyn Library>; 3] {
        [
            Arc::clone(&self.cqrs_es) as Arc<dyn Library>,
            Arc::clone(&self.disintegrate) as _,
            Arc::clone(&self.annals) as _,
        ]
    }

    /// The libraries, and Annals once more with a memory of all accounts.
    pub(super) fn repositories(&self) -> [Arc<dyn Library>; 4] {
        let [cqrs_es, disintegrate, annals] = self.libraries();
        [
            cqrs_es,
            disintegrate,
            annals,
            Arc::clone(&self.remembering) as _,
        ]
    }

    pub(super) fn replays(&self) -> [&dyn Replays; 5] {
        [
            &self.raw_select,
            &self.records,
            &*self.annals,
            &*self.cqrs_es,
            &*self.disintegrate,
        ]
    }

    pub(super) fn singles(&self) -> [&dyn Appends; 6] {
        [
            &self.naive,
            &self.one_statement,
            &*self.cqrs_es,
            &*self.disintegrate,
            &self.unchecked,
            &*self.annals,
        ]
    }

    pub(super) fn batches(&self) -> [&dyn Appends; 5] {
        [
            &self.one_statement,
            &*self.cqrs_es,
            &*self.disintegrate,
            &self.unchecked,
            &*self.annals,
        ]
    }

    /// Drops the databases.
    pub(super) async fn clear(self) -> Outcome {
        for database in &self.databases {
            database.drop_if_exists().await?;
        }
        Ok(())
    }
}

async fn pool(url: &str) -> Outcome<PgPool> {
    let options = PgPoolOptions::new()
        .max_connections(PEER_CONNECTIONS)
        .test_before_acquire(false)
        .acquire_timeout(Duration::from_secs(30));
    Ok(options.connect(url).await?)
}
