//! `{{ … }}` in titles, summaries, dedupe keys and runbook parameters.

use std::collections::BTreeMap;
use std::fmt;

use crate::Signal;

/// What templates can name: `title`, `name`, `account`, `dimensions.InstanceId`, `tags.team`, `resources.0`, …
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facts(pub BTreeMap<String, String>);

impl Facts {
    /// What a signal says: `title`, `name`, `summary`, `source`, `dedupe_key`, `account` and `region` where known, `dimensions.X`,
    /// `tags.X` and `resources.N`, counted from 0.
    pub fn of(signal: &Signal) -> Self {
        let always = [
            ("title", signal.title.as_str()),
            ("name", &signal.name),
            ("summary", &signal.summary),
            ("source", signal.source.name()),
            ("dedupe_key", &signal.dedupe_key),
        ];
        let known = [("account", &signal.account), ("region", &signal.region)];
        let known = known.into_iter().filter_map(|(name, value)| Some((name, value.as_deref()?)));
        let plain = always.into_iter().chain(known).map(|(name, value)| (name.to_owned(), value.to_owned()));
        let dimensions = signal.dimensions.iter().map(|(key, value)| (format!("dimensions.{key}"), value.clone()));
        let tags = signal.tags.iter().map(|(key, value)| (format!("tags.{key}"), value.clone()));
        let resources = signal.resources.iter().enumerate();
        let resources = resources.map(|(place, resource)| (format!("resources.{place}"), resource.clone()));
        Self(plain.chain(dimensions).chain(tags).chain(resources).collect())
    }
}

/// Why a template could not be filled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TemplateError {
    /// The signal has nothing of this name.
    Missing(String),
    /// A `{{` has no `}}`.
    Unclosed,
}

impl fmt::Display for TemplateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            TemplateError::Missing(name) => write!(f, "the event has no value for {{{{ {name} }}}}"),
            TemplateError::Unclosed => f.write_str("a {{ in the template has no }}"),
        }
    }
}

impl std::error::Error for TemplateError {}

/// Fills the placeholders of a template. Filled-in text is not looked at again.
pub fn render(template: &str, facts: &Facts) -> Result<String, TemplateError> {
    let mut out = String::with_capacity(template.len());
    let mut rest = template;
    while let Some((before, after)) = rest.split_once("{{") {
        let (name, tail) = after.split_once("}}").ok_or(TemplateError::Unclosed)?;
        let name = name.trim();
        let value = facts.0.get(name).ok_or_else(|| TemplateError::Missing(name.to_owned()))?;
        out.push_str(before);
        out.push_str(value);
        rest = tail;
    }
    out.push_str(rest);
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_are_filled_once() {
        let facts = Facts(BTreeMap::from([
            ("title".to_owned(), "{{ account }}".to_owned()),
            ("dimensions.InstanceId".to_owned(), "i-1".to_owned()),
        ]));
        let rows = [
            ("plain", Ok("plain".to_owned())),
            ("{{ title }}", Ok("{{ account }}".to_owned())),
            ("on {{dimensions.InstanceId}}!", Ok("on i-1!".to_owned())),
            ("{{ region }}", Err(TemplateError::Missing("region".to_owned()))),
            ("{{ title", Err(TemplateError::Unclosed)),
        ];
        for (template, expected) in rows {
            assert_eq!(render(template, &facts), expected, "{template}");
        }
    }
}
