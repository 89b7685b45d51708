//! What documents promise of all that is written and of all that is logged, read from the source.

use std::panic::{AssertUnwindSafe, catch_unwind};

use reveille_tests::logs::{Ears, secret_in};

use crate::tidy::{files, packages, wrong};

/// In CSV a cell that begins with `=`, `+`, `-` or `@` is a formula. Whoever writes the first one says in docs/SECURITY.md what is done
/// about what an alarm puts into it.
#[test]
fn nothing_writes_cells_that_a_spreadsheet_would_compute() {
    // Written in two parts, so that this file is not what it looks for.
    let marks = [["c", "sv"].concat(), ["tab-", "separated"].concat(), ["spread", "sheet"].concat()];
    let is_one = |text: &str| marks.iter().any(|mark| text.to_lowercase().contains(mark));
    let sources: Vec<(String, String)> = files(".rs")
        .into_iter()
        .filter(|(name, _)| name.contains("/src/") && !name.starts_with("tests/") && !name.ends_with("/tests.rs"))
        .collect();
    let found = wrong(&sources, |_, line| is_one(line));
    assert!(found.is_empty(), "{found:#?}");
    for package in packages() {
        let names: Vec<&str> =
            package["dependencies"].as_array().expect("a list").iter().filter_map(|d| d["name"].as_str()).collect();
        assert!(!names.iter().any(|name| is_one(name)), "{}: {names:?}", package["name"]);
    }
}

/// Whoever starts a world listens to it, and nobody listens in place of whoever does.
#[test]
fn no_test_runs_handlers_unheard() {
    let starts = ["LocalWorld::start", "scenario::play(", "World::starting(", "Stepped::start("];
    let hears = ["Ears::open()", "Witness::of(", "logs::listen"];
    let instead = ["set_default(", "with_default(", "set_global_default(", "try_init(", "init_default_subscriber("];
    let ours = |name: &str| name.starts_with("tests/src/") || name.contains("/tests/");
    // This one names all of them; and what is measured is no test.
    let this = "tests/tests/project/promises.rs";
    let is_left_out = |name: &str| name == this || name.starts_with("tests/src/measure/");
    let mut unheard = Vec::new();
    for (name, text) in files(".rs").iter().filter(|(name, _)| ours(name) && !is_left_out(name)) {
        let has = |marks: &[&str]| marks.iter().any(|mark| text.contains(mark));
        if has(&instead) || has(&starts) && !has(&hears) {
            unheard.push(name.clone());
        }
    }
    assert!(unheard.is_empty(), "hold `reveille_tests::logs::Ears` while handlers run: {unheard:#?}");
}

#[test]
fn numbers_addresses_and_ways_to_a_page_are_found_and_nothing_else_is() {
    for (line, secret) in [
        ("message=it goes to +84312712567 now", Some("+84312712567")),
        ("why=\"no such address: natsu@devopsvn.tech, says its server\"", Some("natsu@devopsvn.tech")),
        ("url=https://hooks.slack.com/services/T0", Some("hooks.slack.com/services/T0")),
        ("GET https://front.test/a/AbCdEfGhIjKlMnOpQrStUvWx ", Some("/a/AbCdEfGhIjKlMnOpQrStUvWx")),
        ("a message goes back to its queue at 2026-11-23T03:00:00+00:00", None),
        ("GET /a/{token} and 1 + 1234567 or user@host", None),
    ] {
        assert_eq!(secret_in(line), secret, "{line}");
    }
}

#[test]
fn whoever_logs_an_address_fails_its_test() {
    let ears = Ears::open();
    tracing::info!(target: "somebody_else", "natsu@devopsvn.tech");
    drop(ears);
    let ears = Ears::open();
    tracing::trace!(target: "notify::saying", to = "+84312712567", "a message leaves");
    let failed = catch_unwind(AssertUnwindSafe(|| drop(ears))).expect_err("an address has been logged");
    let why = failed.downcast_ref::<String>().expect("a text");
    assert!(why.contains("+84312712567") && why.contains("whoever_logs_an_address_fails_its_test"), "{why}");
}
