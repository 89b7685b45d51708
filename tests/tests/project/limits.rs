//! Every bound stands in one of the `limits.rs`, with its reason, and in `docs/LIMITS.md` for whoever meets it.

use std::fs;
use std::path::{Path, PathBuf};

/// A constant of a `limits.rs`.
struct Limit {
    name: String,
    value: String,
    reason: String,
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace").to_owned()
}

fn files_of_limits() -> Vec<PathBuf> {
    fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
        let mut entries: Vec<PathBuf> =
            fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path()).collect();
        entries.sort();
        for path in entries {
            if path.is_dir() {
                walk(&path, found);
            } else if path.file_name().is_some_and(|name| name == "limits.rs") {
                found.push(path);
            }
        }
    }
    let mut found = Vec::new();
    for folder in ["shared", "functions", "cli/src"] {
        walk(&root().join(folder), &mut found);
    }
    found
}

/// The constants of a file, in its order, each with the comment above it as one line.
fn limits(file: &Path) -> Vec<Limit> {
    let text = fs::read_to_string(file).expect("text");
    let mut limits = Vec::new();
    let mut reason = Vec::new();
    for line in text.lines() {
        if let Some(comment) = line.strip_prefix("///") {
            reason.push(comment.trim().to_owned());
            continue;
        }
        if let Some((_, rest)) = line.split_once("const ").filter(|(_, rest)| !rest.starts_with("fn ")) {
            let (name, rest) = rest.split_once(": ").expect("a type");
            let (_, value) = rest.split_once(" = ").expect("a value on the same line");
            let value = value.trim_end_matches(';').replace('_', "");
            limits.push(Limit { name: name.to_owned(), value, reason: reason.join(" ") });
        }
        reason.clear();
    }
    limits
}

#[test]
fn every_limit_stands_in_the_document_with_its_reason() {
    let document = fs::read_to_string(root().join("docs/LIMITS.md")).unwrap();
    let mut count = 0;
    let mut missing = Vec::new();
    for file in files_of_limits() {
        for Limit { name, value, reason } in limits(&file) {
            count += 1;
            assert!(reason.ends_with('.'), "{name} in {} has no reason", file.display());
            let row = format!("| `{name}` | {value} | {} |", reason.replace('|', "\\|"));
            if !document.lines().any(|line| line == row) {
                missing.push(row);
            }
        }
    }
    assert!(missing.is_empty(), "docs/LIMITS.md lacks these rows, or has older ones:\n{}", missing.join("\n"));
    let rows = document.lines().filter(|line| line.starts_with("| `")).count();
    assert_eq!(rows, count, "docs/LIMITS.md has rows of limits that are gone");
}
