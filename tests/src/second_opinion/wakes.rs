//! Schedules on moto's EventBridge Scheduler.

use aws_sdk_scheduler::types::{ActionAfterCompletion, FlexibleTimeWindowMode, ScheduleState};
use reveille_aws::{EventBridgeScheduler, WakeTarget};
use reveille_engine::port::{Scheduler, SchedulerError, Wake, WakeOutcome};

use super::{Check, Moto, check};

const GROUP: &str = "reveille";
const PAYLOAD: &str = "{ \"incident\": \"x\", \"at\": \"<aws.scheduler.scheduled-time>\" }";

pub(super) fn checks() -> Vec<Check> {
    vec![
        check("scheduler: a wake is kept as it was ordered", |moto| Box::pin(kept(moto))),
        check("scheduler: a name that is there is success, and changes nothing", |moto| Box::pin(twice(moto))),
        check("scheduler: a group that is missing is refused", |moto| Box::pin(no_group(moto))),
        check("scheduler: an expression that is none is refused", |moto| Box::pin(no_instant(moto))),
    ]
}

fn target() -> WakeTarget {
    WakeTarget {
        group: GROUP.to_owned(),
        function_arn: "arn:aws:lambda:us-east-1:123456789012:function:escalate".to_owned(),
        role_arn: "arn:aws:iam::123456789012:role/scheduler".to_owned(),
        dead_letter_arn: "arn:aws:sqs:us-east-1:123456789012:schedules-dead".to_owned(),
    }
}

fn wake(at: &str) -> Wake {
    Wake { name: "incident-1_7".to_owned(), at: at.parse().expect("an instant"), payload: PAYLOAD.to_owned() }
}

async fn scheduler(moto: &Moto) -> EventBridgeScheduler {
    let made = moto.clients.scheduler().create_schedule_group().name(GROUP).send().await;
    made.expect("a group");
    EventBridgeScheduler::new(moto.clients.scheduler(), target())
}

async fn kept(moto: &Moto) {
    let scheduler = scheduler(moto).await;
    let outcome = scheduler.wake_at(&wake("2090-01-01T00:00:00.001Z")).await.expect("it is made");
    assert_eq!(outcome, WakeOutcome::Scheduled);
    let asked = moto.clients.scheduler().get_schedule().group_name(GROUP).name("incident-1_7").send().await;
    let there = asked.expect("it is there");
    assert_eq!(there.schedule_expression(), Some("at(2090-01-01T00:00:01)"), "rounded up, never early");
    assert_eq!(there.schedule_expression_timezone(), Some("UTC"));
    assert_eq!(there.state(), Some(&ScheduleState::Enabled));
    assert_eq!(there.action_after_completion(), Some(&ActionAfterCompletion::Delete));
    assert_eq!(there.flexible_time_window().map(|window| window.mode()), Some(&FlexibleTimeWindowMode::Off));
    let (is, meant) = (there.target().expect("a target"), target());
    assert_eq!((is.arn(), is.role_arn()), (meant.function_arn.as_str(), meant.role_arn.as_str()));
    assert_eq!(is.input(), Some(PAYLOAD));
    assert_eq!(is.dead_letter_config().and_then(|dead| dead.arn()), Some(meant.dead_letter_arn.as_str()));
    let retries = is.retry_policy().expect("a policy");
    assert_eq!((retries.maximum_event_age_in_seconds(), retries.maximum_retry_attempts()), (Some(3600), Some(10)));
}

async fn twice(moto: &Moto) {
    let scheduler = scheduler(moto).await;
    assert_eq!(scheduler.wake_at(&wake("2090-01-01T00:00:00Z")).await.expect("it is made"), WakeOutcome::Scheduled);
    assert_eq!(scheduler.wake_at(&wake("2091-01-01T00:00:00Z")).await.expect("it is there"), WakeOutcome::AlreadyThere);
    let asked = moto.clients.scheduler().get_schedule().group_name(GROUP).name("incident-1_7").send().await;
    assert_eq!(asked.expect("it is there").schedule_expression(), Some("at(2090-01-01T00:00:00)"));
}

async fn no_group(moto: &Moto) {
    let scheduler = EventBridgeScheduler::new(moto.clients.scheduler(), target());
    let outcome = scheduler.wake_at(&wake("2090-01-01T00:00:00Z")).await;
    assert!(matches!(outcome, Err(SchedulerError::Invalid(_))), "{outcome:?}");
}

/// The adapter writes no such expression; this asks whether moto would find out if it did.
async fn no_instant(moto: &Moto) {
    scheduler(moto).await;
    let client = moto.clients.scheduler();
    let window = aws_sdk_scheduler::types::FlexibleTimeWindow::builder().mode(FlexibleTimeWindowMode::Off).build();
    let is = aws_sdk_scheduler::types::Target::builder().arn(target().function_arn).role_arn(target().role_arn).build();
    let call = client.create_schedule().name("x").group_name(GROUP).schedule_expression("at(tomorrow)");
    let call = call.flexible_time_window(window.expect("a window")).target(is.expect("a target"));
    call.send().await.expect_err("that is no instant");
}
