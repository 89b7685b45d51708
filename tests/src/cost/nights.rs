//! Where nights are played: each in a world of its own, or all of them in one, one after another.

use std::cell::Cell;
use std::rc::Rc;

use reveille_cli::configuration::{self, hash_webhook_key};
use reveille_cli::scenario::Ground;

use crate::dawn;
use crate::embedded::EmbeddedGround;

/// The key of the webhook.
pub(super) const KEY: &str = "0f1e2d3c4b5a69788796a5b4c3d2e1f00f1e2d3c4b5a69788796a5b4c3d2e1f0";
/// As long as API Gateway makes them: it stands in every message.
const FRONT: &str = "https://a1b2c3d4e5.execute-api.us-east-1.amazonaws.com";

/// The team of all nights.
pub const TEAM: &str = include_str!("../../data/cost.yaml");

/// Worlds for nights.
pub struct Nights {
    one: Option<Rc<EmbeddedGround>>,
    fallen: Cell<usize>,
}

impl Nights {
    /// Each in a world of its own.
    pub fn apart() -> Self {
        Self { one: None, fallen: Cell::new(0) }
    }

    /// All in one, with this configuration: [`TEAM`], with whatever else there is.
    pub async fn in_one(team: &str) -> Self {
        Self { one: Some(ground(team).await), fallen: Cell::new(0) }
    }

    /// The world that all are in; `None`: each has its own.
    pub fn one(&self) -> Option<&EmbeddedGround> {
        self.one.as_deref()
    }

    pub(super) fn are_in_one(&self) -> bool {
        self.one.is_some()
    }

    /// The world of the next night, and what its names end in.
    pub(super) async fn next(&self) -> (Rc<EmbeddedGround>, String) {
        let number = self.fallen.get() + 1;
        self.fallen.set(number);
        match &self.one {
            Some(one) => (Rc::clone(one), format!("-{number:04}")),
            None => (ground(TEAM).await, String::new()),
        }
    }
}

/// A metered world with a configuration and a webhook.
async fn ground(team: &str) -> Rc<EmbeddedGround> {
    let environment = [("REVEILLE_FRONT_URL", FRONT), ("REVEILLE_SMS_REPLIES", "true")];
    let ground = EmbeddedGround::metered(dawn(), &environment);
    let webhook = format!("\nwebhooks:\n  ours: {{ keys: [\"{}\"] }}\n", hash_webhook_key(KEY));
    let configuration = configuration::parse(&format!("{team}{webhook}"), "cost.yaml").expect("it is valid");
    ground.apply(&configuration).await.expect("it applies");
    Rc::new(ground)
}
