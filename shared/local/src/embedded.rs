//! DynamoDB in this process: the same emulator and the same table, asked without a server in between.

use axum::body::Body;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use dynoxide::{Database as Dynoxide, DynoxideError};
use reveille_engine::port::{Item, Key};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use crate::call::respond;
use crate::database::{DatabaseError, open};

/// What every operation's name begins with on the wire.
const TARGET_PREFIX: &str = "DynamoDB_20120810.";

/// A database with one table, in memory, for one world.
pub struct Embedded {
    database: Dynoxide,
    table: String,
}

impl Embedded {
    /// An empty table.
    pub fn start(table: &str) -> Result<Self, DatabaseError> {
        Ok(Self { database: open(None, table)?, table: table.to_owned() })
    }

    /// One call, as it came over the wire.
    pub(crate) fn call(&self, headers: &HeaderMap, body: &[u8]) -> Response {
        let target = headers.get("x-amz-target").and_then(|target| target.to_str().ok()).unwrap_or_default();
        let operation = target.strip_prefix(TARGET_PREFIX).unwrap_or_default();
        let (status, text) = match self.done(operation, body) {
            Ok(text) => (StatusCode::OK, text),
            Err(error) => {
                let status = StatusCode::from_u16(error.status_code()).unwrap_or(StatusCode::BAD_REQUEST);
                (status, error.to_json())
            }
        };
        respond(status, "application/x-amz-json-1.0", Body::from(text))
    }

    /// The operations that the adapter of the table asks for.
    fn done(&self, operation: &str, body: &[u8]) -> Result<String, DynoxideError> {
        let database = &self.database;
        match operation {
            "GetItem" => written(&database.get_item(read(body)?)?),
            "BatchGetItem" => written(&database.batch_get_item(read(body)?)?),
            "Query" => written(&database.query(read(body)?)?),
            "PutItem" => written(&database.put_item(read(body)?)?),
            "UpdateItem" => written(&database.update_item(read(body)?)?),
            "DeleteItem" => written(&database.delete_item(read(body)?)?),
            "TransactWriteItems" => written(&database.transact_write_items(read(body)?)?),
            other => Err(DynoxideError::ValidationException(format!("nobody here asks for {other}"))),
        }
    }

    /// The rows whose keys are meant, in the order of their keys.
    pub fn rows_where(&self, is_meant: &dyn Fn(&Key) -> bool) -> Vec<Item> {
        let rows = self.all("Scan", &json!({ "TableName": self.table }));
        let mut meant: Vec<(Key, Item)> = rows.into_iter().map(|row| (key_of(&row), row)).collect();
        meant.retain(|(key, _)| is_meant(key));
        meant.sort_by(|(left, _), (right, _)| left.cmp(right));
        meant.into_iter().map(|(_, row)| row).collect()
    }

    /// The rows that stand in an index: however many others there are, they are not looked at.
    pub fn rows_of_index(&self, index: &str) -> Vec<Item> {
        self.all("Scan", &json!({ "TableName": self.table, "IndexName": index }))
    }

    /// The rows of a partition whose sort keys begin with this, in their order.
    pub fn rows_in(&self, pk: &str, sk_prefix: &str) -> Vec<Item> {
        let query = json!({
            "TableName": self.table, "ConsistentRead": true,
            "KeyConditionExpression": "pk = :pk AND begins_with(sk, :sk)",
            "ExpressionAttributeValues": { ":pk": { "S": pk }, ":sk": { "S": sk_prefix } },
        });
        self.all("Query", &query)
    }

    /// Every page of a reading.
    fn all(&self, operation: &str, request: &Value) -> Vec<Item> {
        let (mut rows, mut request) = (Vec::new(), request.clone());
        loop {
            let page = self.page(operation, &request).expect("a table in memory can be read");
            rows.extend(page["Items"].as_array().into_iter().flatten().map(plain_row));
            let last = &page["LastEvaluatedKey"];
            if last.is_null() {
                return rows;
            }
            request["ExclusiveStartKey"] = last.clone();
        }
    }

    fn page(&self, operation: &str, request: &Value) -> Result<Value, DynoxideError> {
        let body = request.to_string();
        let text = match operation {
            "Scan" => written(&self.database.scan(read(body.as_bytes())?)?)?,
            _ => written(&self.database.query(read(body.as_bytes())?)?)?,
        };
        serde_json::from_str(&text).map_err(|error| DynoxideError::SerializationException(error.to_string()))
    }
}

fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, DynoxideError> {
    serde_json::from_slice(body).map_err(|error| DynoxideError::SerializationException(error.to_string()))
}

fn written<T: Serialize>(answer: &T) -> Result<String, DynoxideError> {
    serde_json::to_string(answer).map_err(|error| DynoxideError::InternalServerError(error.to_string()))
}

fn key_of(row: &Item) -> Key {
    let text = |name: &str| row.get(name).and_then(Value::as_str).unwrap_or_default();
    Key::new(text("pk"), text("sk"))
}

/// A row without the names of its types.
fn plain_row(row: &Value) -> Item {
    plain_members(row.as_object())
}

fn plain_members(members: Option<&Map<String, Value>>) -> Item {
    members.into_iter().flatten().map(|(name, value)| (name.clone(), plain(value))).collect()
}

/// A value as DynamoDB writes it, `{ "N": "7" }`, as what it says.
fn plain(value: &Value) -> Value {
    let Some((kind, value)) = value.as_object().and_then(|object| object.iter().next()) else {
        return Value::Null;
    };
    match kind.as_str() {
        "N" => serde_json::from_str(value.as_str().unwrap_or_default()).unwrap_or(Value::Null),
        "M" => Value::Object(plain_members(value.as_object()).into_iter().collect()),
        "L" => value.as_array().into_iter().flatten().map(plain).collect(),
        "NULL" => Value::Null,
        _ => value.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_is_read_without_the_names_of_its_types() {
        let row = json!({ "pk": { "S": "A" }, "n": { "N": "7" }, "l": { "L": [{ "BOOL": true }, { "NULL": true }] },
            "m": { "M": { "x": { "S": "y" } } } });
        let plain = Value::Object(plain_row(&row).into_iter().collect());
        assert_eq!(plain, json!({ "pk": "A", "n": 7, "l": [true, null], "m": { "x": "y" } }));
    }
}
