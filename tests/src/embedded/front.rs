//! The front, as functions reach it: where acknowledge links lead, `acknowledge` answers.

use std::sync::{Arc, Mutex, PoisonError, Weak};

use http::{Request, Response};
use reveille_cli::local_world::AllFunctions;
use reveille_cli::world::request as http_event;
use reveille_local::Functions;
use serde_json::Value;

/// What the paths of acknowledge links begin with, wherever the front stands.
const LINKS: &str = "/a/";

/// Who stands behind the front; nobody, before it is opened.
#[derive(Default)]
pub(super) struct Front(Mutex<Weak<AllFunctions>>);

impl Front {
    /// Opens it.
    pub(super) fn open(&self, functions: &Arc<AllFunctions>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Arc::downgrade(functions);
    }

    /// The visit that a request to the front is; `None`: it goes elsewhere, or nobody has opened the front.
    pub(super) fn visit(&self, request: &Request<Vec<u8>>) -> Option<impl Future<Output = Response<Vec<u8>>> + use<>> {
        let functions = self.0.lock().unwrap_or_else(PoisonError::into_inner).upgrade()?;
        let path = request.uri().path();
        let path = &path[path.find(LINKS)?..];
        let body = String::from_utf8_lossy(request.body()).into_owned();
        let event = http_event(request.method().as_str(), path, &body);
        Some(async move {
            let answer = functions.invoke("acknowledge", event).await.unwrap_or(Value::Null);
            let status = answer["statusCode"].as_u64().and_then(|status| u16::try_from(status).ok()).unwrap_or(500);
            let body = answer["body"].as_str().unwrap_or_default().as_bytes().to_vec();
            Response::builder().status(status).body(body).expect("a function answers with a status")
        })
    }
}

impl std::fmt::Debug for Front {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Front")
    }
}
