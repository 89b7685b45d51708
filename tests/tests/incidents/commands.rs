//! The commands about incidents on the embedded stack: what is typed at one end, who gets what at the other, and what stands on the
//! timeline afterwards.
#![expect(
    clippy::unwrap_used,
    reason = "clippy.toml allows it in tests, but does not see helpers of an integration test as such"
)]

use std::sync::Arc;

use reveille_cli::incidents::{
    Act, ActError, Desk, Filter, FindError, Listing, Opening, Outcome, Shown, State, act, find, list, shown, start,
};
use reveille_cli::timeline::Kind;
use reveille_domain::{
    Actor, ContactAlias, Engage, Impact, IncidentId, PlanAlias, ResponsePlanName, RunbookAction, ScheduleAlias, limits,
};
use reveille_local::{LetterChannel, Service};
use reveille_tests::{Local, THREE_ENGINEERS, alarm};
use serde_json::{Value, json};

const NATSU: &str = "+84312712567";
const ZEREF: &str = "+15550101";
const IGNEEL: &str = "+15550102";
const BOB: &str = "+15550103";

fn contact(alias: &str) -> ContactAlias {
    ContactAlias::new(alias)
}

/// The desk of somebody at the local world.
fn desk(local: &Local, actor: Actor) -> Desk {
    Desk::at(&local.world.reached(), actor, Arc::new(local.world.stack.clock().clone()))
}

fn as_contact(local: &Local, alias: &str) -> Desk {
    desk(local, Actor::Contact(contact(alias)))
}

fn operator(local: &Local) -> Desk {
    desk(local, Actor::Caller("erza".to_owned()))
}

async fn does(desk: &Desk, id: &IncidentId, deed: Act) -> Outcome {
    act(desk, id, &deed, None).await.unwrap_or_else(|error| panic!("{deed:?}: {}", error.chain()))
}

async fn refused(desk: &Desk, id: &IncidentId, deed: Act) -> String {
    match act(desk, id, &deed, None).await {
        Err(ActError::Refused(text)) => text,
        other => panic!("{deed:?} is refused: {other:?}"),
    }
}

async fn opened(desk: &Desk, opening: &Opening) -> IncidentId {
    let started = start(desk, opening).await.unwrap();
    assert!(started.opened, "{}", started.text);
    IncidentId::new(started.id)
}

fn web() -> Opening {
    let (plan, title) = ("web-application".to_owned(), "The shop is slow".to_owned());
    Opening { plan, title, ..Opening::default() }
}

async fn whole(local: &Local, id: &IncidentId) -> Shown {
    shown(&operator(local).engine, id).await.unwrap().unwrap()
}

/// The lines of one kind on the timeline.
fn said(shown: &Shown, kind: Kind) -> Vec<&str> {
    shown.timeline.iter().filter(|told| told.kind == kind).map(|told| told.text.as_str()).collect()
}

async fn listed(local: &Local, filter: Filter) -> Listing {
    list(&operator(local).engine, &filter).await.unwrap()
}

