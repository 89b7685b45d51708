//! What somebody has fetched from another system: it becomes a configuration that loads, or an error that says what is missing.

use jiff::Timestamp;

use crate::subject::configuration::parse;
use crate::subject::import::export::{Export, ExportError};
use crate::subject::import::model::Imported;
use crate::subject::import::{Options, finish, goalert, grafana_oncall, opsgenie, pagerduty};

type Read = fn(&Export, Timestamp) -> Result<Imported, ExportError>;

/// The name on the first line of an input says who wrote the rest.
const SOURCES: [(&str, Read); 4] = [
    ("pagerduty", pagerduty::read),
    ("opsgenie", opsgenie::read),
    ("grafana-oncall", grafana_oncall::read),
    ("goalert", goalert::read),
];

/// What the file may be longer than its source: an escalation that somebody nested is written out.
const WRITTEN_BYTES_PER_BYTE_MAX: usize = 1_000;

pub(super) fn run(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    let (source, json) = text.split_once('\n').unwrap_or(("pagerduty", &text));
    let Some((_, read)) = SOURCES.iter().find(|(name, _)| *name == source) else { return };
    let Ok(export) = Export::parse(json) else { return };
    let imported = match read(&export, super::now()) {
        Ok(imported) => imported,
        Err(error) => {
            assert!(!error.to_string().is_empty());
            return;
        }
    };
    if imported.contacts.is_empty() {
        return;
    }
    let finished = finish(imported, &Options::default(), "reveille import");
    assert!(finished.yaml.len() <= (input.len() + 100) * WRITTEN_BYTES_PER_BYTE_MAX, "{} bytes", finished.yaml.len());
    assert!(!finished.report.for_people().is_empty());
    if let Err(mistakes) = parse(&finished.yaml, "imported.yaml") {
        panic!("what was written does not load:\n{mistakes}\n{}", finished.yaml);
    }
}
