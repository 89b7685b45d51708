//! What the source keeps to, read from the source itself.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

/// A `main.rs` wires and runs; what takes more than this has something to do that belongs into a library.
const MAIN_LINES_MAX: usize = 40;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace").to_owned()
}

/// A member of the workspace: its folder, and what it depends on when it is built for use.
struct Member {
    folder: String,
    dependencies: BTreeSet<String>,
}

/// The packages of the workspace, as cargo sees them.
pub(crate) fn packages() -> Vec<Value> {
    let manifest = root().join("Cargo.toml");
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--no-deps", "--format-version", "1", "--offline", "--manifest-path"])
        .arg(manifest)
        .output()
        .expect("cargo runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    metadata["packages"].as_array().expect("packages").clone()
}

/// Every member by name.
fn members() -> BTreeMap<String, Member> {
    packages().iter().map(|package| (text(package, "name"), member(package))).collect()
}

fn member(package: &Value) -> Member {
    let manifest = PathBuf::from(text(package, "manifest_path"));
    let folder = manifest.parent().expect("a folder").strip_prefix(root()).expect("inside of the workspace");
    let dependencies = package["dependencies"].as_array().expect("dependencies").iter();
    Member {
        folder: folder.to_string_lossy().into_owned(),
        dependencies: dependencies.filter(|d| d["kind"].is_null()).map(|d| text(d, "name")).collect(),
    }
}

fn text(value: &Value, name: &str) -> String {
    value[name].as_str().unwrap_or_else(|| panic!("{name} is a text")).to_owned()
}

#[test]
fn inv_12_the_domain_depends_on_jiff_alone_and_nothing_below_the_command_on_functions() {
    let members = members();
    let ours = |name: &str| -> BTreeSet<&str> {
        let dependencies = &members.get(name).unwrap_or_else(|| panic!("{name} is a member")).dependencies;
        dependencies.iter().map(String::as_str).filter(|d| members.contains_key(*d)).collect()
    };
    assert_eq!(members["reveille-domain"].dependencies, BTreeSet::from(["jiff".to_owned()]));
    let layers: [(&str, &[&str]); 4] = [
        ("reveille-wire", &["reveille-domain"]),
        ("reveille-engine", &["reveille-domain"]),
        ("reveille-aws", &["reveille-domain", "reveille-engine"]),
        ("reveille-local", &["reveille-domain", "reveille-engine"]),
    ];
    for (name, allowed) in layers {
        let above: Vec<&str> = ours(name).into_iter().filter(|d| !allowed.contains(d)).collect();
        assert!(above.is_empty(), "{name} depends on {above:?}");
    }
    let functions: BTreeSet<&str> = members
        .iter()
        .filter(|(_, member)| member.folder.starts_with("functions"))
        .map(|(name, _)| name.as_str())
        .collect();
    assert!(functions.len() >= 7, "{functions:?}");
    for function in &functions {
        let allowed = ["reveille-aws", "reveille-domain", "reveille-engine", "reveille-wire"];
        let above: Vec<&str> = ours(function).into_iter().filter(|d| !allowed.contains(d)).collect();
        assert!(above.is_empty(), "{function} depends on {above:?}");
    }
    let wires = ["cli", "tests", "tests/simulation", "tests/worker"];
    for (name, member) in members.iter().filter(|(_, member)| !wires.contains(&member.folder.as_str())) {
        let wired: Vec<&String> = member.dependencies.iter().filter(|d| functions.contains(d.as_str())).collect();
        assert!(wired.is_empty(), "{name} depends on {wired:?}");
    }
}

#[test]
fn no_build_but_that_of_tests_has_mutants() {
    let feature = "mutants";
    for (name, manifest) in files("Cargo.toml") {
        let asks = |line: &str| line.contains(feature) && !line.trim_start().starts_with('#');
        let lines: Vec<&str> = manifest.lines().filter(|line| asks(line)).collect();
        let allowed: &[&str] = match name.as_str() {
            "shared/domain/Cargo.toml" => &["mutants = []"],
            "tests/Cargo.toml" => &[
                "mutants = [\"reveille-domain/mutants\"]",
                "reveille-domain = { workspace = true, features = [\"mutants\"] }",
            ],
            _ => &[],
        };
        assert_eq!(lines, allowed, "{name}");
        // Neither by default, nor for anything but tests.
        assert!(!manifest.contains("default = ["), "{name} has default features");
        if let Some(place) = manifest.find("features = [\"mutants\"]") {
            assert!(manifest[..place].contains("[dev-dependencies]"), "{name}");
        }
    }
    // What is deployed is built from these packages, and the tests are not among them.
    let workspace = std::fs::read_to_string(root().join("Cargo.toml")).expect("text");
    let packages = workspace.lines().find(|line| line.starts_with("packages = ")).expect("what Lambda gets");
    assert!(packages.contains("\"notify\"") && !packages.contains("reveille-tests"), "{packages}");
    // And nothing that is deployed or installed depends on the tests.
    for (name, member) in members() {
        assert!(!member.dependencies.contains("reveille-tests"), "{name}");
    }
}

/// Every file below the folders of the source whose name ends so.
pub(crate) fn files(ending: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut folders: Vec<PathBuf> =
        ["cli", "functions", "shared", "tests"].iter().map(|folder| root().join(folder)).collect();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.to_string_lossy().ends_with(ending) {
                let name = path.strip_prefix(root()).expect("inside").to_string_lossy().into_owned();
                found.push((name, std::fs::read_to_string(&path).expect("text")));
            }
        }
    }
    found.sort();
    assert!(!found.is_empty(), "there are files that end with {ending}");
    found
}

