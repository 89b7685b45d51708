//! `reveille simulate`: one night with a configuration, played before it happens. Who would be paged when, on which channel,
//! with which text, and which runbook would run.
//!
//! The night is a scenario that is typed instead of written (see [`crate::scenario`]): the functions' own handlers in memory, in
//! virtual time. Nothing else is touched.

mod arguments;
mod beginning;
mod length;
mod route;
mod story;
mod summary;

use jiff::{SignedDuration, Timestamp};

use crate::columns::harmless;
use crate::command::{Failure, this_second, usage_of};
use crate::configuration::{self, Configuration};
use crate::limits::NIGHT_HOURS;
use crate::scenario::{self, Night, Played, Scenario, Told, Typed};
use crate::{output, progress};

pub use arguments::Simulate;
use route::Route;
use story::Story;

impl Simulate {
    /// Plays the night and prints it.
    pub async fn run(self) -> Result<(), Failure> {
        let configuration = configuration::load(&self.file)?;
        let route = Route::of(&self, &configuration)?;
        let json = self.json;
        let begins = self.at.unwrap_or_else(this_second);
        let night = self.night(begins, configuration, &route)?;
        let scenario = Scenario::of_night(night).map_err(|mistyped| usage_of("simulate", mistyped.to_string()))?;
        // A night has a time of its own, so it is played on a runtime of its own.
        let playing = tokio::task::spawn_blocking(move || play(&scenario));
        let (told, played) = progress::with("playing the night", playing).await??;
        let broken = played.broken.len();
        let story = Story { begins, told, played };
        let mut out = Vec::new();
        if json {
            story.for_programs(&mut out)?;
            output::say(String::from_utf8(out)?)?;
        } else {
            story.for_people(&mut out, &route)?;
            // The story has no colours of its own: whatever the terminal would obey is from an event or a runbook.
            output::say(harmless(&String::from_utf8(out)?))?;
        }
        match broken {
            0 => Ok(()),
            1 => Err("one of the options could not be done".into()),
            broken => Err(format!("{broken} of the options could not be done").into()),
        }
    }

    fn night(self, begins: Timestamp, configuration: Configuration, route: &Route) -> Result<Night, Failure> {
        let length = self.length.unwrap_or(SignedDuration::from_hours(NIGHT_HOURS));
        let typed: Vec<Typed> = self.deeds.typed();
        if let Some(late) = typed.iter().find(|typed| typed.after > length) {
            let message = format!("{} is after the end of the night: look further ahead with --for", late.option);
            return Err(usage_of("simulate", message));
        }
        let until =
            begins.checked_add(length).map_err(|_| usage_of("simulate", "--at is too far in the future".to_owned()))?;
        let beginning = route.beginning.clone();
        // Whoever says how far to look wants to see all of it.
        let ends_at_repetitions = self.length.is_none();
        Ok(Night { configuration: route.in_force(configuration), begins, beginning, typed, until, ends_at_repetitions })
    }
}

fn play(scenario: &Scenario) -> Result<(Vec<Told>, Played), Failure> {
    let mut told = Vec::new();
    let played = scenario::runtime()?.block_on(scenario::play(scenario, |news| told.push(news)))?;
    Ok((told, played))
}
