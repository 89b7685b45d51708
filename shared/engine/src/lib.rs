//! Load, decide, commit, nudge: the engine around the pure domain.

pub mod batch;
pub mod channel_state;
mod commit;
mod drive;
pub mod due;
mod engine;
mod error;
mod intake;
pub mod key;
mod key_ring;
pub mod limits;
pub mod link;
mod malformed;
mod message;
mod nudge;
mod order_place;
pub mod outbox;
pub mod paged;
pub mod port;
pub mod record;
mod repeats;
pub mod reply_code;
mod retry;
pub mod test_page;
pub mod verification;
mod world;

pub use commit::synthetic_until;
pub use engine::{Applied, Engine, Seen};
pub use error::{Chain, EngineError};
pub use intake::{Intake, Received, Settings, Taken};
pub use key_ring::KeyRing;
pub use malformed::Malformed;
pub use message::{Bundle, Words, for_operators, plain};
pub use nudge::{Nudge, Reach, Timer, Work};
pub use order_place::{ALONE_ID, OrderPlace};
pub use repeats::{Counted, Repeats};
