//! Switches that make a service fail, throttle, hang or refuse: how tests and scenarios take AWS away.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;

use crate::call::{Refusal, Service};
use crate::changes::Changes;
use crate::lock::lock;
use crate::throughput::Throughput;

/// What is wrong with a service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Which service.
    pub service: Service,
    /// Which of its operations; `None`: all.
    pub operation: Option<String>,
    /// How it shows.
    pub kind: FaultKind,
    /// For how many calls; `None`: until it is healed.
    pub times: Option<u32>,
}

/// How a fault shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FaultKind {
    /// An internal error.
    Fail,
    /// Too many requests.
    Throttle,
    /// No answer until it is healed, then an internal error.
    Hang,
    /// An answer that this can never work.
    Refuse {
        /// The error's code.
        code: String,
        /// Its text.
        message: String,
    },
}

/// The switches of a local world.
#[derive(Debug, Default)]
pub struct Faults {
    faults: Mutex<Vec<Fault>>,
    refused: Mutex<BTreeSet<String>>,
    used_up: Mutex<BTreeSet<Throughput>>,
    fates: Mutex<BTreeMap<String, String>>,
    changes: Changes,
}

impl Faults {
    /// Switches a fault on.
    pub fn inject(&self, fault: Fault) {
        lock(&self.faults).push(fault);
        self.changes.announce();
    }

    /// Makes a whole service fail until it is healed.
    pub fn fail(&self, service: Service) {
        self.inject(Fault { service, operation: None, kind: FaultKind::Fail, times: None });
    }

    /// Switches all faults of a service off.
    pub fn heal(&self, service: Service) {
        lock(&self.faults).retain(|fault| fault.service != service);
        if service == Service::DynamoDb {
            lock(&self.used_up).clear();
        }
        self.changes.announce();
    }

    /// Switches everything off, refused addresses too.
    pub fn heal_all(&self) {
        lock(&self.faults).clear();
        lock(&self.refused).clear();
        lock(&self.fates).clear();
        lock(&self.used_up).clear();
        self.changes.announce();
    }

    /// Uses up a throughput of the table until it is healed.
    pub fn use_up(&self, throughput: Throughput) {
        lock(&self.used_up).insert(throughput);
    }

    pub(crate) fn used_up(&self) -> BTreeSet<Throughput> {
        lock(&self.used_up).clone()
    }

    /// Makes the providers refuse a phone number or an e-mail address.
    pub fn refuse_address(&self, address: impl Into<String>) {
        lock(&self.refused).insert(address.into());
    }

    /// Makes them take it again.
    pub fn accept_address(&self, address: &str) {
        lock(&self.refused).remove(address);
    }

    /// What becomes of messages to an address from now on, once they are taken: an event type of End User Messaging
    /// (`TEXT_INVALID`), a kind of SES (`Bounce`, `Complaint`), or for a URL the status of its server's answer.
    pub fn decide_fate(&self, address: impl Into<String>, fate: impl Into<String>) {
        lock(&self.fates).insert(address.into(), fate.into());
    }

    pub(crate) fn fate_of(&self, address: &str) -> Option<String> {
        lock(&self.fates).get(address).cloned()
    }

    pub(crate) fn refuses(&self, address: &str) -> bool {
        lock(&self.refused).contains(address)
    }

    /// What a call meets. Waits as long as the service hangs.
    pub(crate) async fn check(&self, service: Service, operation: &str) -> Result<(), Refusal> {
        match self.take(service, operation) {
            None => Ok(()),
            Some(FaultKind::Fail) => Err(Refusal::internal()),
            Some(FaultKind::Throttle) => Err(Refusal::refused("ThrottlingException", "Rate exceeded")),
            Some(FaultKind::Refuse { code, message }) => Err(Refusal::refused(code, message)),
            Some(FaultKind::Hang) => {
                self.healed(service, operation).await;
                Err(Refusal::internal())
            }
        }
    }

    /// Waits until nothing is wrong with an operation. Uses no fault up.
    pub(crate) async fn healed(&self, service: Service, operation: &str) {
        let mut watcher = self.changes.watch();
        while !self.is_healthy(service, operation) {
            watcher.changed().await;
        }
    }

    /// Whether nothing is wrong with an operation.
    pub fn is_healthy(&self, service: Service, operation: &str) -> bool {
        !lock(&self.faults).iter().any(|fault| fault.hits(service, operation))
    }

    /// Whether nothing is wrong with any operation of a service.
    pub fn is_whole(&self, service: Service) -> bool {
        lock(&self.faults).iter().all(|fault| fault.service != service)
    }

    /// Whether an operation is refused because of too many others. Uses no fault up.
    pub fn is_throttled(&self, service: Service, operation: &str) -> bool {
        let faults = lock(&self.faults);
        let first = faults.iter().find(|fault| fault.hits(service, operation));
        first.is_some_and(|fault| fault.kind == FaultKind::Throttle)
    }

    fn take(&self, service: Service, operation: &str) -> Option<FaultKind> {
        let mut faults = lock(&self.faults);
        let place = faults.iter().position(|fault| fault.hits(service, operation))?;
        let fault = faults.get_mut(place)?;
        let kind = fault.kind.clone();
        // One that hangs stays until it is healed; a count would end it for those who wait.
        if let (Some(times), false) = (&mut fault.times, kind == FaultKind::Hang) {
            *times = times.saturating_sub(1);
            if *times == 0 {
                faults.remove(place);
            }
        }
        Some(kind)
    }
}

impl Fault {
    fn hits(&self, service: Service, operation: &str) -> bool {
        self.service == service && self.operation.as_deref().is_none_or(|only| only == operation)
    }
}
