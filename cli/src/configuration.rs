//! The configuration language: a YAML file, or a folder of them, becomes the domain's contacts, plans and routing, or a
//! list of mistakes.
//!
//! Reading is whole: a file with five mistakes gets five messages, each with its place and its remedy, and a key of
//! the full format that this version does not do is a mistake too, never silence. What comes out is valid: every
//! reference leads somewhere and every page has an address. `docs/CONFIGURATION.md` describes the language.

mod address;
mod contacts;
mod coverage;
pub(crate) mod error;
mod escalation_plans;
mod example;
mod impacts;
pub(crate) mod keys;
mod limits;
pub(crate) mod mask;
mod merge;
mod names;
pub(crate) mod node;
mod overrides;
mod places;
mod plan_paths;
pub(crate) mod reader;
mod response_plans;
mod rotations;
mod rules;
mod schedules;
mod schema;
mod sources;
mod syntax;
mod template;
mod time;
mod webhooks;
mod when;
mod written;

use std::collections::BTreeMap;
use std::path::Path;

use reveille_domain::{
    ChannelId, Contact, ContactAlias, EscalationPlan, PlanAlias, ResponsePlan, ResponsePlanName, Routing, Rule,
    Schedule, ScheduleAlias,
};
use reveille_engine::port::Secret;

pub use address::{Address, AddressError};
pub use error::{Code, ConfigurationError, ConfigurationErrors};
pub(crate) use error::{Excerpt, Mistake, excerpt};
pub use example::{ExampleAddress, ExampleReason, example_addresses};
pub use keys::{meanings, vocabulary};
pub use node::Place;
pub(crate) use places::Places;
pub use schema::{SchemaOf, schema};
pub(crate) use sources::Sources;
pub use webhooks::{Webhook, WebhookKeyHash, WebhookName, hash_webhook_key};
pub(crate) use written::{Field, Written};

use contacts::Contacts;
use names::{Names, Position};
use node::{Node, Value};
use reader::{Doubts, Fields, Reader};
use syntax::parsed;

use crate::unknown_name::UnknownName;

/// A valid configuration, in the domain's words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Configuration {
    /// Everybody who can be paged.
    pub contacts: BTreeMap<ContactAlias, Contact>,
    /// Their addresses, apart from them: only what sends may see these. Same aliases, same channels.
    pub addresses: BTreeMap<ContactAlias, BTreeMap<ChannelId, Address>>,
    /// What signs messages to webhooks, kept with the addresses.
    pub secrets: BTreeMap<ContactAlias, BTreeMap<ChannelId, Secret>>,
    /// Who is on call when.
    pub schedules: BTreeMap<ScheduleAlias, Schedule>,
    /// Whom to ask next while nobody answers.
    pub escalation_plans: BTreeMap<PlanAlias, EscalationPlan>,
    /// What is done about an incident.
    pub response_plans: BTreeMap<ResponsePlanName, ResponsePlan>,
    /// Which plan answers which signal.
    pub routing: Routing,
    /// Who is paged when an incident's own plan cannot be found.
    pub safety_contact: Option<ContactAlias>,
    /// Who may send events over HTTP.
    pub webhooks: BTreeMap<WebhookName, Webhook>,
}

/// What a name is looked for in, for messages.
const THE_FILE: &str = "the file";

impl Configuration {
    /// The schedule of this alias.
    pub fn schedule(&self, alias: &str) -> Result<&Schedule, UnknownName> {
        let known = self.schedules.keys().map(ScheduleAlias::as_str);
        self.schedules
            .get(&ScheduleAlias::new(alias))
            .ok_or_else(|| UnknownName::of("schedule", alias, THE_FILE, known))
    }

    /// The configuration as a YAML file, which reads back as the same configuration. Addresses and secrets stand there in full.
    pub fn to_yaml(&self) -> String {
        self.written().yaml()
    }

    /// The response plan of this name.
    pub fn response_plan(&self, name: &str) -> Result<&ResponsePlan, UnknownName> {
        let known = self.response_plans.keys().map(ResponsePlanName::as_str);
        let found = self.response_plans.get(&ResponsePlanName::new(name));
        found.ok_or_else(|| UnknownName::of("response plan", name, THE_FILE, known))
    }

    /// The channels for which nobody vouches: a code has to verify them.
    pub fn unverified(&self) -> impl Iterator<Item = (&ContactAlias, &ChannelId)> {
        self.contacts.values().flat_map(|contact| {
            let unverified = contact.channels.iter().filter(|channel| !channel.verified);
            unverified.map(|channel| (&contact.alias, &channel.id))
        })
    }

