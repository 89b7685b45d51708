//! All doubles of one local world, and what connects them.

use std::path::Path;
use std::sync::{Arc, Mutex};

use serde_json::Value;

use crate::calls::Calls;
use crate::changes::Changes;
use crate::clock::LocalClock;
use crate::counted::Counts;
use crate::embedded::Embedded;
use crate::faults::Faults;
use crate::inbox::Inbox;
use crate::invoker::Invoker;
use crate::lock::lock;
use crate::names::SIGNING_KEY_SECRET;
use crate::parameters::Parameters;
use crate::proxy::Proxy;
use crate::queues::Queues;
use crate::readiness::Readiness;
use crate::runbooks::Runbooks;
use crate::saved::{Saved, SavedError};
use crate::schedules::Schedules;
use crate::secrets::Secrets;
use crate::tasks::Tasks;

pub(crate) struct Doubles {
    pub(crate) clock: LocalClock,
    pub(crate) faults: Arc<Faults>,
    pub(crate) calls: Arc<Calls>,
    pub(crate) counts: Arc<Counts>,
    pub(crate) queues: Arc<Queues>,
    pub(crate) inbox: Inbox,
    pub(crate) schedules: Schedules,
    pub(crate) secrets: Secrets,
    pub(crate) parameters: Parameters,
    pub(crate) account: Readiness,
    pub(crate) runbooks: Arc<dyn Runbooks>,
    pub(crate) invoker: Invoker,
    pub(crate) database: Store,
    /// What is to be invoked later, where nothing happens by itself; `None`: tasks do it.
    pub(crate) later: Option<Mutex<Vec<(String, Value)>>>,
    pub(crate) tasks: Tasks,
    /// Announces that something may have changed that is kept between two runs.
    pub(crate) touched: Changes,
}

/// Where the table is.
pub(crate) enum Store {
    /// Behind a server of its own.
    Served(Box<Proxy>),
    /// In this process.
    Embedded(Embedded),
}

impl Doubles {
    pub(crate) fn new(clock: LocalClock, runbooks: Arc<dyn Runbooks>, database: Store) -> Self {
        let later = matches!(database, Store::Embedded(_)).then(Mutex::default);
        let (faults, calls) = (Arc::new(Faults::default()), Arc::new(Calls::default()));
        let (queues, counts) = (Arc::new(Queues::new(&clock)), Arc::new(Counts::default()));
        let invoker = Invoker::new(clock.clone(), Arc::clone(&faults), Arc::clone(&calls), Arc::clone(&queues));
        Self {
            clock,
            faults,
            calls,
            counts,
            queues,
            inbox: Inbox::default(),
            schedules: Schedules::default(),
            secrets: Secrets::default(),
            parameters: Parameters::default(),
            account: Readiness::default(),
            runbooks,
            invoker,
            database,
            later,
            tasks: Tasks::default(),
            touched: Changes::default(),
        }
    }

    /// Takes up what the run before left, and makes what every installation has.
    pub(crate) fn restore(&self, file: Option<&Path>) -> Result<(), SavedError> {
        if let Some(saved) = file.map(Saved::read).transpose()?.flatten() {
            self.inbox.restore(saved.inbox);
            self.queues.restore(saved.queues);
            self.schedules.restore(saved.schedules);
            self.secrets.restore(saved.secrets);
            self.invoker.restore(saved.invocations);
        }
        self.secrets.ensure(SIGNING_KEY_SECRET);
        Ok(())
    }

    pub(crate) fn save(&self, file: &Path) -> Result<(), SavedError> {
        let saved = Saved {
            inbox: self.inbox.letters(),
            queues: self.queues.snapshot(),
            schedules: self.schedules.snapshot(),
            secrets: self.secrets.snapshot(),
            invocations: self.invoker.snapshot(),
        };
        saved.write(file)
    }

    /// An invocation that nobody waits for.
    pub(crate) fn invoke_later(self: &Arc<Self>, function: &str, event: Value) {
        if let Some(later) = &self.later {
            lock(later).push((function.to_owned(), event));
            return;
        }
        let id = self.invoker.accept(function, event);
        self.touched.announce();
        self.work_off(id);
    }

    /// Goes on with an invocation that was accepted, perhaps by the run before.
    pub(crate) fn work_off(self: &Arc<Self>, id: String) {
        let doubles = Arc::clone(self);
        self.tasks.spawn(async move {
            doubles.invoker.work_off(&id).await;
            doubles.touched.announce();
        });
    }
}
