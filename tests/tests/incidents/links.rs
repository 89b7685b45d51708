//! The links of pages: what opens the page behind them, what does not, and what a stranger's guess costs.

use std::sync::Arc;

use async_trait::async_trait;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use reveille_domain::{ContactAlias, IncidentId, OutboxId};
use reveille_engine::link::{LINK_HOURS, Link};
use reveille_engine::port::{
    Index, KeyError, Query, SigningKey, SigningKeySource, SigningKeys, SystemClock, TableError,
};
use reveille_engine::{KeyRing, Nudge, Work, key};
use reveille_local::Service;
use reveille_local::names::SIGNING_KEY_SECRET;
use reveille_tests::{HookedTable, Local, Request, THREE_ENGINEERS, World, alarm, dawn, request};
use serde_json::json;
use sha2::{Digest, Sha256};

const NATSU: &str = "+84312712567";

/// A world in which nothing happens by itself, and a page with its link.
async fn paged(title: &str) -> (Local, IncidentId) {
    let local = Local::still(THREE_ENGINEERS).await;
    let id = page(&local, title).await;
    (local, id)
}

async fn page(local: &Local, title: &str) -> IncidentId {
    let id = local.open(alarm(title, "ALARM", 0)).await;
    local.deliver("respond", &Nudge::now(&id).message(dawn()).body).await;
    for order in local.orders(&id).await.iter().filter(|order| order.engagement().is_some()) {
        local.deliver("notify", &Work::new(&id, order.id()).message().body).await;
    }
    id
}

async fn visit(local: &Local, method: &str, path: &str) -> u64 {
    let answer = local.invoke("acknowledge", request(method, path, "do=acknowledge")).await;
    answer["statusCode"].as_u64().expect("a status")
}

async fn acknowledged(local: &Local, id: &IncidentId) -> bool {
    local.world.incident(id).await.expect("the table answers").is_some_and(|incident| incident.acknowledged.is_some())
}

/// The requests to the table since the last look.
fn table_requests(local: &Local) -> usize {
    let calls = local.world.stack.calls();
    let count = calls.all().iter().filter(|call| call.service == Service::DynamoDb).count();
    calls.clear();
    count
}

/// The same token with one bit changed at every place in turn.
fn with_one_bit_changed(path: &str) -> impl Iterator<Item = String> {
    let token = path.strip_prefix("/a/").expect("a link").as_bytes().to_vec();
    (0..token.len()).map(move |place| {
        let mut changed = token.clone();
        changed[place] = if changed[place] == b'A' { b'B' } else { b'A' };
        format!("/a/{}", String::from_utf8(changed).expect("ASCII"))
    })
}

#[tokio::test]
async fn a_token_that_is_not_ours_opens_nothing_and_reads_nothing() {
    let (local, id) = paged("web-unhealthy-host").await;
    let link = local.link(NATSU);
    let stranger = SigningKeys { current: SigningKey::new([7; 64]).unwrap(), previous: None };
    let contact = ContactAlias::new("natsu");
    let orders = local.orders(&id).await;
    let order = orders.iter().find(|order| order.engagement().is_some()).expect("Natsu's page").id();
    let foreign = Link::new(&id, order, &contact).token(&stranger, dawn()).unwrap();
    let mut refused: Vec<String> = with_one_bit_changed(&link).collect();
    refused.extend([1, 2, 4, 10, 40].map(|cut| link[..link.len() - cut].to_owned()));
    refused.extend([format!("{link}A"), format!("/a/{foreign}"), "/a/".to_owned(), "/a/../../etc/passwd".to_owned()]);
    table_requests(&local);
    for path in &refused {
        for method in ["GET", "POST"] {
            assert_eq!(visit(&local, method, path).await, 404, "{method} {path}");
        }
    }
    assert_eq!(table_requests(&local), 0, "nothing is read before a signature has been verified");
    assert!(!acknowledged(&local, &id).await);
    assert_eq!(visit(&local, "POST", &link).await, 200);
    assert!(acknowledged(&local, &id).await);
}

