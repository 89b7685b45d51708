//! Conditions, changes and queries as DynamoDB's expressions. Every name and value is a placeholder, so that no
//! attribute can collide with one of DynamoDB's reserved words.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use reveille_engine::port::{Action, Change, Condition, Index, Write};
use serde_json::Value;

use super::value::value_to_sdk;

/// The rendered texts with their placeholders. `None` where DynamoDB refuses an empty text or map.
#[derive(Debug, Default)]
pub(super) struct Expression {
    pub(super) condition: Option<String>,
    pub(super) update: Option<String>,
    pub(super) names: Option<HashMap<String, String>>,
    pub(super) values: Option<HashMap<String, AttributeValue>>,
}

impl Expression {
    /// What `write` asks and changes.
    pub(super) fn of(write: &Write) -> Self {
        let mut expression = Self::default();
        expression.condition = match (&write.condition, &write.action) {
            // A condition check is nothing without a condition, so this one always holds.
            (Condition::Always, Action::Check) => {
                let pk = expression.name("pk");
                Some(format!("attribute_exists({pk}) OR attribute_not_exists({pk})"))
            }
            (Condition::Always, Action::Put(_) | Action::Update(_) | Action::Delete) => None,
            (condition, _) => Some(expression.render(condition)),
        };
        if let Action::Update(changes) = &write.action {
            expression.update = expression.render_changes(changes);
        }
        expression
    }

    /// The key condition of a query.
    pub(super) fn of_query(index: &Index) -> Self {
        let mut expression = Self::default();
        expression.condition = Some(match index {
            Index::Table { pk, sk_prefix } => {
                let partition = expression.comparison("pk", "=", &pk.as_str().into());
                if sk_prefix.is_empty() {
                    partition
                } else {
                    let (sk, prefix) = (expression.name("sk"), expression.value(&sk_prefix.as_str().into()));
                    format!("{partition} AND begins_with({sk}, {prefix})")
                }
            }
            Index::Due { due_pk, until_ms } => {
                let partition = expression.comparison("due_pk", "=", &due_pk.as_str().into());
                let until = expression.comparison("due_at", "<=", &(*until_ms).into());
                format!("{partition} AND {until}")
            }
            Index::List { list_pk } => expression.comparison("list_pk", "=", &list_pk.as_str().into()),
        });
        expression
    }

    fn render(&mut self, condition: &Condition) -> String {
        match condition {
            Condition::Always => self.all(&[]),
            Condition::Absent => format!("attribute_not_exists({})", self.name("pk")),
            Condition::Present => format!("attribute_exists({})", self.name("pk")),
            Condition::Missing(attribute) => format!("attribute_not_exists({})", self.name(attribute)),
            Condition::Has(attribute) => format!("attribute_exists({})", self.name(attribute)),
            Condition::Is(attribute, value) => self.comparison(attribute, "=", value),
            Condition::Less(attribute, value) => self.comparison(attribute, "<", value),
            Condition::AtMost(attribute, value) => self.comparison(attribute, "<=", value),
            Condition::All(conditions) => self.all(conditions),
            Condition::Any(conditions) => self.any(conditions),
        }
    }

    fn all(&mut self, conditions: &[Condition]) -> String {
        if conditions.is_empty() {
            let pk = self.name("pk");
            return format!("(attribute_exists({pk}) OR attribute_not_exists({pk}))");
        }
        self.joined(conditions, " AND ")
    }

    /// None of nothing holds.
    fn any(&mut self, conditions: &[Condition]) -> String {
        if conditions.is_empty() {
            let pk = self.name("pk");
            return format!("(attribute_exists({pk}) AND attribute_not_exists({pk}))");
        }
        self.joined(conditions, " OR ")
    }

    // DynamoDB refuses parentheses within parentheses around one thing, so a single condition stands bare.
    fn joined(&mut self, conditions: &[Condition], by: &str) -> String {
        let parts: Vec<String> = conditions.iter().map(|condition| self.render(condition)).collect();
        match parts.as_slice() {
            [one] => one.clone(),
            several => format!("({})", several.join(by)),
        }
    }

    fn comparison(&mut self, attribute: &str, operator: &str, value: &Value) -> String {
        format!("{} {operator} {}", self.name(attribute), self.value(value))
    }

    fn render_changes(&mut self, changes: &[Change]) -> Option<String> {
        let (mut set, mut add, mut remove) = (Vec::new(), Vec::new(), Vec::new());
        for change in changes {
            match change {
                Change::Set(name, value) => set.push(self.comparison(name, "=", value)),
                Change::Add(name, amount) => add.push(format!("{} {}", self.name(name), self.value(&(*amount).into()))),
                Change::Remove(name) => remove.push(self.name(name)),
            }
        }
        let clauses: Vec<String> = [("SET", set), ("ADD", add), ("REMOVE", remove)]
            .into_iter()
            .filter(|(_, parts)| !parts.is_empty())
            .map(|(clause, parts)| format!("{clause} {}", parts.join(", ")))
            .collect();
        (!clauses.is_empty()).then(|| clauses.join(" "))
    }

    fn name(&mut self, attribute: &str) -> String {
        let names = self.names.get_or_insert_default();
        let known = names.iter().find(|(_, known)| *known == attribute).map(|(placeholder, _)| placeholder.clone());
        known.unwrap_or_else(|| {
            let placeholder = format!("#n{}", names.len());
            names.insert(placeholder.clone(), attribute.to_owned());
            placeholder
        })
    }

    fn value(&mut self, value: &Value) -> String {
        let values = self.values.get_or_insert_default();
        let placeholder = format!(":v{}", values.len());
        values.insert(placeholder.clone(), value_to_sdk(value));
        placeholder
    }
}
