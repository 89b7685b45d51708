//! A function's settings. They are read once, when it starts, so that a missing one fails the deployment and not the
//! page at three in the morning.

use std::collections::BTreeMap;

/// The settings that a function asked for.
#[derive(Clone)]
pub struct Environment {
    values: BTreeMap<&'static str, String>,
}

/// Why a function cannot start.
#[derive(thiserror::Error, PartialEq, Eq)]
pub enum EnvironmentError {
    /// These are not set, or empty.
    #[error(
        "missing environment variables: {}; template.yaml sets them when the stack is deployed, \
         and `reveille env FUNCTION` prints them for a local run",
        .0.join(", ")
    )]
    Missing(Vec<&'static str>),
}

// What `main` returns Rust prints in this form, and the remedy must not be lost on the way.
impl std::fmt::Debug for EnvironmentError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{self}")
    }
}

// A setting can be a secret's name or a phone number: names are shown, values are not.
impl std::fmt::Debug for Environment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.values.keys()).finish()
    }
}

impl Environment {
    /// Reads `names` from the process's environment; the error names all that are missing, not the first.
    pub fn read(names: &[&'static str]) -> Result<Self, EnvironmentError> {
        Self::from_lookup(names, Self::optional)
    }

    /// Reads `names` from elsewhere.
    pub fn from_lookup(
        names: &[&'static str],
        lookup: impl Fn(&'static str) -> Option<String>,
    ) -> Result<Self, EnvironmentError> {
        let mut values = BTreeMap::new();
        let mut missing = Vec::new();
        for name in names {
            match lookup(name).filter(|value| !value.is_empty()) {
                Some(value) => drop(values.insert(*name, value)),
                None => missing.push(*name),
            }
        }
        if missing.is_empty() { Ok(Self { values }) } else { Err(EnvironmentError::Missing(missing)) }
    }

    /// The same with settings that may be absent; an empty one is.
    #[must_use]
    pub fn with_optional(mut self, names: &[&'static str], lookup: impl Fn(&'static str) -> Option<String>) -> Self {
        let set = names.iter().filter_map(|name| Some((*name, lookup(name).filter(|value| !value.is_empty())?)));
        self.values.extend(set);
        self
    }

    /// A setting that may be absent.
    pub fn find(&self, name: &'static str) -> Option<&str> {
        self.values.get(name).map(String::as_str)
    }

    /// A setting that was read.
    ///
    /// # Panics
    ///
    /// If `name` was not among those read: that is a mistake in the function's wiring, found at its first start.
    pub fn get(&self, name: &'static str) -> &str {
        let value = self.values.get(name);
        value.expect("a function asks only for settings that it has read").as_str()
    }

    /// One setting of the process; an empty one is absent.
    pub fn optional(name: &'static str) -> Option<String> {
        std::env::var(name).ok().filter(|value| !value.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_missing_settings_are_named_at_once() {
        let lookup = |name| match name {
            "TABLE" => Some("reveille".to_owned()),
            "EMPTY" => Some(String::new()),
            _ => None,
        };
        let error = Environment::from_lookup(&["TABLE", "EMPTY", "QUEUE"], lookup).unwrap_err();
        assert_eq!(error, EnvironmentError::Missing(vec!["EMPTY", "QUEUE"]));
        assert!(error.to_string().starts_with("missing environment variables: EMPTY, QUEUE; "));
        let environment = Environment::from_lookup(&["TABLE"], lookup).unwrap();
        assert_eq!(environment.get("TABLE"), "reveille");
        assert_eq!(format!("{environment:?}"), "{\"TABLE\"}");
        let environment = environment.with_optional(&["EMPTY", "QUEUE"], lookup);
        assert_eq!((environment.find("TABLE"), environment.find("EMPTY")), (Some("reveille"), None));
    }
}
