//! Wiring: the clients and the runtime. What the function does stands in `lib.rs`.

use lambda_runtime::{Error, LambdaEvent, run, service_fn, tracing};
use reveille_aws::Clients;
use serde_json::Value;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    tracing::init_default_subscriber();
    let context = rotate::Context::connect(&Clients::from_environment().await);
    run(service_fn(|event: LambdaEvent<Value>| rotate::handle(event.payload, &context))).await
}
