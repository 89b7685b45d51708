//! What AWS asks for what has happened.

use std::collections::BTreeMap;

use reveille_cli::bench::{Latencies, MEMORY_MB};

use crate::embedded::Woken;

use super::path::{Invocation, Path};
use super::prices::Prices;

/// Lambda's time, by its name in the price list: the one thing on a bill that no two runs find alike.
pub const LAMBDA_TIME: &str = "lambda_gb_seconds";
/// What people are sent, apart from text messages: their price has the name of the country.
const EMAILS: &str = "emails";

/// How much of everything that has a price, by its name in the price list.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Bill(BTreeMap<&'static str, f64>);

/// One line of a bill.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    /// As the price list calls it.
    pub name: &'static str,
    /// How much of it.
    pub quantity: f64,
    /// In US dollars, as if nothing were free.
    pub usd: f64,
    /// The same with what is free in each month taken off.
    pub beyond_free_usd: f64,
}

impl Bill {
    /// The bill for one thing that has happened. Text messages go to the country whose price has this name.
    pub fn of(path: &Path, latencies: &Latencies, sms: &'static str) -> Self {
        let mut bill = Self::default();
        for invocation in &path.invocations {
            bill.add_invocation(invocation, latencies);
        }
        let units = path.units();
        bill.add("table_read_units", units.read);
        bill.add("table_write_units", units.write);
        bill.add(sms, path.messages.sms_parts as f64);
        bill.add(EMAILS, path.messages.emails as f64);
        bill
    }

    fn add_invocation(&mut self, invocation: &Invocation, latencies: &Latencies) {
        self.add("lambda_requests", 1.0);
        let billed_s = invocation.billed_ms(latencies) / 1_000.0;
        self.add(LAMBDA_TIME, billed_s * MEMORY_MB / 1_024.0);
        match invocation.woken {
            // Lambda receives a batch, and deletes it.
            Woken::Queue => self.add("queue_requests", 2.0),
            Woken::Tick | Woken::Schedule => self.add("schedules", 1.0),
            Woken::Http => self.add("http_requests", 1.0),
            // Alarm actions, topics to functions and events of AWS are free.
            Woken::Event => {}
        }
        for call in &invocation.calls {
            match call.operation.as_str() {
                "SendMessage" | "SendMessageBatch" => self.add("queue_requests", 1.0),
                "GetSecretValue" => self.add("secret_calls", 1.0),
                _ => {}
            }
        }
    }

    /// So much more of something.
    pub fn add(&mut self, name: &'static str, quantity: f64) {
        if quantity > 0.0 {
            *self.0.entry(name).or_default() += quantity;
        }
    }

    /// How much of something.
    pub fn quantity(&self, name: &str) -> f64 {
        self.0.get(name).copied().unwrap_or_default()
    }

    /// So many of these bills.
    #[must_use]
    pub fn times(&self, count: f64) -> Self {
        Self(self.0.iter().map(|(name, quantity)| (*name, quantity * count)).collect())
    }

    /// Both together.
    #[must_use]
    pub fn with(mut self, other: &Self) -> Self {
        for (name, quantity) in &other.0 {
            self.add(name, *quantity);
        }
        self
    }

    /// Its lines, the dearest first.
    pub fn lines(&self, prices: &Prices) -> Vec<Line> {
        let line = |(name, quantity): (&&'static str, &f64)| {
            let price = prices.of(name);
            let beyond = (quantity - price.free).max(0.0);
            Line { name, quantity: *quantity, usd: price.times(*quantity), beyond_free_usd: price.times(beyond) }
        };
        let mut lines: Vec<Line> = self.0.iter().map(line).collect();
        lines.sort_by(|one, other| other.usd.total_cmp(&one.usd));
        lines
    }

    /// In US dollars, as if nothing were free.
    pub fn usd(&self, prices: &Prices) -> f64 {
        sum(self.lines(prices).iter().map(|line| line.usd))
    }

    /// Whether each of its prices is the provider's own word.
    pub fn is_confirmed(&self, prices: &Prices) -> bool {
        self.0.keys().all(|name| prices.of(name).confirmed)
    }

    /// That of it which has been counted: all but Lambda's time.
    #[must_use]
    pub fn counted(&self) -> Self {
        self.only(|name| name != LAMBDA_TIME)
    }

    /// Lambda's time.
    #[must_use]
    pub fn time(&self) -> Self {
        self.only(|name| name == LAMBDA_TIME)
    }

    /// What has left for people; text messages to the country whose price has this name.
    #[must_use]
    pub fn messages(&self, sms: &str) -> Self {
        self.only(|name| [sms, EMAILS].contains(&name))
    }

    /// What has been counted beside that.
    #[must_use]
    pub fn beside_messages(&self, sms: &str) -> Self {
        self.counted().only(|name| ![sms, EMAILS].contains(&name))
    }

    fn only(&self, is_meant: impl Fn(&str) -> bool) -> Self {
        let meant = self.0.iter().filter(|(name, _)| is_meant(name));
        Self(meant.map(|(name, quantity)| (*name, *quantity)).collect())
    }

    /// In US dollars, for whoever uses nothing else of AWS.
    pub fn beyond_free_usd(&self, prices: &Prices) -> f64 {
        sum(self.lines(prices).iter().map(|line| line.beyond_free_usd))
    }

    /// Its share of that, as a part of this bill: what is free is used up by every part alike.
    pub fn beyond_free_share_usd(&self, whole: &Self, prices: &Prices) -> f64 {
        let share = |line: &Line| line.beyond_free_usd * self.quantity(line.name) / line.quantity;
        sum(whole.lines(prices).iter().map(share))
    }
}

/// All of them together. For `Iterator::sum` no numbers are -0.0, which would be shown with its sign; with 0.0 they are 0.0.
fn sum(usd: impl Iterator<Item = f64>) -> f64 {
    usd.sum::<f64>() + 0.0
}
