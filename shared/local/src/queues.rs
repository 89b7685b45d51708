//! The queues of an installation, with the limits that the template gives them.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use crate::clock::LocalClock;
use crate::names::{
    INGEST_FAILURE_DEAD_QUEUE, INGEST_FAILURE_QUEUE, INVOCATION_DEAD_QUEUE, NUDGE_DEAD_QUEUE, NUDGE_QUEUE,
    PAGE_DEAD_QUEUE, PAGE_QUEUE, RUNBOOK_DEAD_QUEUE, RUNBOOK_QUEUE, SCHEDULE_DEAD_QUEUE, SLOW_PAGE_DEAD_QUEUE,
    SLOW_PAGE_QUEUE,
};
use crate::queue::{LocalQueue, StoredMessage};

/// A queue with a function behind it: its name, its dead-letter queue's, seconds of visibility, receives at most.
type Spec = (&'static str, &'static str, &'static str, u64, u32);

const SPECS: [Spec; 5] = [
    (NUDGE_QUEUE, NUDGE_DEAD_QUEUE, "respond", 180, 10),
    (PAGE_QUEUE, PAGE_DEAD_QUEUE, "notify", 90, 10),
    (SLOW_PAGE_QUEUE, SLOW_PAGE_DEAD_QUEUE, "notify", 90, 10),
    (RUNBOOK_QUEUE, RUNBOOK_DEAD_QUEUE, "runbook", 90, 10),
    // The last resort of an event: with three minutes between two attempts it lasts a day.
    (INGEST_FAILURE_QUEUE, INGEST_FAILURE_DEAD_QUEUE, "ingest", 180, 480),
];

/// All queues, dead-letter queues included.
#[derive(Debug)]
pub(crate) struct Queues {
    queues: BTreeMap<&'static str, Arc<LocalQueue>>,
}

impl Queues {
    pub(crate) fn new(clock: &LocalClock) -> Self {
        let mut queues = BTreeMap::new();
        let dead_limits = (Duration::from_secs(30), u32::MAX);
        for (name, dead_name, _, visibility_s, receives_max) in SPECS {
            let dead = Arc::new(LocalQueue::new(dead_name, clock.clone(), dead_limits, None));
            queues.insert(dead_name, Arc::clone(&dead));
            let limits = (Duration::from_secs(visibility_s), receives_max);
            let queue = LocalQueue::new(name, clock.clone(), limits, Some(dead));
            queues.insert(name, Arc::new(queue));
        }
        for name in [INVOCATION_DEAD_QUEUE, SCHEDULE_DEAD_QUEUE] {
            queues.insert(name, Arc::new(LocalQueue::new(name, clock.clone(), dead_limits, None)));
        }
        Self { queues }
    }

    pub(crate) fn get(&self, name: &str) -> Option<Arc<LocalQueue>> {
        self.queues.get(name).cloned()
    }

    /// Every one of them.
    pub(crate) fn all(&self) -> impl Iterator<Item = &LocalQueue> {
        self.queues.values().map(Arc::as_ref)
    }

    /// Each queue that feeds a function, with the function's name.
    pub(crate) fn sources(&self) -> impl Iterator<Item = (Arc<LocalQueue>, &'static str)> {
        SPECS.iter().filter_map(|(name, _, function, ..)| Some((self.get(name)?, *function)))
    }

    pub(crate) fn snapshot(&self) -> BTreeMap<String, Vec<StoredMessage>> {
        self.queues.iter().map(|(name, queue)| ((*name).to_owned(), queue.snapshot())).collect()
    }

    pub(crate) fn restore(&self, kept: BTreeMap<String, Vec<StoredMessage>>) {
        for (name, messages) in kept {
            if let Some(queue) = self.get(&name) {
                queue.restore(messages);
            }
        }
    }
}
