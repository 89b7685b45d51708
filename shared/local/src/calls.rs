//! A record of the calls that reached the doubles, for tests that count them.

use std::collections::VecDeque;
use std::sync::Mutex;

use crate::call::{Call, Service};
use crate::lock::lock;

/// A local stack can run for weeks; only tests look at this, and they are short.
const CALLS_MAX: usize = 100_000;

/// The newest calls, oldest first.
#[derive(Debug, Default)]
pub struct Calls {
    calls: Mutex<VecDeque<Call>>,
}

impl Calls {
    /// All that are remembered.
    pub fn all(&self) -> Vec<Call> {
        lock(&self.calls).iter().cloned().collect()
    }

    /// How many there were of one operation.
    pub fn count(&self, service: Service, operation: &str) -> usize {
        let calls = lock(&self.calls);
        calls.iter().filter(|call| call.service == service && call.operation == operation).count()
    }

    /// Forgets them, so that what comes next is counted alone.
    pub fn clear(&self) {
        lock(&self.calls).clear();
    }

    pub(crate) fn record(&self, service: Service, operation: &str) {
        let mut calls = lock(&self.calls);
        if calls.len() == CALLS_MAX {
            calls.pop_front();
        }
        let operation = operation.to_owned();
        calls.push_back(Call { service, operation });
    }
}
