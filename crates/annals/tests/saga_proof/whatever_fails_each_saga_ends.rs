use annals::embedded::EmbeddedStore;

use crate::at_once::AtOnce;
use crate::flaw::Flaw;
use crate::simulation::{Plan, simulate};

#[test]
fn one() {
    for seed in 0..10 {
        let plan = Plan { seed, orders: 50, flaw: Flaw::None };
        let begun = std::time::Instant::now();
        let store = AtOnce::of(EmbeddedStore::in_memory().unwrap());
        let seen = simulate(store, plan);
        match seen {
            Ok(mut seen) => { seen.trace.clear(); println!("{seed} {:?} {seen:?}", begun.elapsed()) }
            Err(wrong) => println!("{seed} {wrong}"),
        }
    }
}
