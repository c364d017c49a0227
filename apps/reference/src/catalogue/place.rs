//! Where a catalogue is kept: beside the events of the service.

use std::sync::Arc;

use super::contract::Catalogue;
use super::postgres::PostgresCatalogue;
use super::sqlite::SqliteCatalogue;
use crate::place::Place;

/// Opens the catalogue that belongs to a place, whose events are open.
pub(crate) async fn open(place: &Place) -> Result<Arc<dyn Catalogue>, annals::Error> {
    Ok(match place {
        Place::Memory => Arc::new(SqliteCatalogue::in_memory().await?),
        Place::Directory { path, .. } => {
            Arc::new(SqliteCatalogue::open(path.join("catalogue.db")).await?)
        }
        Place::Postgres { url, .. } => Arc::new(PostgresCatalogue::connect(url.expose()).await?),
    })
}