#[tokio::test]
async fn a_night_at_the_command_line() {
    let local = Local::with(THREE_ENGINEERS).await;
    let erza = operator(&local);
    let id =
        opened(&erza, &Opening { impact: Some(Impact::Critical), resources: vec!["shop".to_owned()], ..web() }).await;
    local.arrives(LetterChannel::Sms, NATSU, "The shop is slow", 1).await;
    local.settled(&id).await;

    let engaged = does(&erza, &id, Act::Engage(Engage::Contact(contact("bob")))).await;
    assert_eq!(
        engaged.text,
        format!("erza has bob asked about The shop is slow ({}), too: bob is paged now.", id.short())
    );
    local.arrives(LetterChannel::Sms, BOB, "The shop is slow", 1).await;
    local.settled(&id).await;
    let again = does(&erza, &id, Act::Engage(Engage::Contact(contact("bob")))).await;
    assert_eq!((again.changed, again.text.contains("is asked about")), (false, true), "{}", again.text);

    let natsu = as_contact(&local, "natsu");
    let acked = does(&natsu, &id, Act::Acknowledge(contact("natsu"))).await;
    assert_eq!(acked.text, format!("natsu acknowledged The shop is slow ({}); 1 other is told.", id.short()));
    assert_eq!((acked.changed, acked.incident.state), (true, State::Acknowledged));
    local.arrives(LetterChannel::Sms, BOB, "Answered: ", 1).await;
    let twice = does(&natsu, &id, Act::Acknowledge(contact("natsu"))).await;
    assert!(!twice.changed && twice.text.starts_with("natsu acknowledged"), "{}", twice.text);

    does(&natsu, &id, Act::Note("The cache is cold.\nWarming it.".to_owned())).await;
    let restart = RunbookAction {
        document: "WebServerRestart".to_owned(),
        parameters: [("InstanceId".to_owned(), vec!["i-0f3a9c2d1e4b5a678".to_owned()])].into(),
    };
    let ordered = does(&natsu, &id, Act::StartRunbook(restart)).await;
    assert!(ordered.text.starts_with("natsu has WebServerRestart run for The shop is slow"), "{}", ordered.text);
    let running = local.until("it runs", || async {
        let runbook = whole(&local, &id).await.runbooks.pop()?;
        (runbook.state == "running" && runbook.execution.is_some()).then_some(runbook)
    });
    running.await;
    local.pass(600);
    local
        .until("it has ended", || async { (whole(&local, &id).await.runbooks[0].state == "succeeded").then_some(()) })
        .await;

    let over = does(&natsu, &id, Act::Resolve).await;
    assert_eq!(over.text, format!("natsu resolved The shop is slow ({}); 1 other is told.", id.short()));
    local.arrives(LetterChannel::Sms, BOB, "Over: ", 1).await;
    does(&erza, &id, Act::Note("The cache has an alarm now.".to_owned())).await;

    let shown = whole(&local, &id).await;
    assert_eq!(
        said(&shown, Kind::Note),
        ["natsu: The cache is cold.\nWarming it.", "erza: The cache has an alarm now."]
    );
    let reasons: Vec<(&str, &str)> =
        shown.pages.iter().map(|page| (page.contact.as_str(), page.reason.as_str())).collect();
    assert_eq!(reasons, [("natsu", "stage 1 of one-after-another"), ("bob", "added by erza")]);
    for page in &shown.pages {
        let [sms, mail] = page.channels.as_slice() else { panic!("two channels: {page:?}") };
        assert_eq!((sms.kind.as_str(), sms.state.as_str()), ("sms", "sent"));
        // The provider of mail reports what became of it, a moment later.
        assert!(mail.kind == "email" && ["sent", "delivered"].contains(&mail.state.as_str()), "{page:?}");
    }
    assert_eq!(shown.incident.state, State::Resolved);
    assert_eq!(
        (shown.incident.impact, shown.next.clone(), shown.resources.clone()),
        (1, None, vec!["shop".to_owned()])
    );
    assert_eq!(shown.tags.get("started_by").map(String::as_str), Some("erza"));
    assert_eq!(erza.unheard().or(natsu.unheard()), None);
}

