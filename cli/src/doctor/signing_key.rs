//! The key that signs acknowledge links: whether it is there, and whether it rotates. Its text is not read.

use jiff::{SignedDuration, Timestamp};

use super::check::Check;
use crate::installation::{Reached, failure};

/// It rotates each 30 days, and the first rotation may wait as long.
const AGE_DAYS_MAX: i64 = 45;

pub(super) async fn examine(reached: &Reached, now: Timestamp) -> Vec<Check> {
    let name = "signing key";
    let Some(secret) = &reached.parts.signing_secret else {
        return vec![Check::warning(
            name,
            "where it is is not known",
            "leave --table out; deploy the stack again if it has no parameter yet",
        )];
    };
    let described = match reached.clients.secrets_manager().describe_secret().secret_id(secret).send().await {
        Ok(described) => described,
        Err(error) => {
            let error = failure(&reached.clients, "secretsmanager:DescribeSecret", secret, &error).await;
            return vec![Check::unknown(name, &error)];
        }
    };
    let stages = described.version_ids_to_stages().cloned().unwrap_or_default();
    let is_there = stages.values().flatten().any(|stage| stage == "AWSCURRENT");
    let at = |time: Option<&aws_sdk_secretsmanager::primitives::DateTime>| {
        time.and_then(|time| Timestamp::from_second(time.secs()).ok())
    };
    let made = at(described.last_rotated_date()).or(at(described.last_changed_date())).or(at(described.created_date()));
    let is_old = made.is_some_and(|made| now.duration_since(made) > SignedDuration::from_hours(24 * AGE_DAYS_MAX));
    let since = made.map(|made| format!(", of {}", made.strftime("%Y-%m-%d"))).unwrap_or_default();
    let check = if !is_there {
        Check::failure(
            name,
            "the secret has no text: pages leave without a link",
            "rotate it (docs/OPERATING.md, Keys)",
        )
    } else if described.rotation_enabled() != Some(true) {
        Check::warning(name, format!("it is there{since}, but does not rotate"), "deploy the stack again")
    } else if is_old {
        let remedy = "its rotation fails: look at the log of `rotate`, then rotate it (docs/OPERATING.md, Keys)";
        Check::warning(name, format!("it has not rotated for more than {AGE_DAYS_MAX} days{since}"), remedy)
    } else {
        Check::ok(name, format!("it is there{since}, and rotates"))
    };
    vec![check]
}
