//! Which response plan answers a signal: the one it names, else the first rule that matches, else the default.

use std::collections::{BTreeMap, BTreeSet};

use crate::{IncidentTemplate, ResponsePlanName, Signal, Source};

/// The part of the configuration that `ingest` needs: it decides where a signal goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Routing {
    /// The first that matches decides.
    pub rules: Vec<Rule>,
    /// For whatever no rule matches.
    pub default_plan: ResponsePlanName,
    /// The incident template of every response plan: a plan that is not here does not exist.
    pub templates: BTreeMap<ResponsePlanName, IncidentTemplate>,
}

/// Sends matching signals to a response plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// All of its conditions must hold.
    pub matching: Match,
    /// The plan for what matches.
    pub response_plan: ResponsePlanName,
}

/// Conditions on a signal; an absent one always holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Match {
    /// The kind of system.
    pub source: Option<Source>,
    /// The alarm's name.
    pub name: Option<Pattern>,
    /// The AWS account.
    pub account: Option<Pattern>,
    /// The AWS region.
    pub region: Option<Pattern>,
    /// Tags and labels, all of which must match.
    pub tags: BTreeMap<String, Pattern>,
}

/// A text with `*` for any run of characters and `?` for any one. Letter case counts, as in AWS names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern(String);

/// Where a signal goes, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    /// The plan that answers.
    pub plan: ResponsePlanName,
    /// What decided.
    pub reason: RouteReason,
}

/// What decided a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RouteReason {
    /// The event or its URL names the plan.
    Named,
    /// The rule at this zero-based place in the configuration.
    Rule(usize),
    /// No rule matched.
    Default,
}

impl Routing {
    /// Decides for one signal. A named plan that does not exist counts as not named: the page matters more.
    pub fn route(&self, signal: &Signal) -> Route {
        if let Some(plan) = signal.response_plan.as_ref().filter(|plan| self.templates.contains_key(plan)) {
            return Route { plan: plan.clone(), reason: RouteReason::Named };
        }
        let first = self.rules.iter().enumerate().find(|(_, rule)| rule.matching.holds(signal));
        match first {
            Some((place, rule)) => Route { plan: rule.response_plan.clone(), reason: RouteReason::Rule(place) },
            None => Route { plan: self.default_plan.clone(), reason: RouteReason::Default },
        }
    }

    /// The names of all response plans.
    pub fn plans(&self) -> BTreeSet<&ResponsePlanName> {
        self.templates.keys().collect()
    }
}

impl Match {
    /// Whether every condition holds for the signal.
    pub fn holds(&self, signal: &Signal) -> bool {
        let text = |pattern: &Option<Pattern>, value: Option<&str>| match pattern {
            None => true,
            Some(pattern) => value.is_some_and(|value| pattern.matches(value)) || pattern.matches_anything(),
        };
        self.source.is_none_or(|source| source == signal.source)
            && text(&self.name, Some(&signal.name))
            && text(&self.account, signal.account.as_deref())
            && text(&self.region, signal.region.as_deref())
            && self
                .tags
                .iter()
                .all(|(key, pattern)| text(&Some(pattern.clone()), signal.tags.get(key).map(String::as_str)))
    }
}

impl Pattern {
    /// Every text is a pattern.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text of the pattern.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// `*` also stands for a value that is not there at all.
    fn matches_anything(&self) -> bool {
        self.0 == "*"
    }

    /// Whether the whole text fits. Linear in the text for each `*`: it backtracks to the latest one only.
    pub fn matches(&self, text: &str) -> bool {
        let pattern: Vec<char> = self.0.chars().collect();
        let text: Vec<char> = text.chars().collect();
        let (mut p, mut t) = (0, 0);
        let mut latest_star: Option<(usize, usize)> = None;
        while t < text.len() {
            match pattern.get(p) {
                Some('*') => {
                    latest_star = Some((p, t));
                    p += 1;
                }
                Some(&c) if c == '?' || c == text[t] => {
                    p += 1;
                    t += 1;
                }
                _ => match latest_star {
                    Some((star, from)) => {
                        latest_star = Some((star, from + 1));
                        p = star + 1;
                        t = from + 1;
                    }
                    None => return false,
                },
            }
        }
        pattern[p..].iter().all(|&c| c == '*')
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_whole_texts() {
        let rows = [
            ("web-*", "web-5xx", true),
            ("web-*", "my-web-5xx", false),
            ("*-5xx-*", "web-5xx-eu", true),
            ("*", "", true),
            ("", "", true),
            ("", "x", false),
            ("w?b", "web", true),
            ("w?b", "wb", false),
            ("a*b*c", "a-b-b-c", true),
            ("a*b*c", "a-b-b", false),
            ("Web-*", "web-1", false),
        ];
        for (pattern, text, expected) in rows {
            assert_eq!(Pattern::new(pattern).matches(text), expected, "{pattern} against {text}");
        }
    }
}
