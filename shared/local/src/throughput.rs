//! Throughput of the table that is used up: which requests DynamoDB then refuses, and how many accesses of theirs that are.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

/// The indexes of the table, each with the attribute that puts a row into it.
const INDEXES: [(&str, &str); 2] = [("due", "due_pk"), ("list", "list_pk")];

/// What a table, or an index of it, has a throughput of its own for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Throughput {
    /// The index; `None`: the table itself.
    pub index: Option<&'static str>,
    /// For what.
    pub access: Access,
}

/// What is done with rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Access {
    /// They are read.
    Reads,
    /// They are written.
    Writes,
}

/// A request that is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Throttled {
    pub(crate) table: String,
    pub(crate) operation: String,
    /// Accesses for which there is no throughput.
    pub(crate) events: BTreeMap<Throughput, usize>,
}

impl Throughput {
    /// What the table itself reads with, or writes with.
    pub fn of_table(access: Access) -> Self {
        Self { index: None, access }
    }

    /// The same of an index.
    pub fn of_index(index: &'static str, access: Access) -> Self {
        Self { index: Some(index), access }
    }
}

impl Throttled {
    /// What of a request is refused while this is used up; `None`: nothing, and it is done.
    pub(crate) fn of(operation: &str, body: &Value, used_up: &BTreeSet<Throughput>) -> Option<Self> {
        let (table, mut events) = accesses(operation, body);
        events.retain(|throughput, count| *count > 0 && used_up.contains(throughput));
        (!events.is_empty()).then(|| Self { table, operation: operation.to_owned(), events })
    }
}

/// The table of a request, and how often it accesses what.
fn accesses(operation: &str, body: &Value) -> (String, BTreeMap<Throughput, usize>) {
    let name = |of: &Value| of["TableName"].as_str().unwrap_or_default().to_owned();
    let mut events = BTreeMap::new();
    let reads = Throughput::of_table(Access::Reads);
    match operation {
        "BatchGetItem" => {
            let asked = body["RequestItems"].as_object().and_then(|asked| asked.iter().next());
            let keys = asked.and_then(|(_, asked)| asked["Keys"].as_array()).map_or(0, Vec::len);
            events.insert(reads, keys);
            return (asked.map(|(table, _)| table.clone()).unwrap_or_default(), events);
        }
        "TransactWriteItems" => {
            let writes = body["TransactItems"].as_array().into_iter().flatten();
            let writes: Vec<&Value> = writes.filter_map(|write| write.as_object()?.values().next()).collect();
            writes.iter().for_each(|write| written(write, &mut events));
            return (writes.first().map(|write| name(write)).unwrap_or_default(), events);
        }
        "Query" => {
            let index = INDEXES.iter().find(|(index, _)| body["IndexName"] == *index).map(|(index, _)| *index);
            events.insert(Throughput { index, ..reads }, 1);
        }
        "GetItem" => {
            events.insert(reads, 1);
        }
        _ => written(body, &mut events),
    }
    (name(body), events)
}

/// A write goes to the table, and to each index whose key it speaks of. What else an index has to follow only the row before would say:
/// these are the least.
fn written(write: &Value, events: &mut BTreeMap<Throughput, usize>) {
    *events.entry(Throughput::of_table(Access::Writes)).or_default() += 1;
    let names = write["ExpressionAttributeNames"].as_object();
    for (index, key) in INDEXES {
        let is_put = write["Item"].get(key).is_some();
        let is_named = names.is_some_and(|names| names.values().any(|name| name == key));
        let is_spelled = write["UpdateExpression"].as_str().is_some_and(|expression| expression.contains(key));
        if is_put || is_named || is_spelled {
            *events.entry(Throughput::of_index(index, Access::Writes)).or_default() += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn of(operation: &str, body: &Value) -> Vec<(Throughput, usize)> {
        accesses(operation, body).1.into_iter().collect()
    }

    #[test]
    fn a_request_accesses_the_table_and_the_indexes_that_it_speaks_of() {
        let (reads, writes) = (Throughput::of_table(Access::Reads), Throughput::of_table(Access::Writes));
        let index = Throughput::of_index;
        let batch = json!({ "RequestItems": { "t": { "Keys": [{}, {}, {}] } } });
        assert_eq!(of("BatchGetItem", &batch), [(reads, 3)]);
        assert_eq!(of("Query", &json!({ "TableName": "t", "IndexName": "due" })), [(index("due", Access::Reads), 1)]);
        assert_eq!(of("Query", &json!({ "TableName": "t" })), [(reads, 1)]);
        let put = json!({ "Put": { "TableName": "t", "Item": { "pk": {}, "due_pk": {}, "list_pk": {} } } });
        let update = json!({ "Update": { "TableName": "t", "UpdateExpression": "REMOVE #a", "ExpressionAttributeNames": { "#a": "due_pk" } } });
        let check = json!({ "ConditionCheck": { "TableName": "t" } });
        let both = json!({ "TransactItems": [put, update, check] });
        let (due, list) = (index("due", Access::Writes), index("list", Access::Writes));
        assert_eq!(of("TransactWriteItems", &both), [(writes, 3), (due, 2), (list, 1)]);
    }

    #[test]
    fn only_what_needs_the_throughput_that_is_used_up_is_refused() {
        let used_up = BTreeSet::from([Throughput::of_index("due", Access::Writes)]);
        let put = |item: Value| json!({ "TableName": "t", "Item": item });
        assert_eq!(Throttled::of("PutItem", &put(json!({ "pk": {} })), &used_up), None);
        let refused = Throttled::of("PutItem", &put(json!({ "due_pk": {} })), &used_up).unwrap();
        assert_eq!((refused.table.as_str(), refused.events.len()), ("t", 1));
    }
}
