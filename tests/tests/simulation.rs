//! The whole system from seeds: nights go well, they are the same each time, and mistakes made on purpose are found.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

use reveille_tests::simulation::{INCIDENTS_MIN, MUTANTS, Mutant, Outage, Played, Script, play, shorten};

/// Nights of one run of the tests, which are optimised a little. `reveille-sim` plays as many as there is time for.
const NIGHTS: u64 = 3_000;

/// Nights for each thing that does not work for an hour.
const NIGHTS_PER_OUTAGE: usize = 1;

/// Seeds of which so many are nights in which somebody runs into it.
const SEEDS_PER_OUTAGE: u64 = 50;

/// Alarms of a storm in a test; among the nights of `reveille-sim` there are storms of ten thousand.
const STORM: u32 = 50;

/// Storms beside which nothing happens.
const STORMS_ALONE: u64 = 8;

/// Seeds within which a mutant has to be found.
const SEEDS_PER_MUTANT: u64 = 2_000;

/// Does something for each number below `count`, on every processor.
fn on_all_processors(count: u64, each: impl Fn(u64) + Sync) {
    let next = AtomicU64::new(0);
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..processors {
            scope.spawn(|| {
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if number >= count {
                        return;
                    }
                    each(number);
                }
            });
        }
    });
}

/// The night of a seed. One with a storm takes as long as twenty without: storms have a test of their own, and `reveille-sim`.
fn night(seed: u64) -> Option<Script> {
    Some(Script::of(seed)).filter(|script| script.storm() == 0)
}

/// Panics with what is worth reading of a night that broke something.
fn holds(script: &Script) -> Played {
    let played = play(script);
    if let Some(violation) = &played.violation {
        let (short, again) = shorten(script);
        panic!("{violation}\nThe shortest night that breaks it:\n{short}\n{:?}", again.violation);
    }
    played
}

#[test]
fn every_invariant_holds_in_many_nights() {
    let [nights, steps, incidents, messages] = [const { AtomicU64::new(0) }; 4];
    on_all_processors(NIGHTS, |seed| {
        let Some(script) = night(seed) else { return };
        assert!(script.alarms() >= 3 && script.faults() >= 5, "{script}");
        let played = holds(&script);
        if !played.counts() {
            return;
        }
        nights.fetch_add(1, Ordering::Relaxed);
        steps.fetch_add(played.steps, Ordering::Relaxed);
        incidents.fetch_add(u64::try_from(played.incidents).unwrap(), Ordering::Relaxed);
        messages.fetch_add(u64::try_from(played.messages).unwrap(), Ordering::Relaxed);
    });
    let counted = nights.load(Ordering::Relaxed);
    let mean = |sum: &AtomicU64| sum.load(Ordering::Relaxed) as f64 / counted as f64;
    println!(
        "{counted} nights: {:.0} steps, {:.1} incidents, {:.0} messages",
        mean(&steps),
        mean(&incidents),
        mean(&messages)
    );
    assert!(counted >= NIGHTS * 9 / 10, "{counted} of {NIGHTS} nights have {INCIDENTS_MIN} incidents");
}

/// After an hour without one of them, everything that is due is caught up, and nothing comes that is over or has come.
#[test]
fn every_invariant_holds_while_each_thing_does_not_work_for_an_hour() {
    let outages: Vec<Outage> = Outage::all().collect();
    on_all_processors(outages.len().try_into().unwrap(), |number| {
        let outage = outages[usize::try_from(number).unwrap()];
        let nights = (0..SEEDS_PER_OUTAGE).map(|seed| holds(&Script::with_an_outage(seed, Some(outage))));
        let met = nights.filter(|played| played.met.contains(&outage)).take(NIGHTS_PER_OUTAGE);
        let incidents: Vec<usize> = met.map(|played| played.incidents).collect();
        println!("{outage}: {incidents:?} incidents");
        assert_eq!(incidents.len(), NIGHTS_PER_OUTAGE, "nights in which nobody asks for {outage} show nothing of it");
    });
}

#[test]
fn whatever_can_be_out_has_a_name_of_its_own() {
    let outages: Vec<Outage> = Outage::all().collect();
    let names: BTreeSet<String> = outages.iter().map(Outage::to_string).collect();
    assert_eq!(names.len(), outages.len(), "{names:?}");
    for outage in outages {
        assert_eq!(outage.to_string().parse::<Outage>(), Ok(outage));
    }
    for name in ["automation", "operators", "indexes", "notify", "acknowledge", "sms-fails", "webhook-takes-late"] {
        assert!(names.contains(name), "{name}: {names:?}");
    }
    let why = "the-moon".parse::<Outage>().unwrap_err().to_string();
    assert!(why.starts_with("nothing that can be out is called `the-moon`; there are queues, "), "{why}");
}

#[test]
fn every_invariant_holds_in_a_storm() {
    on_all_processors(1, |seed| {
        let played = holds(&Script::with_a_storm(seed, STORM));
        assert!(played.incidents >= STORM as usize, "each alarm has an incident: {}", played.incidents);
    });
}

