//! The suite for tables on moto's DynamoDB.

use reveille_aws::DynamoTable;
use reveille_cli::client;
use reveille_local::table_definition;

use super::{Check, Moto, check};
use crate::conformance::CASES;

const TABLE: &str = "reveille";

pub(super) fn checks() -> Vec<Check> {
    let case = |(name, case): &crate::conformance::Case| {
        let (name, case) = (format!("table: {}", name.replace('_', " ")), *case);
        check(&name, move |moto| {
            Box::pin(async move {
                let table = made(moto).await;
                case(&table).await;
            })
        })
    };
    CASES.iter().map(case).collect()
}

/// An empty table, of the same definition as the embedded one.
async fn made(moto: &Moto) -> DynamoTable {
    let scope =
        "AWS4-HMAC-SHA256 Credential=local/20261123/us-east-1/dynamodb/aws4_request, SignedHeaders=host, Signature=0";
    let headers = [
        ("x-amz-target", "DynamoDB_20120810.CreateTable"),
        ("content-type", "application/x-amz-json-1.0"),
        ("authorization", scope),
    ];
    let definition = table_definition(TABLE).to_string();
    let answer =
        client::request_with("POST", &format!("{}/", moto.url), &headers, definition).await.expect("moto answers");
    assert_eq!(answer.status, 200, "the table is made: {}", answer.body);
    DynamoTable::new(moto.clients.dynamodb(), TABLE)
}
