//! The choices of `aws:branch`: a variable against a constant, and `And`, `Or`, `Not` of such.

use serde_json::{Map, Value};

use super::variables::plain;

/// The comparisons of the schema.
const OPERATORS: [&str; 11] = [
    "StringEquals",
    "EqualsIgnoreCase",
    "StartsWith",
    "EndsWith",
    "Contains",
    "NumericEquals",
    "NumericGreater",
    "NumericLesser",
    "NumericGreaterOrEquals",
    "NumericLesserOrEquals",
    "BooleanEquals",
];

/// What is wrong with a choice; empty: nothing.
pub(super) fn faults(choice: &Value) -> Vec<String> {
    let Some(choice) = choice.as_object() else {
        return vec!["a choice is not a map".to_owned()];
    };
    let mut faults = Vec::new();
    if !choice.get("NextStep").is_some_and(Value::is_string) {
        faults.push("a choice names no NextStep".to_owned());
    }
    faults.extend(condition_faults(choice, &["NextStep"]));
    faults
}

/// Whether a choice, with values put in, is taken.
pub(super) fn holds(condition: &Value) -> bool {
    let all = |key: &str| condition.get(key).and_then(Value::as_array);
    if let Some(conditions) = all("And") {
        return conditions.iter().all(holds);
    }
    if let Some(conditions) = all("Or") {
        return conditions.iter().any(holds);
    }
    if let Some(inner) = condition.get("Not") {
        return !holds(inner);
    }
    OPERATORS
        .iter()
        .filter_map(|operator| Some((*operator, condition.get(*operator)?)))
        .any(|(operator, constant)| compare(operator, &condition["Variable"], constant))
}

fn condition_faults(condition: &Map<String, Value>, also: &[&str]) -> Vec<String> {
    let mut faults = Vec::new();
    for key in condition.keys() {
        let known = ["And", "Or", "Not", "Variable"].contains(&key.as_str())
            || OPERATORS.contains(&key.as_str())
            || also.contains(&key.as_str());
        if !known {
            faults.push(format!("a choice has the unknown key {key}"));
        }
    }
    let operators = OPERATORS.iter().filter(|operator| condition.contains_key(**operator)).count();
    let groups = ["And", "Or", "Not"].iter().filter(|group| condition.contains_key(**group)).count();
    if operators + groups != 1 {
        faults.push("a choice needs exactly one comparison, And, Or or Not".to_owned());
    }
    if (operators == 1) != condition.contains_key("Variable") {
        faults.push("a comparison needs a Variable, and nothing else has one".to_owned());
    }
    for constant in OPERATORS.iter().filter_map(|operator| condition.get(*operator)) {
        if constant.as_str().is_some_and(|text| text.contains("{{")) {
            faults.push("a choice compares with a variable; only constants are known to work".to_owned());
        }
    }
    faults
}

fn compare(operator: &str, variable: &Value, constant: &Value) -> bool {
    let (left, right) = (plain(variable), plain(constant));
    let numbers = left.trim().parse::<f64>().ok().zip(right.trim().parse::<f64>().ok());
    match operator {
        "StringEquals" | "BooleanEquals" => left == right,
        "EqualsIgnoreCase" => left.eq_ignore_ascii_case(&right),
        "StartsWith" => left.starts_with(&right),
        "EndsWith" => left.ends_with(&right),
        "Contains" => left.contains(&right),
        "NumericEquals" => numbers.is_some_and(|(a, b)| a == b),
        "NumericGreater" => numbers.is_some_and(|(a, b)| a > b),
        "NumericLesser" => numbers.is_some_and(|(a, b)| a < b),
        "NumericGreaterOrEquals" => numbers.is_some_and(|(a, b)| a >= b),
        "NumericLesserOrEquals" => numbers.is_some_and(|(a, b)| a <= b),
        _ => false,
    }
}
