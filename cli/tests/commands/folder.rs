//! A folder of configuration files: which of them count, how they become one, and where their mistakes stand.

use std::path::{Path, PathBuf};

use reveille_cli::configuration::{Configuration, load, parse};

/// A folder that is there as long as this value.
struct Folder(PathBuf);

impl Folder {
    /// A folder with these files; a test's own name keeps it apart from the others'.
    fn with(name: &str, files: &[(&str, &str)]) -> Self {
        let path = std::env::temp_dir().join(format!("reveille-folder-{}-{name}", std::process::id()));
        for (file, text) in files {
            let file = path.join(file);
            std::fs::create_dir_all(file.parent().expect("it is there")).expect("it is there");
            std::fs::write(file, text).expect("it is there");
        }
        std::fs::create_dir_all(&path).expect("it is there");
        Self(path)
    }

    /// What is wrong with it, with the folder's own name left out.
    fn wrong(&self) -> String {
        let errors = load(&self.0).expect_err("it has mistakes").to_string();
        errors.replace(self.0.to_str().expect("it is there"), "team")
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        drop(std::fs::remove_dir_all(&self.0));
    }
}

const PEOPLE: &str = r#"reveille: 1
contacts:
  natsu: { name: Natsu, channels: { sms: { type: sms, address: "+1 555 0100", verified: true } } }
"#;
const MORE_PEOPLE: &str = r#"reveille: 1
contacts:
  bob: { name: Bob, channels: { sms: { type: sms, address: "+1 555 0101", verified: true } } }
"#;
const PLANS: &str = r#"reveille: 1
defaults: { response_plan: all, safety_contact: bob }
response_plans:
  all: { stages: [ { engage: [natsu] } ] }
"#;
const WEB: &str = r#"reveille: 1
response_plans:
  web: { stages: [ { engage: [bob] } ] }
rules:
  - { match: { name: "web-*" }, response_plan: web }
"#;

#[test]
fn every_file_of_the_folder_counts_in_the_order_of_their_paths() {
    let folder = Folder::with(
        "order",
        &[
            ("people.yaml", PEOPLE),
            ("teams/web.yml", WEB),
            ("teams/deep/more.yaml", MORE_PEOPLE),
            ("plans.yaml", PLANS),
            (".people.yaml.swp", "not: [yaml"),
            (".git/config.yaml", "not: [yaml"),
            (".hidden.yaml", "not: [yaml"),
            ("README.md", "not: [yaml"),
            ("people.yaml~", "not: [yaml"),
        ],
    );
    let joined = "reveille: 1\n".to_owned()
        + "defaults: { response_plan: all, safety_contact: bob }\ncontacts:\n"
        + PEOPLE.rsplit_once("contacts:\n").expect("it is there").1
        + MORE_PEOPLE.rsplit_once("contacts:\n").expect("it is there").1
        + "response_plans:\n  all: { stages: [ { engage: [natsu] } ] }\n"
        + WEB.rsplit_once("response_plans:\n").expect("it is there").1;
    let whole: Configuration = parse(&joined, "joined.yaml").unwrap_or_else(|errors| panic!("{errors}"));
    let read = load(&folder.0).unwrap_or_else(|errors| panic!("{errors}"));
    assert_eq!(read, whole);
}