#[tokio::test]
async fn giving_it_away_asks_the_other_and_lets_the_rest_go() {
    let local = Local::with(THREE_ENGINEERS).await;
    let id = local.open(alarm("web-api-latency", "ALARM", 0)).await;
    local.arrives(LetterChannel::Sms, NATSU, "web-api-latency", 1).await;
    local.settled(&id).await;
    let natsu = as_contact(&local, "natsu");
    let given = does(&natsu, &id, Act::Reassign(Engage::Contact(contact("igneel")))).await;
    assert_eq!(given.text, format!("natsu gave web-api-latency ({}) to igneel: igneel is paged now.", id.short()));
    assert_eq!((given.incident.asked, given.incident.holders), (vec!["igneel".to_owned()], Vec::<String>::new()));
    local.arrives(LetterChannel::Sms, IGNEEL, "web-api-latency", 1).await;
    local.settled(&id).await;
    // Zeref would have been next on the plan that natsu gave away.
    local.pass(900);
    local.settled(&id).await;
    let letters = local.world.stack.inbox().letters();
    assert!(letters.iter().all(|letter| letter.to != ZEREF), "{letters:?}");
    let unasked = does(&natsu, &id, Act::Acknowledge(contact("natsu"))).await;
    assert!(unasked.text.starts_with("natsu is not asked about"), "{}", unasked.text);
    does(&as_contact(&local, "igneel"), &id, Act::Acknowledge(contact("igneel"))).await;
    let shown = whole(&local, &id).await;
    let reasons: Vec<&str> = shown.pages.iter().map(|page| page.reason.as_str()).collect();
    assert_eq!(reasons, ["stage 1 of one-after-another", "given to them by natsu"]);
}

#[tokio::test]
async fn escalating_pages_the_next_and_snoozing_asks_again() {
    let local = Local::with(THREE_ENGINEERS).await;
    let id = local.open(alarm("web-api-latency", "ALARM", 0)).await;
    local.arrives(LetterChannel::Sms, NATSU, "web-api-latency", 1).await;
    local.settled(&id).await;
    let natsu = as_contact(&local, "natsu");
    let snoozed = does(&natsu, &id, Act::Snooze(contact("natsu"), 10)).await;
    assert_eq!(snoozed.incident.state, State::Snoozed, "{}", snoozed.text);
    assert!(snoozed.text.contains("is asked again in 10 min"), "{}", snoozed.text);
    let next = whole(&local, &id).await.next.unwrap();
    assert_eq!(next.what, "the snooze of natsu is over", "once, although the plan waits for it, too");
    local.settled(&id).await;
    local.pass(600);
    local.arrives(LetterChannel::Sms, NATSU, "web-api-latency", 2).await;
    local.settled(&id).await;
    let escalated = does(&operator(&local), &id, Act::Escalate).await;
    assert_eq!(escalated.text, format!("erza escalated web-api-latency ({}): zeref is paged now.", id.short()));
    local.arrives(LetterChannel::Sms, ZEREF, "web-api-latency", 1).await;
    let shown = whole(&local, &id).await;
    let reasons: Vec<&str> = shown.pages.iter().map(|page| page.reason.as_str()).collect();
    assert_eq!(reasons, ["stage 1 of one-after-another", "the snooze is over", "stage 2 of one-after-another"]);
    assert!(said(&shown, Kind::Stage).contains(&"erza: the next stage, now"));
}

#[tokio::test]
async fn the_same_key_opens_one_incident_and_counts_what_comes_again() {
    let local = Local::with(THREE_ENGINEERS).await;
    let erza = operator(&local);
    let keyed = Opening { dedupe: Some("shop".to_owned()), ..web() };
    let id = opened(&erza, &keyed).await;
    let again = start(&erza, &keyed).await.unwrap();
    assert_eq!((again.opened, again.id.as_str()), (false, id.as_str()), "{}", again.text);
    assert_eq!(local.repeats(&id).await, 1);
    assert_eq!(listed(&local, Filter { open: true, ..Filter::default() }).await.incidents[0].repeats, 1);
    // Without a key each is one of its own; what is over makes room for another.
    assert_ne!(opened(&erza, &web()).await, opened(&erza, &web()).await);
    does(&erza, &id, Act::Resolve).await;
    assert_ne!(opened(&erza, &keyed).await, id);
    // Its plan's impact and title stand in for what was left out, and for nothing else.
    let said = Opening { plan: "out-of-capacity".to_owned(), title: "Full".to_owned(), ..Opening::default() };
    let plain = opened(&erza, &said).await;
    let bad = opened(&erza, &Opening { impact: Some(Impact::Low), ..said }).await;
    for (id, impact) in [(plain, 1), (bad, 4)] {
        let shown = whole(&local, &id).await;
        assert_eq!((shown.incident.title.as_str(), shown.incident.impact), ("Full", impact));
    }
}

