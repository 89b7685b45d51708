//! A small account: servers with services, and Auto Scaling groups. Time passes only when somebody says what time it is.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};

/// From the order to start until the server runs.
const START: SignedDuration = SignedDuration::from_secs(20);
/// From then until its SSM agent answers.
const AGENT_START: SignedDuration = SignedDuration::from_secs(15);
/// From the order to launch until the server is in service.
const LAUNCH: SignedDuration = SignedDuration::from_secs(45);

/// What the documents can see and change.
#[derive(Clone, Debug, Default)]
pub struct Account {
    /// Servers by instance id.
    pub instances: BTreeMap<String, Instance>,
    /// Auto Scaling groups by name.
    pub groups: BTreeMap<String, Group>,
    /// Alarms that fire.
    pub firing: Vec<String>,
    /// Calls that are refused, as `service:Api`.
    pub broken: BTreeSet<String>,
}

/// A server.
#[derive(Clone, Debug)]
pub struct Instance {
    /// Where it is in its life.
    pub state: InstanceState,
    /// Whether its SSM agent answers while it runs.
    pub agent: bool,
    /// Whether its disk has no room.
    pub disk_full: bool,
    /// What is installed, by name.
    pub services: BTreeMap<String, Service>,
    changes: Option<Timestamp>,
    agent_from: Option<Timestamp>,
}

/// The states of EC2.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InstanceState {
    /// It is being started.
    Pending,
    /// It runs.
    Running,
    /// It is being stopped.
    Stopping,
    /// It can be started.
    Stopped,
    /// It is gone for good.
    Terminated,
}

/// A systemd service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Service {
    /// Whether systemd thinks it active.
    pub active: bool,
    /// Whether it answers requests while it is active.
    pub answers: bool,
    /// Whether it stays up after a restart.
    pub restart_helps: bool,
}

/// An Auto Scaling group.
#[derive(Clone, Debug, Default)]
pub struct Group {
    /// How many servers it should have.
    pub desired: u32,
    /// How many it may have.
    pub maximum: u32,
    /// Whether AWS has no servers of its kind to give.
    pub launches_fail: bool,
    pub(super) policies: BTreeMap<String, i64>,
    pub(super) activities: Vec<Activity>,
}

/// Something that a group does.
#[derive(Clone, Debug)]
pub(super) struct Activity {
    pub(super) description: String,
    pub(super) ends: Option<Timestamp>,
    pub(super) done: bool,
}

impl Account {
    /// Adds a running server with one web service that is well.
    #[must_use]
    pub fn with_web_server(mut self, id: &str, service: &str) -> Self {
        self.instances.insert(id.to_owned(), Instance::running(service));
        self
    }

    /// Adds a group.
    #[must_use]
    pub fn with_group(mut self, name: &str, desired: u32, maximum: u32) -> Self {
        let group = Group { desired, maximum, ..Group::default() };
        self.groups.insert(name.to_owned(), group);
        self
    }

    /// Makes a service fail; a server or service that is not there stays so.
    pub fn crash(&mut self, id: &str, service: &str) {
        self.change_service(id, service, |service| service.active = false);
    }

    /// Makes a service hang: active, but it answers nothing.
    pub fn hang(&mut self, id: &str, service: &str) {
        self.change_service(id, service, |service| service.answers = false);
    }

    /// Makes a service fail again right after every restart.
    pub fn make_restarts_useless(&mut self, id: &str, service: &str) {
        self.change_service(id, service, |service| service.restart_helps = false);
    }

    /// Lets everything happen that happens by itself up to an instant.
    pub(super) fn settle(&mut self, now: Timestamp) {
        for instance in self.instances.values_mut() {
            instance.settle(now);
        }
        for activity in self.groups.values_mut().flat_map(|group| &mut group.activities) {
            activity.done |= activity.ends.is_some_and(|ends| ends <= now);
        }
    }

    fn change_service(&mut self, id: &str, service: &str, change: impl FnOnce(&mut Service)) {
        let service = self.instances.get_mut(id).and_then(|instance| instance.services.get_mut(service));
        if let Some(service) = service {
            change(service);
        }
    }
}

impl Instance {
    /// A server that runs one service.
    pub fn running(service: &str) -> Self {
        Self {
            state: InstanceState::Running,
            agent: true,
            disk_full: false,
            services: BTreeMap::from([(service.to_owned(), Service::well())]),
            changes: None,
            agent_from: None,
        }
    }

    /// Whether a command can be run on it now.
    pub(super) fn online(&self, now: Timestamp) -> bool {
        self.state == InstanceState::Running && self.agent && self.agent_from.is_none_or(|from| from <= now)
    }

    pub(super) fn start(&mut self, now: Timestamp) {
        if self.state == InstanceState::Stopped {
            self.state = InstanceState::Pending;
            self.changes = Some(now + START);
        }
    }

    fn settle(&mut self, now: Timestamp) {
        // A state that the scenario set itself begins to change when it is first seen.
        let changes = match self.state {
            InstanceState::Pending | InstanceState::Stopping => *self.changes.get_or_insert(now + START),
            InstanceState::Running | InstanceState::Stopped | InstanceState::Terminated => return,
        };
        if now < changes {
            return;
        }
        self.changes = None;
        if self.state == InstanceState::Stopping {
            self.state = InstanceState::Stopped;
            return;
        }
        self.state = InstanceState::Running;
        self.agent_from = Some(changes + AGENT_START);
        for service in self.services.values_mut() {
            service.restart();
        }
    }
}

impl InstanceState {
    /// EC2's word for it.
    pub(super) fn name(self) -> &'static str {
        match self {
            InstanceState::Pending => "pending",
            InstanceState::Running => "running",
            InstanceState::Stopping => "stopping",
            InstanceState::Stopped => "stopped",
            InstanceState::Terminated => "terminated",
        }
    }
}

impl Service {
    /// Active and answering.
    pub fn well() -> Self {
        Self { active: true, answers: true, restart_helps: true }
    }

    pub(super) fn restart(&mut self) {
        self.active = self.restart_helps;
        self.answers = self.restart_helps;
    }
}

impl Group {
    /// The ids of its servers.
    pub(super) fn servers(&self, name: &str) -> Vec<String> {
        (1..=self.desired).map(|number| format!("i-{name}-{number}")).collect()
    }

    /// Adds servers, never above the maximum.
    pub(super) fn add(&mut self, adjustment: i64, now: Timestamp) {
        let room = self.maximum.saturating_sub(self.desired);
        for _ in 0..u32::try_from(adjustment).unwrap_or(0).min(room) {
            self.desired += 1;
            let activity = Activity {
                description: format!("Launching a new EC2 instance, number {}", self.desired),
                ends: (!self.launches_fail).then_some(now + LAUNCH),
                done: false,
            };
            // AWS lists the newest first.
            self.activities.insert(0, activity);
        }
    }
}