#[tokio::test]
async fn a_link_for_another_page_or_person_is_not_valid_however_well_signed() {
    let (local, id) = paged("web-unhealthy-host").await;
    let page = local.orders(&id).await.iter().find(|order| order.engagement().is_some()).expect("a page").id();
    let ours = SigningKeys { current: signing_key(&local).await, previous: None };
    let nowhere = IncidentId::new("00000000-0000-5000-8000-000000000000");
    let no_page = OutboxId { revision: page.revision + 90, ..page };
    let (natsu, bob) = (ContactAlias::new("natsu"), ContactAlias::new("bob"));
    for (incident, page, contact) in [(&id, page, &bob), (&id, no_page, &natsu), (&nowhere, page, &natsu)] {
        let token = Link::new(incident, page, contact).token(&ours, dawn()).unwrap();
        assert_eq!(visit(&local, "POST", &format!("/a/{token}")).await, 404);
    }
    assert!(!acknowledged(&local, &id).await);
    let token = Link::new(&id, page, &natsu).token(&ours, dawn()).unwrap();
    assert_eq!(visit(&local, "GET", &format!("/a/{token}")).await, 200, "the key is the one that signs");
}

/// The bytes that are signed, and those of the signature.
const CLAIMS_BYTES: usize = 32;

fn hmac(key: &[u8], claims: &[u8]) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("any length");
    mac.update(claims);
    mac.finalize().into_bytes().to_vec()
}

#[tokio::test]
async fn only_our_version_and_our_algorithm_count_even_with_our_key() {
    let (local, id) = paged("web-unhealthy-host").await;
    let link = local.link(NATSU);
    let token = URL_SAFE_NO_PAD.decode(link.trim_start_matches("/a/")).expect("base64");
    let (claims, signature) = token.split_at(CLAIMS_BYTES);
    let key = signing_key(&local).await;
    let key = key.bytes();
    let with = |claims: &[u8], signature: &[u8]| format!("/a/{}", URL_SAFE_NO_PAD.encode([claims, signature].concat()));
    let changed = |place: usize, byte: u8| {
        let mut changed = claims.to_vec();
        changed[place] = byte;
        changed
    };
    assert_eq!(with(claims, &hmac(key, claims)[..16]), link, "this test signs as the product does");
    let whole = hmac(key, claims);
    let mut rows: Vec<(&str, String)> = [0, 2, 255]
        .map(|version| (changed(0, version), "another version, well signed"))
        .into_iter()
        .map(|(claims, what)| (what, with(&claims, &hmac(key, &claims)[..16])))
        .collect();
    rows.extend([
        ("unsigned", with(claims, &[])),
        ("signed with nothing", with(claims, &[0; 16])),
        ("the other half", with(claims, &whole[16..])),
        ("the whole of it", with(claims, &whole)),
        ("half of the half", with(claims, &whole[..8])),
        ("a hash without a key", with(claims, &Sha256::digest(claims)[..16])),
        ("a hash of key and claims", with(claims, &Sha256::digest([key, claims].concat())[..16])),
        ("the empty key", with(claims, &hmac(&[], claims)[..16])),
        ("the id of the key as the key", with(claims, &hmac(&claims[1..2], claims)[..16])),
        ("the claims as the key", with(claims, &hmac(claims, claims)[..16])),
        ("another key id", with(&changed(1, claims[1] ^ 1), signature)),
        ("a later end", with(&changed(2, 0xff), signature)),
        ("another incident", with(&changed(6, claims[6] ^ 1), signature)),
        ("another page", with(&changed(25, claims[25] ^ 1), signature)),
        ("another contact", with(&changed(31, claims[31] ^ 1), signature)),
        ("one byte more that is signed", with(&[claims, &[0]].concat(), &hmac(key, &[claims, &[0]].concat())[..16])),
        ("padding", format!("{link}=")),
        ("a line", format!("{link}%0A")),
        ("a path behind it", format!("{link}/acknowledge")),
        ("another alphabet", link.replace('-', "+").replace('_', "/") + "+/"),
    ]);
    table_requests(&local);
    for (what, path) in &rows {
        for method in ["GET", "POST"] {
            assert_eq!(visit(&local, method, path).await, 404, "{method}: {what}");
        }
    }
    assert_eq!(table_requests(&local), 0);
    assert!(!acknowledged(&local, &id).await);
}

#[tokio::test]
async fn a_link_that_is_used_again_does_nothing_more() {
    let (local, id) = paged("web-unhealthy-host").await;
    let link = local.link(NATSU);
    assert_eq!(visit(&local, "POST", &link).await, 200);
    let first = local.world.incident(&id).await.expect("the table answers").expect("it is there");
    for _ in 0..3 {
        assert_eq!(visit(&local, "POST", &link).await, 200);
    }
    assert_eq!(
        local.world.incident(&id).await.expect("the table answers").as_ref(),
        Some(&first),
        "not a row of it changes"
    );
    for button in ["resolve", "resolve", "acknowledge", "snooze", "escalate"] {
        let answer = local.invoke("acknowledge", request("POST", &link, &format!("do={button}"))).await;
        assert_eq!(answer["statusCode"], 200);
    }
    let ended = local.world.incident(&id).await.expect("the table answers").expect("it is there");
    assert_eq!(ended.revision, first.revision + 1, "it is over once");
    assert!(!ended.is_open(), "and nothing opens it again");
}

