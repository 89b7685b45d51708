//! A row, which whoever reads it shares with whoever else does.

use std::fmt;
use std::ops::{Deref, DerefMut};
use std::sync::Arc;

use serde::Serialize;
use serde_json::{Map, Value};

/// A stored row: attribute name to value. Numbers are integers; binary data is stored as base64 text.
///
/// It is read far more often than it is changed: a clone is the same row, and the first change of it makes it another one.
#[derive(Clone, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Item(#[serde(serialize_with = "attributes")] Arc<Map<String, Value>>);

impl Item {
    /// A row without attributes.
    pub fn new() -> Self {
        Self::default()
    }

    /// The attributes themselves.
    pub fn into_map(self) -> Map<String, Value> {
        Arc::unwrap_or_clone(self.0)
    }
}

fn attributes<S: serde::Serializer>(row: &Arc<Map<String, Value>>, to: S) -> Result<S::Ok, S::Error> {
    row.serialize(to)
}

// That a row is shared is nobody's business who reads of it.
impl fmt::Debug for Item {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Deref for Item {
    type Target = Map<String, Value>;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl DerefMut for Item {
    fn deref_mut(&mut self) -> &mut Self::Target {
        Arc::make_mut(&mut self.0)
    }
}

impl From<Map<String, Value>> for Item {
    fn from(attributes: Map<String, Value>) -> Self {
        Self(Arc::new(attributes))
    }
}

impl From<Item> for Value {
    fn from(item: Item) -> Self {
        Value::Object(item.into_map())
    }
}

impl FromIterator<(String, Value)> for Item {
    fn from_iter<T: IntoIterator<Item = (String, Value)>>(attributes: T) -> Self {
        Self(Arc::new(attributes.into_iter().collect()))
    }
}

impl Extend<(String, Value)> for Item {
    fn extend<T: IntoIterator<Item = (String, Value)>>(&mut self, attributes: T) {
        self.deref_mut().extend(attributes);
    }
}

impl IntoIterator for Item {
    type Item = (String, Value);
    type IntoIter = serde_json::map::IntoIter;

    fn into_iter(self) -> Self::IntoIter {
        self.into_map().into_iter()
    }
}

impl<'a> IntoIterator for &'a Item {
    type Item = (&'a String, &'a Value);
    type IntoIter = serde_json::map::Iter<'a>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}
