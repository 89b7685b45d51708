//! `reveille lint`: each check finds what its page says, at its place, and in every form.
#![expect(clippy::unwrap_used, reason = "in a test a panic is the report")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::process::Output;

use jiff::Timestamp;
use reveille_cli::lint::{Finding, Report, Severity, checks, look_at_text};
use reveille_cli::paint::Paint;
use serde_json::Value;

use crate::command::{command, root};

/// A Monday. What pages show is looked at from here.
const AT: &str = "2026-01-05T12:00:00Z";

fn at() -> Timestamp {
    AT.parse().unwrap()
}

fn look(text: &str) -> Report {
    look_at_text(text, "team.yaml", at())
}

fn codes(report: &Report) -> BTreeSet<&str> {
    report.findings().iter().map(|finding| finding.code).collect()
}

/// The blocks of YAML on a page, each with the comment in its first line.
fn blocks(page: &str) -> Vec<(String, String)> {
    let blocks = page.split("```yaml\n").skip(1).map(|rest| rest.split("```").next().unwrap());
    let parts = blocks.map(|block| block.split_once('\n').unwrap());
    parts.map(|(first, text)| (first.trim_start_matches("# ").to_owned(), text.to_owned())).collect()
}

/// Checks of the account, and of files that cannot be read, have no text that triggers them.
fn has_no_example(code: &str) -> bool {
    let of_the_account = [
        "sms-sandbox",
        "sms-spend-limit",
        "number-opted-out",
        "messaging-sandbox",
        "messaging-spend-limit",
        "ses-sandbox",
        "ses-paused",
        "ses-probation",
        "ses-quota",
        "sender-unverified",
        "channel-out-of-use",
        "missing-permission",
        "unanswered-check",
    ];
    code == "unreadable-file" || of_the_account.contains(&code)
}

#[test]
fn each_page_shows_what_triggers_its_check_and_what_mends_it() {
    for check in checks() {
        let code = check.code;
        let blocks = blocks(check.page);
        if has_no_example(code) {
            assert!(blocks.is_empty(), "{code}: nothing holds this example to be true");
            continue;
        }
        let [(finds, triggers), (mended, mends)] = blocks.as_slice() else { panic!("{code}: two examples") };
        let expected: BTreeSet<&str> = finds.strip_prefix("finds: ").unwrap().split(", ").collect();
        let (found, left) = (look(triggers), look(mends));
        assert!(expected.contains(code), "{code}");
        assert_eq!(codes(&found), expected, "{code}: {}", found.text(Paint::Plain));
        assert_eq!(mended, "mended");
        assert!(!codes(&left).contains(code), "{code}: {}", left.text(Paint::Plain));
        assert!(left.count(Severity::Error) == 0, "{code}: {}", left.text(Paint::Plain));
        let places = found.findings().iter().filter(|finding| finding.code == code).map(|finding| finding.place);
        assert!(places.into_iter().all(|place| place.is_some()), "{code} has a place");
        let severity = found.findings().iter().find(|finding| finding.code == code).unwrap().severity;
        assert_eq!(severity, check.severity, "{code}");
    }
}

#[test]
fn the_documents_have_a_page_for_each_check_and_the_index_names_them_all() {
    let folder = root().join("docs").join("lint");
    let mut files: BTreeSet<String> = std::fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .collect();
    assert!(files.remove("README.md"));
    let pages: BTreeSet<String> = checks().map(|check| format!("{}.md", check.code)).collect();
    assert_eq!(files, pages);
    assert_eq!(pages.len(), checks().count(), "each code once");
    let index = std::fs::read_to_string(folder.join("README.md")).unwrap();
    for check in checks() {
        let row = format!("| [`{0}`]({0}.md) | {1} | {2} |", check.code, check.severity, check.summary);
        assert!(index.contains(&row), "the index lacks {row}");
        assert!(check.page.starts_with(&format!("# `{}`\n", check.code)), "{}", check.code);
    }
    let rows = index.lines().filter(|line| line.starts_with("| [`")).count();
    assert_eq!(rows, checks().count(), "the index names nothing else");
}

