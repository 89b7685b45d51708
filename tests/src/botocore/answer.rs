//! Whether an answer is one that the service may give to what it was asked: an output, or an error with its code and status.

use http::HeaderMap;
use serde_json::{Map, Value};

use super::model::{Protocol, wire_name};
use super::request::{Asked, object, text};
use super::xml;

/// Errors that every service may answer with and no model lists, with the statuses that they come with.
/// <https://docs.aws.amazon.com/IAM/latest/APIReference/CommonErrors.html>
pub const COMMON_ERRORS: [(&str, &[u16]); 15] = [
    ("AccessDenied", &[400, 403]),
    ("AccessDeniedException", &[400, 403]),
    ("ExpiredTokenException", &[400, 403]),
    ("IncompleteSignature", &[400]),
    ("InternalFailure", &[500]),
    ("InternalServerError", &[500]),
    ("InvalidAction", &[400]),
    ("RequestExpired", &[400]),
    ("SerializationException", &[400]),
    ("ServiceUnavailable", &[503]),
    ("ThrottlingException", &[400, 429]),
    ("UnknownOperationException", &[400, 404]),
    ("UnrecognizedClientException", &[400, 403]),
    ("ValidationError", &[400]),
    ("ValidationException", &[400]),
];

/// What is answered otherwise than the models have it, and is right: the operation, a part of the complaint, and why.
const KNOWN: [(&str, &str, &str); 3] = [
    (
        "BatchGetItem",
        "UnprocessedKeys: 0 is out of bounds",
        "https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchGetItem.html: without keys left, the map is empty",
    ),
    (
        "DescribeTable",
        "NumberOfDecreasesToday: 0 is out of bounds",
        "https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_DescribeTable.html: its example has a 0",
    ),
    ("DescribeTable", "there is no TableThroughputModeSummary", "the embedded database says more, and nobody reads it"),
];

impl Asked<'_> {
    /// What is wrong about the request.
    pub fn wrong(&self) -> Vec<String> {
        self.model.input(&self.operation, &self.input)
    }

    /// What is wrong about its answer.
    pub fn wrong_answer(&self, status: u16, headers: &HeaderMap, body: &[u8]) -> Vec<String> {
        let outcome = if (200..300).contains(&status) {
            self.output(status, headers, body).map(|output| self.model.output(&self.operation, &output))
        } else {
            self.error(status, headers, body)
        };
        let wrong = outcome.unwrap_or_else(|why| vec![format!("{} output: {why}", self.operation)]);
        let is_known =
            |said: &str| KNOWN.iter().any(|(operation, part, _)| *operation == self.operation && said.contains(part));
        wrong.into_iter().filter(|said| !is_known(said)).collect()
    }

    fn output(&self, status: u16, headers: &HeaderMap, body: &[u8]) -> Result<Value, String> {
        let operation = self.model.operation(&self.operation).expect("it was found");
        let expected = operation["http"]["responseCode"].as_u64().unwrap_or(200);
        match self.model.protocol() {
            Protocol::Query if status == 200 => xml::output(self.model, &self.operation, &text(body)),
            Protocol::Json if status == 200 => object(body),
            Protocol::RestJson => {
                let (output, says_status) = self.located(status, headers, body)?;
                let fits = says_status || u64::from(status) == expected;
                if fits { Ok(output) } else { Err(format!("its status is {status} and not {expected}")) }
            }
            Protocol::Query | Protocol::Json => Err(format!("its status is {status} and not 200")),
        }
    }

    /// The output of a service that puts parts of it elsewhere than into the body, and whether the status is one of them.
    fn located(&self, status: u16, headers: &HeaderMap, body: &[u8]) -> Result<(Value, bool), String> {
        let none = Value::Null;
        let shape = self.model.side(&self.operation, "output").map_or(&none, |shape| self.model.shape(shape));
        let mut output = Map::new();
        match shape["payload"].as_str() {
            Some(payload) => drop(output.insert(payload.to_owned(), text(body).into())),
            None => output.extend(object(body)?.as_object().cloned().unwrap_or_default()),
        }
        let mut says_status = false;
        for (name, member) in shape["members"].as_object().into_iter().flatten() {
            let name = wire_name(name, member);
            if member["location"] == "statusCode" {
                says_status = true;
                output.insert(name.to_owned(), status.into());
            } else if let (true, Some(value)) = (member["location"] == "header", headers.get(name)) {
                output.insert(name.to_owned(), value.to_str().unwrap_or_default().into());
            }
        }
        Ok((Value::Object(output), says_status))
    }

    fn error(&self, status: u16, headers: &HeaderMap, body: &[u8]) -> Result<Vec<String>, String> {
        let (code, said) = match self.model.protocol() {
            Protocol::Query => {
                let [kind, code, message] = xml::error(&text(body))?;
                let expected = if status < 500 { "Sender" } else { "Receiver" };
                if kind != expected {
                    return Err(format!("{code} comes with {status} and is the fault of the {kind}"));
                }
                (code, Map::from_iter([("message".to_owned(), message.into())]))
            }
            Protocol::Json | Protocol::RestJson => json_error(headers, body)?,
        };
        let errors = self.model.errors(&self.operation);
        let Some(shape) = errors.get(code.as_str()) else {
            let common = COMMON_ERRORS.iter().find(|(name, _)| *name == code);
            let statuses = common.ok_or_else(|| format!("nobody answers with {code}"))?.1;
            let fits = statuses.contains(&status);
            return if fits {
                Ok(Vec::new())
            } else {
                Err(format!("{code} comes with {statuses:?}, not with {status}"))
            };
        };
        let rules = self.model.shape(shape);
        let fallen = if rules["fault"] == true { 500 } else { 400 };
        let expected = rules["error"]["httpStatusCode"].as_u64().unwrap_or(fallen);
        if u64::from(status) != expected {
            return Err(format!("{code} comes with {expected}, not with {status}"));
        }
        let value = Value::Object(spelt(said, &rules["members"]));
        Ok(self.model.check(shape, &value, &format!("{} {code}", self.operation)))
    }
}

/// The code and the rest of an error in JSON.
fn json_error(headers: &HeaderMap, body: &[u8]) -> Result<(String, Map<String, Value>), String> {
    let mut said = object(body)?.as_object().cloned().unwrap_or_default();
    let inside = said.remove("__type").and_then(|code| code.as_str().map(str::to_owned));
    let beside = headers.get("x-amzn-errortype").and_then(|code| code.to_str().ok()).map(str::to_owned);
    let plain = |code: String| {
        let code = code.split(':').next().unwrap_or_default().to_owned();
        code.rsplit('#').next().unwrap_or_default().to_owned()
    };
    let (inside, beside) = (inside.map(plain), beside.map(plain));
    if let (Some(inside), Some(beside)) = (&inside, &beside)
        && inside != beside
    {
        return Err(format!("its body says {inside} and its header {beside}"));
    }
    let code = inside.or(beside).ok_or_else(|| format!("an error has a code: {}", text(body)))?;
    Ok((code, said))
}

/// The message as the shape spells it: services differ, and readers take both.
fn spelt(mut said: Map<String, Value>, members: &Value) -> Map<String, Value> {
    let lower = said.remove("message");
    let message = said.remove("Message").or(lower);
    let spelling = ["message", "Message"].into_iter().find(|name| !members[*name].is_null());
    said.extend(spelling.zip(message).map(|(name, message)| (name.to_owned(), message)));
    said
}
