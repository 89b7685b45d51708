//! Every crash point: wherever a function dies in a scenario, what AWS does about it makes all good. See docs/RELIABILITY.md.

use std::path::{Path, PathBuf};

use reveille_domain::choose_mutant;
use reveille_tests::crash::{Course, Finding, on_all_processors, scenario_files};

/// What every run of the tests plays: one page with all that leads to it, a message to everybody at once with an answer, a
/// reply by SMS to whoever may have died, and turns that are passed on at a deadline. All of them take many minutes where nothing is
/// optimised.
const PLAYED: [&str; 4] = ["all-at-once", "answered-at-once", "esc-step-number-gap", "in-turn-later"];

/// Three hundred alarms make so many calls that a death at each is days of plays: `storm-and-another-service` is the same with eight.
const TOO_LONG: &str = "storm-first-alert-wins";

/// Mistakes for which nobody pays as long as nobody dies, the scenario in which each is to be found, and a word of what is found.
const MISTAKES: [(&str, &str, &str); 3] = [
    ("settle-before-send", "esc-step-number-gap", "recorded"),
    ("codes-of-the-book", "answered-at-once", "ends as"),
    ("runbook-started-anew", "three-engineers-the-first-answers", "automations"),
];

/// Mistakes for which somebody pays even if nobody dies, the scenario in which each shows, and a word of what is found.
const UNDISTURBED: [(&str, &str, &str); 5] = [
    ("two-for-a-key", "what-comes-twice-or-late", "is open, and so is another one of its key"),
    ("on-call-at-the-opening", "the-shift-changes-in-between", "as on call in `primary`"),
    ("key-not-given-back", "three-engineers-the-first-answers", "the newest event of"),
    ("collapsed-stages", "answered-at-once", "begins at"),
    ("acknowledge-on-get", "versus-get-ack", "somebody looks at"),
];

fn scenario(name: &str) -> Course {
    Course::of(&Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios").join(name).with_extension("yaml"))
}

/// Lets a function die at every point of these scenarios, and says how many there are.
fn all_is_made_good(courses: &[Course]) {
    let mut findings = Vec::new();
    let (mut points, mut worlds) = (0, 0);
    for course in courses {
        // What does not come out as it is written undisturbed says nothing about a death.
        assert_eq!(course.played.broken, [], "{}", course.name());
        let places = course.worlds();
        let found =
            on_all_processors(&places, |point| course.with_death(*point).inspect(|finding| println!("{finding}")));
        let found: Vec<Finding> = found.into_iter().flatten().collect();
        println!("{}: {} points, {} worlds, {} broken", course.name(), course.points(), places.len(), found.len());
        points += course.points();
        worlds += places.len();
        findings.extend(found.iter().map(Finding::to_string));
    }
    println!("{points} crash points in {} scenarios, which leave {worlds} different worlds", courses.len());
    assert!(findings.is_empty(), "{}", findings.join("\n"));
}

/// `CRASH_POINTS` names other scenarios, with commas between them; `all` is all of them.
#[test]
fn a_death_at_any_point_is_made_good() {
    let asked = std::env::var("CRASH_POINTS").unwrap_or_else(|_| PLAYED.join(","));
    let meant: Vec<&str> = asked.split(',').collect();
    let is_meant = |path: &&PathBuf| {
        let name = path.file_stem().unwrap_or_default().to_string_lossy();
        asked == "all" && name != TOO_LONG || meant.contains(&name.as_ref())
    };
    let files: Vec<PathBuf> = scenario_files().iter().filter(is_meant).cloned().collect();
    assert!(asked == "all" || files.len() == meant.len(), "there is a scenario for each of {meant:?}");
    all_is_made_good(&on_all_processors(&files, |path| Course::of(path)));
}

#[test]
fn a_mistake_for_which_the_dead_pay_is_found() {
    for (mistake, name, word) in MISTAKES {
        choose_mutant(Some(mistake));
        let course = scenario(name);
        assert_eq!(course.played.broken, [], "undisturbed, nobody notices");
        let is_it = |finding: &Finding| finding.broken.iter().any(|broken| broken.contains(word));
        let mut found = course.worlds().into_iter().filter_map(|point| course.with_death(point));
        assert!(found.any(|finding| is_it(&finding)), "{mistake}");
        choose_mutant(None);
    }
}

#[test]
fn a_mistake_is_found_by_the_check_that_is_for_it() {
    for (mistake, name, word) in UNDISTURBED {
        let course = scenario(name);
        assert_eq!(course.broken_in(&scenario(name)), ["nobody died"], "{name}, played twice");
        choose_mutant(Some(mistake));
        let broken = course.broken_in(&scenario(name));
        choose_mutant(None);
        assert!(broken.iter().any(|broken| broken.contains(word)), "{mistake}: {broken:#?}");
    }
}
