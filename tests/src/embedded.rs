//! The embedded stack in one thread: the functions' own handlers with the real SDK, on the doubles, one thing at a time.

mod ground;
mod request;
mod wire;

pub use ground::{Death, EmbeddedGround};
pub use request::{Asked, Permission};
pub use wire::{Carried, Point, Side, Wire};