/// The lines of the files of which `is_wrong` holds, as `file:line`.
pub(crate) fn wrong(files: &[(String, String)], is_wrong: impl Fn(&str, &str) -> bool) -> Vec<String> {
    let lines =
        files.iter().flat_map(|(name, text)| (1..).zip(text.lines()).map(move |(number, line)| (name, number, line)));
    lines.filter(|(name, _, line)| is_wrong(name, line)).map(|(name, number, _)| format!("{name}:{number}")).collect()
}

#[test]
fn what_starts_a_program_only_wires_it() {
    for (name, text) in files("src/main.rs") {
        let lines = text.lines().count();
        assert!(lines <= MAIN_LINES_MAX, "{name} has {lines} lines");
    }
}

#[test]
fn nothing_outside_of_tests_unwraps() {
    let sources: Vec<(String, String)> = files(".rs")
        .into_iter()
        .filter(|(name, _)| name.contains("/src/") && !name.ends_with("/tests.rs"))
        .map(|(name, text)| (name, before_tests(&text)))
        .collect();
    // Written in two parts, as below, so that this file is not what it looks for.
    let unwrap = [".unw", "rap()"].concat();
    let found = wrong(&sources, |_, line| line.contains(&unwrap) && !line.trim_start().starts_with("//"));
    assert!(found.is_empty(), "expect(\"…\") says which invariant holds: {found:#?}");
}

/// A file's tests stand at its end.
fn before_tests(text: &str) -> String {
    text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default().to_owned()
}

#[test]
fn nothing_is_left_to_be_done_later() {
    let marks = [["TO", "DO"].concat(), ["FIX", "ME"].concat(), ["XX", "X"].concat(), ["todo", "!("].concat()];
    for ending in [".rs", ".toml", ".yaml", ".md"] {
        let found = wrong(&files_or_none(ending), |_, line| marks.iter().any(|mark| line.contains(mark)));
        assert!(found.is_empty(), "{found:#?}");
    }
}

/// The same for endings that not every state of the source has, with the documents beside it.
fn files_or_none(ending: &str) -> Vec<(String, String)> {
    if [".rs", ".toml"].contains(&ending) {
        return files(ending);
    }
    let folders = [root(), root().join("docs"), root().join("examples")];
    let entries = folders.iter().flat_map(|folder| std::fs::read_dir(folder).expect("a folder"));
    let paths =
        entries.map(|entry| entry.expect("an entry").path()).filter(|path| path.to_string_lossy().ends_with(ending));
    paths.map(|path| (path.to_string_lossy().into_owned(), std::fs::read_to_string(&path).expect("text"))).collect()
}

#[test]
fn tests_neither_sleep_nor_stand_aside() {
    let sleeps = [["thread::", "sleep"].concat(), ["time::", "sleep"].concat()];
    let aside = ["#[ign", "ore"].concat();
    let found = wrong(&files(".rs"), |name, line| {
        // A call takes a moment there, and the SDK waits before it asks again, of a time that never passes by itself.
        let is_virtual = name.starts_with("tests/simulation/") || name.ends_with("/embedded/even_sleep.rs");
        let in_tests = name.starts_with("tests/") || name.contains("/tests/") || name.ends_with("/tests.rs");
        line.contains(&aside) || in_tests && !is_virtual && sleeps.iter().any(|sleep| line.contains(sleep))
    });
    assert!(found.is_empty(), "{found:#?}");
}

