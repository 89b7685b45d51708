//! What Systems Manager says of the documents that response plans start.

use std::collections::BTreeMap;

use reveille_engine::port::{Readiness, ReadinessError};

use super::unanswered;
use crate::configuration::Configuration;
use crate::lint::documents::Documents;
use crate::lint::finding::Findings;

/// Asks for each document once.
pub(super) async fn look(
    readiness: &dyn Readiness,
    configuration: &Configuration,
    documents: &mut Documents,
    findings: &mut Findings<'_>,
) {
    let mut named: BTreeMap<&str, String> = BTreeMap::new();
    for plan in configuration.response_plans.values() {
        for (number, stage) in plan.stages.iter().enumerate() {
            for (place, action) in stage.runbooks.iter().enumerate() {
                let path = format!("response_plans/{}/stages/{number}/runbooks/{place}/document", plan.name);
                named.entry(&action.document).or_insert(path);
            }
        }
    }
    for (name, path) in named {
        match readiness.document(name).await {
            Ok(facts) => {
                // A document of another type cannot be started as a runbook.
                let facts = facts.filter(|facts| facts.kind.as_deref().is_none_or(|kind| kind == "Automation"));
                documents.learn(name, facts);
            }
            Err(error) => {
                unanswered(&error, &path, findings);
                if matches!(error, ReadinessError::Denied { .. }) {
                    return;
                }
            }
        }
    }
}
