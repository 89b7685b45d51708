//! What `ingest` reads for every signal, in one row.

use std::collections::BTreeMap;

use reveille_domain::{
    ContactAlias, IncidentTemplate, Match, Pattern, ResponsePlanName, Routing, Rule, ScheduleAlias, Source,
};
use serde::{Deserialize, Serialize};

use super::plan::TemplateRecord;

/// Rules, defaults, incident templates and webhook keys.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SettingsRecord {
    /// Goes up with every change of the configuration.
    pub rev: u64,
    rules: Vec<RuleRecord>,
    default_plan: String,
    templates: BTreeMap<String, TemplateRecord>,
    safety_contact: Option<String>,
    /// Webhooks by name.
    pub webhooks: BTreeMap<String, WebhookRecord>,
    /// The schedules that tell contacts of their next shift.
    #[serde(default)]
    announcing: Vec<String>,
}

/// One webhook: a source with a key of its own.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct WebhookRecord {
    /// SHA-256 of each key in force, in lower-case hexadecimal. Several during a rotation.
    pub key_hashes: Vec<String>,
    /// The plan for what comes here and names none.
    pub response_plan: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct RuleRecord {
    source: Option<String>,
    name: Option<String>,
    account: Option<String>,
    region: Option<String>,
    tags: BTreeMap<String, String>,
    response_plan: String,
}

impl SettingsRecord {
    /// The settings of a configuration.
    pub fn new(
        rev: u64,
        routing: &Routing,
        safety_contact: Option<&ContactAlias>,
        webhooks: BTreeMap<String, WebhookRecord>,
    ) -> Self {
        let text = |pattern: &Option<Pattern>| pattern.as_ref().map(|pattern| pattern.as_str().to_owned());
        let rules = routing.rules.iter().map(|rule| RuleRecord {
            source: rule.matching.source.map(|source| source.name().to_owned()),
            name: text(&rule.matching.name),
            account: text(&rule.matching.account),
            region: text(&rule.matching.region),
            tags: rule.matching.tags.iter().map(|(key, value)| (key.clone(), value.as_str().to_owned())).collect(),
            response_plan: rule.response_plan.to_string(),
        });
        Self {
            rev,
            rules: rules.collect(),
            default_plan: routing.default_plan.to_string(),
            templates: routing.templates.iter().map(|(name, template)| (name.to_string(), template.into())).collect(),
            safety_contact: safety_contact.map(ContactAlias::to_string),
            webhooks,
            announcing: Vec::new(),
        }
    }

    /// The same with these schedules telling contacts of their next shift.
    #[must_use]
    pub fn announcing<'s>(self, schedules: impl IntoIterator<Item = &'s ScheduleAlias>) -> Self {
        Self { announcing: schedules.into_iter().map(ScheduleAlias::to_string).collect(), ..self }
    }

    /// The schedules that tell contacts of their next shift.
    pub fn announcing_schedules(&self) -> impl Iterator<Item = ScheduleAlias> {
        self.announcing.iter().map(|alias| ScheduleAlias::new(alias.clone()))
    }

    /// Where signals go.
    pub fn routing(&self) -> Routing {
        let rules = self.rules.iter().map(|rule| Rule {
            matching: Match {
                source: rule.source.as_deref().and_then(Source::from_name),
                name: rule.name.clone().map(Pattern::new),
                account: rule.account.clone().map(Pattern::new),
                region: rule.region.clone().map(Pattern::new),
                tags: rule.tags.iter().map(|(key, value)| (key.clone(), Pattern::new(value.clone()))).collect(),
            },
            response_plan: ResponsePlanName::new(rule.response_plan.clone()),
        });
        let template = |(name, template): (&String, &TemplateRecord)| {
            (ResponsePlanName::new(name.clone()), IncidentTemplate::from(template.clone()))
        };
        Routing {
            rules: rules.collect(),
            default_plan: ResponsePlanName::new(self.default_plan.clone()),
            templates: self.templates.iter().map(template).collect(),
        }
    }

    /// Who is paged when an incident's plan cannot be found.
    pub fn safety_contact(&self) -> Option<ContactAlias> {
        self.safety_contact.clone().map(ContactAlias::new)
    }
}
