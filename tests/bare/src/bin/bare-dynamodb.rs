//! The DynamoDB client alone: what the start of every function is held against.

use lambda_runtime::Error;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let config = bare::config().await;
    let table = aws_sdk_dynamodb::Client::new(&config);
    let call = async |operation: String| {
        drop(operation);
        bare::get_item(&table).await
    };
    bare::serve(call).await
}
