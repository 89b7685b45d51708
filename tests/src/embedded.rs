//! The embedded stack in one thread: the functions' own handlers with the real SDK, on the doubles, one thing at a time.

mod bytes;
mod even_sleep;
mod front;
mod ground;
mod invoked;
mod request;
mod units;
mod wire;

pub use bytes::Bytes;
pub(crate) use ground::PATIENCE_S;
pub use ground::{Death, EmbeddedGround};
pub use invoked::{Invoked, Woken};
pub use request::{Asked, Permission};
pub use units::Units;
pub use wire::{Carried, Point, Side, Wire};
