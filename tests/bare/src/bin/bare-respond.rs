//! The clients of `respond`.

use lambda_runtime::Error;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let config = bare::config().await;
    let table = aws_sdk_dynamodb::Client::new(&config);
    let queues = aws_sdk_sqs::Client::new(&config);
    let schedules = aws_sdk_scheduler::Client::new(&config);
    let secrets = aws_sdk_secretsmanager::Client::new(&config);
    let call = async |operation: String| {
        bare::table(&table, &operation).await?;
        bare::queues(&queues, &operation).await?;
        bare::schedules(&schedules, &operation).await?;
        bare::secret(&secrets, &operation).await?;
        bare::outside(&operation).await
    };
    bare::serve(call).await
}
