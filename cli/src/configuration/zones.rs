//! Names of time zones.

use jiff::tz::TimeZone;

use super::error::Code;
use super::node::Node;
use super::reader::{Reader, did_you_mean};

/// Reads the name of a zone of the IANA database.
pub(super) fn read(reader: &mut Reader, node: &Node) -> Option<TimeZone> {
    let name = reader.text(node, "`time_zone`")?;
    match TimeZone::get(name) {
        Ok(zone) => Some(zone),
        Err(_) => {
            let names: Vec<String> = jiff::tz::db().available().map(|name| name.as_str().to_owned()).collect();
            let remedy = did_you_mean(name, names.iter().map(String::as_str)).unwrap_or_else(|| {
                "write a name of the IANA database, for example `Europe/Berlin` or `UTC`".to_owned()
            });
            reader.wrong(node.at, Code::InvalidValue, format!("there is no time zone `{name}`"), remedy);
            None
        }
    }
}
