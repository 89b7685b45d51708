//! The table: whether it is there with its indexes, sweeps up after itself, and can be brought back.

use aws_sdk_dynamodb::types::{
    ContinuousBackupsStatus, IndexStatus, PointInTimeRecoveryStatus, TableDescription, TableStatus, TimeToLiveStatus,
};

use super::check::Check;
use crate::installation::{Reached, failure};

/// The indexes that every table of ours has.
const INDEXES: [&str; 2] = ["due", "list"];

pub(super) async fn examine(reached: &Reached) -> Vec<Check> {
    let dynamodb = reached.clients.dynamodb();
    let table = &reached.parts.table;
    let described = match dynamodb.describe_table().table_name(table).send().await {
        Ok(answer) => answer.table.unwrap_or_else(|| TableDescription::builder().build()),
        Err(error) => {
            let error = failure(&reached.clients, "dynamodb:DescribeTable", table, &error).await;
            return vec![Check::failure("table", format!("{table}: {error}"), "deploy the stack, or name its table")];
        }
    };
    let mut checks = vec![of_table(table, &described)];
    checks.extend(INDEXES.map(|index| of_index(index, &described)));
    // The embedded table lives in a folder: nobody deletes it by mistake through an API, and nobody brings it back.
    if reached.is_local {
        return checks;
    }
    checks.push(protection(&described));
    checks.push(sweeping(reached, &dynamodb).await);
    checks.push(recovery(reached, &dynamodb).await);
    checks
}

fn of_table(table: &str, described: &TableDescription) -> Check {
    match described.table_status() {
        Some(TableStatus::Active | TableStatus::Updating) => Check::ok("table", format!("{table} is there")),
        status => {
            let status = status.map_or("of no known state", TableStatus::as_str);
            Check::failure("table", format!("{table} is {status}"), "look at the table in the DynamoDB console")
        }
    }
}

fn of_index(index: &str, described: &TableDescription) -> Check {
    let name = format!("index {index}");
    let found = described.global_secondary_indexes().iter().find(|found| found.index_name() == Some(index));
    match found.map(|found| found.index_status()) {
        Some(None | Some(IndexStatus::Active | IndexStatus::Updating)) => Check::ok(name, "is there"),
        Some(Some(status)) => {
            Check::failure(name, format!("is {status}"), "wait until it is ACTIVE: overdue work is found by it")
        }
        None => Check::failure(
            name,
            "is missing: overdue work is not found",
            "deploy the stack again; after a restore, see docs/OPERATING.md",
        ),
    }
}

fn protection(described: &TableDescription) -> Check {
    if described.deletion_protection_enabled() == Some(true) {
        return Check::ok("deletion protection", "on");
    }
    Check::warning("deletion protection", "off: one call deletes everything", "deploy with DeletionProtection=true")
}

async fn sweeping(reached: &Reached, dynamodb: &aws_sdk_dynamodb::Client) -> Check {
    let table = &reached.parts.table;
    match dynamodb.describe_time_to_live().table_name(table).send().await {
        Ok(answer) => {
            let described = answer.time_to_live_description;
            let status = described.as_ref().and_then(|described| described.time_to_live_status());
            let attribute = described.as_ref().and_then(|described| described.attribute_name());
            match (status, attribute) {
                (Some(TimeToLiveStatus::Enabled | TimeToLiveStatus::Enabling), Some("ttl")) => {
                    Check::ok("time to live", "on `ttl`")
                }
                _ => Check::warning(
                    "time to live",
                    "off: the table grows for ever",
                    "aws dynamodb update-time-to-live --table-name NAME --time-to-live-specification \
                     Enabled=true,AttributeName=ttl (a restore does not bring it)",
                ),
            }
        }
        Err(error) => Check::unknown(
            "time to live",
            &failure(&reached.clients, "dynamodb:DescribeTimeToLive", table, &error).await,
        ),
    }
}

async fn recovery(reached: &Reached, dynamodb: &aws_sdk_dynamodb::Client) -> Check {
    let table = &reached.parts.table;
    match dynamodb.describe_continuous_backups().table_name(table).send().await {
        Ok(answer) => {
            let described = answer.continuous_backups_description;
            let in_time = described
                .as_ref()
                .filter(|described| *described.continuous_backups_status() == ContinuousBackupsStatus::Enabled)
                .and_then(|described| described.point_in_time_recovery_description());
            match in_time.and_then(|recovery| recovery.point_in_time_recovery_status()) {
                Some(PointInTimeRecoveryStatus::Enabled) => Check::ok("point-in-time recovery", "on"),
                _ => Check::warning(
                    "point-in-time recovery",
                    "off: what is lost stays lost",
                    "aws dynamodb update-continuous-backups --table-name NAME --point-in-time-recovery-specification \
                     PointInTimeRecoveryEnabled=true (a restore does not bring it)",
                ),
            }
        }
        Err(error) => Check::unknown(
            "point-in-time recovery",
            &failure(&reached.clients, "dynamodb:DescribeContinuousBackups", table, &error).await,
        ),
    }
}
