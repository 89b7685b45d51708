//! Commands about incidents: what there is, what has happened, and what people do about it.
//!
//! Nothing here goes through a function. A command carries its input into the incident with the caller's own rights, by the same
//! decisions, and wakes whoever has to act on them.

mod act;
mod caller;
mod deeds;
mod desk;
mod find;
mod limits;
mod list;
mod next;
mod page;
mod people;
mod reason;
mod runbook;
mod show;
mod span;
mod start;
mod summary;
mod watch;
mod whole;

pub use act::{Act, ActError, Outcome, act};
pub use caller::Who;
pub use deeds::{Ack, Engage, Escalate, NoteText, Reassign, Resolve, Snooze};
pub use desk::Desk;
pub use find::{FindError, find};
pub use list::{Filter, List, Listing, list};
pub use reason::reasons;
pub use runbook::Runbook;
pub use show::{Show, Shown, shown};
pub use start::{Opening, Start, Started, start};
pub use summary::{State, Summary};
pub use watch::{Change, changes};
