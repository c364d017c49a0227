use super::*;

fn tls(url: &str) -> Result<Tls, PostgresError> {
    PostgresOptions::new(url).map(|options| options.tls)
}

#[test]
fn plain_text_stays_on_this_machine() {
    for host in ["localhost", "127.0.0.1", "[::1]", "%2Frun%2Fpostgresql"] {
        let url = format!("postgres://ada@{host}/bank");
        assert_eq!(tls(&url).unwrap(), Tls::Off, "{host}");
    }
}

#[test]
fn another_machine_is_spoken_to_over_verified_tls() {
    let verified = Tls::Verified { roots: None };
    assert_eq!(tls("postgres://db.example.org/bank").unwrap(), verified);
    for mode in ["require", "verify-ca", "verify-full"] {
        let url = format!("postgres://db.example.org/bank?sslmode={mode}");
        assert_eq!(tls(&url).unwrap(), verified, "{mode}");
    }
}

#[test]
fn plain_text_to_another_machine_is_refused_unless_told() {
    let url = "postgres://db.example.org/bank?sslmode=disable";
    let refusal = tls(url).unwrap_err();
    assert!(matches!(refusal, PostgresError::PlainText { host } if host == "db.example.org"));
    assert_eq!(tls(&format!("{url}&insecure=true")).unwrap(), Tls::Off);
}

#[test]
fn an_address_counts_more_than_the_name_beside_it() {
    let url = "postgres://localhost/bank?hostaddr=203.0.113.5";
    assert_eq!(tls(url).unwrap(), Tls::Verified { roots: None });
    let refusal = tls(&format!("{url}&sslmode=disable")).unwrap_err();
    assert!(matches!(refusal, PostgresError::PlainText { host } if host == "203.0.113.5"));
    let url = "postgres://db.example.org/bank?hostaddr=127.0.0.1";
    assert_eq!(tls(url).unwrap(), Tls::Off);
}

#[test]
fn a_mode_that_promises_nothing_is_refused() {
    for mode in ["allow", "prefer", "whatever"] {
        let refusal = tls(&format!("postgres://localhost/bank?sslmode={mode}")).unwrap_err();
        assert!(refusal.to_string().contains(mode), "{refusal}");
    }
}

#[test]
fn what_the_url_says_is_done() {
    let url = "postgres://ada:secret@localhost:5433/bank?schema=shop&pool_size=3&pooler=true&sslmode=verify-full&sslrootcert=%2Fetc%2Fca.pem";
    let options = PostgresOptions::new(url).unwrap();
    assert_eq!(options.schema, "shop");
    assert_eq!(options.pool_size, 3);
    assert!(options.pooler);
    let roots = Some("/etc/ca.pem".into());
    assert_eq!(options.tls, Tls::Verified { roots });
    assert_eq!(options.config.get_ports(), [5433]);
    assert_eq!(options.config.get_dbname(), Some("bank"));
}

#[test]
fn a_password_is_never_shown() {
    let options = PostgresOptions::new("postgres://ada:secret@localhost/bank").unwrap();
    assert!(!format!("{options:?}").contains("secret"));
}

#[test]
fn nonsense_is_named() {
    for (url, named) in [
        ("postgres://localhost/bank?pool_size=many", "pool_size"),
        ("postgres://localhost/bank?pool_size=0", "pool_size"),
        ("postgres://localhost/bank?schema=Robert'); drop", "schema"),
        ("postgres://localhost/bank?schema=pg_bank", "schema"),
        ("postgres://localhost/bank?colour=blue", "colour"),
        ("mysql://localhost/bank", "invalid"),
    ] {
        let refusal = PostgresOptions::new(url).unwrap_err();
        assert!(refusal.to_string().contains(named), "{url}: {refusal}");
    }
}

#[test]
fn every_name_that_is_made_of_the_longest_schema_is_one_that_the_server_keeps() {
    let url = |bytes: usize| format!("postgres://localhost/bank?schema={}", "s".repeat(bytes));
    let options = PostgresOptions::new(&url(SCHEMA_BYTES)).unwrap();
    for made in ["annals_", "_read_candidate"] {
        assert!(options.schema.len() + made.len() < 64);
    }
    let refusal = PostgresOptions::new(&url(SCHEMA_BYTES + 1)).unwrap_err();
    assert!(
        refusal.to_string().contains("48 characters at most"),
        "{refusal}"
    );
}

#[test]
fn a_parameter_that_is_given_twice_is_refused_by_its_name() {
    for (name, values) in [
        ("schema", ["a", "b"]),
        ("sslmode", ["disable", "verify-full"]),
        ("connect_timeout", ["1", "2"]),
    ] {
        let [first, second] = values;
        let url = format!("postgres://localhost/bank?{name}={first}&{name}={second}");
        let refusal = tls(&url).unwrap_err().to_string();
        assert!(
            refusal.contains(&format!("{name} is given twice")),
            "{refusal}"
        );
    }
}
