//! Mutants: mistakes that somebody could make, each behind a name, so that the simulation can show that it would find them.
//!
//! Without the feature `mutants`, which only tests turn on, there are none, and what asks for one is compiled to nothing.

#[cfg(feature = "mutants")]
thread_local! {
    static CHOSEN: std::cell::Cell<Option<&'static str>> = const { std::cell::Cell::new(None) };
}

/// Whether this mistake is to be made.
#[cfg(feature = "mutants")]
pub fn mutant(name: &str) -> bool {
    CHOSEN.with(|chosen| chosen.get() == Some(name))
}

/// Whether this mistake is to be made: never.
#[cfg(not(feature = "mutants"))]
#[inline(always)]
pub const fn mutant(_: &str) -> bool {
    false
}

/// Makes this mistake from now on, on this thread; `None`: none.
#[cfg(feature = "mutants")]
pub fn choose_mutant(name: Option<&'static str>) {
    CHOSEN.with(|chosen| chosen.set(name));
}
