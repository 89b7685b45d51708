//! Events over HTTP, through the front as senders see it: who may send, what is answered, and which plan answers.

use reveille_cli::configuration::hash_webhook_key;
use reveille_domain::{Incident, Status};
use reveille_engine::key;
use reveille_engine::port::Table;
use reveille_local::{LetterChannel, Service};
use reveille_tests::{Answer, Local, THREE_ENGINEERS, alarm};
use serde_json::{Value, json};

const KEY: &str = "0f1e2d3c4b5a69788796a5b4c3d2e1f00f1e2d3c4b5a69788796a5b4c3d2e1f0";
const OTHER_KEY: &str = "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff";
const NATSU: &str = "+84312712567";

/// The three engineers, with a webhook that leaves it to the rules and one that has a plan of its own.
async fn world() -> Local {
    Local::with(&yaml()).await
}

fn yaml() -> String {
    format!(
        "{THREE_ENGINEERS}\nwebhooks:\n  ours: {{ keys: [\"{}\"] }}\n  capacity: {{ keys: [\"{}\"], response_plan: \
         out-of-capacity }}\n",
        hash_webhook_key(KEY),
        hash_webhook_key(OTHER_KEY)
    )
}

fn body(answer: &Answer) -> Value {
    serde_json::from_str(&answer.body).unwrap_or_else(|_| panic!("JSON: {}", answer.body))
}

async fn accepted(local: &Local, path: &str, event: &Value) {
    let answer = local.post(path, event).await;
    assert_eq!((answer.status, &body(&answer)["status"]), (202, &json!("accepted")), "{}", answer.body);
}

async fn titles_and_sources(local: &Local) -> Vec<(String, &'static str)> {
    let mut found = Vec::new();
    for id in local.incidents(true).await {
        let opening = local.world.incident(&id).await.expect("the table answers").expect("it is there").opening;
        found.push((opening.title, opening.source.name()));
    }
    found.sort();
    found
}

#[tokio::test]
async fn every_known_sender_is_understood_and_what_nobody_knows_is_kept_in_its_own_words() {
    let local = world().await;
    let alertmanager = json!({ "version": "4", "status": "firing", "receiver": "r", "groupLabels": {}, "alerts": [
        { "status": "firing", "labels": { "alertname": "DiskFull" }, "annotations": { "summary": "the disk is full" },
          "startsAt": "2026-11-23T02:59:00Z", "fingerprint": "f1" },
        { "status": "firing", "labels": { "alertname": "DiskSlow" }, "annotations": { "summary": "the disk is slow" },
          "startsAt": "2026-11-23T02:59:00Z", "fingerprint": "f2" } ] });
    let grafana: Value = serde_json::from_str(include_str!("../../../events/grafana-webhook-v1.json")).unwrap();
    accepted(&local, &format!("/webhook/{KEY}"), &alertmanager).await;
    accepted(&local, &format!("/webhook/{KEY}"), &grafana).await;
    accepted(&local, &format!("/webhook/{KEY}"), &json!({ "title": "the till is on fire", "severity": "critical" }))
        .await;
    let text = [("content-type", "text/plain")];
    let path = format!("/webhook/{KEY}");
    let answer = local.request("POST", &path, &text, "the printer is on fire\nroom 3".to_owned()).await;
    assert_eq!(answer.status, 202);
    let expected = [
        ("This alert was triggered for zone eu-1", "grafana"),
        ("This alert was triggered for zone us-1", "grafana"),
        ("the disk is full", "alertmanager"),
        ("the disk is slow", "alertmanager"),
        ("the printer is on fire", "webhook"),
        ("the till is on fire", "webhook"),
    ];
    assert_eq!(titles_and_sources(&local).await, expected.map(|(title, source)| (title.to_owned(), source)));
    // Six at once are a storm: the first page leaves at once, and one message speaks for all.
    for id in local.incidents(true).await {
        local.incident_when(&id, |incident| !incident.engagements.is_empty()).await;
        local.settled(&id).await;
    }
    local.pass(31);
    local.arrives(LetterChannel::Sms, NATSU, "6 unacknowledged incidents: ", 1).await;
}

