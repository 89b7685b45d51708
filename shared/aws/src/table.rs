//! The table on DynamoDB. This file and the three beside it are the only ones that know the SDK's items, expressions
//! and errors; what the rows mean is the engine's business.
//!
//! The SDK's own retries are on: a transaction carries the same client token in each of them, and a single conditional
//! write whose answer was lost is refused by its own effect, which its caller reads from the row in the refusal.

mod expression;
mod failure;
mod value;

use std::time::Duration;

use async_trait::async_trait;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::delete_item::DeleteItemError;
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::{
    ConditionCheck, Delete, KeysAndAttributes, Put, ReturnValue, ReturnValuesOnConditionCheckFailure,
    TransactWriteItem, Update,
};
use reveille_engine::port::{Action, Change, Index, Item, Key, Page, Query, Table, TableError, TransactError, Write};

use expression::Expression;
use failure::{build, classify, refused, transaction};
use value::{AttributeMap, from_sdk, key_to_sdk, to_sdk};

/// DynamoDB takes 100 keys in a batch and 100 actions in a transaction.
const KEYS_MAX: usize = 100;
/// Unprocessed keys of a batch are asked for again so many times; the waits sum up to 775 ms.
const BATCH_ATTEMPTS_MAX: u32 = 6;
const BATCH_WAIT: Duration = Duration::from_millis(25);

/// The table of an installation.
#[derive(Clone, Debug)]
pub struct DynamoTable {
    client: Client,
    name: String,
}

impl DynamoTable {
    /// The table `name` through `client`.
    pub fn new(client: Client, name: impl Into<String>) -> Self {
        Self { client, name: name.into() }
    }

    async fn put(&self, write: &Write, item: &Item) -> Result<Option<Item>, TableError> {
        let condition = Expression::of(write);
        let mut row = item.clone();
        row.insert("pk".into(), write.key.pk.clone().into());
        row.insert("sk".into(), write.key.sk.clone().into());
        let call = self
            .client
            .put_item()
            .table_name(&self.name)
            .set_item(Some(to_sdk(&row)))
            .set_condition_expression(condition.condition)
            .set_expression_attribute_names(condition.names)
            .set_expression_attribute_values(condition.values)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        match call.send().await {
            Ok(_) => Ok(Some(row)),
            Err(error) => Err(match error.as_service_error() {
                Some(PutItemError::ConditionalCheckFailedException(old)) => refused(old),
                _ => classify(error),
            }),
        }
    }

    async fn update(&self, write: &Write) -> Result<Option<Item>, TableError> {
        let expression = Expression::of(write);
        let call = self
            .client
            .update_item()
            .table_name(&self.name)
            .set_key(Some(key_to_sdk(&write.key)))
            .set_update_expression(expression.update)
            .set_condition_expression(expression.condition)
            .set_expression_attribute_names(expression.names)
            .set_expression_attribute_values(expression.values)
            .return_values(ReturnValue::AllNew)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        match call.send().await {
            Ok(answer) => Ok(answer.attributes.map(from_sdk)),
            Err(error) => Err(match error.as_service_error() {
                Some(UpdateItemError::ConditionalCheckFailedException(old)) => refused(old),
                _ => classify(error),
            }),
        }
    }

    async fn delete(&self, write: &Write) -> Result<Option<Item>, TableError> {
        let condition = Expression::of(write);
        let call = self
            .client
            .delete_item()
            .table_name(&self.name)
            .set_key(Some(key_to_sdk(&write.key)))
            .set_condition_expression(condition.condition)
            .set_expression_attribute_names(condition.names)
            .set_expression_attribute_values(condition.values)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        match call.send().await {
            Ok(_) => Ok(None),
            Err(error) => Err(match error.as_service_error() {
                Some(DeleteItemError::ConditionalCheckFailedException(old)) => refused(old),
                _ => classify(error),
            }),
        }
    }

    /// One request of a batch: the rows, and the keys that DynamoDB did not get to.
    async fn batch(
        &self,
        keys: KeysAndAttributes,
    ) -> Result<(Vec<AttributeMap>, Option<KeysAndAttributes>), TableError> {
        let call = self.client.batch_get_item().request_items(&self.name, keys);
        let mut answer = call.send().await.map_err(classify)?;
        let rows = answer.responses.as_mut().and_then(|tables| tables.remove(&self.name));
        let rest = answer.unprocessed_keys.as_mut().and_then(|tables| tables.remove(&self.name));
        Ok((rows.unwrap_or_default(), rest.filter(|rest| !rest.keys().is_empty())))
    }
}

#[async_trait]
impl Table for DynamoTable {
    async fn get(&self, key: &Key) -> Result<Option<Item>, TableError> {
        let call = self.client.get_item().table_name(&self.name).set_key(Some(key_to_sdk(key)));
        let answer = call.consistent_read(true).send().await.map_err(classify)?;
        Ok(answer.item.map(from_sdk))
    }

