//! Opening a test page: an incident that no event has opened and that nothing repeats.

use reveille_domain::{IncidentId, Input, TestPage, World, advance};
use uuid::Uuid;

use crate::commit;
use crate::engine::Engine;
use crate::error::{Chain, EngineError};

/// Test pages have names of their own in this name space.
const NAMESPACE: Uuid = Uuid::from_u128(0x7265_7665_696c_6c65_0000_0000_0000_0004);

/// Opens a test page and wakes `respond`. The same cause again opens no second one.
pub async fn open(engine: &Engine, test: &TestPage, cause: &str) -> Result<IncidentId, EngineError> {
    let now = engine.now();
    let id = IncidentId::new(Uuid::new_v5(&NAMESPACE, cause.as_bytes()).to_string());
    let input = Input::Open(Box::new(test.opening(id.clone(), now)));
    let step = advance(None, &input, &World::default(), now).expect("an opening opens");
    let cause = format!("test page {cause}");
    // It holds no dedupe key: no event is about it.
    let writes = commit::writes(&engine.home, None, &step, &commit::Stops::none(), None, Some(&cause), now);
    engine.transact_patiently(&writes).await?;
    if let Err(error) = engine.nudge(&id).await {
        tracing::warn!(error = %Chain(&error), "committed, but the nudge was not taken; the tick begins the page");
    }
    Ok(id)
}
