//! What is overdue: the one number that says whether paging works, whichever part of it has failed.

use jiff::Timestamp;
use reveille_engine::due;
use reveille_engine::key::Role;
use reveille_engine::limits::OVERDUE_S_MAX;

use super::check::Check;
use crate::installation::Reached;

/// Whatever is younger is on its way: a nudge, a claim, a send.
const ON_ITS_WAY_S: i64 = 75;

pub(super) async fn examine(reached: &Reached, now: Timestamp) -> Vec<Check> {
    let engine = reached.engine();
    let mut checks = Vec::new();
    for role in Role::ALL {
        let function = role.name();
        let check = format!("overdue for {function}");
        checks.push(match due::oldest_overdue_s(&engine, &[role], now).await {
            Ok(age_s) if age_s <= ON_ITS_WAY_S => Check::ok(check, "nothing"),
            Ok(age_s) => {
                let says = format!("something for {}", span(age_s));
                let remedy = format!(
                    "`{function}` is not woken, or fails: look at its log, then at throttles of the table, then at the \
                     schedules in the group …-ticks"
                );
                if age_s > OVERDUE_S_MAX {
                    Check::failure(check, says, remedy)
                } else {
                    Check::warning(check, says, remedy)
                }
            }
            Err(error) => {
                let why = reveille_engine::Chain(&error).to_string();
                Check::failure(
                    check,
                    format!("cannot be read: {why}"),
                    "look at the table, and at what you may do on it",
                )
            }
        });
    }
    checks
}

fn span(seconds: i64) -> String {
    match seconds {
        ..=119 => format!("{seconds} s"),
        120..=7_199 => format!("{} min", seconds / 60),
        7_200..=172_799 => format!("{} h", seconds / 3_600),
        _ => format!("{} days", seconds / 86_400),
    }
}
