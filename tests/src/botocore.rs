//! A second opinion on what goes over the wire: botocore's models of the services that the project asks, and whether a request and
//! its answer are what they say. The models are in `tests/models`, cut down by `.ci/models`.
//!
//! Nothing here shares code with the SDK that makes the requests, but for the reader of XML.

mod answer;
mod form;
mod model;
mod pattern;
mod request;
mod sample;
mod shape;
mod xml;

pub use answer::COMMON_ERRORS;
pub use model::{Model, Models, Protocol};
pub use request::Asked;
pub use sample::{Built, Sample};
