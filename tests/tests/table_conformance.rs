//! The suite for tables on the one in memory, and on the adapter over the embedded DynamoDB. `.ci/adapters` runs it on moto's.

use reveille_aws::{Clients, DynamoTable};
use reveille_local::Database;
use reveille_tests::{MemoryTable, conformance};

macro_rules! on_both {
    ($($case:ident),* $(,)?) => {$(
        #[tokio::test]
        async fn $case() {
            conformance::$case(&MemoryTable::new()).await;
            let database = Database::start(None, "reveille").await.expect("the database starts");
            let clients = Clients::at(&database.endpoint());
            conformance::$case(&DynamoTable::new(clients.dynamodb(), "reveille")).await;
        }
    )*};
}

reveille_tests::conformance_cases!(on_both);
