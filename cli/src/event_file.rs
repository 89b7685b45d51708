//! Files with events, as commands are given them.

use std::path::Path;

use crate::command::{Failure, read};

/// The text of an event in a file; `-` reads standard input.
pub(crate) fn text(file: &Path) -> Result<String, Failure> {
    event(file, read(file)?)
}

/// What is not JSON is an event all the same; but nobody means a configuration, which would be an alert that fires.
fn event(file: &Path, text: String) -> Result<String, Failure> {
    let is_json = serde_json::from_str::<serde::de::IgnoredAny>(&text).is_ok();
    let is_yaml = file.extension().is_some_and(|extension| extension == "yaml" || extension == "yml");
    let is_configuration =
        text.lines().any(|line| line.starts_with("reveille:") || line.starts_with("response_plans:"));
    if !is_json && (is_yaml || is_configuration) {
        let shown = file.display();
        return Err(format!(
            "{shown} is YAML and no event. A configuration is loaded with `reveille apply {shown} --local`, a scenario is played with \
             `reveille scenario {shown}`; events/ has events"
        )
        .into());
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_taken_is_an_event() {
        let rows = [
            ("alarm.json", "{\"a\": 1}", None),
            ("alarm.yaml", "{\"a\": 1}", None),
            // Whatever a monitoring system says is an event.
            ("mail.txt", "the shop is down", None),
            ("-", "reveille is down", None),
            ("team.yaml", "name: x", Some("reveille apply team.yaml --local")),
            ("night.yml", "script: []", Some("reveille scenario night.yml")),
            ("-", "reveille: 1\ncontacts: {}", Some("is YAML and no event")),
        ];
        for (file, text, refused) in rows {
            match (event(Path::new(file), text.to_owned()).map_err(|error| error.to_string()), refused) {
                (Ok(taken), None) => assert_eq!(taken, text, "{file}"),
                (Err(error), Some(part)) => assert!(error.contains(part), "{file}: {error}"),
                (read, _) => panic!("{file}: {read:?}"),
            }
        }
    }
}