#[tokio::test]
async fn an_alert_that_is_resolved_closes_its_incident() {
    let local = world().await;
    let alert = |status: &str, ends: &str| {
        json!({ "version": "4", "status": status, "receiver": "r", "groupLabels": {}, "alerts": [{ "status": status,
            "labels": { "alertname": "DiskFull" }, "annotations": {}, "startsAt": "2026-11-23T02:59:00Z", "endsAt": ends,
            "fingerprint": "f1" }] })
    };
    accepted(&local, &format!("/webhook/{KEY}"), &alert("firing", "0001-01-01T00:00:00Z")).await;
    let id = local.incident().await.opening.id;
    local.arrives(LetterChannel::Sms, NATSU, "DiskFull", 1).await;
    local.pass(60);
    accepted(&local, &format!("/webhook/{KEY}"), &alert("resolved", "2026-11-23T03:00:30Z")).await;
    local.incident_when(&id, |incident| !incident.is_open()).await;
    local.arrives(LetterChannel::Sms, NATSU, "Over: DiskFull", 1).await;
}

#[tokio::test]
async fn a_key_may_stand_in_the_url_or_in_a_header_and_nothing_goes_without_one() {
    let local = world().await;
    let (bearer, lower_case) = (format!("Bearer {KEY}"), format!("bearer  {KEY}"));
    let (in_url, hash) = (format!("/webhook/{KEY}/"), hash_webhook_key(KEY));
    let hashes = [format!("/webhook/{hash}"), format!("/webhook/{}", hash.trim_start_matches("sha256:"))];
    let event = json!({ "title": "down", "id": "one" }).to_string();
    let rows = [
        ("/webhook", vec![("x-reveille-key", KEY)], 202),
        ("/webhook", vec![("authorization", &bearer)], 202),
        ("/webhook", vec![("authorization", &lower_case)], 202),
        ("/webhook/", vec![("x-reveille-key", KEY)], 404),
        (in_url.as_str(), vec![], 202),
        ("/webhook", vec![], 401),
        ("/webhook/wrong", vec![], 401),
        ("/webhook", vec![("x-reveille-key", "wrong")], 401),
        (&hashes[0], vec![], 401),
        (&hashes[1], vec![], 401),
    ];
    for (path, headers, status) in rows {
        let answer = local.request("POST", path, &headers, event.clone()).await;
        assert_eq!(answer.status, status, "{path}: {}", answer.body);
        if status == 401 {
            let message = body(&answer)["message"].as_str().expect("a message").to_owned();
            assert!(message.contains("/webhook/KEY") && message.contains("reveille webhook-key"), "{message}");
        }
    }
    assert_eq!(titles_and_sources(&local).await.len(), 1);
}

#[tokio::test]
async fn a_key_that_was_withdrawn_opens_nothing_from_that_moment_on() {
    let local = world().await;
    accepted(&local, &format!("/webhook/{KEY}"), &json!({ "title": "before" })).await;
    local.apply(THREE_ENGINEERS).await;
    assert_eq!(local.post(&format!("/webhook/{KEY}"), &json!({ "title": "after" })).await.status, 401);
    local.apply(&yaml()).await;
    accepted(&local, &format!("/webhook/{KEY}"), &json!({ "title": "again" })).await;
    let titles: Vec<String> = titles_and_sources(&local).await.into_iter().map(|(title, _)| title).collect();
    assert_eq!(titles, ["again", "before"]);
}

#[tokio::test]
async fn two_keys_of_one_source_hold_at_once_and_the_old_one_ends_when_it_is_taken_out() {
    const NEW_KEY: &str = "11111111111111111111111111111111";
    let with = |keys: &[&str]| {
        let hashes: Vec<String> = keys.iter().map(|key| format!("\"{}\"", hash_webhook_key(key))).collect();
        format!("{THREE_ENGINEERS}\nwebhooks: {{ ours: {{ keys: [{}] }} }}\n", hashes.join(", "))
    };
    let local = Local::with(&with(&[KEY])).await;
    let event = |status: &str| json!({ "title": "down", "id": "one", "status": status });
    let post = |key: &str, status: &str| {
        let (path, event) = (format!("/webhook/{key}"), event(status));
        let local = &local;
        async move { local.post(&path, &event).await.status }
    };
    assert_eq!((post(KEY, "firing").await, post(NEW_KEY, "firing").await), (202, 401));
    local.apply(&with(&[KEY, NEW_KEY])).await;
    let id = local.incident().await.opening.id;
    assert_eq!((post(KEY, "firing").await, post(NEW_KEY, "firing").await), (202, 202));
    assert_eq!(local.incident().await.opening.id, id, "both speak for one source: its keys are one space");
    local.apply(&with(&[NEW_KEY])).await;
    assert_eq!((post(KEY, "resolved").await, local.incidents(true).await.len()), (401, 1));
    local.pass(1);
    assert_eq!((post(NEW_KEY, "resolved").await, local.incidents(true).await.len()), (202, 0));
}

