//! The clients of `runbook`.

use lambda_runtime::Error;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let config = bare::config().await;
    let table = aws_sdk_dynamodb::Client::new(&config);
    let queues = aws_sdk_sqs::Client::new(&config);
    let automations = aws_sdk_ssm::Client::new(&config);
    let call = async |operation: String| {
        bare::table(&table, &operation).await?;
        bare::queues(&queues, &operation).await?;
        bare::automations(&automations, &operation).await
    };
    bare::serve(call).await
}
