//! What the server makes of the statements: each kind of index is used for what it is declared.

#![expect(
    clippy::duplicated_attributes,
    reason = "two indexes are on one column"
)]

use annals_core::{ReadModels as _, Selection, TableShape};
use annals_macros::ReadModel;
use serde_json::json;

use super::statement;
use crate::place;
use crate::postgres::{Parameter, Postgres};
use crate::read_models::PostgresReadModels;
use crate::tables::{create, quoted};
use crate::value::SqlValue;

#[derive(ReadModel, Clone)]
#[read_model(
    table = "accounts",
    index(owner),
    index(status, opened_at),
    index(owner, only = "status = 'frozen'", name = "frozen"),
    index(iban, unique),
    index(expression = "lower(email)", name = "by_email"),
    index(json(attributes)),
    index(full_text(title, remarks))
)]
struct Account {
    #[key]
    bank: String,
    #[key]
    number: i64,
    owner: String,
    opened_at: i64,
    status: String,
    iban: String,
    email: String,
    attributes: serde_json::Value,
    title: String,
    remarks: Option<String>,
}

/// So many that reading all of them is never the best plan.
const FILL: &str = "
    insert into {read}.accounts
    select 'bank' || n % 10, n, 'owner' || n % 300, n, case when n % 7 = 0 then 'frozen' else 'open' end,
           'iban' || n, 'Account' || n || '@bank.test', jsonb_build_object('branch', n % 500),
           'title' || n % 500, case when n % 2 = 0 then 'remark' || n % 500 end
    from generate_series(1, 12000) n;
    analyze {read}.accounts";

async fn accounts() -> Postgres {
    let url = format!(
        "{}&pool_size=1",
        place::Place::on(annals_servers::postgres_url()).url()
    );
    let postgres = Postgres::connect(&url).await.unwrap();
    let ddl = create(&TableShape::of::<Account>());
    let path = postgres.sql(crate::schema::SEARCH_PATH);
    let mut client = postgres.client().await.unwrap();
    let tx = client.transaction().await.unwrap();
    tx.batch(&path).await.unwrap();
    tx.batch(&ddl).await.unwrap();
    tx.batch(&postgres.sql(FILL)).await.unwrap();
    tx.commit().await.unwrap();
    postgres
}

/// How the server would answer.
async fn plan(postgres: &Postgres, selection: Selection<Account>) -> String {
    let (sql, values) = statement(selection.into_select().unwrap()).unwrap();
    let values: Vec<SqlValue<'_>> = values.iter().map(SqlValue).collect();
    let parameters: Vec<Parameter<'_>> = values.iter().map(|it| (it as _, it.kind())).collect();
    explain(postgres, &sql, &parameters).await
}

async fn explain(postgres: &Postgres, sql: &str, parameters: &[Parameter<'_>]) -> String {
    let explain = postgres.sql(&format!("explain {sql}"));
    let client = postgres.client().await.unwrap();
    let lines = client.rows_planned(&explain, parameters).await.unwrap();
    let lines = lines.iter().map(|line| line.get::<_, String>(0));
    lines.collect::<Vec<_>>().join("\n")
}

#[track_caller]
fn uses(plan: &str, index: &str) {
    let (scan, bitmap) = (format!("using {index} on"), format!("on {index} "));
    assert!(plan.contains(&scan) || plan.contains(&bitmap), "{plan}");
}

#[track_caller]
fn does_not_sort(plan: &str) {
    assert!(!plan.contains("Sort"), "{plan}");
}

fn owned() -> Selection<Account> {
    Selection::new().equal("owner", &"owner7".to_owned())
}

#[tokio::test]
async fn every_kind_of_index_is_used() {
    let postgres = accounts().await;
    let recently_frozen = Selection::new()
        .equal("status", &"frozen".to_owned())
        .within("opened_at", 11_900_i64..);
    let by_json = Selection::new().containing("attributes", &json!({"branch": 7}));
    let by_title = Selection::new().matching("title", "title7");
    let by_remarks = Selection::new().matching("remarks", "remark8");
    for (selection, index) in [
        (owned(), "accounts_by_owner"),
        (recently_frozen, "accounts_by_status_opened_at"),
        (
            owned().equal("status", &"frozen".to_owned()),
            "accounts_frozen",
        ),
        (
            Selection::new().equal("iban", &"iban7".to_owned()),
            "accounts_by_iban",
        ),
        (by_json, "accounts_by_attributes_json"),
        (by_title, "accounts_by_title_remarks_words"),
        (by_remarks, "accounts_by_title_remarks_words"),
    ] {
        uses(&plan(&postgres, selection).await, index);
    }
    let by_email = "select * from {read}.accounts where lower(email) = 'account7@bank.test'";
    uses(
        &explain(&postgres, by_email, &[]).await,
        "accounts_by_email",
    );
}

#[tokio::test]
async fn a_page_is_sought_and_needs_no_sorting() {
    let postgres = accounts().await;
    let key = ("bank5".to_owned(), 7);
    let all = plan(&postgres, Selection::new().after(&key)).await;
    uses(&all, "accounts_pkey");
    does_not_sort(&all);
    let backwards = plan(&postgres, Selection::new().descending().after(&key)).await;
    uses(&backwards, "accounts_pkey");
    does_not_sort(&backwards);
    let filtered = plan(&postgres, owned().after(&key).limit(10)).await;
    uses(&filtered, "accounts_by_owner");
    does_not_sort(&filtered);
    let frozen = Selection::new().equal("status", &"frozen".to_owned());
    let by_age = frozen.by("opened_at", &700_i64).after(&key).limit(10);
    let by_age = plan(&postgres, by_age).await;
    uses(&by_age, "accounts_by_status_opened_at");
    does_not_sort(&by_age);
}

#[tokio::test]
async fn a_partial_index_is_used_however_often_it_is_asked() {
    let postgres = accounts().await;
    let read_models = PostgresReadModels::open(&postgres);
    for _ in 0..12 {
        let frozen = owned().equal("status", &"frozen".to_owned());
        let frozen = read_models.select(frozen.into_select().unwrap()).await;
        assert_eq!(frozen.unwrap().len(), 6);
    }
    // There is one connection, and it reports what it did before it answers again.
    let client = postgres.client().await.unwrap();
    client
        .rows("select pg_stat_force_next_flush()", &[])
        .await
        .unwrap();
    let scans = "select idx_scan from pg_stat_user_indexes
                 where schemaname = '{read}' and indexrelname = 'accounts_frozen'";
    let scans = client.rows(&postgres.sql(scans), &[]).await.unwrap();
    assert_eq!(scans[0].get::<_, i64>(0), 12);
}

#[test]
fn names_and_values_stay_apart() {
    let injected = "'; drop table accounts; --".to_owned();
    let select = Selection::<Account>::new().equal("owner", &injected);
    let (sql, _) = statement(select.into_select().unwrap()).unwrap();
    assert!(!sql.contains("drop"), "{sql}");
    assert_eq!(quoted("a\"b"), "\"a\"\"b\"");
}