#[tokio::test]
async fn a_request_with_two_keys_has_the_one_in_its_path() {
    let local = world().await;
    let event = json!({ "title": "down" }).to_string();
    let bearer = format!("Bearer {KEY}");
    let rows = [
        ("/webhook/wrong", vec![("x-reveille-key", KEY)], 401),
        ("/webhook", vec![("x-reveille-key", "wrong"), ("authorization", bearer.as_str())], 401),
        ("/webhook", vec![("x-reveille-key", ""), ("authorization", &bearer)], 202),
        ("/webhook", vec![("authorization", KEY)], 401),
        ("/webhook", vec![("authorization", "Basic a2V5")], 401),
        ("/webhook", vec![("cookie", KEY)], 401),
    ];
    for (path, headers, status) in rows {
        let answer = local.request("POST", path, &headers, event.clone()).await;
        assert_eq!(answer.status, status, "{path} {headers:?}: {}", answer.body);
    }
    let answer = local.post(&format!("/webhook?key={KEY}"), &json!({ "title": "down" })).await;
    assert_eq!(answer.status, 401, "a query is no place for a key");
}

#[tokio::test]
async fn whoever_guesses_keys_makes_the_table_read_a_few_times_and_holds_up_nobody() {
    let local = Local::still(&yaml()).await;
    let post = |key: &str| {
        let mut event = reveille_tests::request("POST", &format!("/webhook/{key}"), "");
        event["body"] = json!({ "title": "down" }).to_string().into();
        local.invoke("ingest", event)
    };
    // The configuration was applied after the function had read the settings: its own key was a stranger's, once.
    assert_eq!(post(KEY).await["statusCode"], 202);
    local.pass(10);
    local.world.stack.calls().clear();
    let mut refused = 0;
    for guess in 0..100 {
        let answer = post(&format!("guess-{guess}")).await;
        if answer["statusCode"] == 429 {
            refused += 1;
            assert_eq!(answer["headers"]["retry-after"], "10");
        } else {
            assert_eq!(answer["statusCode"], 401);
        }
    }
    let reads = local.world.stack.calls().all().iter().filter(|call| call.service == Service::DynamoDb).count();
    assert_eq!((refused, reads), (80, 20));
    assert_eq!(post(KEY).await["statusCode"], 202, "a key that is known needs no look");
    // One that was applied meanwhile is taken as soon as somebody looks again.
    local.pass(10);
    assert_eq!(post("guess-100").await["statusCode"], 401);
}

async fn plan(local: &Local, path: &str, event: Value) -> String {
    let local_title = event["title"].as_str().expect("a title").to_owned();
    accepted(local, path, &event).await;
    for id in local.incidents(true).await {
        let opening = local.world.incident(&id).await.expect("the table answers").expect("it is there").opening;
        if opening.facts.0.get("title") == Some(&local_title) {
            return opening.response_plan.to_string();
        }
    }
    panic!("no incident has the title {local_title}")
}

#[tokio::test]
async fn the_events_own_plan_is_taken_before_the_urls_and_the_urls_before_the_webhooks() {
    let local = world().await;
    let ours = format!("/webhook/{KEY}");
    let capacity = format!("/webhook/{OTHER_KEY}");
    let web = json!({ "application": "web" });
    let rows = [
        (ours.clone(), json!({ "title": "a" }), "everything-else"),
        (ours.clone(), json!({ "title": "b", "tags": web }), "web-application"),
        (
            format!("{ours}?response_plan=critical-web-application"),
            json!({ "title": "c", "tags": web }),
            "critical-web-application",
        ),
        (format!("{ours}?response_plan=no-such-plan"), json!({ "title": "d", "tags": web }), "web-application"),
        (capacity.clone(), json!({ "title": "e", "tags": web }), "out-of-capacity"),
        (format!("{capacity}?response_plan=web-application"), json!({ "title": "f" }), "web-application"),
        (
            format!("{capacity}?response_plan=web-application"),
            json!({ "title": "g", "response_plan": "everything-else" }),
            "everything-else",
        ),
        (capacity, json!({ "title": "h", "response_plan": "no-such-plan" }), "out-of-capacity"),
    ];
    for (path, event, expected) in rows {
        assert_eq!(plan(&local, &path, event.clone()).await, expected, "{event}");
    }
}

