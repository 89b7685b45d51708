//! SSM documents that response plans may start, with the parameters that they declare.

use std::collections::BTreeMap;

use reveille_engine::port::DocumentFacts;

/// What is known of documents, and which of them the function `runbook` may start.
#[derive(Clone, Debug)]
pub struct Documents {
    known: BTreeMap<String, Document>,
    /// Names that an account was asked for and does not have.
    absent: Vec<String>,
    /// What the names of further runbooks begin with.
    prefix: String,
    /// The stack's own, which need no prefix.
    own: Vec<String>,
}

/// A document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Document {
    pub(super) parameters: BTreeMap<String, Parameter>,
}

/// A parameter that a document declares.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Parameter {
    pub(super) kind: Kind,
    pub(super) required: bool,
    /// Empty: any value.
    pub(super) allowed: Vec<String>,
    /// A regular expression that each value matches.
    pub(super) pattern: Option<String>,
}

/// The types of parameters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    String,
    StringList,
    Integer,
    Boolean,
    StringMap,
    MapList,
    /// One that this version does not know.
    Other,
}

impl Kind {
    /// The type of this name, as SSM spells it.
    pub(super) fn from_name(name: &str) -> Self {
        match name {
            "String" => Kind::String,
            "StringList" => Kind::StringList,
            "Integer" => Kind::Integer,
            "Boolean" => Kind::Boolean,
            "StringMap" => Kind::StringMap,
            "MapList" => Kind::MapList,
            _ => Kind::Other,
        }
    }

    /// As SSM spells it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Kind::String => "String",
            Kind::StringList => "StringList",
            Kind::Integer => "Integer",
            Kind::Boolean => "Boolean",
            Kind::StringMap => "StringMap",
            Kind::MapList => "MapList",
            Kind::Other => "another type",
        }
    }
}

