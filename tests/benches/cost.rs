//! Prints what everything costs, as it stands in `docs/PERFORMANCE.md`: calls, units, messages, times, and dollars by the price list in
//! `docs/prices.yaml`. `REVEILLE_BLESS=1` writes it there.
//!
//! ```sh
//! cargo bench --profile nights --bench cost
//! ```

use std::path::Path;

use reveille_cli::bench::Latencies;
use reveille_tests::cost::{Bill, Prices, idle_month, minimum_table, operators_table, play, tables};

/// What else the machine does slows down some of them; everything is as fast as it was at its fastest.
const PLAYS: usize = 7;

fn main() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let mut played = runtime.block_on(play());
    for _ in 1..PLAYS {
        played.keep_the_fastest(&runtime.block_on(play()));
    }
    let (prices, latencies) = (Prices::read(), Latencies::read());
    let build = if cfg!(debug_assertions) { "not optimised" } else { "optimised" };
    println!("Prices of {} in {}, latencies of {}.", prices.as_of, prices.region, latencies.as_of);
    println!("Times are elapsed ones, on one thread that waits for nothing: the shortest of {PLAYS} plays, {build}.\n");
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/PERFORMANCE.md");
    let document = std::fs::read_to_string(&path).expect("docs/PERFORMANCE.md is there");
    let mut tables = tables(&played, &prices, &latencies);
    tables.push(minimum_table(&played, &document));
    tables.push(runtime.block_on(operators_table()));
    for table in &tables {
        println!("{}", table.text());
    }
    print_lines(&idle_month(&played, &latencies).bill, &prices);
    if std::env::var_os("REVEILLE_BLESS").is_some() {
        let document = tables.iter().fold(document, |document, table| table.written_into(&document));
        std::fs::write(&path, document).expect("the document can be written");
    }
}

/// What the bill of an idle month consists of, which the document does not show.
fn print_lines(bill: &Bill, prices: &Prices) {
    println!("| of an idle month | how much | US dollars | beyond what is free | confirmed |\n|---|---|---|---|---|");
    for line in bill.lines(prices) {
        let price = prices.of(line.name);
        let confirmed = if price.confirmed { "yes" } else { "no" };
        println!(
            "| {} | {:.4} | {:.3} | {:.3} | {confirmed} |",
            price.unit, line.quantity, line.usd, line.beyond_free_usd
        );
    }
}
