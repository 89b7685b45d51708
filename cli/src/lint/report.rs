//! All findings of a configuration with the files they stand in, and the forms in which they are shown.

use std::collections::BTreeMap;

use serde::Serialize;

use super::finding::Finding;
use super::sarif;
use super::severity::Severity;
use crate::columns::{harmless, one_line};
use crate::configuration::{Excerpt, Place, excerpt};
use crate::paint::{Ink, Paint};

/// What lint has to say about a configuration, in the order of its files.
#[derive(Clone, Debug)]
pub struct Report {
    findings: Vec<Finding>,
    /// Name and text; the first is the configuration as it was named to us.
    files: Vec<(String, String)>,
    /// Places that nothing shows.
    secrets: Vec<Place>,
}

/// A finding as programs read it.
#[derive(Debug, Serialize)]
struct Line<'r> {
    code: &'static str,
    severity: &'static str,
    file: &'r str,
    line: usize,
    column: usize,
    message: &'r str,
    remedy: &'r str,
}

impl Report {
    /// Findings, the files that they stand in, and what of those is never shown.
    pub(super) fn new(mut findings: Vec<Finding>, files: Vec<(String, String)>, secrets: Vec<Place>) -> Self {
        findings
            .sort_by(|one, other| (one.place, one.code, &one.message).cmp(&(other.place, other.code, &other.message)));
        findings.dedup();
        Self { findings, files, secrets }
    }

    /// The findings, in the order of the files.
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }

    /// Leaves out what these checks have found.
    pub fn without(mut self, codes: &[String]) -> Self {
        self.findings.retain(|finding| !codes.iter().any(|code| code == finding.code));
        self
    }

    /// How many findings are at least as bad.
    pub fn count(&self, at_least: Severity) -> usize {
        self.findings.iter().filter(|finding| finding.severity >= at_least).count()
    }

    /// The name of the file that a finding stands in.
    pub fn file(&self, finding: &Finding) -> &str {
        let file = finding.place.map_or(0, |place| place.file);
        self.files.get(file).map_or("", |(name, _)| name)
    }

    /// Line and column from 1; 0 where the file as a whole is meant.
    pub(super) fn position(finding: &Finding) -> (usize, usize) {
        finding.place.map_or((0, 0), |place| (place.line, place.column))
    }

    /// What stands where a finding is, with addresses masked.
    pub(super) fn excerpt(&self, finding: &Finding) -> Option<Excerpt> {
        let place = finding.place?;
        let (_, text) = self.files.get(place.file)?;
        excerpt(text, place, &self.secrets)
    }

    /// A JSON list.
    pub fn json(&self) -> Result<String, serde_json::Error> {
        let line = |finding| {
            let (line, column) = Self::position(finding);
            let Finding { code, severity, message, remedy, .. } = finding;
            Line { code, severity: severity.name(), file: self.file(finding), line, column, message, remedy }
        };
        serde_json::to_string(&self.findings.iter().map(line).collect::<Vec<_>>())
    }

    /// SARIF 2.1.0; `docs_url` is where the pages of the checks stand.
    pub fn sarif(&self, docs_url: Option<&str>) -> String {
        sarif::log(self, docs_url).to_string()
    }

    /// For people, as a compiler says it; with colours on a terminal. What it quotes of a file or of an account a terminal shows
    /// and does not obey.
    pub fn text(&self, paint: Paint) -> String {
        let mut out = String::new();
        for finding in &self.findings {
            let severity = painted(finding.severity, paint);
            out.push_str(&format!("{severity}[{}]: {}\n", finding.code, harmless(&finding.message)));
            let shown = self.excerpt(finding).map(|excerpt| harmless(&excerpt.to_string()));
            let (line, column) = Self::position(finding);
            let (margin, place) = match line {
                0 => (" ".to_owned(), String::new()),
                line => (" ".repeat(line.to_string().len()), format!(":{line}:{column}")),
            };
            out.push_str(&format!(
                "{margin}--> {}{place}\n{}",
                one_line(self.file(finding)),
                shown.unwrap_or_default()
            ));
            out.push_str(&format!("{margin} = remedy: {}\n\n", harmless(&finding.remedy)));
        }
        out
    }

    /// How many there are of each severity: `2 errors, 1 warning in team.yaml`.
    pub fn summary(&self) -> String {
        let mut counts: BTreeMap<Severity, usize> = BTreeMap::new();
        for finding in &self.findings {
            *counts.entry(finding.severity).or_default() += 1;
        }
        let said = counts.iter().rev().map(|(severity, count)| match count {
            1 => format!("1 {severity}"),
            count => format!("{count} {severity}s"),
        });
        let said: Vec<String> = said.collect();
        let name = one_line(self.files.first().map_or("", |(name, _)| name));
        match said.as_slice() {
            [] => format!("nothing found in {name}"),
            said => format!("{} in {name}", said.join(", ")),
        }
    }
}

/// The word for a severity, in its colour.
fn painted(severity: Severity, paint: Paint) -> String {
    let ink = match severity {
        Severity::Error => Ink::Bad,
        Severity::Warning => Ink::Waiting,
        Severity::Note => Ink::Told,
    };
    paint.headline(ink, severity.name())
}
