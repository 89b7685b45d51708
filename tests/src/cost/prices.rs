//! The price list: `docs/prices.yaml`, and nothing else.

use std::collections::BTreeMap;

use serde::Deserialize;

const PRICES: &str = include_str!("../../../docs/prices.yaml");

/// Every price, with the day on which they were put together.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Prices {
    /// The day.
    pub as_of: String,
    /// The region that they hold for.
    pub region: String,
    /// What AWS takes, by name.
    pub prices: BTreeMap<String, Price>,
    /// What others take.
    pub others: Vec<Other>,
}

/// One price.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Price {
    /// US dollars.
    pub usd: f64,
    /// For so many units.
    pub per: f64,
    /// What is counted.
    pub unit: String,
    /// So many are free in each month.
    pub free: f64,
    /// When the source was read, or written.
    pub read: String,
    /// Whether the source is the provider's own word.
    pub confirmed: bool,
    /// Where it says so.
    pub source: String,
}

/// What somebody else takes in a month.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Other {
    /// The product, with the plan.
    pub name: String,
    /// US dollars for each person.
    #[serde(default)]
    pub per_person: f64,
    /// No more people than these; `None`: any number.
    pub people_max: Option<f64>,
    /// US dollars for each response plan.
    #[serde(default)]
    pub per_plan: f64,
    /// Text messages that each response plan brings along; `None`: all of them.
    pub sms_included_per_plan: Option<f64>,
    /// When the source was read, or written.
    pub read: String,
    /// Whether the source is the provider's own word.
    pub confirmed: bool,
    /// Where it says so.
    pub source: String,
    /// What else has to be known.
    pub note: String,
}

impl Prices {
    /// The list.
    pub fn read() -> Self {
        serde_saphyr::from_str(PRICES).expect("docs/prices.yaml is a price list")
    }

    /// The price of this name.
    pub fn of(&self, name: &str) -> &Price {
        self.prices.get(name).unwrap_or_else(|| panic!("docs/prices.yaml has no price of {name}"))
    }
}

impl Price {
    /// So many of it.
    pub fn times(&self, quantity: f64) -> f64 {
        quantity * self.usd / self.per
    }
}
