//! What SQLite makes of the statements.

use annals::sqlite::rusqlite::params_from_iter;

use super::*;
use crate::catalogue::select::Statement;
use crate::catalogue::selection::SearchWords;

/// How SQLite would answer.
async fn plan(statement: Statement) -> Vec<String> {
    let catalogue = SqliteCatalogue::in_memory().await.unwrap();
    let explained = catalogue.read(move |connection| {
        let explain = format!("explain query plan {}", sql(&statement.sql));
        let mut explain = connection.prepare(&explain)?;
        let steps = explain.query_map(params_from_iter(statement.texts), |row| row.get("detail"));
        steps?.collect()
    });
    explained.await.unwrap()
}

fn selection() -> ProductSelection {
    ProductSelection {
        limit: 51,
        after: Some(AfterName {
            name: "mug".to_owned(),
            id: "p5".to_owned(),
        }),
        ..ProductSelection::default()
    }
}

#[tokio::test]
async fn a_page_is_sought_by_name_and_needs_no_sorting() {
    let of_category = ProductSelection {
        category_id: Some("c7".parse().unwrap()),
        ..selection()
    };
    let in_stock = ProductSelection {
        in_stock: true,
        ..selection()
    };
    let brand = ProductSelection {
        brand: Some("Acme".to_owned()),
        ..selection()
    };
    for (selection, step) in [
        (
            selection(),
            "SEARCH main.products USING INDEX products_by_lower_name (<expr>>?)",
        ),
        (
            of_category,
            "SEARCH main.products USING INDEX products_by_category (category_id=? AND <expr>>?)",
        ),
        (
            in_stock,
            "SEARCH main.products USING INDEX products_in_stock (<expr>>?)",
        ),
        (
            brand,
            "SEARCH main.products USING INDEX products_by_brand (<expr>=? AND <expr>>?)",
        ),
    ] {
        assert_eq!(plan(products::DIALECT.products(&selection)).await, [step]);
    }
    let categories = select::categories(selection().after.as_ref(), 51);
    let step = "SEARCH main.categories USING INDEX categories_by_lower_name (<expr>>?)";
    assert_eq!(plan(categories).await, [step]);
}

#[tokio::test]
async fn the_first_page_of_what_is_in_stock_or_of_a_brand_is_read_from_its_index() {
    let first = || ProductSelection {
        after: None,
        ..selection()
    };
    let in_stock = ProductSelection {
        in_stock: true,
        ..first()
    };
    let brand = ProductSelection {
        brand: Some("Acme".to_owned()),
        ..first()
    };
    for (selection, step) in [
        (in_stock, "SCAN main.products USING INDEX products_in_stock"),
        (
            brand,
            "SEARCH main.products USING INDEX products_by_brand (<expr>=?)",
        ),
    ] {
        assert_eq!(plan(products::DIALECT.products(&selection)).await, [step]);
    }
}

#[tokio::test]
async fn whether_there_is_a_category_is_sought() {
    let found = Statement {
        sql: categories::CATEGORY.to_owned(),
        texts: vec!["c7".to_owned()],
    };
    let step = "SEARCH categories USING PRIMARY KEY (id=?)";
    assert_eq!(plan(found).await, [step]);
}

#[tokio::test]
async fn words_are_found_by_their_index() {
    let words = ProductSelection {
        words: Some(SearchWords::of("blue").unwrap()),
        after: None,
        ..selection()
    };
    let plan = plan(products::DIALECT.products(&words)).await.join("\n");
    assert!(
        plan.contains("SCAN products_words VIRTUAL TABLE INDEX"),
        "{plan}"
    );
    assert!(
        plan.contains("SEARCH main.products USING INTEGER PRIMARY KEY"),
        "{plan}"
    );
}

#[tokio::test]
async fn whether_a_product_was_ordered_is_sought() {
    let ordered = Statement {
        sql: products::ORDERED.to_owned(),
        texts: vec!["p7".to_owned()],
    };
    let step =
        "SEARCH reservation_lines USING COVERING INDEX reservation_lines_by_product (product_id=?)";
    assert_eq!(plan(ordered).await, [step]);
}
