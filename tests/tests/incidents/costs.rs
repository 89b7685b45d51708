//! What everything costs, held to docs/PERFORMANCE.md: a night is played on the embedded stack, and everything that AWS sends a bill for
//! is counted. `REVEILLE_BLESS=1` writes the tables anew, but for times: the bench does that.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use jiff::civil::Date;
use reveille_cli::bench::{Latencies, MEMORY_MB};
use reveille_tests::cloudwatch::template;
use reveille_tests::cost::{self, LAMBDA_TIME, Played, Prices, Team, month_of};

fn performance() -> (PathBuf, String) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/PERFORMANCE.md");
    let text = std::fs::read_to_string(&path).expect("docs/PERFORMANCE.md is there");
    (path, text)
}

#[tokio::test]
async fn everything_costs_what_the_document_says_and_its_minimum_is_explained() {
    let played = cost::play().await;
    let (prices, latencies) = (Prices::read(), Latencies::read());
    let (path, mut document) = performance();
    let mut tables = cost::tables(&played, &prices, &latencies);
    tables.push(cost::minimum_table(&played, &document));
    tables.push(cost::operators_table().await);
    for table in tables {
        let held = table.with_times_of(&document);
        if std::env::var_os("REVEILLE_BLESS").is_some() {
            document = held.written_into(&document);
        } else {
            let marker = held.marker;
            assert_eq!(held.written(&document), held.text(), "{marker}: REVEILLE_BLESS=1 writes the table anew");
        }
    }
    if std::env::var_os("REVEILLE_BLESS").is_some() {
        std::fs::write(&path, &document).expect("the document can be written");
    }
    its_minimum_is_explained(&played, &document);
    // The column that says what is beyond that which is free is held as well, although time is a part of every bill.
    let gb_seconds = month_of(Team::of(100), &played, &latencies, "sms_parts_us").bill.quantity(LAMBDA_TIME);
    assert!(gb_seconds < prices.of(LAMBDA_TIME).free, "Lambda's time is no longer free for the largest team");
}

fn its_minimum_is_explained(played: &Played, document: &str) {
    let paths = played.paths.iter().chain([&played.idle_minute, &played.synthetic]);
    let counted: BTreeMap<&str, usize> = paths.map(|path| (path.name, path.calls().count())).collect();
    let rows = cost::rows_of(document, "minimum");
    for row in &rows {
        let [name, minimum, ours, why] = row.as_slice() else { panic!("{row:?} has not four cells") };
        let number = |cell: &str| cell.parse::<usize>().unwrap_or_else(|_| panic!("{name}: {cell} is no number"));
        assert_eq!(counted.get(name.as_str()), Some(&number(ours)), "{name}");
        assert!(number(minimum) <= number(ours), "{name}: nothing is below the minimum");
        assert!(!why.is_empty(), "{name}: the minimum and the difference are explained");
        // What is more has a reason of its own, or is the same as in a row that is named and has one.
        let is_as =
            |row: &Vec<String>| row[0] != *name && row[1] != row[2] && why.starts_with(&format!("as {}", row[0]));
        let is_explained = minimum == ours || why.contains(" more: ") || rows.iter().any(is_as);
        assert!(is_explained, "{name}: {ours} requests are more than {minimum}, and nothing says why: {why}");
    }
    let missing: Vec<&&str> = counted.keys().filter(|name| !rows.iter().any(|row| row[0] == **name)).collect();
    assert!(missing.is_empty(), "no minimum of {missing:?}");
}

/// Lambda's time is priced by it, and the share of a processor that a function has.
#[test]
fn functions_have_the_memory_that_their_time_is_computed_with() {
    let globals = template()["Globals"]["Function"]["MemorySize"].as_f64();
    assert_eq!(globals, Some(MEMORY_MB));
    let functions = template()["Resources"].as_object().into_iter().flatten();
    for (name, function) in functions.filter(|(_, resource)| resource["Type"] == "AWS::Serverless::Function") {
        assert!(function["Properties"].get("MemorySize").is_none(), "{name} has a memory of its own");
    }
}

#[test]
fn whatever_is_computed_with_has_a_source_and_the_day_on_which_it_said_so() {
    let (prices, latencies) = (Prices::read(), Latencies::read());
    let sold = prices.prices.iter().map(|(name, price)| (name.as_str(), &price.read, &price.source));
    let elsewhere = prices.others.iter().map(|other| (other.name.as_str(), &other.read, &other.source));
    let took = latencies.all().map(|(name, latency)| (name, &latency.read, &latency.source));
    let as_of = [&prices.as_of, &latencies.as_of].map(|day| day.parse::<Date>().expect("a day"));
    let mut seen = 0;
    for (name, read, source) in sold.chain(elsewhere).chain(took) {
        let day: Date = read.parse().unwrap_or_else(|error| panic!("{name}: {read} is no day: {error}"));
        assert!(as_of.iter().any(|as_of| day <= *as_of), "{name}: read after the list was put together");
        assert!(!source.trim().is_empty(), "{name} has no source");
        seen += 1;
    }
    assert!(seen > 30, "{seen}");
}