#[test]
fn no_example_pages_nobody() {
    let mut count = 0;
    for entry in std::fs::read_dir(root().join("examples")).unwrap() {
        let path = entry.unwrap().path();
        let output = reveille(&["lint", path.to_str().unwrap(), "--at", AT]);
        assert_eq!(output.status.code(), Some(0), "{}{}", out(&output), err(&output));
        count += 1;
    }
    assert!(count >= 3);
}

/// Three teams that follow the sun, eight hours each, on their own clocks.
fn follow_the_sun(layers: &str) -> String {
    let week = |window: &str| {
        let days = ["MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN"];
        days.map(|day| format!("{day}: [\"{window}\"]")).join(", ")
    };
    let teams = [
        ("sgp", "Asia/Singapore", "08:00-16:00"),
        ("lon", "Europe/London", "08:00-16:00"),
        ("nyc", "America/New_York", "11:00-19:00"),
    ];
    let (mut contacts, mut rotations) = (String::new(), String::new());
    for (number, (name, zone, window)) in teams.into_iter().enumerate() {
        contacts += &format!(
            "  {name}: {{ name: {name}, channels: {{ sms: {{ type: sms, address: \"+1 555 010{number}\", verified: true }} }} }}\n"
        );
        rotations += &format!(
            "      - {{ name: {name}, time_zone: {zone}, start: 2026-01-01T00:00:00, every: {{ weeks: 1 }}, \
             members: [{name}], coverage: {{ {} }} }}\n",
            week(window)
        );
    }
    format!(
        "reveille: 1\ndefaults: {{ response_plan: all, safety_contact: sgp }}\ncontacts:\n{contacts}schedules:\n  sun:\n    \
         layers: {layers}\n    rotations:\n{rotations}response_plans:\n  all: {{ stages: [{{ engage: [{{ schedule: sun }}, lon] }}] }}\n"
    )
}

/// The cases `own-follow-the-sun-*` of the reference: exact in winter, a hole and an overlap in summer.
#[test]
fn holes_between_time_zones_are_found_before_the_clocks_change() {
    let report = look(&follow_the_sun("upper"));
    let holes: Vec<&Finding> = report.findings().iter().filter(|finding| finding.code == "dst-gap").collect();
    let [hole] = holes.as_slice() else { panic!("one pair of rotations: {}", report.text(Paint::Plain)) };
    for part in [
        "`nyc` ends at 2026-03-08T23:00:00Z, which is 19:00 in America/New_York",
        "`sgp` begins 1 h later, at 2026-03-09T00:00:00Z, which is 08:00 in Asia/Singapore",
        "after the clock of America/New_York changes at 2026-03-08T07:00:00Z",
        // Every day from 8 March to 31 October.
        "238 times within a year, 9 days 22 h in all",
    ] {
        assert!(hole.message.contains(part), "{part}\n{}", hole.message);
    }
    assert!(
        !codes(&report).contains("gap") && !codes(&report).contains("uncovered-hours"),
        "{}",
        report.text(Paint::Plain)
    );

    let report = look(&follow_the_sun("both"));
    let overlaps: Vec<&str> = report
        .findings()
        .iter()
        .filter(|finding| finding.code == "dst-overlap")
        .map(|finding| finding.message.as_str())
        .collect();
    let begins = |at: &str| overlaps.iter().any(|message| message.contains(at));
    assert!(begins("`lon` begins at 2026-03-29T07:00:00Z, which is 08:00 in Europe/London"), "{overlaps:?}");
    assert!(begins("`nyc` begins at 2026-03-08T15:00:00Z, which is 11:00 in America/New_York"), "{overlaps:?}");
}

