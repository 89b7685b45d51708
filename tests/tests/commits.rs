//! Two who commit to one incident at the same moment: the second looks again, whatever the first has left behind.

use std::sync::Mutex;

use reveille_domain::{Actor, ContactAlias, Input, Status};
use reveille_engine::Applied;
use reveille_engine::port::Index;
use reveille_tests::{HookedTable, Meanwhile, Request, World, alarm, dawn, nothing};

const THREE_ENGINEERS: &str = include_str!("../../examples/three-engineers.yaml");

#[tokio::test(start_paused = true)]
async fn a_resolution_outlives_a_stage_that_begins_while_it_looks_for_what_it_stops() {
    let world = World::with(THREE_ENGINEERS).await;
    world.ingest(alarm("web-unhealthy-host", "ALARM", 0)).await;
    world.pass(299).await;
    let id = world.incident().opening.id;
    let scheduled = dawn() + jiff::SignedDuration::from_secs(300);
    let (engine, incident) = (world.engine().clone(), id.clone());
    // Bob's page becomes the first order of the very revision in which Natsu would hear that it is over.
    let stage: Meanwhile = Box::pin(async move {
        let applied = engine.apply(&incident, &Input::DeadlineReached { scheduled }, None).await;
        assert!(matches!(applied, Ok(Applied::Committed(_))), "{applied:?}");
        Ok(())
    });
    let stage = Mutex::new(Some(stage));
    let table = HookedTable::new(world.table.clone(), move |request| {
        let Request::Query(query) = request else { return nothing() };
        let reads_orders = matches!(&query.index, Index::Table { sk_prefix, .. } if sk_prefix.starts_with("OUTBOX#"));
        let stage = if reads_orders { stage.lock().expect("nobody panics with it").take() } else { None };
        stage.unwrap_or_else(nothing)
    });
    let by = Actor::Contact(ContactAlias::new("manager"));
    let applied = table.engine(scheduled).apply(&id, &Input::Resolve { by }, None).await.expect("it looks again");
    assert!(matches!(applied, Applied::Committed(_)), "{applied:?}");
    assert!(matches!(world.incident().status, Status::Resolved(_)));
    world.pass(60).await;
    assert_eq!(world.pages().len(), 2, "Bob's page is stopped before it leaves: {:?}", world.pages());
}
