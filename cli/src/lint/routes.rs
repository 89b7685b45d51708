//! Checks of how events find their response plans: rules that never decide, and plans that nothing leads to.

use std::collections::BTreeSet;

use reveille_domain::{Match, Pattern, ResponsePlanName};

use super::catalogue::{Check, check};
use super::finding::Findings;
use super::scene::Scene;

pub(super) const UNROUTED_PLAN: Check =
    check!(Warning, "unrouted-plan", "No rule, webhook or default leads to a response plan");
pub(super) const SHADOWED_RULE: Check =
    check!(Warning, "shadowed-rule", "A rule never decides, because an earlier one matches all that it matches");

/// Both need the whole configuration.
pub(super) fn check_whole(scene: &Scene<'_>, findings: &mut Findings<'_>) {
    let shadowed = shadowed(scene, findings);
    let configuration = scene.configuration;
    let rules = configuration.routing.rules.iter().enumerate().filter(|(number, _)| !shadowed.contains(number));
    let by_rules = rules.map(|(_, rule)| &rule.response_plan);
    let by_webhooks = configuration.webhooks.values().filter_map(|webhook| webhook.response_plan.as_ref());
    let routed: BTreeSet<&ResponsePlanName> =
        by_rules.chain(by_webhooks).chain([&configuration.routing.default_plan]).collect();
    for name in configuration.response_plans.keys().filter(|name| !routed.contains(name)) {
        let message = format!(
            "no rule, webhook or default leads to response plan `{name}`: only an event that names it itself comes there"
        );
        let remedy = format!("add a rule with `response_plan: {name}`, or remove the plan");
        findings.add(&UNROUTED_PLAN, &format!("response_plans/{name}"), message, remedy);
    }
}

/// The rules that never decide.
fn shadowed(scene: &Scene<'_>, findings: &mut Findings<'_>) -> BTreeSet<usize> {
    let rules = &scene.configuration.routing.rules;
    let mut found = BTreeSet::new();
    for (number, rule) in rules.iter().enumerate() {
        let Some(earlier) = rules[..number].iter().position(|earlier| covers(&earlier.matching, &rule.matching)) else {
            continue;
        };
        let message = format!(
            "rule {} never decides: rule {} before it matches everything that it matches",
            number + 1,
            earlier + 1
        );
        let remedy = format!("put it before rule {}, or remove it", earlier + 1);
        findings.add(&SHADOWED_RULE, &format!("rules/{number}"), message, remedy);
        found.insert(number);
    }
    found
}

/// Whether whatever the narrow one matches is matched by the wide one too. `false` also where that cannot be told.
fn covers(wide: &Match, narrow: &Match) -> bool {
    wide.source.is_none_or(|source| narrow.source == Some(source))
        && text_covers(wide.name.as_ref(), narrow.name.as_ref())
        && text_covers(wide.account.as_ref(), narrow.account.as_ref())
        && text_covers(wide.region.as_ref(), narrow.region.as_ref())
        && wide.tags.iter().all(|(key, pattern)| text_covers(Some(pattern), narrow.tags.get(key)))
}

/// `*` alone, and no condition at all, match what is not there, too.
fn text_covers(wide: Option<&Pattern>, narrow: Option<&Pattern>) -> bool {
    let anything = |pattern: Option<&Pattern>| pattern.is_none_or(|pattern| pattern.as_str() == "*");
    match (wide, narrow) {
        (wide, _) if anything(wide) => true,
        (_, narrow) if anything(narrow) => false,
        (Some(wide), Some(narrow)) => pattern_covers(wide.as_str(), narrow.as_str()),
        (None, _) | (_, None) => true,
    }
}

/// Matches one pattern against the other as if that were a text, in which `*` is found by `*` only and `?` by `*` and `?`.
fn pattern_covers(wide: &str, narrow: &str) -> bool {
    let (wide, narrow): (Vec<char>, Vec<char>) = (wide.chars().collect(), narrow.chars().collect());
    // Which beginnings of `narrow` the part of `wide` that has been looked at covers.
    let mut covered = vec![false; narrow.len() + 1];
    covered[0] = true;
    for symbol in wide {
        let mut next = vec![false; narrow.len() + 1];
        match symbol {
            '*' => {
                let first = covered.iter().position(|covers| *covers).unwrap_or(next.len());
                next[first..].fill(true);
            }
            symbol => {
                for (place, character) in narrow.iter().enumerate() {
                    let fits = *character != '*' && (symbol == '?' || symbol == *character);
                    next[place + 1] = covered[place] && fits;
                }
            }
        }
        covered = next;
    }
    covered.last().copied().unwrap_or(false)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_covers_what_matches_less() {
        let rows = [
            ("web-*", "web-*-latency", true),
            ("web-*", "web-1", true),
            ("web-*-latency", "web-*", false),
            ("web-?", "web-1", true),
            ("web-?", "web-*", false),
            ("web-*", "web-?", true),
            ("*", "?", true),
            ("*-5xx", "web-*-5xx", true),
            ("*-5xx", "web-*", false),
            ("web", "web", true),
            ("web", "Web", false),
            ("a*b*c", "axbxc*c", true),
            ("?*", "*", false),
        ];
        for (wide, narrow, expected) in rows {
            assert_eq!(pattern_covers(wide, narrow), expected, "{wide} over {narrow}");
        }
    }

    #[test]
    fn anything_covers_all_and_is_covered_by_nothing_less() {
        let pattern = |text: &str| Some(Pattern::new(text));
        let rows = [
            (None, None, true),
            (None, pattern("web"), true),
            (pattern("*"), None, true),
            (pattern("web*"), None, false),
            (pattern("web*"), pattern("*"), false),
            (pattern("?*"), pattern("web"), true),
        ];
        for (wide, narrow, expected) in rows {
            assert_eq!(text_covers(wide.as_ref(), narrow.as_ref()), expected, "{wide:?} over {narrow:?}");
        }
    }
}
