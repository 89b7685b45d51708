//! `reveille scenario`: a night written down, played in the world in memory, and held to what it expects.
//!
//! A file is read whole before anything is played, and each mistake is shown with its place and its remedy, as in
//! configurations. `docs/SCENARIOS.md` describes the language.

mod answer;
mod breakage;
mod call;
mod expectation;
mod ground;
mod in_force;
mod limits;
mod moment;
mod night;
mod page;
mod player;
mod rehearsal;
mod script;
mod signal;
mod transcript;
mod vocabulary;

use std::path::Path;

use jiff::Timestamp;

use crate::configuration::error::{Code, Mistake};
use crate::configuration::node::{Node, Value};
use crate::configuration::reader::{Fields, Reader};
use crate::configuration::{self, Configuration, ConfigurationErrors};

pub use ground::Ground;
pub(crate) use moment::after;
pub use night::{Beginning, Does, Mistyped, Night, Typed};
pub use player::{Behind, Broken, PlayError, Played, Told, play, play_on};
pub use rehearsal::Rehearsal;
pub use transcript::tell;
pub use vocabulary::vocabulary;

use in_force::InForce;
use script::Step;

/// A scenario that can be played.
#[derive(Clone, Debug)]
pub struct Scenario {
    /// What it is about, in the words of its file; may be empty.
    pub description: String,
    file: String,
    begins: Timestamp,
    configuration: Configuration,
    script: Vec<Step>,
    /// A night goes on after its last step; a file ends with it.
    end: Option<End>,
}

impl Scenario {
    /// When its script begins.
    pub fn begins(&self) -> Timestamp {
        self.begins
    }

    /// The configuration that it begins with.
    pub fn configuration(&self) -> &Configuration {
        &self.configuration
    }
}

/// When a night ends that would go on by itself.
#[derive(Clone, Copy, Debug)]
struct End {
    at_latest: Timestamp,
    /// Also when all that goes on are repetitions.
    at_repetitions: bool,
}

/// A runtime as scenarios need it: one on which time never passes by itself.
pub fn runtime() -> std::io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build()
}

/// Reads a scenario file. Paths in it start from its own folder.
pub fn load(path: &Path) -> Result<Scenario, ConfigurationErrors> {
    let file = path.display().to_string();
    match std::fs::read_to_string(path) {
        Ok(text) => parse(&text, &file, path.parent().unwrap_or(Path::new("."))),
        Err(error) => {
            let message = format!("the file cannot be read: {error}");
            Err(ConfigurationErrors::of_file(&file, message, "check the path, and that it is a file of UTF-8 text"))
        }
    }
}

/// Reads the text of a scenario; `file_name` stands in messages, and paths start from `folder`.
pub fn parse(text: &str, file_name: &str, folder: &Path) -> Result<Scenario, ConfigurationErrors> {
    let text = configuration::without_mark(text);
    let root = configuration::tree(text, file_name)?;
    let mut reader = Reader::default();
    let mut in_force = InForce::beginning(folder);
    let scenario = scenario(&mut reader, &mut in_force, &root, file_name);
    if let Some(errors) = in_force.elsewhere.into_iter().next() {
        return Err(errors);
    }
    match scenario {
        Some(scenario) if reader.mistakes.is_empty() => Ok(scenario),
        Some(_) | None => Err(ConfigurationErrors::new(file_name, text, reader.mistakes, &reader.secrets)),
    }
}

fn scenario(reader: &mut Reader, in_force: &mut InForce<'_>, root: &Node, file_name: &str) -> Option<Scenario> {
    const CONFIG: &str = "write `config: FILE`, or the configuration itself under `config:`";
    let fields = reader.fields(root, "the scenario", &vocabulary::FILE)?;
    version(reader, &fields);
    if let Some(node) = fields.get("start") {
        (in_force.begins, in_force.says_when) = (moment::start(reader, node)?, true);
    }
    let configuration = reader.required(&fields, "config", CONFIG).and_then(|node| in_force.read(reader, node));
    let mut words = |key: &str| match fields.get(key) {
        None => Some(None),
        Some(node) => reader.text(node, &format!("`{key}`")).map(|text| Some(text.trim().to_owned())),
    };
    let about = words("name").zip(words("description"));
    let node = reader.required(&fields, "script", "write `script:` with a list of steps: - { at: 0s, do: signal }")?;
    let script = script::read(reader, node, in_force)?;
    let (name, description) = about?;
    Some(Scenario {
        description: name.into_iter().chain(description).collect::<Vec<_>>().join(": "),
        file: file_name.to_owned(),
        begins: in_force.begins,
        configuration: configuration?,
        script,
        end: None,
    })
}

/// The version of the language of configurations, which some write out of habit.
fn version(reader: &mut Reader, fields: &Fields<'_>) {
    let Some(node) = fields.get("reveille") else { return };
    if !matches!(&node.value, Value::Number(number) if number == "1") {
        let message = "this program reads version 1 of the language".to_owned();
        let remedy = "write `reveille: 1`, or leave it out".to_owned();
        reader.mistakes.push(Mistake { at: Some(node.at), code: Code::Version, message, remedy });
    }
}