#[tokio::test]
async fn two_webhooks_that_use_the_same_key_for_different_things_never_meet() {
    let local = world().await;
    for key in [KEY, OTHER_KEY] {
        accepted(&local, &format!("/webhook/{key}?response_plan=web-application"), &json!({ "title": "x", "id": "1" }))
            .await;
    }
    assert_eq!(local.incidents(true).await.len(), 2);
    accepted(&local, &format!("/webhook/{KEY}"), &json!({ "title": "x", "id": "1", "status": "resolved" })).await;
    assert_eq!(local.incidents(true).await.len(), 1);
}

fn trigger() -> Value {
    json!({ "routing_key": KEY, "event_action": "trigger", "dedup_key": "web-7", "payload": {
        "summary": "checkout fails", "source": "shop", "severity": "critical", "custom_details": { "application": "web" } } })
}

fn follow_up(action: &str) -> Value {
    json!({ "routing_key": KEY, "event_action": action, "dedup_key": "web-7" })
}

#[tokio::test]
async fn a_sender_of_pagerduty_events_only_changes_its_host() {
    let local = world().await;
    let success = json!({ "status": "success", "message": "Event processed", "dedup_key": "web-7" });
    let answer = local.post("/v2/enqueue", &trigger()).await;
    assert_eq!((answer.status, body(&answer)), (202, success.clone()));
    let opened = local.incident().await.opening;
    assert_eq!(opened.response_plan.as_str(), "web-application", "a rule has routed it by its details");
    local.arrives(LetterChannel::Sms, NATSU, "checkout fails", 1).await;

    // Neither of these says enough to be routed like the first.
    let answer = local.post("/v2/enqueue", &follow_up("acknowledge")).await;
    assert_eq!((answer.status, body(&answer)), (202, success.clone()));
    let acknowledged = local.incident_when(&opened.id, |incident| incident.acknowledged.is_some()).await;
    assert_eq!(acknowledged.acknowledged.map(|first| first.by.to_string()).as_deref(), Some("pagerduty"));
    local.arrives(LetterChannel::Sms, NATSU, "Answered: checkout fails", 1).await;
    let answer = local.post("/v2/enqueue", &follow_up("resolve")).await;
    assert_eq!((answer.status, body(&answer)), (202, success));
    local.incident_when(&opened.id, is_over).await;
    local.arrives(LetterChannel::Sms, NATSU, "Over: checkout fails", 1).await;

    // The same key again is a new incident.
    local.pass(1);
    local.post("/v2/enqueue", &trigger()).await;
    assert_ne!(local.incident().await.opening.id, opened.id);
}

fn is_over(incident: &Incident) -> bool {
    matches!(incident.status, Status::Resolved(_))
}

#[tokio::test]
async fn an_event_that_pagerduty_would_refuse_is_refused_in_its_words_and_opens_nothing() {
    let local = world().await;
    let mut wrong = trigger();
    wrong["payload"]["severity"] = json!("urgent");
    let answer = local.post("/v2/enqueue", &wrong).await;
    assert_eq!((answer.status, &body(&answer)["status"]), (400, &json!("invalid event")));
    assert!(answer.body.contains("payload.severity"), "{}", answer.body);
    let changed = |change: fn(&mut Value)| {
        let mut event = trigger();
        change(&mut event);
        event.to_string()
    };
    let rows = [
        (changed(|event| event["routing_key"] = json!("wrong")), "'routing_key' is not known here"),
        (
            changed(|event| drop(event.as_object_mut().unwrap().remove("routing_key"))),
            "'routing_key' is missing or blank",
        ),
        (changed(|event| event["routing_key"] = json!(7)), "'routing_key' is not known here"),
        ("hello".to_owned(), "Event is not a JSON object"),
        ("[]".to_owned(), "Event is not a JSON object"),
        (String::new(), "Event is not a JSON object"),
    ];
    for (event, error) in rows {
        let answer = local.request("POST", "/v2/enqueue", &[("content-type", "application/json")], event.clone()).await;
        assert_eq!((answer.status, &body(&answer)["status"]), (400, &json!("invalid event")), "{event}");
        assert_eq!(body(&answer)["message"], "Event object is invalid");
        let errors = body(&answer)["errors"].as_array().expect("a list").clone();
        assert!(
            errors.iter().all(|error| error.is_string()) && errors[0].as_str().unwrap().starts_with(error),
            "{errors:?}"
        );
    }
    assert_eq!(local.incidents(true).await.len(), 0);
}