#[tokio::test]
async fn incidents_are_found_by_the_beginning_of_their_ids_and_listed_by_what_they_are() {
    let local = Local::with(THREE_ENGINEERS).await;
    let erza = operator(&local);
    let alarmed = local.open(alarm("web-unhealthy-host", "ALARM", 0)).await;
    local.pass(60);
    let shop = opened(&erza, &web()).await;
    for id in [&alarmed, &shop] {
        let (text, upper) = (id.as_str(), id.short().to_uppercase());
        for typed in [text, &text[..6], &upper] {
            assert_eq!(find(&erza.engine, typed).await.unwrap(), *id, "{typed}");
        }
    }
    for (typed, wrong) in [("ab", "no beginning"), ("zzzzzz", "no beginning"), ("00000000", "there is no incident")] {
        let error = find(&erza.engine, typed).await.unwrap_err();
        assert!(error.to_string().contains(wrong), "{error}");
    }
    let nobody = "00000000-0000-5000-8000-000000000000";
    assert!(matches!(find(&erza.engine, nobody).await, Err(FindError::UnknownWhole(_))));

    local.incident_when(&alarmed, |incident| !incident.engagements.is_empty()).await;
    does(&erza, &shop, Act::Resolve).await;
    let open = || Filter { open: true, ..Filter::default() };
    let all = || Filter { closed: true, ..open() };
    let since = local.world.now();
    for (filter, expected) in [
        (open(), vec![&alarmed]),
        (Filter { closed: true, ..Filter::default() }, vec![&shop]),
        (all(), vec![&shop, &alarmed]),
        (Filter { plan: Some(ResponsePlanName::new("web-application")), ..all() }, vec![&shop]),
        (Filter { contact: Some(contact("natsu")), ..open() }, vec![&alarmed]),
        (Filter { contact: Some(contact("bob")), ..all() }, vec![]),
        (Filter { impact: Some(1), ..all() }, vec![&alarmed]),
        (Filter { since: Some(since), ..all() }, vec![&shop]),
        (Filter { search: Some("shop".to_owned()), ..all() }, vec![&shop]),
        (Filter { search: Some("i-0f3a9c2d1e4b5a678".to_owned()), ..all() }, vec![&alarmed]),
    ] {
        let found = listed(&local, filter.clone()).await;
        let ids: Vec<&str> = found.incidents.iter().map(|summary| summary.id.as_str()).collect();
        assert_eq!(ids, expected.iter().map(|id| id.as_str()).collect::<Vec<_>>(), "{filter:?}");
        assert_eq!(found.unreadable, 0);
    }
    // What is over is found by its beginning, too.
    assert_eq!(find(&erza.engine, shop.short()).await.unwrap(), shop);
}

