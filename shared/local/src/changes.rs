//! Waking without polling: whoever waits for something looks again after each change, and at once.

use tokio::sync::watch;

/// A place where changes are announced.
#[derive(Debug, Default)]
pub(crate) struct Changes {
    count: watch::Sender<u64>,
}

/// One waiter. It misses nothing that is announced after it was made.
pub(crate) struct Watcher {
    count: watch::Receiver<u64>,
}

impl Changes {
    pub(crate) fn announce(&self) {
        self.count.send_modify(|count| *count = count.wrapping_add(1));
    }

    /// Make the watcher first, then look, then wait.
    pub(crate) fn watch(&self) -> Watcher {
        let count = self.count.subscribe();
        Watcher { count }
    }
}

impl Watcher {
    /// Waits for a change since this was last called. Never returns once the other side is gone.
    pub(crate) async fn changed(&mut self) {
        if self.count.changed().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}
