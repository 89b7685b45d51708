//! Which response plan answers a signal: the one it names, else the first rule that matches, else the default.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

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

/// A condition of a match that does not hold for a signal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unmet<'a> {
    /// It comes from another kind of system.
    Source {
        /// The kind that the match wants.
        wanted: Source,
        /// The kind that it is.
        found: Source,
    },
    /// A text of the signal is another one, or not there.
    Text {
        /// Which text.
        what: TextOf<'a>,
        /// What it should be.
        pattern: &'a Pattern,
        /// What it is; `None`: the signal has none.
        found: Option<&'a str>,
    },
}

/// A text of a signal that a match can have a condition on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TextOf<'a> {
    /// The alarm's name.
    Name,
    /// The AWS account.
    Account,
    /// The AWS region.
    Region,
    /// The tag or label of this name.
    Tag(&'a str),
}

impl Match {
    /// Whether every condition holds for the signal.
    pub fn holds(&self, signal: &Signal) -> bool {
        self.source.is_none_or(|source| source == signal.source)
            && self.texts(signal).all(|(_, pattern, found)| fits(pattern, found))
    }

    /// The conditions that do not hold for the signal.
    pub fn unmet<'a>(&'a self, signal: &'a Signal) -> Vec<Unmet<'a>> {
        let source = self.source.filter(|source| *source != signal.source);
        let source = source.map(|wanted| Unmet::Source { wanted, found: signal.source });
        let texts = self.texts(signal).filter(|(_, pattern, found)| !fits(pattern, *found));
        source.into_iter().chain(texts.map(|(what, pattern, found)| Unmet::Text { what, pattern, found })).collect()
    }

    /// Every text that there is a condition on, with what it is in the signal.
    fn texts<'a>(&'a self, signal: &'a Signal) -> impl Iterator<Item = (TextOf<'a>, &'a Pattern, Option<&'a str>)> {
        let own = [
            (TextOf::Name, &self.name, Some(signal.name.as_str())),
            (TextOf::Account, &self.account, signal.account.as_deref()),
            (TextOf::Region, &self.region, signal.region.as_deref()),
        ];
        let own = own.into_iter().filter_map(|(what, pattern, found)| Some((what, pattern.as_ref()?, found)));
        let tags = self.tags.iter();
        own.chain(tags.map(|(key, pattern)| (TextOf::Tag(key), pattern, signal.tags.get(key).map(String::as_str))))
    }
}

fn fits(pattern: &Pattern, found: Option<&str>) -> bool {
    found.is_some_and(|found| pattern.matches(found)) || pattern.matches_anything()
}

/// The conditions, as people say them: `source cloudwatch, name "web-*"`.
impl fmt::Display for Match {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let texts = [(TextOf::Name, &self.name), (TextOf::Account, &self.account), (TextOf::Region, &self.region)];
        let texts = texts.into_iter().filter_map(|(what, pattern)| Some((what, pattern.as_ref()?)));
        let texts = texts.chain(self.tags.iter().map(|(key, pattern)| (TextOf::Tag(key), pattern)));
        let source = self.source.map(|source| format!("source {}", source.name()));
        let all: Vec<String> =
            source.into_iter().chain(texts.map(|(what, pattern)| format!("{what} \"{}\"", pattern.0))).collect();
        if all.is_empty() { f.write_str("anything") } else { f.write_str(&all.join(", ")) }
    }
}

impl fmt::Display for Unmet<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Unmet::Source { wanted, found } => {
                write!(f, "source {} is not {}", wanted.name(), found.name())
            }
            Unmet::Text { what, pattern, found: Some(found) } => {
                write!(f, "{what} \"{}\" does not match \"{found}\"", pattern.0)
            }
            Unmet::Text { what, pattern, found: None } => {
                write!(f, "{what} \"{}\" does not match: the event has none", pattern.0)
            }
        }
    }
}

impl fmt::Display for TextOf<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            TextOf::Name => f.write_str("name"),
            TextOf::Account => f.write_str("account"),
            TextOf::Region => f.write_str("region"),
            TextOf::Tag(key) => write!(f, "tag {key}"),
        }
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
    use jiff::Timestamp;

    use super::*;
    use crate::SignalState;

    fn signal() -> Signal {
        Signal {
            source: Source::CloudWatch,
            state: SignalState::Firing,
            name: "web-5xx".to_owned(),
            title: "web-5xx".to_owned(),
            summary: String::new(),
            dedupe_key: "web-5xx".to_owned(),
            part_of: None,
            cause: "web-5xx".to_owned(),
            occurred_at: Timestamp::UNIX_EPOCH,
            impact: None,
            account: Some("123456789012".to_owned()),
            region: None,
            resources: Vec::new(),
            dimensions: BTreeMap::new(),
            tags: BTreeMap::from([("team".to_owned(), "web".to_owned())]),
            response_plan: None,
        }
    }

    #[test]
    fn a_match_holds_if_and_only_if_nothing_is_unmet_and_says_what_is() {
        let pattern = |text: &str| Some(Pattern::new(text));
        let tag = |key: &str, text: &str| BTreeMap::from([(key.to_owned(), Pattern::new(text))]);
        let rows = [
            (Match::default(), "anything", ""),
            (Match { source: Some(Source::CloudWatch), ..Match::default() }, "source cloudwatch", ""),
            (
                Match { source: Some(Source::Webhook), ..Match::default() },
                "source webhook",
                "source webhook is not cloudwatch",
            ),
            (Match { name: pattern("web-*"), ..Match::default() }, "name \"web-*\"", ""),
            (
                Match { name: pattern("db-*"), ..Match::default() },
                "name \"db-*\"",
                "name \"db-*\" does not match \"web-5xx\"",
            ),
            (
                Match { region: pattern("eu-*"), ..Match::default() },
                "region \"eu-*\"",
                "region \"eu-*\" does not match: the event has none",
            ),
            (Match { region: pattern("*"), ..Match::default() }, "region \"*\"", ""),
            (Match { tags: tag("team", "w?b"), ..Match::default() }, "tag team \"w?b\"", ""),
            (Match { tags: tag("team", "*"), ..Match::default() }, "tag team \"*\"", ""),
            (Match { tags: tag("app", "*"), ..Match::default() }, "tag app \"*\"", ""),
            (
                Match { tags: tag("app", "web"), ..Match::default() },
                "tag app \"web\"",
                "tag app \"web\" does not match: the event has none",
            ),
            (
                Match {
                    source: Some(Source::Webhook),
                    account: pattern("9*"),
                    tags: tag("team", "db"),
                    ..Match::default()
                },
                "source webhook, account \"9*\", tag team \"db\"",
                "source webhook is not cloudwatch; account \"9*\" does not match \"123456789012\"; \
                 tag team \"db\" does not match \"web\"",
            ),
        ];
        for (matching, words, unmet) in rows {
            let signal = signal();
            let found: Vec<String> = matching.unmet(&signal).iter().map(Unmet::to_string).collect();
            assert_eq!((matching.to_string().as_str(), found.join("; ").as_str()), (words, unmet));
            assert_eq!(matching.holds(&signal), unmet.is_empty(), "{matching}");
        }
    }

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
