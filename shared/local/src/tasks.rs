//! Everything that runs beside the callers, so that it ends with the stack.

use std::future::Future;
use std::sync::Mutex;

use tokio::task::JoinSet;

use crate::lock::lock;

/// Running tasks.
#[derive(Debug, Default)]
pub(crate) struct Tasks {
    set: Mutex<JoinSet<()>>,
}

impl Tasks {
    pub(crate) fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        let mut set = lock(&self.set);
        while set.try_join_next().is_some() {}
        set.spawn(task);
    }

    /// Ends all of them at their next await.
    pub(crate) fn end(&self) {
        lock(&self.set).abort_all();
    }
}