    async fn get_many(&self, keys: &[Key]) -> Result<Vec<Item>, TableError> {
        if keys.is_empty() {
            return Ok(Vec::new());
        }
        if keys.len() > KEYS_MAX {
            return Err(TableError::Invalid("more than 100 rows in one request".into()));
        }
        let keys = keys.iter().map(key_to_sdk).collect();
        let mut wanted =
            KeysAndAttributes::builder().set_keys(Some(keys)).consistent_read(true).build().map_err(build)?;
        let mut found = Vec::new();
        for attempt in 0..BATCH_ATTEMPTS_MAX {
            let (rows, rest) = self.batch(wanted).await?;
            found.extend(rows.into_iter().map(from_sdk));
            match rest {
                None => return Ok(found),
                Some(rest) => wanted = rest,
            }
            tokio::time::sleep(BATCH_WAIT * 2_u32.pow(attempt)).await;
        }
        Err(TableError::Throttled)
    }

    async fn query(&self, query: &Query) -> Result<Page, TableError> {
        let condition = Expression::of_query(&query.index);
        let (index, newest_first) = match query.index {
            Index::Table { .. } => (None, false),
            Index::Due { .. } => (Some("due".to_owned()), false),
            Index::List { .. } => (Some("list".to_owned()), true),
        };
        let answer = self
            .client
            .query()
            .table_name(&self.name)
            .consistent_read(index.is_none())
            .set_index_name(index)
            .scan_index_forward(!newest_first)
            .set_key_condition_expression(condition.condition)
            .set_expression_attribute_names(condition.names)
            .set_expression_attribute_values(condition.values)
            .limit(i32::try_from(query.limit).unwrap_or(i32::MAX))
            .set_exclusive_start_key(query.after.as_deref().map(to_sdk))
            .send()
            .await
            .map_err(classify)?;
        Ok(Page {
            items: answer.items.unwrap_or_default().into_iter().map(from_sdk).collect(),
            next: answer.last_evaluated_key.filter(|key| !key.is_empty()).map(from_sdk),
        })
    }

    async fn write(&self, write: &Write) -> Result<Option<Item>, TableError> {
        match &write.action {
            Action::Put(item) => self.put(write, item).await,
            Action::Update(_) => self.update(write).await,
            Action::Delete => self.delete(write).await,
            Action::Check => Err(TableError::Invalid("a check stands in a transaction only".into())),
        }
    }

    async fn transact(&self, writes: &[Write]) -> Result<(), TransactError> {
        let mut call = self.client.transact_write_items();
        for write in writes {
            call = call.transact_items(action(&self.name, write)?);
        }
        match call.send().await {
            Ok(_) => Ok(()),
            Err(error) => Err(transaction(error)),
        }
    }
}

/// One write as an action of a transaction. Each asks for its row back if it is refused.
fn action(table: &str, write: &Write) -> Result<TransactWriteItem, TableError> {
    let expression = Expression::of(write);
    let old = ReturnValuesOnConditionCheckFailure::AllOld;
    let item = TransactWriteItem::builder();
    Ok(match &write.action {
        Action::Put(row) => {
            let mut row = to_sdk(row);
            row.extend(key_to_sdk(&write.key));
            let put = Put::builder()
                .table_name(table)
                .set_item(Some(row))
                .set_condition_expression(expression.condition)
                .set_expression_attribute_names(expression.names)
                .set_expression_attribute_values(expression.values)
                .return_values_on_condition_check_failure(old);
            item.put(put.build().map_err(build)?).build()
        }
        Action::Update(changes) => item.update(update(table, write, changes, expression)?).build(),
        Action::Delete => {
            let delete = Delete::builder()
                .table_name(table)
                .set_key(Some(key_to_sdk(&write.key)))
                .set_condition_expression(expression.condition)
                .set_expression_attribute_names(expression.names)
                .set_expression_attribute_values(expression.values)
                .return_values_on_condition_check_failure(old);
            item.delete(delete.build().map_err(build)?).build()
        }
        Action::Check => {
            let check = ConditionCheck::builder()
                .table_name(table)
                .set_key(Some(key_to_sdk(&write.key)))
                .set_condition_expression(expression.condition)
                .set_expression_attribute_names(expression.names)
                .set_expression_attribute_values(expression.values)
                .return_values_on_condition_check_failure(old);
            item.condition_check(check.build().map_err(build)?).build()
        }
    })
}

fn update(table: &str, write: &Write, changes: &[Change], expression: Expression) -> Result<Update, TableError> {
    if changes.is_empty() {
        return Err(TableError::Invalid("an update in a transaction changes something".into()));
    }
    Update::builder()
        .table_name(table)
        .set_key(Some(key_to_sdk(&write.key)))
        .set_update_expression(expression.update)
        .set_condition_expression(expression.condition)
        .set_expression_attribute_names(expression.names)
        .set_expression_attribute_values(expression.values)
        .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
        .build()
        .map_err(build)
}
