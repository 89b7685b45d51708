//! Every file of `scenarios/` is played, and every case of other systems' test suites is in one of them or says why not.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use reveille_cli::scenario::{self, Played};
use reveille_tests::logs::Ears;
use serde_json::Value;

/// Cases of other systems' test suites, as data.
const CASES: &str = include_str!("../data/escalation-cases.json");

/// What becomes of a case.
enum Fate {
    /// It is played by the file of its name.
    Played,
    /// It stands elsewhere, or comes later.
    LeftOut(&'static str),
}

use Fate::{LeftOut, Played as Plays};

/// Each case, by its id.
const FATES: [(&str, Fate); 20] = [
    ("esc-auto-30", Plays),
    ("esc-step-number-gap", Plays),
    ("esc-rules-do-not-repeat", Plays),
    ("rules-multi", Plays),
    ("multi-ack-others-still-paged", Plays),
    ("multi-ack-second-recorded", Plays),
    ("manual-escalate-acked", Plays),
    ("add-rule-mid-cycle", Plays),
    ("add-rule-after-cycle", Plays),
    ("maintenance-new-alert", LeftOut("maintenance windows come later")),
    ("heartbeat", LeftOut("heartbeat monitors come later")),
    ("status-update-not-to-actor", Plays),
    ("status-update-expiry", Plays),
    ("storm-first-alert-wins", Plays),
    ("storm-bundle", Plays),
    ("sms-perm-failure-no-retry", Plays),
    ("auto-close", LeftOut("closing what nobody looks after comes later")),
    ("ou-atomic-claim", Plays),
    ("versus-get-ack", Plays),
    ("nobody-on-call", Plays),
];

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios")
}

/// The scenario files by name.
fn files() -> BTreeMap<String, PathBuf> {
    let entries = std::fs::read_dir(folder()).expect("a folder");
    let paths = entries.map(|entry| entry.expect("an entry").path());
    let yaml = paths.filter(|path| path.extension().is_some_and(|extension| extension == "yaml"));
    yaml.map(|path| (path.file_stem().expect("a name").to_string_lossy().into_owned(), path)).collect()
}

async fn play(path: &Path) -> (Played, String) {
    let _ears = Ears::open();
    let scenario = scenario::load(path).unwrap_or_else(|errors| panic!("{errors}"));
    let mut transcript = Vec::new();
    let tell = |told| scenario::tell(&mut transcript, false, &told).expect("a vector takes everything");
    let played = scenario::play(&scenario, tell).await.unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    (played, String::from_utf8(transcript).expect("text"))
}

#[tokio::test(start_paused = true)]
async fn every_scenario_comes_out_as_it_is_written() {
    let mut wrong = Vec::new();
    for (name, path) in files() {
        let (played, transcript) = play(&path).await;
        assert!(played.expectations > 0, "{name} expects nothing");
        if !played.broken.is_empty() {
            wrong.push(format!("{name}\n{transcript}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

#[test]
fn every_case_of_other_systems_is_played_or_says_why_not() {
    let cases: Value = serde_json::from_str(CASES).expect("JSON");
    let ids: BTreeSet<&str> = cases["escalation_cases"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|case| case["id"].as_str().expect("an id"))
        .collect();
    assert_eq!(FATES.iter().map(|(id, _)| *id).collect::<BTreeSet<_>>(), ids, "each case once, and no other");
    let files = files();
    for (id, fate) in FATES {
        match fate {
            Plays => assert!(files.contains_key(id), "there is no file for {id}"),
            LeftOut(why) => assert!(!files.contains_key(id), "{id} is played, and left out because {why}"),
        }
    }
}
