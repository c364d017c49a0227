//! What is asked for while the service is killed, and how it has to end.

use serde_json::{Value, json};

/// A transfer or a checkout, of one of these kinds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    Transfer,
    TransferToClosedAccount,
    TransferOfTooMuch,
    Checkout,
    CheckoutOutOfStock,
    CheckoutOfTooMuch,
}

/// One of them.
#[derive(Debug, Clone)]
pub(crate) struct Run {
    pub(crate) id: String,
    pub(crate) kind: Kind,
}

/// What is posted, and where.
pub(crate) struct Post {
    pub(crate) path: String,
    pub(crate) body: Value,
}

const KINDS: [Kind; 6] = [
    Kind::Transfer,
    Kind::TransferToClosedAccount,
    Kind::TransferOfTooMuch,
    Kind::Checkout,
    Kind::CheckoutOutOfStock,
    Kind::CheckoutOfTooMuch,
];

/// How many of each product there are, enough for all.
pub(crate) const STOCK: u64 = 1_000_000;
const MUG: &str = "mug";
const HAT: &str = "hat";

/// Those of a round, as many of each kind.
pub(crate) fn runs_of(round: u32, of_each_kind: u32) -> Vec<Run> {
    let numbered = |number| KINDS.map(|kind| (number, kind));
    let run = |(number, kind)| Run {
        id: format!("{kind:?}-{round}-{number}"),
        kind,
    };
    (0..of_each_kind).flat_map(numbered).map(run).collect()
}

/// What the runs are about: two who pay, one who cannot, one account that is closed, and products.
pub(crate) fn preparation() -> Vec<Post> {
    let account = |id: &str, deposit: &str| {
        let account = json!({ "accountId": id, "ownerId": "me", "initialDeposit": deposit });
        post("/accounts", account)
    };
    let product = |id: &str, quantity: u64| {
        let product = json!({
            "productId": id,
            "name": id,
            "price": "7.00",
            "stockQuantity": quantity,
            "categoryId": "all",
        });
        post("/products", product)
    };
    vec![
        account("rich-0", "1000000.00"),
        account("rich-1", "1000000.00"),
        account("poor", "1.00"),
        post(
            "/accounts",
            json!({ "accountId": "closed", "ownerId": "me" }),
        ),
        post("/accounts/closed/close", json!({})),
        post("/categories", json!({ "categoryId": "all", "name": "All" })),
        product(MUG, STOCK),
        product(HAT, STOCK),
        product("none-left", 0),
    ]
}

impl Kind {
    /// What a transfer or an order is like in the end.
    pub(crate) fn ending(self) -> &'static str {
        match self {
            Self::Transfer => "completed",
            Self::TransferToClosedAccount | Self::TransferOfTooMuch => "refunded",
            Self::Checkout => "paid",
            Self::CheckoutOutOfStock | Self::CheckoutOfTooMuch => "cancelled",
        }
    }

    /// The last input of its saga, at each point at which it can be killed. Of steps beside each other
    /// either may be the first: they are left out.
    pub(crate) fn steps(self) -> &'static [&'static str] {
        match self {
            Self::Transfer => &["asked", "begun", "withdraw done", "deposit done"],
            Self::TransferToClosedAccount => &[
                "asked",
                "begun",
                "withdraw done",
                "deposit refused",
                "undo withdraw done",
            ],
            Self::TransferOfTooMuch => &["asked", "begun", "withdraw refused"],
            Self::Checkout => &[
                "asked",
                "begun",
                "reserve stock done",
                "note reserved done",
                "withdraw done",
                "mark paid done",
            ],
            Self::CheckoutOutOfStock => &["asked", "begun", "reserve stock refused"],
            Self::CheckoutOfTooMuch => &[
                "asked",
                "begun",
                "reserve stock done",
                "note reserved done",
                "withdraw refused",
                "undo reserve stock done",
            ],
        }
    }

    /// All of them.
    pub(crate) fn all() -> impl Iterator<Item = Self> {
        KINDS.into_iter()
    }

    fn is_transfer(self) -> bool {
        matches!(
            self,
            Self::Transfer | Self::TransferToClosedAccount | Self::TransferOfTooMuch
        )
    }
}

impl Run {
    /// Where it is seen how it stands.
    pub(crate) fn path(&self) -> String {
        let collection = if self.kind.is_transfer() {
            "transfers"
        } else {
            "orders"
        };
        format!("/{collection}/{}", self.id)
    }

    /// What comes before its saga: the order is made and submitted.
    pub(crate) fn before(&self) -> Vec<Post> {
        if self.kind.is_transfer() {
            return Vec::new();
        }
        let second = match self.kind {
            Kind::CheckoutOutOfStock => "none-left",
            _ => HAT,
        };
        let item = |product: &str| {
            let item = json!({ "productId": product, "quantity": 1 });
            post(&format!("{}/items", self.path()), item)
        };
        vec![
            post("/orders", json!({ "orderId": self.id, "userId": "me" })),
            item(MUG),
            item(second),
            post(&format!("{}/submit", self.path()), json!({})),
        ]
    }

    /// What begins its saga.
    pub(crate) fn begin(&self) -> Post {
        let from = match self.kind {
            Kind::TransferOfTooMuch | Kind::CheckoutOfTooMuch => "poor",
            _ => "rich-0",
        };
        if !self.kind.is_transfer() {
            let path = format!("{}/pay", self.path());
            return post(&path, json!({ "accountId": from }));
        }
        let to = match self.kind {
            Kind::TransferToClosedAccount => "closed",
            _ => "rich-1",
        };
        let transfer = json!({ "transferId": self.id, "from": from, "to": to, "amount": "3.00" });
        post("/transfers", transfer)
    }
}

fn post(path: &str, body: Value) -> Post {
    let path = path.to_owned();
    Post { path, body }
}
