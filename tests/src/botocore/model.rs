//! The model of a service, and all of them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use serde_json::{Map, Value};

use super::pattern::Pattern;

/// How a service is talked to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// An object of JSON, the operation in a header.
    Json,
    /// The operation in method and path.
    RestJson,
    /// A form, answered in XML.
    Query,
}

/// The model of a service, cut down to the operations that the project calls.
pub struct Model {
    service: String,
    model: Value,
    pub(super) patterns: Mutex<BTreeMap<String, Pattern>>,
}

/// The models of all services that the project asks.
pub struct Models(Vec<Model>);

impl Models {
    /// Reads all of them.
    pub fn read() -> Self {
        let files = std::fs::read_dir(folder()).expect("the models are there");
        let files = files.map(|file| file.expect("a file").path());
        let mut files: Vec<PathBuf> =
            files.filter(|path| path.extension().is_some_and(|extension| extension == "json")).collect();
        files.sort();
        Self(files.iter().map(|path| Model::of_file(path)).collect())
    }

    /// Each of them.
    pub fn iter(&self) -> impl Iterator<Item = &Model> {
        self.0.iter()
    }

    /// The model of a service, by botocore's name of it.
    pub fn get(&self, service: &str) -> &Model {
        let found = self.iter().find(|model| model.service == service);
        found.unwrap_or_else(|| panic!("there is no model of {service}"))
    }

    /// Every operation that some model has, as `service Operation`.
    pub fn operations(&self) -> impl Iterator<Item = String> {
        self.iter().flat_map(|model| model.operations().keys().map(|name| format!("{} {name}", model.service)))
    }
}

impl Model {
    /// A model from its JSON, as botocore has it.
    pub fn new(service: &str, mut model: Value) -> Self {
        // "You must use exactly one of" its members, says DynamoDB's API reference; the model leaves that open.
        if let Some(value) = model["shapes"].get_mut("AttributeValue") {
            value["union"] = true.into();
        }
        Self { service: service.to_owned(), model, patterns: Mutex::default() }
    }

    fn of_file(path: &Path) -> Self {
        let name = path.file_stem().and_then(|name| name.to_str()).expect("a name");
        let text = std::fs::read_to_string(path).expect("a model can be read");
        Self::new(name, serde_json::from_str(&text).expect("a model is JSON"))
    }

    /// botocore's name of the service.
    pub fn service(&self) -> &str {
        &self.service
    }

    /// One line of what is known of the service.
    pub(super) fn metadata(&self, name: &str) -> Option<&str> {
        self.model["metadata"][name].as_str()
    }

    /// What requests are signed for.
    pub fn signing_name(&self) -> &str {
        self.metadata("signingName").or_else(|| self.metadata("endpointPrefix")).expect("every service has one")
    }

    /// The protocol in which its clients talk, those of this project among them.
    pub fn protocol(&self) -> Protocol {
        let spoken = self.model["metadata"]["protocols"].as_array().into_iter().flatten().filter_map(Value::as_str);
        let spoken: Vec<&str> = spoken.chain(self.metadata("protocol")).collect();
        let known = [("json", Protocol::Json), ("rest-json", Protocol::RestJson), ("query", Protocol::Query)];
        let known = known.into_iter().find(|(name, _)| spoken.contains(name));
        known.unwrap_or_else(|| panic!("{} speaks {spoken:?}", self.service)).1
    }

    /// All operations by name.
    pub fn operations(&self) -> &Map<String, Value> {
        self.model["operations"].as_object().expect("operations")
    }

    /// An operation.
    pub fn operation(&self, name: &str) -> Option<&Value> {
        self.operations().get(name)
    }

    /// All shapes by name.
    pub(super) fn shapes(&self) -> &Map<String, Value> {
        self.model["shapes"].as_object().expect("shapes")
    }

    /// A shape.
    pub(super) fn shape(&self, name: &str) -> &Value {
        self.shapes().get(name).unwrap_or_else(|| panic!("{} has no shape {name}", self.service))
    }

    /// The name of an operation's `input` or `output`; some have none.
    pub(super) fn side(&self, operation: &str, side: &str) -> Option<&str> {
        self.operation(operation)?[side]["shape"].as_str()
    }

    /// The shapes of the errors that an operation may answer with, by the codes that they have on the wire.
    pub fn errors(&self, operation: &str) -> BTreeMap<&str, &str> {
        let errors = self.operation(operation).and_then(|operation| operation["errors"].as_array());
        let shapes = errors.into_iter().flatten().filter_map(|error| error["shape"].as_str());
        shapes.map(|shape| (self.shape(shape)["error"]["code"].as_str().unwrap_or(shape), shape)).collect()
    }

    /// What is wrong about the input of an operation.
    pub fn input(&self, operation: &str, value: &Value) -> Vec<String> {
        self.check_side(operation, "input", value)
    }

    /// What is wrong about the output of an operation.
    pub fn output(&self, operation: &str, value: &Value) -> Vec<String> {
        self.check_side(operation, "output", value)
    }

    fn check_side(&self, operation: &str, side: &str, value: &Value) -> Vec<String> {
        let at = format!("{operation} {side}");
        match self.side(operation, side) {
            Some(shape) => self.check(shape, value, &at),
            None if value.as_object().is_some_and(Map::is_empty) || value.is_null() => Vec::new(),
            None => vec![format!("{at}: there is none, and {value} is sent")],
        }
    }
}

/// What a member of a structure is called on the wire.
pub(super) fn wire_name<'a>(name: &'a str, member: &'a Value) -> &'a str {
    member["locationName"].as_str().unwrap_or(name)
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("models")
}
