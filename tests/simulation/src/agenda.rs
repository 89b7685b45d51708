//! What is to happen when, and the waits of those who go on then.

use std::cmp::Ordering;
use std::collections::BinaryHeap;
use std::pin::Pin;
use std::task::{Context as TaskContext, Poll, Waker};

use super::night::{Happening, Shared};
use super::script::Ms;

/// What is to happen, the first of it on top.
#[derive(Default)]
pub(crate) struct Agenda {
    planned: BinaryHeap<Planned>,
    numbers: u64,
}

/// What is to happen when; of two things at one time the one that was planned first.
struct Planned {
    at: Ms,
    number: u64,
    what: Happening,
}

/// A wait until a time of the night.
pub(crate) struct Wait<'a> {
    night: &'a Shared,
    until: Ms,
    waker: Option<Waker>,
}

impl Agenda {
    /// Lets something happen at a time.
    pub(crate) fn plan(&mut self, at: Ms, what: Happening) {
        self.numbers += 1;
        self.planned.push(Planned { at, number: self.numbers, what });
    }

    /// What happens next before a time, and when.
    pub(crate) fn take_next(&mut self, until: Ms) -> Option<(Ms, Happening)> {
        if self.planned.peek().is_none_or(|next| next.at >= until) {
            return None;
        }
        self.planned.pop().map(|planned| (planned.at, planned.what))
    }
}

impl PartialEq for Planned {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Planned {}

impl PartialOrd for Planned {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// A heap has its greatest on top: the greatest is what happens first.
impl Ord for Planned {
    fn cmp(&self, other: &Self) -> Ordering {
        (other.at, other.number).cmp(&(self.at, self.number))
    }
}

impl Shared {
    /// Waits so many milliseconds, from this call on.
    pub(crate) fn wait(&self, ms: Ms) -> Wait<'_> {
        Wait { night: self, until: self.lock().now.saturating_add(ms), waker: None }
    }
}

impl Future for Wait<'_> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, task: &mut TaskContext<'_>) -> Poll<()> {
        let mut night = self.night.lock();
        if night.now >= self.until {
            return Poll::Ready(());
        }
        if !self.waker.as_ref().is_some_and(|waker| waker.will_wake(task.waker())) {
            night.plan(self.until, Happening::Wake(task.waker().clone()));
            drop(night);
            self.waker = Some(task.waker().clone());
        }
        Poll::Pending
    }
}