#[tokio::test]
async fn what_cannot_be_done_says_why_and_changes_nothing() {
    let local = Local::with(THREE_ENGINEERS).await;
    let erza = operator(&local);
    let id = local.open(alarm("web-api-latency", "ALARM", 0)).await;
    let asked = |incident: &reveille_domain::Incident| incident.engagements.iter().any(|e| e.contact().is_some());
    local.incident_when(&id, asked).await;
    local.settled(&id).await;
    let before = local.world.incident(&id).await.unwrap().unwrap();
    let bob = as_contact(&local, "bob");
    let text = refused(&bob, &id, Act::Acknowledge(contact("bob"))).await;
    assert!(text.contains("bob has not been asked") && text.contains("natsu has been"), "{text}");
    assert!(text.contains(&format!("reveille engage {} --contact bob", id.short())), "{text}");
    for nobody in [Engage::Schedule(ScheduleAlias::new("primary")), Engage::EscalationPlan(PlanAlias::new("x"))] {
        for deed in [Act::Engage(nobody.clone()), Act::Reassign(nobody.clone())] {
            assert!(refused(&erza, &id, deed).await.contains("nothing was changed"), "{nobody}");
        }
    }
    assert!(refused(&erza, &id, Act::Note("  \n".to_owned())).await.contains("nothing in it"));
    assert_eq!(local.world.incident(&id).await.unwrap().unwrap(), before);

    let plan = start(&erza, &Opening { plan: "web-aplication".to_owned(), ..web() }).await.unwrap_err();
    assert_eq!(plan.to_string(), "there is no response plan `web-aplication`: did you mean `web-application`?");

    does(&erza, &id, Act::Resolve).await;
    for kept in [Act::Resolve, Act::Acknowledge(contact("natsu")), Act::Snooze(contact("natsu"), 5)] {
        let outcome = does(&as_contact(&local, "natsu"), &id, kept).await;
        assert!(!outcome.changed && outcome.text.contains("is over: resolved by erza"), "{}", outcome.text);
    }
    let run = RunbookAction { document: "RunChecks".to_owned(), parameters: Default::default() };
    for deed in [Act::Escalate, Act::Engage(Engage::Contact(contact("bob"))), Act::StartRunbook(run)] {
        assert!(refused(&erza, &id, deed).await.contains("reveille start"));
    }
    let gone = IncidentId::new("00000000-0000-5000-8000-000000000000");
    assert!(matches!(act(&erza, &gone, &Act::Resolve, None).await, Err(ActError::Gone(_))));
}

#[tokio::test]
async fn a_deed_with_a_name_is_done_once() {
    let local = Local::with(THREE_ENGINEERS).await;
    let erza = operator(&local);
    let id = opened(&erza, &web()).await;
    let note = Act::Note("Deployed 1.2.3".to_owned());
    for (once, changed) in
        [(Some("deploy-7"), true), (Some("deploy-7"), false), (Some("deploy-8"), true), (None, true), (None, true)]
    {
        assert_eq!(act(&erza, &id, &note, once).await.unwrap().changed, changed, "{once:?}");
    }
    assert_eq!(said(&whole(&local, &id).await, Kind::Note).len(), 4);
    let long = "x".repeat(limits::NOTE_CHARACTERS_MAX + 50);
    does(&erza, &id, Act::Note(long)).await;
    let shown = whole(&local, &id).await;
    assert_eq!(said(&shown, Kind::Note)[4].chars().count(), "erza: ".len() + limits::NOTE_CHARACTERS_MAX);
}

#[tokio::test]
async fn whoever_cannot_be_woken_is_found_by_the_tick_and_the_command_says_so() {
    let local = Local::with(THREE_ENGINEERS).await;
    let erza = operator(&local);
    local.world.stack.faults().fail(Service::Sqs);
    let id = opened(&erza, &web()).await;
    let said = erza.unheard().expect("nobody could be woken");
    assert!(said.contains("the next tick finds it, within a minute"), "{said}");
    assert_eq!(erza.unheard(), None, "it is said once");
    local.world.stack.faults().heal(Service::Sqs);
    local.pass(60);
    local.arrives(LetterChannel::Sms, NATSU, "The shop is slow", 1).await;
    does(&erza, &id, Act::Resolve).await;
    assert_eq!(erza.unheard(), None);
}

fn keys(value: &Value) -> Vec<&str> {
    value.as_object().unwrap().keys().map(String::as_str).collect()
}

