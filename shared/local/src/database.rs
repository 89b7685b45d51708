//! DynamoDB: an embedded emulator on SQLite behind its own server on loopback, with the table of an installation.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;

use dynoxide::Database as Dynoxide;
use serde_json::json;
use tokio::net::TcpListener;
use tokio::sync::oneshot;

/// Why the database did not start.
#[derive(Debug, thiserror::Error)]
pub enum DatabaseError {
    /// The file or the table could not be made; the folder may not be writable, or belong to another version.
    #[error("the embedded database could not be opened: {0}")]
    Open(String),
    /// There is no loopback port left.
    #[error("no loopback port could be opened for the embedded database")]
    Listen(#[source] std::io::Error),
}

/// A running database with one table. It ends when the value is dropped.
#[derive(Debug)]
pub struct Database {
    address: SocketAddr,
    // Dropping the sender ends the server.
    _stop: oneshot::Sender<()>,
}

impl Database {
    /// Starts on an ephemeral port; makes `table` if it is not there. Without a `file` it lives in memory only.
    pub async fn start(file: Option<&Path>, table: &str) -> Result<Self, DatabaseError> {
        let database = open(file, table)?;
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.map_err(DatabaseError::Listen)?;
        let address = listener.local_addr().map_err(DatabaseError::Listen)?;
        let (stop, stopped) = oneshot::channel::<()>();
        tokio::spawn(async move {
            let shutdown = async { drop(stopped.await) };
            if let Err(error) = dynoxide::server::serve_with_shutdown(listener, database, shutdown).await {
                tracing::error!(error, "the embedded database stopped");
            }
        });
        Ok(Self { address, _stop: stop })
    }

    /// Where the emulator listens.
    pub fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }
}

/// Opens the emulator and makes `table` if it is not there.
pub(crate) fn open(file: Option<&Path>, table: &str) -> Result<Dynoxide, DatabaseError> {
    let unopened = |error: dynoxide::DynoxideError| DatabaseError::Open(error.to_string());
    let database = match file {
        Some(file) => Dynoxide::new(&file.to_string_lossy()).map_err(unopened)?,
        None => Dynoxide::memory().map_err(unopened)?,
    };
    if database.get_table_metadata(table).map_err(unopened)?.is_none() {
        let request = serde_json::from_value(table_definition(table));
        let request = request.map_err(|error| DatabaseError::Open(error.to_string()))?;
        database.create_table(request).map_err(unopened)?;
    }
    Ok(database)
}

/// The same table as the template's, as `CreateTable` takes it.
pub fn table_definition(table: &str) -> serde_json::Value {
    let text = |name: &str| json!({ "AttributeName": name, "AttributeType": "S" });
    let index = |name: &str, partition: &str, sort: &str| {
        json!({
            "IndexName": name,
            "KeySchema": key_schema(partition, sort),
            "Projection": { "ProjectionType": "ALL" },
        })
    };
    json!({
        "TableName": table,
        "BillingMode": "PAY_PER_REQUEST",
        "KeySchema": key_schema("pk", "sk"),
        "AttributeDefinitions": [
            text("pk"), text("sk"), text("due_pk"), text("list_pk"), text("list_sk"),
            { "AttributeName": "due_at", "AttributeType": "N" },
        ],
        "GlobalSecondaryIndexes": [index("due", "due_pk", "due_at"), index("list", "list_pk", "list_sk")],
    })
}

fn key_schema(partition: &str, sort: &str) -> serde_json::Value {
    json!([
        { "AttributeName": partition, "KeyType": "HASH" },
        { "AttributeName": sort, "KeyType": "RANGE" },
    ])
}