    /// The contact of this alias.
    pub fn contact(&self, alias: &str) -> Result<&ContactAlias, UnknownName> {
        let known = self.contacts.keys().map(ContactAlias::as_str);
        let found = self.contacts.get(&ContactAlias::new(alias));
        found.map(|contact| &contact.alias).ok_or_else(|| UnknownName::of("contact", alias, THE_FILE, known))
    }
}

/// Reads a configuration: a file, or every file of a folder.
pub fn load(path: &Path) -> Result<Configuration, ConfigurationErrors> {
    read(&Sources::read(path))
}

/// Reads the bytes of a configuration file; `file_name` stands in messages.
pub fn parse_bytes(bytes: &[u8], file_name: &str) -> Result<Configuration, ConfigurationErrors> {
    read(&Sources::bytes(file_name, bytes))
}

/// Reads the text of a configuration; `file_name` stands in messages.
pub fn parse(text: &str, file_name: &str) -> Result<Configuration, ConfigurationErrors> {
    read(&Sources::text(file_name, text))
}

fn read(sources: &Sources) -> Result<Configuration, ConfigurationErrors> {
    tree_and_configuration(sources).map(|(_, configuration)| configuration)
}

/// Reads a configuration, and gives the tree from which it was read, too: of a folder, that of all its files as one.
pub(crate) fn tree_and_configuration(sources: &Sources) -> Result<(Node, Configuration), ConfigurationErrors> {
    let Reading { root, configuration, mistakes, secrets } = reading(sources);
    match root.zip(configuration) {
        Some(read) if mistakes.is_empty() => Ok(read),
        Some(_) | None => Err(ConfigurationErrors::of(&sources.shown(), mistakes, &secrets)),
    }
}

/// What could be read of a configuration.
#[derive(Debug)]
pub(crate) struct Reading {
    /// Of a folder, the tree of all its files as one.
    pub(crate) root: Option<Node>,
    /// What has mistakes is left out.
    pub(crate) configuration: Option<Configuration>,
    /// What is wrong with the rest.
    pub(crate) mistakes: Vec<Mistake>,
    /// Places that no message shows.
    pub(crate) secrets: Vec<Place>,
}

/// Reads as much of a configuration as can be read.
pub(crate) fn reading(sources: &Sources) -> Reading {
    let mut reader = Reader::of(sources.names());
    reader.mistakes.extend(sources.unreadable());
    let mut roots = Vec::new();
    for (file, text) in sources.texts() {
        match parsed(text, file) {
            Ok(root) => roots.push(root),
            Err(mistake) => reader.mistakes.push(mistake),
        }
    }
    let (root, configuration) = match (sources.is_folder(), roots.as_slice()) {
        (true, roots @ [_, ..]) => {
            let (root, doubts) = merge::merged(&mut reader, roots);
            let configuration = sections(&mut reader, &root, &doubts);
            (Some(root), configuration)
        }
        (false, [root]) => (Some(root.clone()), file(&mut reader, root)),
        _ => (None, None),
    };
    let Reader { mistakes, secrets, .. } = reader;
    Reading { root, configuration, mistakes, secrets }
}

/// The text of a file as a tree.
pub(crate) fn tree(text: &str, file_name: &str) -> Result<Node, ConfigurationErrors> {
    let sources = Sources::text(file_name, text);
    let mut mistakes: Vec<Mistake> = sources.unreadable().collect();
    for (file, text) in sources.texts() {
        match parsed(text, file) {
            Ok(root) => return Ok(root),
            Err(mistake) => mistakes.push(mistake),
        }
    }
    Err(ConfigurationErrors::of(&sources.shown(), mistakes, &[]))
}

/// Editors on Windows begin a file with a mark that is no part of the text.
pub(crate) fn without_mark(text: &str) -> &str {
    text.strip_prefix('\u{feff}').unwrap_or(text)
}

/// The version of the language; a file that says another one is not guessed at.
const VERSION: &str = "1";

/// Reads a tree as a configuration.
pub(crate) fn file(reader: &mut Reader, root: &Node) -> Option<Configuration> {
    let fields = fields(reader, root)?;
    version(reader, &fields);
    configuration(reader, &fields, true)
}

/// The sections of one file.
fn fields<'n>(reader: &mut Reader, root: &'n Node) -> Option<Fields<'n>> {
    if root.is_empty() {
        reader.wrong(
            root.at,
            Code::WrongType,
            "the file is empty",
            "examples/minimal.yaml shows the least that it can hold",
        );
        return None;
    }
    reader.fields(root, "the file", &keys::FILE)
}

