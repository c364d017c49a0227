//! Importing what is not as it should be, and into what is there already.

use std::fs;

use annals_reference::import::{ImportError, import_bank};
use tempfile::TempDir;

use crate::client::Client;
use crate::each_store::on_each_store;

on_each_store![
    a_malformed_row_is_named_and_nothing_is_imported,
    an_account_that_is_open_already_is_imported_into,
];

async fn a_malformed_row_is_named_and_nothing_is_imported(client: Client) {
    let header = "transaction_id,account_id,date,kind,operation,amount,published_balance\n";
    let good = "1,7,1993-01-01,deposit,cash,100,100\n";
    let cases = [
        ("2,7,1993-02-30,deposit,cash,100,200\n", "line 3: date"),
        ("2,7,1993-01-02,gift,cash,100,200\n", "line 3: kind"),
        ("2,7,1993-01-02,deposit,cash,1.5,200\n", "line 3: amount"),
        (
            "2,7,1993-01-02,deposit,cash,0,200\n",
            "line 3: amount must be greater than zero",
        ),
        (
            "2,a b,1993-01-02,deposit,cash,100,200\n",
            "line 3: account_id",
        ),
        (
            ",7,1993-01-02,deposit,cash,100,200\n",
            "line 3: transaction_id is missing",
        ),
        ("2,7\n", "rows.csv"),
    ];
    let directory = TempDir::new().unwrap();
    let file = directory.path().join("rows.csv");
    for (bad, message) in cases {
        fs::write(&file, format!("{header}{good}{bad}")).unwrap();
        let error = import_bank(&client.bank, &file).await.unwrap_err();
        assert!(error.to_string().contains(message), "{error}");
        assert!(error.to_string().contains("rows.csv"), "{error}");
    }
    fs::write(&file, "transaction_id,account_id,date,kind,operation\n").unwrap();
    let error = import_bank(&client.bank, &file).await.unwrap_err();
    assert!(
        matches!(
            error,
            ImportError::Row {
                field: "amount",
                line: 1,
                ..
            }
        ),
        "{error}"
    );
    assert_eq!(client.head().await, 0);
}

async fn an_account_that_is_open_already_is_imported_into(client: Client) {
    let directory = TempDir::new().unwrap();
    let file = directory.path().join("rows.csv");
    let header = "transaction_id,account_id,date,kind,operation,amount\n";
    fs::write(
        &file,
        format!("{header}1,7,1993-01-01,deposit,,100\n2,7,1993-01-02,withdrawal,x,101\n"),
    )
    .unwrap();
    let open = serde_json::json!({ "accountId": "7", "ownerId": "me" });
    client.post("/accounts", open).await.expect(201);
    let report = import_bank(&client.bank, &file).await.unwrap();
    assert_eq!((report.entries, report.refused, report.events), (2, 1, 1));
    let account = client.get("/accounts/7?at=1993-01-01T00:00:00Z").await;
    account.assert_problem(404, "not-found");
    let account = client.get("/accounts/7").await.expect(200);
    assert_eq!(account["ownerId"], "me");
    assert_eq!(account["updatedAt"], "1993-01-01T00:00:00Z");
}