#[tokio::test]
async fn a_dedup_key_is_echoed_exactly_and_made_where_there_is_none() {
    let local = world().await;
    for key in ["a  b", " a", "tab\tkey"] {
        let mut event = trigger();
        event["dedup_key"] = json!(key);
        assert_eq!(body(&local.post("/v2/enqueue", &event).await)["dedup_key"], key);
    }
    let mut event = trigger();
    event.as_object_mut().unwrap().remove("dedup_key");
    event["payload"]["summary"] = json!(503);
    let made = body(&local.post("/v2/enqueue", &event).await)["dedup_key"].as_str().expect("a key").to_owned();
    let titles: Vec<String> = titles_and_sources(&local).await.into_iter().map(|(title, _)| title).collect();
    assert!(titles.contains(&"503".to_owned()), "a number is a summary too: {titles:?}");
    let resolve = json!({ "routing_key": KEY, "event_action": "resolve", "dedup_key": made });
    let open = local.incidents(true).await.len();
    assert_eq!(local.post("/v2/enqueue", &resolve).await.status, 202);
    assert_eq!(local.incidents(true).await.len(), open - 1, "the key that was made resolves it");
}

#[tokio::test]
async fn a_routing_key_is_kept_nowhere_in_the_table() {
    let local = world().await;
    local.post("/v2/enqueue", &trigger()).await;
    let id = local.incident().await.opening.id;
    let raw = local.world.table.get(&key::raw(&id)).await.unwrap().expect("the raw text is kept");
    let text = raw["text"].as_str().expect("a text");
    assert!(text.contains("checkout fails") && !text.contains(KEY), "{text}");
}

#[tokio::test]
async fn a_webhook_is_answered_only_after_the_event_is_stored() {
    let local = world().await;
    let path = format!("/webhook/{KEY}");
    local.world.stack.faults().fail(Service::DynamoDb);
    let answer = local.post(&path, &json!({ "title": "down" })).await;
    assert_eq!(answer.status, 503);
    assert!(
        body(&answer)["message"].as_str().is_some_and(|message| message.contains("send it again")),
        "{}",
        answer.body
    );
    local.world.stack.faults().heal(Service::DynamoDb);
    accepted(&local, &path, &json!({ "title": "down" })).await;
    assert_eq!(local.incidents(true).await.len(), 1);
}

#[tokio::test]
async fn a_webhook_costs_as_much_as_an_alarm() {
    let local = Local::still(&yaml()).await;
    let event = |title: &str| {
        let mut event = reveille_tests::request("POST", &format!("/webhook/{KEY}"), "");
        event["body"] = json!({ "title": title }).to_string().into();
        event
    };
    local.invoke("ingest", alarm("web-warm-up", "ALARM", 0)).await;
    let operations = local
        .operations_of(async {
            assert_eq!(local.invoke("ingest", event("down")).await["statusCode"], 202);
        })
        .await;
    assert_eq!(operations, ["BatchGetItem", "TransactWriteItems", "SendMessage"]);
}

#[tokio::test]
async fn whoever_mistypes_the_method_is_told_the_right_one() {
    let local = world().await;
    for (method, path) in
        [("GET", format!("/webhook/{KEY}")), ("PUT", "/v2/enqueue".to_owned()), ("PUT", "/inbox".to_owned())]
    {
        let answer = local.request(method, &path, &[], String::new()).await;
        assert_eq!(answer.status, 405, "{method} {path}");
        assert!(answer.body.contains("webhooks take POST, pages GET"), "{method} {path}: {}", answer.body);
    }
}