/// The stack's own documents with their parameters: name, type, required, allowed values, pattern. A test holds them to
/// `template.yaml`.
type OwnParameter = (&'static str, Kind, bool, &'static [&'static str], Option<&'static str>);
const INSTANCE_OR_NONE: &str = "^none$|^i-[0-9a-f]{8,17}$";
const GROUP: &str = "^[^{}$:*?]{1,255}$";
const TARGET_GROUP_OR_NONE: &str =
    "^none$|^arn:[a-z0-9-]+:elasticloadbalancing:[a-z0-9-]+:[0-9]{12}:targetgroup/[A-Za-z0-9/-]+$";
const OWN: [(&str, &[OwnParameter]); 3] = [
    (
        "WebServerRestart",
        &[
            ("InstanceId", Kind::String, true, &[], Some("^i-[0-9a-f]{8,17}$")),
            ("Services", Kind::String, false, &[], Some("^[A-Za-z0-9@._-]+( [A-Za-z0-9@._-]+)*$")),
        ],
    ),
    (
        "AddCapacity",
        &[
            ("AutoScalingGroupName", Kind::String, true, &[], Some(GROUP)),
            ("Add", Kind::Integer, false, &["1", "2", "3", "4"], None),
        ],
    ),
    (
        "RunChecks",
        &[
            ("InstanceId", Kind::String, false, &[], Some(INSTANCE_OR_NONE)),
            ("AutoScalingGroupName", Kind::String, false, &[], Some(GROUP)),
            ("TargetGroupArn", Kind::String, false, &[], Some(TARGET_GROUP_OR_NONE)),
            ("AlarmName", Kind::String, false, &[], Some("^[^{}$]{1,255}$")),
        ],
    ),
];

/// What the names of further runbooks begin with, unless the stack's parameter `RunbookPrefix` says otherwise.
pub(super) const PREFIX: &str = "Reveille-";

impl Default for Documents {
    /// The stack's own, and the prefix of the template.
    fn default() -> Self {
        Self::with_prefix(PREFIX)
    }
}

impl Documents {
    /// The stack's own, and those whose names begin so.
    pub fn with_prefix(prefix: &str) -> Self {
        let parameter = |(name, kind, required, allowed, pattern): &OwnParameter| {
            let allowed = allowed.iter().map(|value| (*value).to_owned()).collect();
            let pattern = pattern.map(str::to_owned);
            ((*name).to_owned(), Parameter { kind: *kind, required: *required, allowed, pattern })
        };
        let document = |(name, parameters): (&str, &[OwnParameter])| {
            (name.to_owned(), Document { parameters: parameters.iter().map(parameter).collect() })
        };
        let known: BTreeMap<String, Document> = OWN.into_iter().map(document).collect();
        let own = known.keys().cloned().collect();
        Self { known, absent: Vec::new(), prefix: prefix.to_owned(), own }
    }

    /// The documents that the stack itself says are its own.
    pub fn owning(mut self, names: &[String]) -> Self {
        if !names.is_empty() {
            self.own = names.to_vec();
        }
        self
    }

    /// Takes in what an account says of a document.
    pub(super) fn learn(&mut self, name: &str, facts: Option<DocumentFacts>) {
        let Some(facts) = facts else {
            self.known.remove(name);
            self.absent.push(name.to_owned());
            return;
        };
        let before = self.known.remove(name);
        let parameter = |declared: reveille_engine::port::DocumentParameter| {
            let known = before.as_ref().and_then(|document| document.parameters.get(&declared.name));
            let kind = declared.kind.as_deref().map_or(Kind::Other, Kind::from_name);
            // SSM tells texts and lists of texts apart and no more; what is known of our own says it better.
            let kind = match (known, kind) {
                (Some(known), Kind::String | Kind::Other) => known.kind,
                (_, kind) => kind,
            };
            let parameter = Parameter {
                kind,
                required: !declared.has_default,
                allowed: known.map(|known| known.allowed.clone()).unwrap_or_default(),
                pattern: known.and_then(|known| known.pattern.clone()),
            };
            (declared.name, parameter)
        };
        let parameters = facts.parameters.into_iter().map(parameter).collect();
        self.known.insert(name.to_owned(), Document { parameters });
    }

    /// What is known of a document.
    pub(super) fn get(&self, name: &str) -> Option<&Document> {
        self.known.get(name)
    }

    /// Whether an account was asked for it and has none.
    pub(super) fn is_absent(&self, name: &str) -> bool {
        self.absent.iter().any(|absent| absent == name)
    }

    /// Whether the role of the function `runbook` allows it to be started.
    pub(super) fn may_start(&self, name: &str) -> bool {
        self.own.iter().any(|own| own == name) || name.starts_with(&self.prefix)
    }

    /// What the names of further runbooks begin with.
    pub(super) fn prefix(&self) -> &str {
        &self.prefix
    }

    /// The names of the documents that are known.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.known.keys().map(String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::Value;

    use super::*;

    /// The documents of the template, as they stand there.
    fn in_template() -> Vec<(String, Value)> {
        let template: Value = serde_saphyr::from_str(include_str!("../../../template.yaml")).unwrap();
        let resources = template["Resources"].as_object().unwrap().values();
        let documents = resources.filter(|resource| resource["Type"] == "AWS::SSM::Document");
        let named = |resource: &Value| {
            let properties = &resource["Properties"];
            (properties["Name"].as_str().unwrap().to_owned(), properties["Content"]["parameters"].clone())
        };
        documents.map(named).collect()
    }

    #[test]
    fn what_is_known_of_the_stacks_documents_is_what_the_template_says() {
        let documents = Documents::default();
        let template = in_template();
        let names: BTreeSet<&str> = template.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(documents.names().collect::<BTreeSet<&str>>(), names);
        for (name, parameters) in &template {
            let declared = |parameter: &Value| Parameter {
                kind: Kind::from_name(parameter["type"].as_str().unwrap()),
                required: parameter["default"].is_null(),
                allowed: parameter["allowedValues"]
                    .as_array()
                    .map(|values| values.iter().map(Value::to_string).collect())
                    .unwrap_or_default(),
                pattern: parameter["allowedPattern"].as_str().map(str::to_owned),
            };
            let expected: BTreeMap<String, Parameter> = parameters
                .as_object()
                .unwrap()
                .iter()
                .map(|(name, parameter)| (name.clone(), declared(parameter)))
                .collect();
            assert_eq!(documents.get(name).unwrap().parameters, expected, "{name}");
        }
    }
}
