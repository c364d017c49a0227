//! The opening of a shop: what there is before the first turn.

use std::sync::Arc;

use annals::sqlite::Database;
use annals::{EventStore, ReadModels, Timestamp};
use annals_testing::ManualClock;

use super::{Parts, Plan, Seen, Simulation};
use crate::at_once::AtOnce;
use crate::by_hand::ByHand;
use crate::chance::Chance;
use crate::courier::Courier;
use crate::faults::Faults;
use crate::faulty_store::FaultyStore;
use crate::flaw::Flaw;
use crate::observed::Observed;
use crate::process::Process;
use crate::shop::{Line, Order, ShopEvent};

const CUSTOMERS: usize = 5;
const PRODUCTS: usize = 4;

impl Simulation {
    pub(super) async fn open(store: AtOnce, plan: Plan) -> Self {
        let chance = Chance::seeded(plan.seed);
        let parts = Parts {
            faults: Faults::drawn_from(&chance),
            chance,
            flaw: plan.flaw,
            clock: ManualClock::at(Timestamp::UNIX_EPOCH),
            courier: Courier::default(),
            store,
        };
        let read_models = Database::in_memory().await.unwrap();
        let read_models: Arc<dyn ReadModels> = Arc::new(read_models);
        let calm = parts.without_faults();
        let calm_store: Arc<dyn EventStore> =
            FaultyStore::new(&calm.store, &calm.chance, &calm.faults, Flaw::None);
        let simulation = Self {
            processes: [(); 2].map(|()| Process::start(&parts, &read_models)),
            office: Process::start(&calm, &read_models),
            by_hand: ByHand::new(&calm_store, &parts.courier),
            observed: Observed::default(),
            orders: (0..plan.orders).map(|n| order(n, &parts.chance)).collect(),
            seen: Seen::default(),
            read_models,
            parts,
        };
        simulation.open_shop();
        simulation
    }

    /// Everybody has something, and products are scarce.
    fn open_shop(&self) {
        let goods = i64::try_from(self.orders.len()).unwrap();
        let customers = (0..CUSTOMERS).map(|n| (format!("customer {n}"), 60 * goods));
        let products = (0..PRODUCTS).map(|n| (format!("product {n}"), goods));
        let till = [("till".to_owned(), 0)];
        for (owner, amount) in customers.chain(products).chain(till) {
            self.append(&owner, &ShopEvent::Opened { amount });
        }
    }
}

impl Parts {
    fn without_faults(&self) -> Self {
        let faults = Faults::drawn_from(&self.chance);
        faults.end();
        Self {
            faults,
            flaw: Flaw::None,
            ..self.clone()
        }
    }
}

fn order(number: usize, chance: &Chance) -> Order {
    let first = chance.below(PRODUCTS);
    let second = (first + 1 + chance.below(PRODUCTS - 1)) % PRODUCTS;
    let line = |product: usize| Line {
        product: format!("product {product}"),
        quantity: i64::try_from(1 + chance.below(3)).unwrap(),
    };
    Order {
        id: format!("order {number}"),
        customer: format!("customer {}", chance.below(CUSTOMERS)),
        price: i64::try_from(100 + chance.below(400)).unwrap(),
        lines: [line(first), line(second)],
    }
}
