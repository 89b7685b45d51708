//! SARIF 2.1.0: the form in which code hosts take findings and show them beside the lines of a change.

use std::collections::BTreeMap;
use std::path::Path;

use reveille_domain::hex;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::catalogue::{Check, checks};
use super::finding::Finding;
use super::report::Report;
use super::severity::Severity;

/// The whole log.
pub(super) fn log(report: &Report, docs_url: Option<&str>) -> Value {
    let checks: Vec<Check> = checks().collect();
    let rules: Vec<Value> = checks.iter().map(|check| rule(check, docs_url)).collect();
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    let results = report.findings().iter().map(|finding| {
        let before = seen.entry(pointed_at(report, finding)).or_default();
        *before += 1;
        result(report, finding, &checks, *before - 1)
    });
    let results: Vec<Value> = results.collect();
    json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "reveille",
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "rules": rules,
            } },
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    })
}

fn rule(check: &Check, docs_url: Option<&str>) -> Value {
    let mut rule = json!({
        "id": check.code,
        "name": camel(check.code),
        "shortDescription": { "text": check.summary },
        "fullDescription": { "text": check.summary },
        "help": { "text": check.page, "markdown": check.page },
        "defaultConfiguration": { "level": check.severity.name() },
        "properties": { "tags": ["on-call"], "precision": "high", "problem.severity": problem(check.severity) },
    });
    if let Some(base) = docs_url {
        rule["helpUri"] = format!("{}/{}.md", base.trim_end_matches('/'), check.code).into();
    }
    rule
}

/// GitHub's words for how bad it is.
fn problem(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Note => "recommendation",
    }
}

/// `dst-gap` as `DstGap`: names of rules are Pascal case.
fn camel(code: &str) -> String {
    let word = |word: &str| {
        let mut letters = word.chars();
        letters.next().map(|first| first.to_ascii_uppercase().to_string() + letters.as_str()).unwrap_or_default()
    };
    code.split('-').map(word).collect()
}

fn result(report: &Report, finding: &Finding, checks: &[Check], before: usize) -> Value {
    let file = uri(report.file(finding));
    let mut physical = json!({ "artifactLocation": { "uri": file } });
    if let Some(place) = finding.place.filter(|place| place.line > 0) {
        physical["region"] = json!({
            "startLine": place.line,
            "startColumn": place.column,
            "endColumn": place.column + place.length.max(1),
        });
    }
    let mut result = json!({
        "ruleId": finding.code,
        "level": finding.severity.name(),
        "message": { "text": format!("{}\nRemedy: {}", finding.message, finding.remedy) },
        "locations": [{ "physicalLocation": physical }],
        "partialFingerprints": { "reveilleFinding/v1": fingerprint(report, finding, before) },
    });
    if let Some(index) = checks.iter().position(|check| check.code == finding.code) {
        result["ruleIndex"] = index.into();
    }
    result
}

/// The code, the file, and the line that a finding points at: the same for one that has only moved.
fn pointed_at(report: &Report, finding: &Finding) -> String {
    let line = report.excerpt(finding).map(|excerpt| excerpt.line).unwrap_or_default();
    format!("{}\n{}\n{}", finding.code, report.file(finding), line.trim())
}

/// What a code host knows a finding by. Of several that point at the same line, each has its number, or the host would show one.
fn fingerprint(report: &Report, finding: &Finding, before: usize) -> String {
    let number = if before == 0 { String::new() } else { format!("\n{before}") };
    hex(&Sha256::digest(pointed_at(report, finding) + &number)[..16])
}

/// A path as a reference that is relative to the root of the repository, where the command is run.
fn uri(file: &str) -> String {
    let path = Path::new(file);
    let here = std::env::current_dir().ok();
    let path = here.as_deref().and_then(|here| path.strip_prefix(here).ok()).unwrap_or(path);
    let parts = path.components().filter_map(|part| match part {
        std::path::Component::Normal(part) => Some(part.to_string_lossy().into_owned()),
        std::path::Component::ParentDir => Some("..".to_owned()),
        std::path::Component::CurDir | std::path::Component::RootDir | std::path::Component::Prefix(_) => None,
    });
    let escaped: Vec<String> = parts.map(|part| escaped(&part)).collect();
    let relative = escaped.join("/");
    if path.is_absolute() { format!("file:///{relative}") } else { relative }
}

fn escaped(part: &str) -> String {
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"-._~".contains(byte);
    part.bytes().map(|byte| if plain(&byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_named_from_where_the_command_is_run() {
        let here = std::env::current_dir().unwrap().join("on-call").join("team.yaml");
        let rows = [
            ("team.yaml", "team.yaml"),
            ("./on-call/web team.yaml", "on-call/web%20team.yaml"),
            (here.to_str().unwrap(), "on-call/team.yaml"),
            ("/elsewhere/team.yaml", "file:///elsewhere/team.yaml"),
        ];
        for (file, expected) in rows {
            assert_eq!(uri(file), expected);
        }
    }
}