#[tokio::test]
async fn nothing_that_follows_links_acts_whatever_it_sends_along() {
    let (local, id) = paged("web-unhealthy-host").await;
    let link = local.link(NATSU);
    let before = local.world.incident(&id).await.expect("the table answers");
    for method in ["GET", "HEAD", "OPTIONS", "PUT", "DELETE", "PATCH", "get"] {
        for query in ["", "?do=acknowledge", "?do=resolve&seen=1"] {
            let mut event = request(method, &format!("{link}{query}"), "do=resolve");
            for (name, value) in
                [("purpose", "prefetch"), ("x-http-method-override", "POST"), ("x-method-override", "POST")]
            {
                event["headers"][name] = value.into();
            }
            let answer = local.invoke("acknowledge", event).await;
            let expected = if ["GET", "HEAD", "get"].contains(&method) { 200 } else { 405 };
            assert_eq!(answer["statusCode"], expected, "{method} {query}");
        }
    }
    assert_eq!(local.world.incident(&id).await.expect("the table answers"), before);
}

#[tokio::test]
async fn every_answer_tells_the_browser_to_keep_run_frame_and_tell_nothing() {
    let (local, _) = paged("web-unhealthy-host").await;
    let link = local.link(NATSU);
    let expected = [
        ("cache-control", "no-store"),
        (
            "content-security-policy",
            "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
        ),
        ("content-type", "text/html; charset=utf-8"),
        ("cross-origin-opener-policy", "same-origin"),
        ("cross-origin-resource-policy", "same-origin"),
        ("referrer-policy", "no-referrer"),
        ("strict-transport-security", "max-age=31536000"),
        ("x-content-type-options", "nosniff"),
        ("x-frame-options", "DENY"),
        ("x-robots-tag", "noindex"),
    ];
    local.world.stack.faults().fail(Service::DynamoDb);
    let broken = local.invoke("acknowledge", request("GET", &link, "")).await;
    local.world.stack.faults().heal(Service::DynamoDb);
    let mut answers = vec![(503, broken)];
    for (status, method, path) in
        [(200, "GET", link.as_str()), (200, "POST", &link), (404, "GET", "/a/x"), (405, "PUT", &link)]
    {
        answers.push((status, local.invoke("acknowledge", request(method, path, "")).await));
    }
    local.pass(25 * 3_600);
    answers.push((410, local.invoke("acknowledge", request("GET", &link, "")).await));
    for (status, answer) in answers {
        assert_eq!(answer["statusCode"], status);
        assert_eq!(answer["headers"], json!(std::collections::BTreeMap::from(expected)), "{status}");
        let page = answer["body"].as_str().expect("a page");
        for foreign in ["<script", "src=", "href=", "@import", "url(", "http-equiv"] {
            assert!(!page.contains(foreign), "{foreign} in the page of {status}");
        }
    }
}

/// The key as it is in the secret now.
async fn signing_key(local: &Local) -> SigningKey {
    let secrets = reveille_aws::Clients::at(&local.world.stack.endpoint()).secrets_manager();
    let value = secrets.get_secret_value().secret_id(SIGNING_KEY_SECRET).send().await.expect("the secret is there");
    SigningKey::new(value.secret_string.expect("a text")).expect("long enough")
}

#[tokio::test]
async fn a_link_ends_after_its_hours() {
    let (local, id) = paged("web-unhealthy-host").await;
    let link = local.link(NATSU);
    let hours = u64::try_from(LINK_HOURS).unwrap();
    local.pass(hours * 3_600 - 1);
    assert_eq!(visit(&local, "GET", &link).await, 200);
    local.pass(1);
    table_requests(&local);
    for method in ["GET", "POST"] {
        assert_eq!(visit(&local, method, &link).await, 410);
    }
    assert_eq!(table_requests(&local), 0);
    assert!(!acknowledged(&local, &id).await);
}

/// One rotation as Secrets Manager does it; it may call each step more than once.
async fn rotate(local: &Local, token: &str) {
    for step in ["createSecret", "setSecret", "testSecret", "finishSecret"] {
        for _ in 0..2 {
            let event = json!({ "SecretId": SIGNING_KEY_SECRET, "ClientRequestToken": token, "Step": step });
            local.invoke("rotate", event).await;
        }
    }
    // Longer than a warm function keeps the keys that it has read.
    local.pass(660);
}