#[test]
fn the_mistakes_of_all_files_are_shown_at_once_each_in_its_file() {
    let folder = Folder::with(
        "mistakes",
        &[
            ("a.yaml", &PEOPLE.replace("type: sms", "type: smss")),
            ("b.yaml", &MORE_PEOPLE.replace("reveille: 1", "reveille: 2")),
            ("c/plans.yaml", &PLANS.replace("engage: [natsu]", "engage: [natzu]")),
        ],
    );
    let expected = "\
error[invalid-value]: `type` cannot be `smss`
 --> team/a.yaml:3:53
  |
3 |   natsu: { name: Natsu, channels: { sms: { type: smss, address: \"+• ••• •100\", verified: true } } }
  |                                                  ^^^^
  = remedy: did you mean `sms`?

error[version]: `reveille` is the version of the language of this file, and this program reads version 1
 --> team/b.yaml:1:11
  |
1 | reveille: 2
  |           ^
  = remedy: write `reveille: 1` as the first line

error[unknown-reference]: there is no contact `natzu`
 --> team/c/plans.yaml:4:31
  |
4 |   all: { stages: [ { engage: [natzu] } ] }
  |                               ^^^^^
  = remedy: did you mean `natsu`?

3 mistakes in team";
    let expected = expected.replace(":3:53", ":3:50");
    assert_eq!(folder.wrong(), expected);
}

#[test]
fn a_name_twice_names_both_places() {
    let rows = [
        (
            "name",
            [("a.yaml", PEOPLE), ("b.yaml", PEOPLE), ("c.yaml", PLANS)],
            "error[duplicate]: `natsu` stands twice in `contacts`; the first one is on line 3 of team/a.yaml\n --> \
             team/b.yaml:3:3\n",
        ),
        (
            "defaults",
            [("a.yaml", PLANS), ("b.yaml", "reveille: 1\ndefaults: { response_plan: all }\n"), ("c.yaml", PEOPLE)],
            "error[duplicate]: `defaults` stands in two files; the first one is on line 2 of team/a.yaml\n --> \
             team/b.yaml:2:1\n",
        ),
        (
            "rules",
            [("a.yaml", WEB), ("b.yaml", "reveille: 1\nrules: [ { response_plan: web } ]\n"), ("c.yaml", PEOPLE)],
            "error[duplicate]: `rules` stands in two files; the first one is on line 4 of team/a.yaml\n --> \
             team/b.yaml:2:1\n",
        ),
    ];
    for (name, files, expected) in rows {
        let wrong = Folder::with(name, &files).wrong();
        assert!(wrong.contains(expected), "{name}\n{wrong}");
    }
}

#[test]
fn a_file_that_cannot_be_read_is_one_mistake_and_hides_no_other() {
    let folder = Folder::with(
        "unreadable",
        &[
            ("a.yaml", "reveille: 1\ncontacts: { natsu: { name: [\n"),
            ("b.yaml", &MORE_PEOPLE.replace("name: Bob", "nmae: Bob")),
            ("c.yaml", PLANS),
        ],
    );
    std::fs::write(folder.0.join("d.yaml"), [b'a', 0xff]).expect("it is there");
    let wrong = folder.wrong();
    let codes: Vec<&str> = wrong.lines().filter(|line| line.starts_with("error[")).collect();
    // Nothing is said about natsu, who may stand in the file that could not be read.
    assert_eq!(codes.len(), 3, "{wrong}");
    assert!(wrong.contains("error[syntax]") && wrong.contains(" --> team/a.yaml:"), "{wrong}");
    assert!(wrong.contains("unknown key `nmae`") && wrong.contains(" --> team/b.yaml:3:10"), "{wrong}");
    assert!(wrong.contains("not UTF-8 text: byte 1 is not\n --> team/d.yaml\n"), "{wrong}");
    assert!(wrong.ends_with("3 mistakes in team"), "{wrong}");
}

#[test]
fn a_folder_without_what_a_configuration_needs_says_so() {
    let none = Folder::with("none", &[("README.md", "nothing")]).wrong();
    assert!(none.contains("the folder has no configuration files") && none.contains(" --> team\n"), "{none}");
    let half = Folder::with("half", &[("people.yaml", PEOPLE)]).wrong();
    assert!(half.contains("the folder has no `response_plans`\n --> team\n"), "{half}");
    assert!(half.contains("the folder has no `defaults`\n --> team\n"), "{half}");
    let version =
        Folder::with("version", &[("a.yaml", PEOPLE), ("b.yaml", &PLANS.replace("reveille: 1\n", ""))]).wrong();
    assert!(version.contains("error[version]") && version.contains(" --> team/b.yaml:1:1"), "{version}");
    let scenario = "config: ../team\nscript:\n  - wait: 5m\n";
    let scenario = Folder::with("scenario", &[("a.yaml", PEOPLE), ("b.yaml", PLANS), ("c.yaml", scenario)]).wrong();
    assert!(
        scenario.contains("this is a scenario") && scenario.contains("keep scenarios in another folder"),
        "{scenario}"
    );
    assert!(scenario.contains(" --> team/c.yaml:1:1"), "{scenario}");
}

#[test]
fn folders_without_an_end_and_too_many_files_are_refused() {
    let deep = format!("{}a.yaml", "d/".repeat(20));
    let wrong = Folder::with("deep", &[(deep.as_str(), PEOPLE)]).wrong();
    assert!(wrong.contains("more than 16 deep (FOLDERS_DEEP_MAX)"), "{wrong}");
    let names: Vec<String> = (0..1_001).map(|n| format!("{n}.yaml")).collect();
    let files: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), "")).collect();
    let wrong = Folder::with("many", &files).wrong();
    assert!(wrong.contains("more than 1000 configuration files (FILES_MAX)"), "{wrong}");
}

#[test]
fn a_scenario_takes_a_folder_too() {
    let folder =
        Folder::with("played", &[("team/a.yaml", PEOPLE), ("team/b.yaml", MORE_PEOPLE), ("team/c.yaml", PLANS)]);
    let scenario = "config: team\nscript:\n  - { at: 0m, do: { signal: one } }\n";
    let read = reveille_cli::scenario::parse(scenario, "night.yaml", Path::new(&folder.0));
    if let Err(errors) = &read {
        assert!(!errors.to_string().contains("folder"), "{errors}");
    }
    std::fs::write(folder.0.join("team/c.yaml"), PLANS.replace("natsu", "natzu")).expect("it is there");
    let errors = reveille_cli::scenario::parse(scenario, "night.yaml", Path::new(&folder.0)).expect_err("a mistake");
    assert!(errors.to_string().contains("team/c.yaml:4:31"), "{errors}");
}

#[test]
fn a_mistyped_section_hides_no_unknown_name() {
    let folder = Folder::with(
        "mistyped",
        &[
            ("a.yaml", &PEOPLE.replace("contacts:", "contcats:")),
            ("b.yaml", &format!("{MORE_PEOPLE}rulez: []\n")),
            ("c.yaml", &PLANS.replace("safety_contact: bob", "safety_contact: led")),
        ],
    );
    let wrong = folder.wrong();
    assert!(wrong.contains("unknown key `contcats`") && wrong.contains("unknown key `rulez`"), "{wrong}");
    // Natsu stands under the mistyped section and is known all the same.
    assert!(wrong.contains("there is no contact `led`") && wrong.ends_with("3 mistakes in team"), "{wrong}");
}
