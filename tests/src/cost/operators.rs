//! What it costs to plan and to apply the configuration of a large team.

use reveille_cli::apply::apply;
use reveille_cli::configuration::{self, Configuration};
use reveille_cli::plan::Planned;

use super::table::Table;
use crate::dawn;
use crate::embedded::EmbeddedGround;

#[path = "../../../cli/tests/commands/team.rs"]
mod team;

/// As whose calls they are counted: functions do none of this.
const COUNTED_AS: &str = "apply";

/// The requests of `reveille plan` and `reveille apply`.
pub async fn operators_table() -> Table {
    let text = team::team(50, 10, 30);
    let whole = read(&text);
    let edited = read(&text.replace("name: Person 7\n", "name: Seven\n"));
    let ground = EmbeddedGround::metered(dawn(), &[]);
    let mut table = Table::new(
        "operators",
        ["what is done with 50 contacts, 10 schedules and 30 response plans", "requests", "which"],
    );
    for (what, configuration, writes) in [
        ("`reveille apply`, for the first time", &whole, true),
        ("`reveille apply` of one field that has changed", &edited, true),
        ("`reveille apply` of what is there", &edited, true),
        ("`reveille plan`", &edited, false),
    ] {
        let before = ground.wire().count();
        let rows = ground.functions_table(COUNTED_AS);
        if writes {
            apply(&rows, configuration, dawn()).await.expect("it applies");
        } else {
            Planned::at_rest(&rows, configuration, dawn()).await.expect("it is planned");
        }
        let operations: Vec<String> =
            ground.wire().carried()[before..].iter().map(|call| call.asked.operation.clone()).collect();
        table.row([what.to_owned(), operations.len().to_string(), one_after_another(&operations)]);
    }
    table
}

fn read(text: &str) -> Configuration {
    configuration::parse(text, "team.yaml").expect("it is valid")
}

/// Calls in their order; several of one kind stand together.
fn one_after_another(operations: &[String]) -> String {
    let kinds = operations.chunk_by(|one, next| one == next);
    let told = kinds.map(|kind| if kind.len() == 1 { kind[0].clone() } else { format!("{} {}", kind.len(), kind[0]) });
    told.collect::<Vec<_>>().join(", ")
}
