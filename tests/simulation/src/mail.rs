//! The queues of a night: what waits in them, what has been handed out, and when that comes again.

use std::collections::{BTreeMap, BTreeSet};

use super::script::{Handler, Ms, Post, SECOND};

/// All queues.
#[derive(Default)]
pub(crate) struct Mail {
    letters: BTreeMap<u64, Letter>,
    /// The letters of each queue, by the time at which they may be handed out.
    by_time: BTreeSet<(Post, Ms, u64)>,
    numbers: u64,
}

/// A message.
#[derive(Clone)]
pub(crate) struct Letter {
    pub(crate) to: Post,
    pub(crate) body: String,
    pub(crate) due: Ms,
    pub(crate) receives: u32,
}

impl Mail {
    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.letters.len()
    }

    /// One of them.
    pub(crate) fn get(&self, number: u64) -> Option<&Letter> {
        self.letters.get(&number)
    }

    /// Puts one into its queue; its number.
    pub(crate) fn put(&mut self, to: Post, body: String, due: Ms) -> u64 {
        self.numbers += 1;
        self.by_time.insert((to, due, self.numbers));
        self.letters.insert(self.numbers, Letter { to, body, due, receives: 0 });
        self.numbers
    }

    /// Hands one out, and others of its queue that are there: they come again, unless they are done.
    pub(crate) fn receive(&mut self, number: u64, now: Ms, most: usize) -> Vec<(u64, Letter)> {
        let Some(to) = self.get(number).map(|letter| letter.to) else { return Vec::new() };
        let there = self.by_time.range((to, Ms::MIN, 0)..=(to, now, u64::MAX));
        let others = there.map(|(_, _, other)| *other).filter(|other| *other != number).take(most - 1);
        let batch: Vec<u64> = others.chain([number]).collect();
        let again = now + to.visibility();
        let mut handed_out = Vec::with_capacity(batch.len());
        for number in batch {
            let Some(letter) = self.letters.get_mut(&number) else { continue };
            self.by_time.remove(&(to, letter.due, number));
            self.by_time.insert((to, again, number));
            letter.receives += 1;
            letter.due = again;
            handed_out.push((number, letter.clone()));
        }
        handed_out
    }

    /// One is gone.
    pub(crate) fn remove(&mut self, number: u64) -> Option<Letter> {
        let letter = self.letters.remove(&number)?;
        self.by_time.remove(&(letter.to, letter.due, number));
        Some(letter)
    }
}

impl Post {
    /// Whom its messages wake.
    pub(crate) fn handler(self) -> Handler {
        match self {
            Post::Nudges => Handler::Respond,
            Post::Pages | Post::SlowPages => Handler::Notify,
            Post::Runbooks => Handler::Runbook,
            Post::Failures => Handler::Ingest,
        }
    }

    /// After so long a message that was handed out and not done is handed out again, as the template says.
    pub(crate) fn visibility(self) -> Ms {
        match self {
            Post::Nudges | Post::Failures => 180 * SECOND,
            Post::Pages | Post::SlowPages | Post::Runbooks => 90 * SECOND,
        }
    }

    /// After so many times it goes to a dead-letter queue.
    pub(crate) fn receives_max(self) -> u32 {
        match self {
            Post::Nudges | Post::Pages | Post::SlowPages | Post::Runbooks => 10,
            Post::Failures => 480,
        }
    }
}
