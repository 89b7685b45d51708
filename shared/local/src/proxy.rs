//! Hands DynamoDB's calls on to the embedded database, over connections that stay open.

use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, Method, Request, Uri};
use axum::response::Response;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;

use crate::call::Refusal;
use crate::database::Database;

/// The way to the database, which lives as long as this.
pub(crate) struct Proxy {
    client: Client<HttpConnector, Body>,
    uri: Uri,
    _database: Database,
}

impl Proxy {
    pub(crate) fn new(database: Database) -> Self {
        let mut connector = HttpConnector::new();
        // Small requests must not wait for each other's acknowledgements.
        connector.set_nodelay(true);
        let uri = database.endpoint().parse().unwrap_or_default();
        Self { client: Client::builder(TokioExecutor::new()).build(connector), uri, _database: database }
    }

    /// One call, with its headers as they are: they carry the operation.
    pub(crate) async fn call(&self, headers: HeaderMap, body: Bytes) -> Result<Response, Refusal> {
        let mut request = Request::new(Body::from(body));
        *request.method_mut() = Method::POST;
        *request.uri_mut() = self.uri.clone();
        *request.headers_mut() = headers;
        let answer = self.client.request(request).await.map_err(|_| Refusal::internal())?;
        Ok(answer.map(Body::new))
    }
}
