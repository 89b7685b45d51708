//! What becomes of an event, from one end to the other: incidents, the people who are paged for them, and what these answer. On the
//! functions' own handlers in virtual time, and on the embedded stack.
//!
//! One program, because each that links the functions and the embedded stack takes seconds to link and 150 MB of disk. What sets
//! something for its whole process has a program of its own.

mod calls;
mod chain;
mod channels;
mod commands;
mod commits;
mod costs;
mod dead_letters;
mod growth;
mod heartbeat;
mod hostile_input;
mod intake;
mod last_resort;
mod links;
mod on_call;
mod outages;
mod overrides;
mod page_reasons;
mod posts;
mod replies;
mod shift_notices;
mod storms;
mod synthetic;
mod test_page;
mod turns;
mod unsettled_replies;
mod verification;
mod webhooks;