#[test]
fn a_file_with_mistakes_is_looked_at_as_far_as_it_can_be_read() {
    let text = "reveille: 1
defaults: { response_plan: all, safety_contact: natsu }
contacts:
  natsu: { name: Natsu, channels: { sms: { type: sms, address: \"+84 3127 12 567\" } } }
response_plans:
  all: { stages: [{ engage: [natzu] }] }
";
    let report = look(text);
    assert_eq!(
        codes(&report),
        BTreeSet::from(["unknown-reference", "unverified-channel", "safety-contact-unreachable"]),
        "{}",
        report.text(Paint::Plain)
    );
    let shown = report.text(Paint::Plain);
    assert!(shown.contains("--> team.yaml:6:30\n  |\n6 |   all: { stages: [{ engage: [natzu] }] }\n"), "{shown}");
    assert!(shown.contains("+•• •••• •• 567") && !shown.contains("3127"), "{shown}");
}

#[test]
fn a_day_that_stays_empty_pages_nobody_and_says_from_when_to_when() {
    let text = "reveille: 1
defaults: { response_plan: all }
contacts:
  natsu: { name: Natsu, channels: { sms: { type: sms, address: \"+1 555 0100\", verified: true } } }
schedules:
  primary:
    rotations: [{ name: one, time_zone: UTC, start: 2026-01-01T00:00:00, every: { weeks: 1 }, members: [natsu] }]
    overrides: [{ start: 2026-02-01T00:00:00Z, end: 2026-02-02T00:00:00Z, remove: natsu }]
response_plans:
  all: { stages: [{ engage: [{ schedule: primary }] }, { after: 5, engage: [{ schedule: primary }] }] }
";
    let report = look(text);
    let message = |code: &str| report.findings().iter().find(|finding| finding.code == code).unwrap().message.clone();
    assert_eq!(
        message("gap"),
        "nobody is on call in `primary` from 2026-02-01T00:00:00Z to 2026-02-02T00:00:00Z (1 day): \
         an override leaves out whoever would be"
    );
    assert_eq!(
        message("pages-nobody"),
        "nobody is paged for an incident of response plan `all` that opens from 2026-02-01T00:00:00Z until \
         2026-02-02T00:00:00Z; once within a year, 1 day in all"
    );
    assert!(codes(&report).contains("same-person"));
}

#[test]
fn the_variables_of_incident_manager_are_held_to_the_types_of_parameters() {
    let plan = |document: &str, parameters: &str| {
        let stage =
            format!("{{ runbooks: [{{ document: {document}, parameters: {{ {parameters} }} }}], engage: [natsu] }}");
        ONE_PERSON.replace("{ engage: [natsu] }", &stage)
    };
    let rows = [
        (
            "WebServerRestart",
            "InstanceId: INVOLVED_RESOURCES",
            "parameter-type",
            "is a String, and INVOLVED_RESOURCES is a StringList",
        ),
        (
            "WebServerRestart",
            "InstanceId: [INVOLVED_RESOURCES]",
            "parameter-type",
            "INVOLVED_RESOURCES is a StringList",
        ),
        (
            "AddCapacity",
            "AutoScalingGroupName: web, Add: INCIDENT_RECORD_ARN",
            "parameter-type",
            "INCIDENT_RECORD_ARN is a String",
        ),
        ("RunChecks", "AlarmName: INCIDENT_RECORD_ARN", "parameter-value", "would get the word INCIDENT_RECORD_ARN"),
        ("Reveille-Mine", "Resources: INVOLVED_RESOURCES", "parameter-value", "would get the word INVOLVED_RESOURCES"),
        (
            "WebServerRestart",
            "InstanceId: [i-0123456789abcdef0, i-0123456789abcdef1]",
            "parameter-type",
            "is given 2 values",
        ),
        ("AddCapacity", "AutoScalingGroupName: web, Add: many", "parameter-type", "`many` is none"),
        ("WebServerRestart", "InstanceId: web-1", "parameter-value", "cannot be `web-1`"),
    ];
    for (document, parameters, code, part) in rows {
        let report = look(&plan(document, parameters));
        let found: Vec<&Finding> =
            report.findings().iter().filter(|finding| finding.severity == Severity::Error).collect();
        let [one] = found.as_slice() else { panic!("{parameters}: {}", report.text(Paint::Plain)) };
        assert!(one.code == code && one.message.contains(part), "{parameters}: {}", one.message);
    }
}

#[test]
fn only_what_a_plan_without_conditions_leaves_open_is_an_error() {
    let plan = |when: &str| {
        format!(
            "reveille: 1
defaults: {{ response_plan: all, safety_contact: natsu }}
contacts:
  natsu: {{ name: Natsu, channels: {{ sms: {{ type: sms, address: \"+1 555 0100\", verified: true }} }} }}
  bob: {{ name: Bob, channels: {{ sms: {{ type: sms, address: \"+1 555 0103\", verified: true }} }} }}
response_plans:
  all: {{ stages: [{{ {when}engage: [natsu] }}, {{ after: 5, {when}engage: [bob] }}] }}
"
        )
    };
    let rows = [
        ("", None),
        ("when: { impact: [1, 2, 3, 4, 5] }, ", None),
        (
            "when: { impact: [1, 2] }, ",
            Some("for an incident of impact 3 or 4 or 5: nobody but the safety contact is paged"),
        ),
        (
            "when: { weekdays: [MON, TUE], time_zone: UTC }, ",
            Some("for an incident that opens from 2026-01-07T00:00:00Z until 2026-01-08T00:00:00Z"),
        ),
    ];
    for (when, expected) in rows {
        let report = look(&plan(when));
        let found = report.findings().iter().find(|finding| finding.code == "conditions-page-nobody");
        match expected {
            None => assert_eq!(found, None, "{when}"),
            Some(part) => assert!(found.unwrap().message.contains(part), "{when}: {}", found.unwrap().message),
        }
        assert_eq!(report.count(Severity::Error), 0, "{when}: {}", report.text(Paint::Plain));
    }
}

fn reveille(arguments: &[&str]) -> Output {
    command(arguments).output().expect("the command runs")
}

fn out(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn err(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// A folder that is there as long as this value.
struct Folder(PathBuf);

impl Folder {
    fn with(name: &str, files: &[(&str, &str)]) -> Self {
        let path = std::env::temp_dir().join(format!("reveille-lint-{}-{name}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        for (file, text) in files {
            std::fs::write(path.join(file), text).unwrap();
        }
        Self(path)
    }

    fn file(&self, name: &str) -> String {
        self.0.join(name).to_str().unwrap().to_owned()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        drop(std::fs::remove_dir_all(&self.0));
    }
}

/// Has a warning, and nothing worse.
const ONE_PERSON: &str = "reveille: 1
defaults: { response_plan: all, safety_contact: natsu }
contacts:
  natsu: { name: Natsu, channels: { sms: { type: sms, address: \"+1 555 0100\", verified: true } } }
response_plans:
  all: { stages: [{ engage: [natsu] }] }
";

#[test]
fn the_exit_status_says_whether_anything_pages_nobody() {
    let broken = ONE_PERSON.replace(", verified: true", "");
    let folder = Folder::with("status", &[("warning.yaml", ONE_PERSON), ("error.yaml", &broken)]);
    let (warning, error) = (folder.file("warning.yaml"), folder.file("error.yaml"));
    let rows: [(&[&str], i32); 9] = [
        (&[&warning], 0),
        (&[&warning, "--deny", "warnings"], 1),
        (&[&warning, "--deny", "warnings", "--allow", "no-fallback"], 0),
        (&[&error], 1),
        (&[&error, "--json"], 1),
        (&[&error, "--sarif"], 1),
        (&["/there/is/nothing.yaml"], 1),
        (&[&warning, "--allow", "no-falback"], 2),
        (&[&warning, "--json", "--sarif"], 2),
    ];
    for (arguments, status) in rows {
        let arguments: Vec<&str> = ["lint"].into_iter().chain(arguments.iter().copied()).chain(["--at", AT]).collect();
        let output = reveille(&arguments);
        assert_eq!(output.status.code(), Some(status), "{arguments:?}: {}{}", out(&output), err(&output));
    }
    let output = reveille(&["lint", &warning, "--at", AT]);
    assert!(out(&output).ends_with(&format!("1 warning in {warning}\n")), "{}", out(&output));
    let output = reveille(&["lint", "--explain", "dst-gap"]);
    assert!(out(&output).starts_with("# `dst-gap`\n"));
}

#[test]
fn programs_get_a_list_with_the_place_of_each_finding() {
    let folder = Folder::with("json", &[("team.yaml", ONE_PERSON)]);
    let file = folder.file("team.yaml");
    let output = reveille(&["lint", &file, "--json", "--at", AT]);
    let list: Value = serde_json::from_slice(&output.stdout).unwrap();
    let [finding] = list.as_array().unwrap().as_slice() else { panic!("{list}") };
    let keys: BTreeSet<&str> = finding.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(keys, BTreeSet::from(["code", "severity", "file", "line", "column", "message", "remedy"]));
    assert_eq!((&finding["code"], &finding["severity"]), (&"no-fallback".into(), &"warning".into()));
    assert_eq!((&finding["file"], &finding["line"], &finding["column"]), (&file.into(), &6.into(), &3.into()));

    let output = reveille(&["lint", "/there/is/nothing.yaml", "--json"]);
    let list: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((&list[0]["code"], &list[0]["line"]), (&"unreadable-file".into(), &0.into()), "{list}");
}

#[test]
fn findings_in_a_folder_stand_in_the_file_that_has_them() {
    let people = "reveille: 1
contacts:
  natsu: { name: Natsu, channels: { sms: { type: sms, address: \"+1 555 0100\", verified: true } } }
  bob: { name: Bob, channels: { sms: { type: sms, address: \"+1 555 0103\" } } }
";
    let plans = "reveille: 1
defaults: { response_plan: all, safety_contact: natsu }
response_plans:
  all: { stages: [{ engage: [natsu] }, { after: 5, engage: [bob] }] }
";
    let folder = Folder::with("folder", &[("people.yaml", people), ("plans.yaml", plans)]);
    let output = reveille(&["lint", folder.0.to_str().unwrap(), "--json", "--at", AT]);
    let list: Value = serde_json::from_slice(&output.stdout).unwrap();
    let found: BTreeMap<&str, (&str, u64)> = list
        .as_array()
        .unwrap()
        .iter()
        .map(|one| (one["code"].as_str().unwrap(), (one["file"].as_str().unwrap(), one["line"].as_u64().unwrap())))
        .collect();
    assert_eq!(found["no-verified-channel"], (folder.file("people.yaml").as_str(), 4), "{list}");
    assert_eq!(found["empty-stage"], (folder.file("plans.yaml").as_str(), 4), "{list}");
}

#[test]
fn what_a_file_says_is_shown_and_not_obeyed() {
    let yaml = "reveille: 1\ndefaults: { response_plan: all }\ncontacts:\n  natsu: { name: Natsu, channels: { sms: { type: sms, \
                address: \"+1 555 0100\", verified: true } } }\n  \"red\\e[31m\": { name: Red }\nresponse_plans:\n  all: { \
                stages: [{ engage: [\"\\u202egnp\"] }] }\n";
    let report = look_at_text(yaml, "te\u{1b}[2Jam.yaml", at());
    let text = report.text(Paint::Plain) + &report.summary();
    assert!(text.contains("red\u{fffd}[31m") && text.contains("te\u{fffd}[2Jam.yaml"), "{text}");
    assert!(text.contains("there is no contact `\u{fffd}gnp`"), "{text}");
    assert!(!text.contains(['\u{1b}', '\u{202e}']), "{text:?}");
    // On a terminal the severity alone has a colour.
    let coloured = report.text(Paint::Colours);
    assert_eq!(coloured.matches('\u{1b}').count(), 2 * report.findings().len(), "{coloured:?}");
    assert!(report.json().unwrap().contains("\\u001b"), "a program gets what stands there");
}

#[test]
fn findings_of_one_line_are_told_apart_by_code_hosts() {
    let yaml = "reveille: 1\ndefaults: { response_plan: all }\ncontacts:\n  natsu: { name: Natsu, channels: { sms: { type: sms, \
                address: \"+1 555 0100\", verified: true } } }\nresponse_plans:\n  all: { stages: [{ engage: [bob, zeref] }] }\n";
    let prints = |yaml: &str| -> Vec<String> {
        let log: Value = serde_json::from_str(&look_at_text(yaml, "team.yaml", at()).sarif(None)).unwrap();
        let results = log["runs"][0]["results"].as_array().unwrap().iter();
        let unknown = results.filter(|result| result["ruleId"] == "unknown-reference");
        unknown.map(|one| one["partialFingerprints"]["reveilleFinding/v1"].as_str().unwrap().to_owned()).collect()
    };
    let found = prints(yaml);
    assert_eq!(found.len(), 2);
    assert_ne!(found[0], found[1]);
    assert_eq!(prints(&format!("# a line\n{yaml}")), found, "they are the same when they have moved");
}

#[test]
fn the_first_file_of_a_newcomer_is_clean() {
    let output = reveille(&["lint", "examples/minimal.yaml", "--deny", "notes", "--at", AT]);
    assert_eq!(output.status.code(), Some(0), "{}", out(&output));
    assert_eq!(out(&output), "nothing found in examples/minimal.yaml\n");
}

#[test]
fn code_hosts_get_sarif_with_rules_places_and_relative_files() {
    let folder = Folder::with("sarif", &[("team.yaml", ONE_PERSON)]);
    let sarif = |arguments: &[&str]| -> Value {
        let mut command = command(&["lint", "team.yaml", "--sarif", "--at", AT]);
        let output = command.args(arguments).current_dir(&folder.0).output().unwrap();
        serde_json::from_slice(&output.stdout).unwrap()
    };
    let log = sarif(&["--docs-url", "https://example.com/docs/lint/"]);
    assert_eq!(log["version"], "2.1.0");
    assert!(log["$schema"].as_str().unwrap().ends_with("sarif-2.1.0.json"));
    let [run] = log["runs"].as_array().unwrap().as_slice() else { panic!("one run") };
    let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
    assert_eq!(rules.len(), checks().count());
    for rule in rules {
        let id = rule["id"].as_str().unwrap();
        assert_eq!(rule["helpUri"], format!("https://example.com/docs/lint/{id}.md"));
        assert!(rule["shortDescription"]["text"].is_string() && rule["help"]["markdown"].is_string(), "{id}");
        assert!(["error", "warning", "note"].contains(&rule["defaultConfiguration"]["level"].as_str().unwrap()));
    }
    let results = run["results"].as_array().unwrap();
    assert!(!results.is_empty(), "one person alone is a warning");
    for result in results {
        let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
        assert_eq!(rules[index]["id"], result["ruleId"]);
        let place = &result["locations"][0]["physicalLocation"];
        assert_eq!(place["artifactLocation"]["uri"], "team.yaml");
        let [line, start, end] =
            ["startLine", "startColumn", "endColumn"].map(|key| place["region"][key].as_u64().unwrap());
        assert!(line >= 1 && start >= 1 && end > start, "{place}");
        assert!(!result["message"]["text"].as_str().unwrap().is_empty());
        assert_eq!(result["partialFingerprints"]["reveilleFinding/v1"].as_str().unwrap().len(), 32);
    }
    let log = sarif(&[]);
    assert!(log["runs"][0]["tool"]["driver"]["rules"][0]["helpUri"].is_null(), "no address is made up");
}
