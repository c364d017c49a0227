//! Two processes of the service share a database. Under load, each in turn is paused until the
//! other has taken over its projections, and woken again: it writes nothing over what the other
//! wrote, and both answer whatever is asked of them.

use annals::postgres::{Postgres, PostgresStore};
use annals::{EventStore, Position};

use crate::ledger::{Ledger, assert_agrees};
use crate::load::Load;
use crate::place::NewPlace;
use crate::schema::url_of_a_new_schema;
use crate::service::Service;
use crate::tables::{READ_MODELS, Tables};

/// Each process once.
const PAUSES: usize = 2;

#[tokio::test(flavor = "multi_thread")]
async fn a_process_that_was_paused_past_its_leases_harms_nothing_when_it_wakes() {
    let url = url_of_a_new_schema();
    let postgres = Postgres::connect(url.expose()).await.unwrap();
    let store = PostgresStore::open(&postgres).await.unwrap();
    let place = NewPlace::at(url);
    let services = [Service::start(&place), Service::start(&place)];
    let tables = Tables::of(&place).await;
    let load = Load::on(&services);
    for pause in 0..PAUSES {
        let (paused, awake) = (&services[pause % 2], &services[(pause + 1) % 2]);
        paused.signal("STOP");
        wait_until_it_projects(awake);
        assert_all_agree(&store, &tables).await;
        paused.signal("CONT");
        for service in &services {
            wait_until_it_shows(service, store.head().await.unwrap());
            assert_all_agree(&store, &tables).await;
        }
    }
    let paid = load.stop();
    let head = store.head().await.unwrap();
    let mut ledger = Ledger::default();
    ledger.read_on(&store, head).await;
    for (account, payments) in paid {
        assert_eq!(
            ledger.accounts[&account].payments.len(),
            payments,
            "{account}"
        );
    }
    for service in services {
        wait_until_it_shows(&service, head);
        service.signal("TERM");
        service.wait_for_end();
    }
    for name in READ_MODELS {
        assert_eq!(assert_agrees(&store, &tables, name).await, head);
    }
}

async fn assert_all_agree(store: &dyn EventStore, tables: &Tables) {
    for name in READ_MODELS {
        assert_agrees(store, tables, name).await;
    }
}

/// Waits until all read models are kept up to date by this process.
fn wait_until_it_projects(service: &Service) {
    loop {
        let ready = service.get("/health/ready");
        if ready.starts_with("HTTP/1.1 200") && !ready.contains("standby") {
            return;
        }
    }
}

/// Waits until queries of each read model are answered as of a position or later.
fn wait_until_it_shows(service: &Service, position: Position) {
    for path in [
        "/accounts",
        "/accounts/acc-0/transactions",
        "/accounts/acc-0/daily",
        "/summary",
    ] {
        let path = format!("{path}?minPosition={position}");
        // Right after a pause it may take longer than a query waits.
        while !service.get(&path).starts_with("HTTP/1.1 200") {}
    }
}
