//! Wiring: the environment, the clients, the runtime. What the function does stands in `lib.rs`.

use std::sync::Arc;

use lambda_runtime::{Error, LambdaEvent, run, service_fn, tracing};
use reveille_aws::{Clients, Environment};
use reveille_engine::port::SystemClock;
use serde_json::Value;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    tracing::init_default_subscriber();
    let environment = Environment::read(respond::REQUIRED)?.with_optional(respond::OPTIONAL, Environment::optional);
    let clients = Clients::from_environment().await;
    let context = respond::Context::connect(&clients, &environment, Arc::new(SystemClock));
    run(service_fn(|event: LambdaEvent<Value>| respond::handle(event.payload, &context))).await
}
