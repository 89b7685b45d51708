//! From what a source holds to a configuration and what is said about it.

use super::model::Imported;
use super::report::Report;
use super::{Options, document, mend};

/// A configuration and what is said about it.
#[derive(Clone, Debug)]
pub struct Finished {
    /// The configuration, ready to be loaded.
    pub yaml: String,
    /// What is said.
    pub report: Report,
}

/// Mends what was read and writes it as YAML. Nothing is touched.
pub fn finish(mut imported: Imported, options: &Options, command: &str) -> Finished {
    mend::mend(&mut imported);
    verification(&mut imported, options.trust_addresses);
    let yaml = document::write(&mut imported, options.default_plan.as_deref(), command);
    Finished { yaml, report: Report::of(&imported) }
}

/// Says which channels nobody has verified, or takes your word for all of them.
fn verification(imported: &mut Imported, trust: bool) {
    let channels = imported.contacts.iter_mut().flat_map(|contact| &mut contact.channels);
    let mut unverified: Vec<_> = channels.filter(|channel| !channel.verified && !channel.placeholder).collect();
    let count = unverified.len();
    if count == 0 {
        return;
    }
    if trust {
        unverified.iter_mut().for_each(|channel| channel.verified = true);
        let done = format!(
            "`--trust-addresses`: addresses that the source does not call verified are written as verified: {count}"
        );
        imported.notes.decided(imported.source, "verified", done, "");
    } else {
        let done =
            format!("addresses that the source does not call verified are written so, and are not paged: {count}");
        let todo = "send codes with `reveille verify`, or import again with `--trust-addresses`";
        imported.notes.decided(imported.source, "verified", done, todo);
    }
}