#[tokio::test]
async fn programs_read_what_the_contracts_say() {
    let local = Local::with(THREE_ENGINEERS).await;
    let erza = operator(&local);
    let id = local.open(alarm("web-unhealthy-host", "ALARM", 0)).await;
    local.arrives(LetterChannel::Sms, NATSU, "web-unhealthy-host", 1).await;
    local.settled(&id).await;
    let noted = serde_json::to_value(does(&erza, &id, Act::Note("seen".to_owned())).await).unwrap();
    assert_eq!(keys(&noted), ["action", "changed", "incident", "text"]);
    let summary = [
        "asked",
        "holders",
        "id",
        "impact",
        "next_at",
        "opened_at",
        "plan",
        "repeats",
        "resolved_at",
        "resolved_by",
        "short_id",
        "source",
        "state",
        "title",
    ];
    assert_eq!(keys(&noted["incident"]), summary);
    let listing = listed(&local, Filter { open: true, ..Filter::default() }).await;
    let row = serde_json::to_value(&listing.incidents[0]).unwrap();
    assert_eq!(keys(&row), summary);
    assert_eq!((&row["state"], &row["opened_at"]), (&json!("open"), &json!("2026-11-23T03:00:00Z")));
    let shown = serde_json::to_value(whole(&local, &id).await).unwrap();
    let all = [
        "dedupe_key",
        "incident",
        "last_repeat_at",
        "links",
        "next",
        "occurred_at",
        "pages",
        "raw",
        "resources",
        "runbooks",
        "summary",
        "tags",
        "timeline",
        "unreadable",
    ];
    assert_eq!(keys(&shown), all);
    assert_eq!(keys(&shown["pages"][0]), ["at", "channels", "contact", "id", "reason"]);
    assert_eq!(keys(&shown["pages"][0]["channels"][0]), ["id", "kind", "receipts", "state"]);
    assert_eq!(keys(&shown["pages"][0]["channels"][0]["receipts"][0]), ["at", "outcome", "text"]);
    assert_eq!(keys(&shown["runbooks"][0]), ["document", "ended_at", "execution", "state", "why"]);
    assert_eq!(keys(&shown["timeline"][0]), ["at", "channel", "contact", "kind", "outcome", "stage", "text"]);
    assert_eq!(shown["next"]["what"], "stage 2 of the response plan");
    let raw: Value = serde_json::from_str(shown["raw"]["text"].as_str().unwrap()).unwrap();
    assert_eq!(raw["alarmData"]["alarmName"], "web-unhealthy-host");
    let link = shown["links"][0].as_str().unwrap();
    assert!(link.starts_with("https://") && link.ends_with("#alarmsV2:alarm/web-unhealthy-host"), "{link}");
    // No address of anybody stands in any of it.
    for address in [NATSU, "natsu@devopsvn.tech"] {
        assert!(!shown.to_string().contains(address), "{address}");
    }
}

#[tokio::test]
async fn what_a_terminal_would_obey_is_never_written_down() {
    let local = Local::with(THREE_ENGINEERS).await;
    let erza = operator(&local);
    let id = opened(
        &erza,
        &Opening {
            title: "The shop\u{1b}[31m\nis \u{202e}slow".to_owned(),
            summary: "Since noon.\nSee\u{1b}]0;owned\u{7} the board.".to_owned(),
            dedupe: Some("shop\u{1b}[2J".to_owned()),
            resources: vec!["shop\u{7}1".to_owned()],
            ..web()
        },
    )
    .await;
    local.settled(&id).await;
    does(&erza, &id, Act::Note("The cache\u{1b}[2K is cold.\nWarming it.".to_owned())).await;
    let whole = whole(&local, &id).await;
    assert_eq!(whole.incident.title, "The shop [31m is slow");
    assert_eq!(whole.summary, "Since noon.\nSee]0;owned the board.");
    assert_eq!(whole.dedupe_key, "shop [2J");
    assert_eq!(whole.resources, ["shop 1"]);
    assert_eq!(said(&whole, Kind::Note), ["erza: The cache[2K is cold.\nWarming it."]);
}