/// None is dropped, and whoever is asked first is paged within five seconds of the first alarm. The nightly run plays ten thousand.
#[test]
fn a_storm_loses_no_alarm_and_its_first_page_leaves_within_five_seconds() {
    on_all_processors(STORMS_ALONE, |seed| {
        let played = holds(&Script::of_a_storm_alone(seed, STORM));
        assert_eq!(played.incidents, STORM as usize, "each alarm has an incident");
        assert!(played.first_page_ms.is_some_and(|ms| (0..=5_000).contains(&ms)), "{:?}", played.first_page_ms);
    });
}

/// What waits is spoken for by one message, and who is put off is not asked again and again: each alarm takes as much as in a smaller storm.
#[test]
fn the_work_of_a_storm_grows_with_its_alarms_and_not_faster() {
    on_all_processors(STORMS_ALONE / 2, |seed| {
        let steps_of_one = |alarms: u32| holds(&Script::of_a_storm_alone(seed, alarms)).steps / u64::from(alarms);
        let (of_few, of_many) = (steps_of_one(STORM), steps_of_one(4 * STORM));
        assert!(
            of_many * 2 <= of_few * 3,
            "{of_few} steps for each of {STORM} alarms, {of_many} for each of four times as many"
        );
    });
}

#[test]
fn the_same_seed_is_the_same_night() {
    for seed in 0..2 {
        let script = Script::of(seed);
        assert_eq!(play(&script), play(&script), "{script}");
    }
}

#[test]
fn a_night_that_fails_is_shortened_to_a_script_that_fails_and_can_be_kept() {
    let name = "claim-voided-page";
    let mutant = MUTANTS.iter().find(|mutant| mutant.name == name).unwrap();
    reveille_domain::choose_mutant(Some(mutant.name));
    let whole = (0..SEEDS_PER_MUTANT).filter_map(night).find(|script| play(script).violation.is_some()).unwrap();
    let (short, played) = shorten(&whole);
    let kept = short.to_string();
    let again: Script = kept.parse().unwrap();
    let replayed = play(&again);
    reveille_domain::choose_mutant(None);
    assert!(short.len() * 2 < whole.len(), "{name}: {} of {} lines are left:\n{kept}", short.len(), whole.len());
    let invariant = |played: &Played| played.violation.as_ref().map(|violation| violation.invariant);
    assert!(mutant.breaks.contains(&invariant(&played).unwrap()), "{name}: {:?}", played.violation);
    assert_eq!(replayed, played, "what is kept is the same night:\n{kept}");
    assert_eq!(play(&again).violation, None, "without the mistake it is a night like any other:\n{kept}");
}

#[test]
fn a_script_reads_as_it_is_written() {
    for seed in 0..500 {
        let script = Script::of(seed);
        assert_eq!(script.to_string().parse::<Script>().as_ref(), Ok(&script));
    }
    let wrong = "at 1.000s alarm web-9 fires 1 times 0.003s apart".parse::<Script>();
    assert_eq!(
        wrong.unwrap_err().to_string(),
        "line 1: `at 1.000s alarm web-9 fires 1 times 0.003s apart` says nothing that can happen"
    );
}

#[test]
fn nights_that_once_broke_something_go_well() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("nights");
    let mut played = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let text = std::fs::read_to_string(&path).unwrap();
        let script: Script = text.parse().unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        if let Some(violation) = play(&script).violation {
            panic!("{}: {violation}", path.display());
        }
        played += 1;
    }
    assert!(played > 0, "there are such nights");
}

/// Panics unless one of the first seeds finds a mutant, by a checker that is meant to find it.
fn finds(mutant: &Mutant) {
    reveille_domain::choose_mutant(Some(mutant.name));
    let mut others = Vec::new();
    // A storm of ten thousand alarms takes as long as two hundred other nights.
    let nights = (0..SEEDS_PER_MUTANT).map(|seed| (seed, mutant.night(seed)));
    let found = nights.filter(|(_, script)| script.storm() <= STORM).find_map(|(seed, script)| {
        let violation = play(&script).violation?;
        if mutant.breaks.contains(&violation.invariant) {
            return Some((seed, violation));
        }
        others.push(format!("seed {seed}: {violation}"));
        None
    });
    reveille_domain::choose_mutant(None);
    let (seed, violation) =
        found.unwrap_or_else(|| panic!("{}: {} is not found, but {others:?}", mutant.name, mutant.mistake));
    println!("{} with seed {seed}: {violation}", mutant.name);
}

/// The twelve invariants but the last, which is no matter of nights, and what none of them says.
#[test]
fn every_checker_has_a_mutant_that_nothing_else_has_to_find() {
    for invariant in 0..=11 {
        let has_one = MUTANTS.iter().any(|mutant| mutant.breaks == [invariant]);
        assert!(has_one, "no mistake shows that the checker of invariant {invariant} can fail");
    }
}

#[test]
fn mutants_are_found() {
    assert!(MUTANTS.len() >= 15, "{} mistakes", MUTANTS.len());
    on_all_processors(MUTANTS.len().try_into().unwrap(), |number| finds(&MUTANTS[usize::try_from(number).unwrap()]));
}