#[tokio::test]
async fn a_rotation_breaks_no_link_and_the_second_one_ends_the_oldest() {
    let (local, _) = paged("web-first").await;
    let oldest = local.link(NATSU);
    rotate(&local, "11111111-1111-4111-8111-111111111111").await;
    page(&local, "web-second").await;
    let second = local.link(NATSU);
    assert_ne!(key_byte(&oldest), key_byte(&second), "new links are signed with the new key");
    assert_eq!(visit(&local, "GET", &oldest).await, 200);
    assert_eq!(visit(&local, "GET", &second).await, 200);
    rotate(&local, "22222222-2222-4222-8222-222222222222").await;
    page(&local, "web-third").await;
    assert_eq!(visit(&local, "GET", &oldest).await, 404);
    assert_eq!(visit(&local, "GET", &second).await, 200);
    assert_eq!(visit(&local, "GET", &local.link(NATSU)).await, 200);
}

#[tokio::test]
async fn a_function_that_has_not_heard_of_a_rotation_reads_the_new_key_when_it_meets_it() {
    let (local, id) = paged("web-first").await;
    assert_eq!(visit(&local, "GET", &local.link(NATSU)).await, 200);
    for step in ["createSecret", "setSecret", "testSecret", "finishSecret"] {
        let token = "33333333-3333-4333-8333-333333333333";
        local
            .invoke("rotate", json!({ "SecretId": SIGNING_KEY_SECRET, "ClientRequestToken": token, "Step": step }))
            .await;
    }
    let page = local.orders(&id).await.iter().find(|order| order.engagement().is_some()).expect("a page").id();
    let keys = SigningKeys { current: signing_key(&local).await, previous: None };
    let token = Link::new(&id, page, &ContactAlias::new("natsu")).token(&keys, dawn()).unwrap();
    local.pass(31);
    assert_eq!(visit(&local, "POST", &format!("/a/{token}")).await, 200);
    assert!(acknowledged(&local, &id).await);
}

fn key_byte(link: &str) -> Option<u8> {
    reveille_engine::link::token_key_id(link.strip_prefix("/a/")?)
}

#[tokio::test]
async fn text_of_an_alarm_is_text_on_the_page_and_in_the_mail() {
    let title = "web-<script>alert(1)</script>\"'><img src=x onerror=alert(2)>";
    let (local, _) = paged(title).await;
    let answer = local.invoke("acknowledge", request("GET", &local.link(NATSU), "")).await;
    let page = answer["body"].as_str().expect("a page").to_owned();
    let mail = local.world.stack.inbox().letters().into_iter().find_map(|letter| letter.html).expect("an e-mail");
    for html in [page, mail] {
        assert!(html.contains("&lt;script&gt;alert(1)&lt;/script&gt;"), "{html}");
        assert!(!html.contains("<script") && !html.contains("<img"), "{html}");
    }
}

/// Those of the world in memory.
struct WorldsKeys;

#[async_trait]
impl SigningKeySource for WorldsKeys {
    async fn read(&self) -> Result<SigningKeys, KeyError> {
        let current = SigningKey::new("0123456789abcdef0123456789abcdef").expect("long enough");
        Ok(SigningKeys { current, previous: None })
    }
}

/// What else waits for a visitor is read while their answer is stored, and must not keep it from being stored.
#[tokio::test]
async fn an_answer_is_stored_although_the_visitors_book_cannot_be_read() {
    let world = World::with(THREE_ENGINEERS).await;
    world.ingest(alarm("web-unhealthy-host", "ALARM", 0)).await;
    world.pass(1).await;
    let link = world.link(NATSU).expect("natsu has been paged");
    let book = key::paged(&ContactAlias::new("natsu"), &world.incident().opening.id).pk;
    let table = HookedTable::new(world.table.clone(), move |request| {
        let is_book = matches!(request, Request::Query(Query { index: Index::Table { pk, .. }, .. }) if *pk == book);
        Box::pin(async move { if is_book { Err(TableError::Throttled) } else { Ok(()) } })
    });
    let keys = KeyRing::new(Arc::new(WorldsKeys), Arc::new(SystemClock));
    let context = acknowledge::Context::new(table.engine(world.now()), keys);
    let rows =
        [("GET", "", 503, false), ("POST", "do=acknowledge", 200, true), ("POST", "do=acknowledge-all", 503, true)];
    for (method, body, status, is_acknowledged) in rows {
        let answer = acknowledge::handle(request(method, &link, body), &context).await.expect("it answers");
        assert_eq!(answer["statusCode"], status, "{method} {body}: {answer}");
        assert_eq!(world.incident().acknowledged.is_some(), is_acknowledged, "{method} {body}");
    }
}
