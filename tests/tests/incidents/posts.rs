//! Posts of many alerts: what they say of one thing is one change, whatever else stands beside it, and each alert counts once.

use std::collections::BTreeMap;

use reveille_engine::Repeats;
use reveille_engine::key;
use reveille_engine::port::{Change, Condition, Table, TableError, Write};
use reveille_tests::{HookedTable, Local, Meanwhile, Request, THREE_ENGINEERS, World, dawn, nothing};
use serde_json::{Value, json};

/// An alert of a post: which thing, what it says, and when that began or ended, in seconds.
type Alert = (&'static str, &'static str, i64);

/// An incident: what it is about, whether it is open, and the repeats that were counted on it.
type Seen = (&'static str, bool, u64);

/// What is posted, one post after another, and what there is then.
type Row<'a> = (&'static str, Vec<Vec<Alert>>, &'a [Seen]);

const FIRING: &str = "firing";
const RESOLVED: &str = "resolved";

fn at(seconds: i64) -> String {
    (dawn() + jiff::SignedDuration::from_secs(seconds)).to_string()
}

fn post(alerts: &[Alert]) -> Value {
    let alert = |(key, status, seconds): &Alert| {
        let (starts, ends) =
            if *status == FIRING { (at(*seconds), at(-62_000_000_000)) } else { (at(0), at(*seconds)) };
        json!({ "status": status, "labels": { "alertname": key }, "annotations": {}, "fingerprint": key, "startsAt": starts,
            "endsAt": ends })
    };
    json!({ "version": "4", "receiver": "r", "groupLabels": {}, "status": FIRING,
        "alerts": alerts.iter().map(alert).collect::<Vec<_>>() })
}

/// What became of each alert, by the word for it.
fn words(answer: &Value) -> Vec<&str> {
    let taken = answer["taken"].as_array().expect("what was taken").iter();
    taken.map(|one| one.as_object().and_then(|one| one.keys().next()).expect("a word").as_str()).collect()
}

/// Each incident: what it is about, whether it is open, and the repeats that were counted on it.
async fn incidents(world: &World) -> Vec<(String, bool, u64)> {
    let mut all = Vec::new();
    for incident in world.incidents() {
        let counters = world.table.get_many(&key::counts(&incident.opening.id)).await.expect("the counters");
        let repeats = Repeats::from_counters(counters).total();
        all.push((incident.opening.title.clone(), incident.is_open(), repeats));
    }
    all.sort();
    all
}

async fn world() -> World {
    let world = World::with(THREE_ENGINEERS).await;
    world.pass(3_600).await;
    world
}

#[tokio::test(start_paused = true)]
async fn what_a_post_says_of_one_thing_is_one_change_and_its_newest_state_holds() {
    let two_hundred: Vec<Alert> = (0..200).map(|second| ("a", FIRING, second)).collect();
    let rows: [Row<'_>; 9] = [
        ("two things", vec![vec![("a", FIRING, 1), ("b", FIRING, 1)]], &[("a", true, 0), ("b", true, 0)]),
        ("one thing three times", vec![vec![("a", FIRING, 1), ("a", FIRING, 3), ("a", FIRING, 2)]], &[("a", true, 2)]),
        ("the same alert twice", vec![vec![("a", FIRING, 1), ("a", FIRING, 1), ("a", FIRING, 2)]], &[("a", true, 1)]),
        (
            "the same post twice, and one more",
            vec![vec![("a", FIRING, 1), ("b", FIRING, 1), ("a", FIRING, 2)]; 2]
                .into_iter()
                .chain([vec![("a", FIRING, 2), ("b", FIRING, 1), ("b", FIRING, 5)]])
                .collect(),
            &[("a", true, 1), ("b", true, 1)],
        ),
        ("more than a transaction takes", vec![two_hundred.clone()], &[("a", true, 199)]),
        ("and again", vec![two_hundred.clone(), two_hundred], &[("a", true, 199)]),
        (
            "fires and is over, whatever stands first",
            vec![vec![("a", RESOLVED, 9), ("b", FIRING, 1), ("a", FIRING, 2), ("a", FIRING, 1)]],
            &[("a", false, 1), ("b", true, 0)],
        ),
        (
            "over, and fires anew",
            vec![vec![("a", FIRING, 1)], vec![("a", FIRING, 9), ("a", RESOLVED, 5), ("b", FIRING, 1)]],
            &[("a", false, 0), ("a", true, 0), ("b", true, 0)],
        ),
        (
            "older than the end that is known",
            vec![
                vec![("a", FIRING, 1)],
                vec![("a", RESOLVED, 5)],
                vec![("a", FIRING, 2), ("a", FIRING, 6), ("b", FIRING, 2)],
            ],
            &[("a", false, 0), ("a", true, 0), ("b", true, 0)],
        ),
    ];
    for (what, posts, expected) in rows {
        let world = world().await;
        for alerts in posts {
            world.ingest(post(&alerts)).await;
        }
        let expected: Vec<(String, bool, u64)> =
            expected.iter().map(|(title, open, repeats)| ((*title).to_owned(), *open, *repeats)).collect();
        assert_eq!(incidents(&world).await, expected, "{what}");
    }
}

#[tokio::test(start_paused = true)]
async fn each_alert_of_a_post_is_answered_in_its_place() {
    let world = world().await;
    let first = world.ingest(post(&[("a", FIRING, 2), ("b", FIRING, 1), ("a", FIRING, 1), ("b", FIRING, 1)])).await;
    assert_eq!(words(&first), ["repeated", "opened", "opened", "duplicate"]);
    let second =
        world.ingest(post(&[("b", FIRING, 1), ("c", RESOLVED, 1), ("b", RESOLVED, 7), ("b", FIRING, 3)])).await;
    assert_eq!(words(&second), ["duplicate", "nothing", "applied", "repeated"]);
}

/// Whoever sends them in posts, however cut, gets what they would get one by one.
#[tokio::test(start_paused = true)]
async fn a_post_comes_to_the_same_as_its_alerts_one_by_one() {
    let mut random: u64 = 7;
    let mut next = |below: u64| {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        random % below
    };
    for _ in 0..20 {
        let keys = ["a", "b", "c"];
        let alerts: Vec<Alert> = (0..24)
            .map(|_| {
                let status = if next(4) == 0 { RESOLVED } else { FIRING };
                (keys[usize::try_from(next(3)).expect("small")], status, i64::try_from(next(12)).expect("small"))
            })
            .collect();
        let (folded, single) = (world().await, world().await);
        for post_of_it in alerts.chunks(8) {
            folded.ingest(post(post_of_it)).await;
            // In a post the sender's times order what it says of one thing.
            let mut ordered = post_of_it.to_vec();
            ordered.sort_by_key(|(_, _, seconds)| *seconds);
            for alert in ordered {
                single.ingest(post(&[alert])).await;
            }
        }
        assert_eq!(incidents(&folded).await, incidents(&single).await, "{alerts:?}");
    }
}

#[tokio::test]
async fn a_post_of_many_alerts_costs_one_read_and_as_few_transactions_as_hold_its_rows() {
    let local = Local::still(THREE_ENGINEERS).await;
    // It reads the settings that were applied.
    local.invoke("ingest", post(&[("z", FIRING, 1)])).await;
    let keys = ["a", "b", "c", "d", "e", "f", "g", "h"];
    let alerts = |from: i64| -> Vec<Alert> {
        (from..from + 8).flat_map(|second| keys.into_iter().map(move |key| (key, FIRING, second))).collect()
    };
    let (read, write) = ("BatchGetItem", "TransactWriteItems");
    let rows: [(&str, Vec<Alert>, &[&str]); 4] = [
        // Eight incidents of six rows, the causes of 56 repeats and eight counters.
        ("64 new ones of 8 keys", alerts(0), &[read, write, write, "SendMessageBatch"]),
        ("64 repeats", alerts(8), &[read, write]),
        ("the same once more", alerts(8), &[read, write, "SendMessageBatch"]),
        ("one", vec![("a", FIRING, 100)], &[read, write]),
    ];
    for (what, alerts, expected) in rows {
        let event = post(&alerts);
        let operations = local.operations_of(async { drop(local.invoke("ingest", event).await) }).await;
        assert_eq!(operations, expected, "{what}");
    }
    let mut repeats = Vec::new();
    for id in local.incidents(true).await {
        repeats.push(local.repeats(&id).await);
    }
    repeats.sort_unstable();
    assert_eq!(repeats, [0, 15, 15, 15, 15, 15, 15, 15, 16]);
}

/// `ingest` on a table where this happens before the first transaction that has such a write.
fn ingest_when(
    world: &World,
    fits: impl Fn(&Write) -> bool + Send + Sync + 'static,
    meanwhile: impl Fn() -> Meanwhile + Send + Sync + 'static,
) -> ingest::Context {
    let table = HookedTable::new(world.table.clone(), move |request| {
        let Request::Write(writes) = request else { return nothing() };
        if writes.iter().any(&fits) { meanwhile() } else { nothing() }
    });
    ingest::Context::new(table.engine(dawn() + jiff::SignedDuration::from_hours(1)))
}

#[tokio::test(start_paused = true)]
async fn an_alert_that_the_table_will_not_take_keeps_no_other_of_its_post_out() {
    let world = world().await;
    let poisoned = |write: &Write| write.key.sk == "STATE" && format!("{:?}", write.action).contains("poison\"");
    let refuses = || -> Meanwhile { Box::pin(async { Err(TableError::Invalid("the row is too large".into())) }) };
    let context = ingest_when(&world, poisoned, refuses);
    let event = post(&[("a", FIRING, 1), ("poison", FIRING, 1), ("b", FIRING, 1), ("a", FIRING, 2)]);
    let failed = ingest::handle(event, &context).await.expect_err("it goes the way of failures");
    assert_eq!(failed.error_type, "NotRetryable");
    let expected = [("a", true, 1), ("b", true, 0)].map(|(title, open, repeats)| (title.to_owned(), open, repeats));
    assert_eq!(incidents(&world).await, expected);
}

/// The incident closes between the read and the transaction: what the post says is news then, and no repeat of what is over.
#[tokio::test(start_paused = true)]
async fn a_post_that_meets_a_closing_opens_anew() {
    let world = std::sync::Arc::new(world().await);
    world.ingest(post(&[("a", FIRING, 1), ("b", FIRING, 1)])).await;
    let (is_first, closer) = (std::sync::atomic::AtomicBool::new(true), world.clone());
    let close = move || -> Meanwhile {
        if !is_first.swap(false, std::sync::atomic::Ordering::Relaxed) {
            return nothing();
        }
        let world = closer.clone();
        Box::pin(async move {
            world.ingest(post(&[("a", RESOLVED, 20)])).await;
            Ok(())
        })
    };
    let counts = |write: &Write| write.key.sk == "COUNT";
    let context = ingest_when(&world, counts, close);
    let event = post(&[("a", FIRING, 30), ("b", FIRING, 30), ("a", FIRING, 31)]);
    let answer = ingest::handle(event, &context).await.expect("it is taken in");
    assert_eq!(words(&answer), ["opened", "repeated", "repeated"]);
    let expected = [("a", false, 0), ("a", true, 1), ("b", true, 1)];
    assert_eq!(incidents(&world).await, expected.map(|(title, open, repeats)| (title.to_owned(), open, repeats)));
}

/// A newer repeat is counted between the read and the transaction: the older ones still count.
#[tokio::test(start_paused = true)]
async fn a_post_that_was_overtaken_counts_all_the_same() {
    let world = world().await;
    world.ingest(post(&[("a", FIRING, 1), ("b", FIRING, 1)])).await;
    let newest = |world: &World| {
        let newest = world.table.rows().into_iter().filter(|(key, _)| key.sk == "COUNT");
        newest.map(|(key, row)| (key, row["newest"].as_i64().expect("a time"))).collect::<BTreeMap<_, _>>()
    };
    world.ingest(post(&[("a", FIRING, 50), ("a", FIRING, 51)])).await;
    let (counter, _) = newest(&world).into_iter().next().expect("a counter");
    let later = (dawn() + jiff::SignedDuration::from_secs(3_000)).as_millisecond();
    let overtake = Write::update(counter, vec![Change::Set("newest", json!(later))], Condition::Always);
    world.table.write(&overtake).await.expect("it is written");
    world.ingest(post(&[("a", FIRING, 50), ("a", FIRING, 60), ("a", FIRING, 61), ("b", FIRING, 60)])).await;
    let counted = incidents(&world).await;
    let expected = [("a", true, 4), ("b", true, 1)].map(|(title, open, repeats)| (title.to_owned(), open, repeats));
    assert_eq!(counted, expected);
    assert!(newest(&world).values().any(|newest| *newest == later), "and the newest stays the newest");
}
