//! Parameter Store: what a stack has written down, for commands that look for it. It is written by the world itself, at each start.

use std::collections::BTreeMap;
use std::sync::Mutex;

use serde_json::{Value, json};

use crate::call::Refusal;
use crate::lock::lock;
use crate::names::{ACCOUNT, REGION};

/// SSM answers with ten names at most.
const PAGE_MAX: usize = 10;

/// The parameters of the account.
#[derive(Debug, Default)]
pub(crate) struct Parameters {
    values: Mutex<BTreeMap<String, String>>,
}

impl Parameters {
    /// Writes one, as a deployment does.
    pub(crate) fn put(&self, name: &str, value: String) {
        lock(&self.values).insert(name.to_owned(), value);
    }

    /// One of the calls that read.
    pub(crate) fn call(&self, operation: &str, body: &Value) -> Result<Value, Refusal> {
        let values = lock(&self.values);
        if operation == "GetParameter" {
            let name = body["Name"].as_str().unwrap_or_default();
            let value = values.get(name).ok_or_else(|| Refusal::refused("ParameterNotFound", ""))?;
            return Ok(json!({ "Parameter": parameter(name, value) }));
        }
        let path = format!("{}/", body["Path"].as_str().unwrap_or_default().trim_end_matches('/'));
        let deep = body["Recursive"].as_bool().unwrap_or(false);
        let after = body["NextToken"].as_str().unwrap_or_default();
        let is_under = |name: &str| name.strip_prefix(&path).is_some_and(|rest| deep || !rest.contains('/'));
        let mut found = values.iter().filter(|(name, _)| is_under(name) && name.as_str() > after);
        let page: Vec<Value> = found.by_ref().take(PAGE_MAX).map(|(name, value)| parameter(name, value)).collect();
        let mut answer = json!({ "Parameters": page });
        if found.next().is_some() {
            answer["NextToken"] = page.last().map_or(Value::Null, |last| last["Name"].clone());
        }
        Ok(answer)
    }
}

fn parameter(name: &str, value: &str) -> Value {
    let arn = format!("arn:aws:ssm:{REGION}:{ACCOUNT}:parameter{name}");
    json!({ "Name": name, "Type": "String", "Value": value, "Version": 1, "ARN": arn, "DataType": "text" })
}
