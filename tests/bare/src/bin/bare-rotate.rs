//! The client of `rotate`.

use lambda_runtime::Error;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let config = bare::config().await;
    let secrets = aws_sdk_secretsmanager::Client::new(&config);
    let call = async |operation: String| bare::secrets(&secrets, &operation).await;
    bare::serve(call).await
}
