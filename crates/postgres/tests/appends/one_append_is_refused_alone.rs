//! Of appends that travel together, one that the database cannot take is refused, and no other.

use annals_core::{AppendError, EventStore, ExpectedVersion};
use annals_servers::postgres_url;
use futures_util::future::join_all;

use crate::place::Place;
use crate::sample::{LIMIT, append, open_for, refuse_inserts};

#[tokio::test]
async fn what_travels_with_a_value_that_cannot_be_is_recorded() {
    for (code, at) in [("22P05", 0), ("54000", 3), ("22P05", 8)] {
        let place = Place::on(postgres_url()).url();
        let store = open_for(LIMIT, &place).await;
        refuse_inserts(&place, code, "new.stream = 'Bad-1'").await;
        let stream = |nth| if nth == at { "Bad-1" } else { "Good-1" };
        // Asked for in one go, so that they travel together.
        let told =
            join_all((0..9).map(|nth| store.append(append(stream(nth), ExpectedVersion::Any))));
        for (nth, told) in told.await.into_iter().enumerate() {
            match told {
                Err(AppendError::Unavailable { reason }) if nth == at => {
                    assert!(reason.contains("refused by the test"), "{reason}");
                }
                told => assert!(nth != at && told.is_ok(), "{nth}: {told:?}"),
            }
        }
    }
}
