//! What the server makes of the statements: each index is used for what the service asks.

use annals::{IdSource, RandomIds};

use super::*;
use crate::catalogue::selection::SearchWords;

/// So many that reading all of them is never the best plan.
const FILL: &str = "
    insert into {catalogue}.categories
    select 'c' || n, 'Category ' || n from generate_series(1, 2000) n;
    insert into {catalogue}.products
    select 'p' || n, 'Product ' || n, 'word' || n % 900, 100, 'USD',
      case when n % 50 = 0 then 5 else 0 end, 5, 'c' || n % 40 + 1,
      jsonb_build_object('brand', 'brand' || n % 700), 1
    from generate_series(1, 12000) n;
    insert into {catalogue}.reservations select 'o' || n, 'reserved' from generate_series(1, 6000) n;
    insert into {catalogue}.reservation_lines
    select 'o' || n, 'p' || n, 1 from generate_series(1, 6000) n;
    insert into {catalogue}.first_answers
    select 'move stock', 'k' || n, '', '{}' from generate_series(1, 6000) n;
    analyze {catalogue}.categories, {catalogue}.products, {catalogue}.reservations,
      {catalogue}.reservation_lines, {catalogue}.first_answers";

async fn filled() -> PostgresCatalogue {
    let server = annals_servers::postgres_url();
    let mark = if server.contains('?') { '&' } else { '?' };
    let schema = RandomIds.next().simple();
    let url = format!("{server}{mark}schema=t_{schema}&pool_size=1");
    let catalogue = PostgresCatalogue::connect(&url).await.unwrap();
    let mut client = catalogue.postgres.client().await.unwrap();
    let tx = client.transaction().await.unwrap();
    tx.batch(&catalogue.sql(FILL)).await.unwrap();
    tx.commit().await.unwrap();
    drop(client);
    catalogue
}

/// How the server would answer.
async fn plan(catalogue: &PostgresCatalogue, sql: &str, parameters: &[Parameter<'_>]) -> String {
    let explain = format!("explain (costs off) {sql}");
    let lines = catalogue.rows(&explain, parameters).await.unwrap();
    let lines = lines.iter().map(|line| line.get::<_, String>(0));
    lines.collect::<Vec<_>>().join("\n")
}

async fn plan_of(catalogue: &PostgresCatalogue, statement: &Statement) -> String {
    let texts = statement.texts.iter();
    let parameters: Vec<Parameter<'_>> = texts.map(|text| (text as _, Type::TEXT)).collect();
    plan(catalogue, &statement.sql, &parameters).await
}

fn selection() -> ProductSelection {
    ProductSelection {
        limit: 51,
        ..ProductSelection::default()
    }
}

fn place() -> Option<AfterName> {
    Some(AfterName {
        name: "product 5".to_owned(),
        id: "p5".to_owned(),
    })
}

#[track_caller]
fn uses(plan: &str, index: &str) {
    let scans = [
        format!("using {index} on"),
        format!("on {index}\n"),
        format!("on {index} "),
    ];
    let plan = format!("{plan}\n");
    assert!(
        scans.iter().any(|scan| plan.contains(scan)),
        "{index}:\n{plan}"
    );
}

#[track_caller]
fn does_not_sort(plan: &str) {
    assert!(!plan.contains("Sort"), "{plan}");
}

#[tokio::test]
async fn a_page_is_sought_by_name_and_needs_no_sorting() {
    let catalogue = filled().await;
    let of_category = ProductSelection {
        category_id: Some("c7".parse().unwrap()),
        ..selection()
    };
    let in_stock = ProductSelection {
        in_stock: true,
        ..selection()
    };
    for (selection, index) in [
        (selection(), "products_by_lower_name"),
        (of_category, "products_by_category"),
        (in_stock, "products_in_stock"),
    ] {
        for after in [None, place()] {
            let page = ProductSelection {
                after,
                ..selection.clone()
            };
            let plan = plan_of(&catalogue, &products::DIALECT.products(&page)).await;
            uses(&plan, index);
            does_not_sort(&plan);
        }
    }
    for after in [None, place()] {
        let plan = plan_of(&catalogue, &select::categories(after.as_ref(), 51)).await;
        uses(&plan, "categories_by_lower_name");
        does_not_sort(&plan);
    }
}

#[tokio::test]
async fn words_and_attributes_are_found_by_their_indexes() {
    let catalogue = filled().await;
    let words = ProductSelection {
        words: Some(SearchWords::of("word7").unwrap()),
        ..selection()
    };
    let brand = ProductSelection {
        brand: Some("brand7".to_owned()),
        ..selection()
    };
    for (selection, index) in [
        (words, "products_by_words"),
        (brand, "products_by_attributes"),
    ] {
        let plan = plan_of(&catalogue, &products::DIALECT.products(&selection)).await;
        uses(&plan, index);
    }
}

#[tokio::test]
async fn what_is_looked_up_by_its_key_is_sought() {
    let catalogue = filled().await;
    let find = products::DIALECT.product();
    let [category, product, order, kind, key] = ["c7", "p7", "o7", "move stock", "k7"];
    fn text<'t>(text: &'t &'t str) -> Parameter<'t> {
        (text as _, Type::TEXT)
    }
    for (sql, parameters, indexes) in [
        (find.as_str(), vec![text(&product)], vec!["products_pkey"]),
        (
            categories::CATEGORY,
            vec![text(&category)],
            vec!["categories_pkey"],
        ),
        (
            products::ORDERED,
            vec![text(&product)],
            vec!["reservation_lines_by_product"],
        ),
        (
            stock::RESERVATION,
            vec![text(&order)],
            vec!["reservations_pkey", "reservation_lines_pkey"],
        ),
        (
            first_answers::FIND,
            vec![text(&kind), text(&key)],
            vec!["first_answers_pkey"],
        ),
    ] {
        let plan = plan(&catalogue, sql, &parameters).await;
        for index in indexes {
            uses(&plan, index);
        }
    }
}

#[tokio::test]
async fn products_are_locked_after_they_were_sorted() {
    let catalogue = filled().await;
    let ids = vec!["p9", "p7", "p8"];
    let plan = plan(
        &catalogue,
        stock::LOCK_PRODUCTS,
        &[(&ids, Type::TEXT_ARRAY)],
    )
    .await;
    uses(&plan, "products_pkey");
    let (lock, sort) = (plan.find("LockRows"), plan.find("Sort Key: id"));
    assert!(lock.is_some() && lock < sort, "{plan}");
}
