//! Stored shapes: versioned, and apart from the domain's types, so that either can change without the other.

mod automation;
mod channel_state;
mod contact;
mod event;
mod incident;
mod number;
mod outbox;
mod paged;
mod plan;
mod schedule;
mod settings;
mod traffic;
mod verification;
mod when;

use serde::{Serialize, de::DeserializeOwned};

use crate::malformed::Malformed;
use crate::port::Item;

pub use automation::AutomationRecord;
pub use channel_state::{ChannelState, ChannelStateRecord};
pub use contact::{AddressRecord, ContactRecord, address_mark};
pub use event::{EventRecord, EventsRecord, ReceiptRecord, ReceiptsRecord};
pub use incident::IncidentRecord;
pub use number::NumberRecord;
pub use outbox::{ChannelDelivery, Delivery, NoticeRecord, OrderRecord, OutboxRecord};
pub use paged::PagedRecord;
pub use plan::{EscalationPlanRecord, FrozenPlanRecord, ResponsePlanRecord};
pub use schedule::{ScheduleRecord, ScheduleTooLarge};
pub use settings::{SettingsRecord, WebhookRecord};
pub use traffic::TrafficRecord;
pub use verification::{CodeIsVoid, TooManyCodes, VerificationRecord};

/// A row that does not have the shape its key promises.
#[derive(Debug, thiserror::Error)]
#[error("a stored {shape} cannot be read")]
pub struct RecordError {
    shape: &'static str,
    source: Malformed,
}

impl RecordError {
    /// A row whose attributes are there, but cannot be what they say together.
    fn of(shape: &'static str, why: impl std::fmt::Display) -> Self {
        Self { shape, source: Malformed::because(why) }
    }
}

/// Writes a record as attributes.
pub fn to_item<T: Serialize>(record: &T) -> Item {
    match serde_json::to_value(record) {
        Ok(serde_json::Value::Object(mut attributes)) => {
            // An attribute that is not there costs nothing and keeps the sparse indexes sparse.
            attributes.retain(|_, value| !value.is_null());
            attributes.into()
        }
        Ok(_) | Err(_) => unreachable!("records are structs with text keys"),
    }
}

/// Reads a record; attributes it does not know are left alone.
pub fn from_item<T: DeserializeOwned>(item: &Item) -> Result<T, RecordError> {
    T::deserialize(&**item).map_err(|source: serde_json::Error| RecordError {
        shape: std::any::type_name::<T>().rsplit("::").next().unwrap_or("row"),
        source: source.into(),
    })
}
