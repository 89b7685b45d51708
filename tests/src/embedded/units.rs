//! What a call uses of the table, in DynamoDB's request units.
//!
//! The embedded DynamoDB counts them as the real one answers to `ReturnConsumedCapacity`: from the sizes of the rows that are
//! really read and written, a unit each 4 KB read or 1 KB written, a half where the read is eventually consistent, twice in a
//! transaction, and once more for each index whose view of a row changes, which no transaction doubles. Its own tests hold these
//! rules to answers of DynamoDB in eu-west-2.

use std::iter::Sum;
use std::ops::Add;

use http::Request;
use serde_json::Value;

/// Request units.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Units {
    /// Read request units.
    pub read: f64,
    /// Write request units, those of indexes among them.
    pub write: f64,
    /// Those of the write units that indexes take.
    pub index: f64,
}

impl Units {
    /// What the answer to a call says, if it was asked.
    pub(super) fn told(answer: &[u8], changes: bool) -> Self {
        let answer: Value = serde_json::from_slice(answer).unwrap_or_default();
        let told = &answer["ConsumedCapacity"];
        let tables = told.as_array().map_or(std::slice::from_ref(told), Vec::as_slice);
        let units = |of: &Value| of["CapacityUnits"].as_f64().unwrap_or_default();
        let total: f64 = tables.iter().map(units).sum();
        if !changes {
            return Self { read: total, ..Self::default() };
        }
        let indexes = tables.iter().flat_map(|table| table["GlobalSecondaryIndexes"].as_object().into_iter().flatten());
        Self { read: 0.0, write: total, index: indexes.map(|(_, index)| units(index)).sum() }
    }
}

impl Add for Units {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self { read: self.read + other.read, write: self.write + other.write, index: self.index + other.index }
    }
}

impl Sum for Units {
    fn sum<I: Iterator<Item = Self>>(units: I) -> Self {
        units.fold(Self::default(), Add::add)
    }
}

/// Whether this is asked of the table.
pub(super) fn is_to_table(request: &Request<Vec<u8>>) -> bool {
    let target = request.headers().get("x-amz-target").and_then(|target| target.to_str().ok());
    target.is_some_and(|target| target.starts_with("DynamoDB_"))
}

/// The same request, asking what it uses if it is one to the table.
pub(super) fn asking(request: Request<Vec<u8>>) -> Request<Vec<u8>> {
    if !is_to_table(&request) {
        return request;
    }
    let (head, body) = request.into_parts();
    let mut body: Value = serde_json::from_slice(&body).expect("requests to the table are JSON");
    body["ReturnConsumedCapacity"] = "INDEXES".into();
    Request::from_parts(head, body.to_string().into_bytes())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn units_are_read_of_one_table_and_of_several_and_indexes_stand_apart() {
        let one = json!({ "ConsumedCapacity": { "TableName": "t", "CapacityUnits": 1.5 } });
        assert_eq!(Units::told(one.to_string().as_bytes(), false), Units { read: 1.5, ..Units::default() });
        let several = json!({ "ConsumedCapacity": [
            { "TableName": "t", "CapacityUnits": 5.0, "GlobalSecondaryIndexes": { "due": { "CapacityUnits": 2.0 }, "list": { "CapacityUnits": 1.0 } } },
        ] });
        let expected = Units { read: 0.0, write: 5.0, index: 3.0 };
        assert_eq!(Units::told(several.to_string().as_bytes(), true), expected);
        assert_eq!(Units::told(b"{}", true), Units::default());
    }
}