/// Reads the sections of a folder's files as one. Where a file or a section could not be read, what it holds is not known,
/// and what seems to be missing may stand there: that is not reported beside the mistake itself.
fn sections(reader: &mut Reader, root: &Node, doubts: &Doubts) -> Option<Configuration> {
    let hides_names = |mistake: &Mistake| matches!(mistake.code, Code::UnreadableFile | Code::Syntax | Code::WrongType);
    let whole = !reader.mistakes.iter().any(hides_names);
    let mut fields = reader.fields(root, "the folder", &keys::FILE)?;
    fields.doubt(doubts);
    let read = configuration(reader, &fields, whole);
    if !whole {
        reader.mistakes.retain(|mistake| mistake.code != Code::MissingKey || mistake.at != Some(Place::whole(0)));
    }
    read
}

fn configuration(reader: &mut Reader, fields: &Fields<'_>, whole: bool) -> Option<Configuration> {
    let names = Names::of(fields, whole);
    let contacts = match required_section(reader, fields, "contacts") {
        None => Contacts::default(),
        Some(node) => contacts::read(reader, node),
    };
    let schedules = match fields.get("schedules") {
        None => BTreeMap::new(),
        Some(node) => schedules::read(reader, node, &names),
    };
    let escalation_plans = match fields.get("escalation_plans") {
        None => BTreeMap::new(),
        Some(node) => escalation_plans::read(reader, node, &names),
    };
    let response_plans = match required_section(reader, fields, "response_plans") {
        None => BTreeMap::new(),
        Some(node) => response_plans::read(reader, node, &names),
    };
    let rules = match fields.get("rules") {
        None => Vec::new(),
        Some(node) => rules::read(reader, node, &names),
    };
    let webhooks = match fields.get("webhooks") {
        None => BTreeMap::new(),
        Some(node) => webhooks::read(reader, node, &names),
    };
    let defaults = defaults(reader, fields, &names);
    let defaults = defaults?;
    Some(Configuration {
        routing: routing(rules, defaults.response_plan, &response_plans),
        contacts: contacts.contacts,
        addresses: contacts.addresses,
        secrets: contacts.secrets,
        schedules,
        escalation_plans,
        response_plans,
        safety_contact: defaults.safety_contact,
        webhooks,
    })
}

fn routing(
    rules: Vec<Rule>,
    default_plan: ResponsePlanName,
    plans: &BTreeMap<ResponsePlanName, ResponsePlan>,
) -> Routing {
    Routing {
        rules,
        default_plan,
        templates: plans.iter().map(|(name, plan)| (name.clone(), plan.incident.clone())).collect(),
    }
}

fn version(reader: &mut Reader, fields: &Fields<'_>) {
    const REMEDY: &str = "write `reveille: 1` as the first line";
    let Some(node) = fields.get("reveille") else {
        reader.wrong(
            fields.at,
            Code::Version,
            "the file does not say which version of the language it is written in",
            REMEDY,
        );
        return;
    };
    if !matches!(&node.value, Value::Number(number) if number == VERSION) {
        reader.wrong(
            node.at,
            Code::Version,
            format!("`reveille` is the version of the language of this file, and this program reads version {VERSION}"),
            REMEDY,
        );
    }
}

fn required_section<'n>(reader: &mut Reader, fields: &Fields<'n>, key: &str) -> Option<&'n Node> {
    let remedy = format!("write `{key}:` and at least one under it; examples/minimal.yaml shows how");
    let node = reader.required(fields, key, &remedy)?;
    if matches!(&node.value, Value::Mapping(entries) if entries.is_empty()) {
        reader.wrong(node.at, Code::Empty, format!("`{key}` is empty"), remedy);
        return None;
    }
    Some(node)
}

/// The `defaults` section.
struct Defaults {
    response_plan: ResponsePlanName,
    safety_contact: Option<ContactAlias>,
}

fn defaults(reader: &mut Reader, file: &Fields<'_>, names: &Names<'_>) -> Option<Defaults> {
    const PLAN: &str = "write `defaults: { response_plan: … }`: the plan for whatever no rule matches";
    let node = reader.required(file, "defaults", PLAN)?;
    let fields = reader.fields(node, "`defaults`", &keys::DEFAULTS)?;
    let response_plan = reader
        .required(&fields, "response_plan", PLAN)
        .and_then(|node| names.response_plan(reader, node, "`response_plan`"));
    let safety_contact = match fields.get("safety_contact") {
        None => Some(None),
        Some(node) => names.contact(reader, node, "`safety_contact`", Position::Person).map(Some),
    };
    Some(Defaults { response_plan: response_plan?, safety_contact: safety_contact? })
}
