//! Impacts, as numbers from 1 to 5.

use reveille_domain::Impact;

use super::error::Code;
use super::node::{Node, Value};
use super::reader::Reader;

/// Reads one impact.
pub(super) fn read(reader: &mut Reader, node: &Node) -> Option<Impact> {
    let impact = match &node.value {
        Value::Number(written) => written.parse().ok().and_then(Impact::from_number),
        Value::Empty | Value::Flag(_) | Value::Text(_) | Value::List(_) | Value::Mapping(_) => None,
    };
    if impact.is_none() {
        reader.wrong(
            node.at,
            Code::OutOfRange,
            "`impact` must be a number from 1 to 5",
            "write 1 (critical), 2 (high), 3 (medium), 4 (low) or 5 (no impact)",
        );
    }
    impact
}
