//! AWS Health. What is planned is no emergency; what is an issue is, until it is closed.

use reveille_domain::{Signal, SignalState, Source};

use crate::arn;
use crate::eventbridge::Event;
use crate::instant;
use crate::json::{Agreement, at, list, scalar, text, text_map};
use crate::via::Via;

/// Reads an AWS Health event.
pub(crate) fn read(event: &Event<'_>, via: Via<'_>) -> Signal {
    let detail = event.detail;
    let say = |key: &str| text(detail, &[key]).unwrap_or_default();
    let mut draft = event.draft(Source::Health, state(event, via));
    let (code, category) = (say("eventTypeCode"), say("eventTypeCategory"));
    draft.name = if code.is_empty() { event.detail_type } else { code }.to_owned();
    draft.title = format!("AWS Health {} {category}: {}", say("service"), draft.name);
    draft.summary = description(event);
    if let Some(event_arn) = text(detail, &["eventArn"]) {
        // Health sends every event to a second region too, with the same communication id; long ones come in pages.
        let statement = ["communicationId", "lastUpdatedTime", "statusCode", "page"]
            .map(|key| scalar(at(detail, &[key])).unwrap_or_default());
        let known = statement.iter().any(|part| !part.is_empty());
        draft.dedupe_key = event_arn.to_owned();
        if known {
            draft.cause = format!("{event_arn} {}", statement.join(" "));
        }
    } else {
        draft.dedupe_key = format!("aws-health {} {}", draft.name, draft.resources.join(" "));
    }
    draft.account = scalar(at(detail, &["affectedAccount"])).or(draft.account);
    draft.region = text(detail, &["eventRegion"]).map(str::to_owned).or(draft.region);
    let mut tags = Agreement::default();
    for entity in list(detail, &["affectedEntities"]) {
        draft.resources.extend(scalar(at(entity, &["entityValue"])));
        tags.add(text_map(at(entity, &["tags"])));
    }
    draft.tags = tags.agreed();
    draft.occurred_at = instant::read(at(detail, &["lastUpdatedTime"])).or(event.time);
    draft.region = draft.region.filter(|region| arn::is_region(region)).or(event.region.clone());
    draft.finish(via)
}

fn state(event: &Event<'_>, via: Via<'_>) -> SignalState {
    let say = |key: &str| text(event.detail, &[key]).unwrap_or_default();
    let starts_at = instant::read(at(event.detail, &["startTime"]));
    let status = say("statusCode").to_ascii_lowercase();
    let not_begun = match say("eventTypeCategory") {
        // A plan that says neither that it goes on nor since when has not begun.
        "scheduledChange" => starts_at.map_or(status.is_empty(), |start| start > via.received_at),
        "accountNotification" => starts_at.is_some_and(|start| start > via.received_at),
        _ => false,
    };
    match status.as_str() {
        "closed" => SignalState::Recovered,
        "upcoming" => not_yet(say("startTime")),
        _ if not_begun => not_yet(say("startTime")),
        _ => SignalState::Firing,
    }
}

fn not_yet(start: &str) -> SignalState {
    let when = match start {
        "" => String::new(),
        start => format!(" (planned for {start})"),
    };
    SignalState::Ignored(format!("AWS Health announces it; it has not begun{when}"))
}

/// The description in English, or in whatever language there is.
fn description(event: &Event<'_>) -> String {
    let all = list(event.detail, &["eventDescription"]);
    let is_english = |one: &&serde_json::Value| text(one, &["language"]).is_some_and(|code| code.starts_with("en"));
    let chosen = all.iter().find(is_english).or(all.first());
    chosen.and_then(|one| text(one, &["latestDescription"])).unwrap_or_default().to_owned()
}
