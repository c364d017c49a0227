//! Scenarios that are the same wherever a service keeps its data.

/// Makes tests of scenarios: each with a client of a service in memory, and of one on PostgreSQL.
macro_rules! on_each_store {
    ($($scenario:ident),+ $(,)?) => {
        mod in_memory {
            $(
                #[tokio::test]
                async fn $scenario() {
                    super::$scenario(crate::client::Client::in_memory().await).await;
                }
            )+
        }

        mod on_postgres {
            $(
                #[tokio::test]
                async fn $scenario() {
                    super::$scenario(crate::client::Client::on_postgres().await).await;
                }
            )+
        }
    };
}

pub(crate) use on_each_store;