/// What has no tests is not linked as a test program, and what has no examples is not read for them: `test = false` and
/// `doctest = false` in its manifest. Whoever writes the first one takes that out.
#[test]
fn no_test_stands_where_cargo_does_not_look_for_it() {
    let sources = files(".rs");
    let marks = ["#[test]", "#[tokio::test", "proptest! {"];
    let mut passed_over = 0;
    for package in packages() {
        let folder = member(&package).folder;
        for target in package["targets"].as_array().expect("targets") {
            let kind = target["kind"][0].as_str().expect("a kind");
            let root_file = text(target, "src_path");
            let belongs = |name: &str| match kind {
                "lib" => name.starts_with(&format!("{folder}/src/")),
                "bin" => root_file.ends_with(name),
                _ => false,
            };
            let ours: Vec<(String, String)> = sources.iter().filter(|(name, _)| belongs(name)).cloned().collect();
            if target["test"] == false && !ours.is_empty() {
                passed_over += 1;
                let found = wrong(&ours, |_, line| marks.iter().any(|mark| line.trim_start().starts_with(mark)));
                assert!(found.is_empty(), "`test = false` of {folder} keeps these from running: {found:#?}");
            }
            if target["doctest"] == false {
                let is_example = |line: &str| line.starts_with("//! ```") || line.starts_with("/// ```");
                let found = wrong(&ours, |_, line| is_example(line.trim_start()));
                assert!(found.is_empty(), "`doctest = false` of {folder} keeps these from running: {found:#?}");
            }
        }
    }
    assert!(passed_over > 10, "{passed_over} programs");
}

/// How a heading is linked to: small letters, no punctuation, a hyphen for each space.
fn anchor(heading: &str) -> String {
    let heading = heading.trim_start_matches('#').trim().to_lowercase();
    let kept = heading.chars().filter(|c| c.is_alphanumeric() || [' ', '-', '_'].contains(c));
    kept.map(|c| if c == ' ' { '-' } else { c }).collect()
}

/// The lines of a document that are not code.
fn prose(text: &str) -> Vec<&str> {
    let mut code = false;
    let is_prose = |line: &&str| {
        let fence = line.trim_start().starts_with("```");
        code ^= fence;
        !code && !fence
    };
    text.lines().filter(is_prose).collect()
}

#[test]
fn every_link_of_the_documents_leads_somewhere() {
    let documents = documents(&root());
    let mut links = 0;
    let mut dead = Vec::new();
    for (path, text) in &documents {
        for target in prose(text).join("\n").split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            if target.starts_with("http") || target.starts_with("mailto:") {
                continue;
            }
            links += 1;
            let (file, heading) = target.split_once('#').map_or((target, None), |(file, at)| (file, Some(at)));
            let file = if file.is_empty() { path.clone() } else { path.parent().expect("a folder").join(file) };
            let known = |heading: &str| {
                let text = std::fs::read_to_string(&file).unwrap_or_default();
                prose(&text).iter().any(|line| line.starts_with('#') && anchor(line) == heading)
            };
            if !file.exists() || heading.is_some_and(|heading| !known(heading)) {
                dead.push(format!("{}: {target}", path.display()));
            }
        }
    }
    assert!(dead.is_empty(), "{dead:#?}");
    assert!(links > 100, "{links} links");
}

#[test]
fn every_test_that_a_document_names_is_there() {
    let sources: String = files(".rs").into_iter().map(|(_, text)| text).collect();
    let nights = files(".night").into_iter().map(|(name, _)| name.replace('-', "_"));
    let known: Vec<String> = nights.collect();
    let mut named = 0;
    let mut missing = Vec::new();
    for (path, text) in documents(&root()) {
        for word in prose(&text).join("\n").split('`').skip(1).step_by(2) {
            let is_sentence = word.matches('_').count() >= 4
                && word.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
            if !is_sentence {
                continue;
            }
            named += 1;
            let is_there = sources.contains(&format!("fn {word}(")) || known.iter().any(|name| name.contains(word));
            if !is_there {
                missing.push(format!("{}: {word}", path.display()));
            }
        }
    }
    assert!(missing.is_empty(), "{missing:#?}");
    assert!(named > 40, "{named} names");
}

/// Every document of the project.
fn documents(root: &Path) -> Vec<(PathBuf, String)> {
    let mut folders = vec![root.join("docs")];
    let mut found: Vec<PathBuf> = ["README.md", "CHANGELOG.md", "CONTRIBUTING.md"].map(|name| root.join(name)).into();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "md") {
                found.push(path);
            }
        }
    }
    found.into_iter().map(|path| (path.clone(), std::fs::read_to_string(&path).expect("text"))).collect()
}
