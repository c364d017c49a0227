//! Statements that both databases understand, where they need not differ.
//!
//! `{catalogue}` is the schema the tables are in. Parameters are texts, numbered in the order they
//! first appear: so `$1` means the same to both.

use super::selection::{AfterName, ProductSelection};
use super::stored::PRODUCT_COLUMNS;

/// How one database says what the other says otherwise.
pub(super) struct Dialect {
    /// Attributes as text.
    pub(super) attributes: &'static str,
    /// That a product has all words of the parameter `{0}`.
    pub(super) has_words: &'static str,
    /// That it is behind the name `{0}` and the id `{1}`.
    pub(super) is_behind: &'static str,
    /// That its attribute `brand` is the parameter `{0}`.
    pub(super) has_brand: &'static str,
}

/// A statement, and its parameters.
pub(super) struct Statement {
    pub(super) sql: String,
    pub(super) texts: Vec<String>,
}

/// Where all of the stock is.
pub(super) const STOCK: &str = "
    select products.id, stock_quantity,
      cast(coalesce(sum(quantity) filter (where state = 'reserved'), 0) as bigint),
      cast(coalesce(sum(quantity) filter (where state = 'sold'), 0) as bigint),
      put_in
    from {catalogue}.products
      left join {catalogue}.reservation_lines on product_id = products.id
      left join {catalogue}.reservations using (order_id)
    group by products.id order by products.id";

impl Dialect {
    /// One product.
    pub(super) fn product(&self) -> String {
        let columns = self.product_columns();
        format!("select {columns} from {{catalogue}}.products where id = $1")
    }

    /// Products by name.
    pub(super) fn products(&self, selection: &ProductSelection) -> Statement {
        let mut conditions = Conditions::default();
        if let Some(category) = &selection.category_id {
            conditions.hold("category_id = {0}", [category.as_str()]);
        }
        if let Some(words) = &selection.words {
            match words.as_slice() {
                [] => conditions.hold("false", []),
                words => conditions.hold(self.has_words, [quoted(words).as_str()]),
            }
        }
        if let Some(brand) = &selection.brand {
            conditions.hold(self.has_brand, [brand.as_str()]);
        }
        if selection.in_stock {
            conditions.hold("stock_quantity > 0", []);
        }
        if let Some(AfterName { name, id }) = &selection.after {
            conditions.hold(self.is_behind, [name.as_str(), id.as_str()]);
        }
        let columns = self.product_columns();
        let from = format!("select {columns} from {{catalogue}}.products");
        conditions.statement(&from, "order by lower(name), id", selection.limit)
    }

    fn product_columns(&self) -> String {
        let [before, after] = PRODUCT_COLUMNS;
        format!("{before}, {}, {after}", self.attributes)
    }
}

/// Categories by name.
pub(super) fn categories(after: Option<&AfterName>, limit: u32) -> Statement {
    let mut conditions = Conditions::default();
    if let Some(AfterName { name, .. }) = after {
        conditions.hold("lower(name) > {0}", [name.as_str()]);
    }
    let from = "select id, name, lower(name) from {catalogue}.categories";
    conditions.statement(from, "order by lower(name)", limit)
}

/// Each word between quotes, where it is a word and nothing else to either database.
fn quoted(words: &[String]) -> String {
    let quoted: Vec<String> = words.iter().map(|word| format!("\"{word}\"")).collect();
    quoted.join(" ")
}

/// What must hold, all of it.
#[derive(Default)]
struct Conditions {
    all: Vec<String>,
    texts: Vec<String>,
}

impl Conditions {
    /// One more, with parameters for `{0}`, `{1}` … in it.
    fn hold<const N: usize>(&mut self, condition: &str, texts: [&str; N]) {
        let mut condition = condition.to_owned();
        for (index, text) in texts.into_iter().enumerate() {
            self.texts.push(text.to_owned());
            let number = self.texts.len();
            condition = condition.replace(&format!("{{{index}}}"), &format!("${number}"));
        }
        self.all.push(condition);
    }

    fn statement(self, from: &str, order: &str, limit: u32) -> Statement {
        let keyword = if self.all.is_empty() { "" } else { "where" };
        let all = self.all.join(" and ");
        Statement {
            sql: format!("{from} {keyword} {all} {order} limit {limit}"),
            texts: self.texts,
        }
    }
}
