//! The files of a folder as one: sections of names are put together, and what can stand only once may stand in one file.

use super::error::Code;
use super::node::{Entry, Node, Place, Value};
use super::reader::{Doubts, Reader};

/// The sections that files share: each holds names, and a name stands once in all of them.
const SHARED: [&str; 5] = ["contacts", "schedules", "escalation_plans", "response_plans", "webhooks"];

/// Puts the files of a folder together, and says what could not be read of them. What is wrong in a file itself is noted; what
/// the sections hold is for their readers.
pub(super) fn merged(reader: &mut Reader, roots: &[Node]) -> (Node, Doubts) {
    let mut sections: Vec<Entry> = Vec::new();
    let mut doubts = Doubts::default();
    for root in roots {
        let Some(fields) = super::fields(reader, root) else { continue };
        doubts.add(&fields);
        super::version(reader, &fields);
        hint_at_scenarios(reader, root);
        let Value::Mapping(entries) = &root.value else { continue };
        for Entry { key, value } in entries {
            // The second of the same file has been noted, and the first one counts.
            let Some(name) = fields.key_of(value) else { continue };
            // What was mistyped has been noted, and goes on as what was meant.
            let key = Node { value: Value::Text(name.to_owned()), ..key.clone() };
            add(reader, &mut sections, name, &key, value);
        }
    }
    (Node { at: Place::whole(0), value: Value::Mapping(sections), bytes: 0..0 }, doubts)
}

fn add(reader: &mut Reader, sections: &mut Vec<Entry>, name: &str, key: &Node, value: &Node) {
    let Some(known) = sections.iter_mut().find(|entry| entry.key.scalar() == Some(name)) else {
        sections.push(Entry { key: key.clone(), value: value.clone() });
        return;
    };
    if name == "reveille" {
        return;
    }
    if SHARED.contains(&name) {
        match (&mut known.value.value, &value.value) {
            (Value::Mapping(names), Value::Mapping(more)) => names.extend(more.iter().cloned()),
            // Whatever is no mapping is what the section's reader has to see.
            (Value::Mapping(_), _) => known.value = value.clone(),
            _ => {}
        }
        return;
    }
    let first = reader.line_of(known.key.at, key.at);
    let remedy = match name {
        "rules" => "put all rules into one file: the first one that matches decides, so they have one order",
        _ => "put it into one file",
    };
    let message = format!("`{name}` stands in two files; the first one is on {first}");
    reader.wrong(key.at, Code::Duplicate, message, remedy);
}

/// A scenario in the folder would be called full of unknown keys, and every remedy would be wrong.
fn hint_at_scenarios(reader: &mut Reader, root: &Node) {
    let Value::Mapping(entries) = &root.value else { return };
    let of_scenario = |entry: &&Entry| matches!(entry.key.scalar(), Some("script" | "config"));
    let Some(entry) = entries.iter().find(of_scenario) else { return };
    reader.mistakes.retain(|mistake| {
        let here = mistake.at.is_some_and(|at| at.file == root.at.file);
        !(here && matches!(mistake.code, Code::UnknownKey | Code::Version))
    });
    let message = "this is a scenario, not a part of the configuration";
    let remedy = "keep scenarios in another folder, or in one whose name begins with a dot";
    reader.wrong(entry.key.at, Code::UnknownKey, message, remedy);
}
