//! One suite for every table: what the engine may rely on holds in memory, in the embedded DynamoDB and in moto's alike.
//!
//! Each case begins with an empty table, and panics if something is otherwise.

use std::future::Future;
use std::pin::Pin;

use reveille_engine::port::{
    Action, Change, Condition, Index, Item, Key, Page, Query, Table, TableError, TransactError, Write,
};
use serde_json::{Value, json};

/// A case: its name, and how it is tried on a table.
pub type Case = (&'static str, for<'t> fn(&'t dyn Table) -> Pin<Box<dyn Future<Output = ()> + Send + 't>>);

/// Hands the names of all cases to a macro.
#[macro_export]
macro_rules! conformance_cases {
    ($each:ident) => {
        $each! {
            a_row_comes_back_as_it_was_put,
            a_put_replaces_the_whole_row,
            an_update_sets_adds_removes_and_makes_the_row,
            a_delete_removes_the_row_and_does_not_mind_its_absence,
            conditions_hold_alike_for_every_single_write,
            a_number_and_a_text_are_not_compared,
            what_is_null_is_not_what_is_missing,
            conditions_hold_alike_in_transactions,
            a_transaction_is_done_as_a_whole,
            a_refused_transaction_writes_nothing_and_names_every_refusal_with_its_row,
            a_transaction_takes_a_hundred_actions_and_not_one_more,
            a_key_that_is_empty_or_too_long_is_invalid,
            a_key_of_an_index_that_is_of_another_type_is_invalid,
            a_key_of_an_index_that_is_empty_is_invalid,
            a_row_that_is_too_long_is_invalid,
            two_changes_of_one_attribute_are_invalid,
            a_number_is_not_added_to_a_text,
            the_key_of_a_row_is_not_changed,
            a_check_stands_in_a_transaction_only,
            a_transaction_writes_something,
            a_transaction_writes_each_row_once,
            many_rows_are_read_at_once_and_absent_ones_left_out,
            a_query_finds_a_prefix_in_order_page_by_page,
            a_page_has_room_for_a_row,
            the_due_index_holds_what_waits_oldest_first,
            rows_due_at_one_instant_are_all_found_across_pages,
            the_list_index_shows_the_newest_first,
            a_page_ends_after_a_megabyte,
        }
    };
}

macro_rules! listed {
    ($($case:ident),* $(,)?) => {
        /// All cases.
        pub const CASES: &[Case] = &[$((stringify!($case), |table| Box::pin($case(table)))),*];
    };
}

conformance_cases!(listed);

fn item(value: Value) -> Item {
    value.as_object().expect("a row is an object").clone().into()
}

fn key(sk: &str) -> Key {
    Key::new("A", sk)
}

fn put(sk: &str, value: Value) -> Write {
    Write::put(key(sk), item(value), Condition::Always)
}

async fn put_all(table: &dyn Table, rows: &[(&str, Value)]) {
    for (sk, row) in rows {
        table.write(&put(sk, row.clone())).await.expect("it is written");
    }
}

fn sort_keys(rows: &[Item]) -> Vec<&str> {
    rows.iter().map(|row| row["sk"].as_str().expect("a key")).collect()
}

/// Reads every page of a query.
async fn all(table: &dyn Table, index: Index, limit: u32) -> Vec<Item> {
    let mut rows = Vec::new();
    let mut after = None;
    loop {
        let index = index.clone();
        let Page { items, next } = table.query(&Query { index, limit, after }).await.expect("it is read");
        assert!(items.len() <= limit as usize);
        rows.extend(items);
        match next {
            None => return rows,
            some => after = some,
        }
    }
}

/// A row comes back as it was put.
pub async fn a_row_comes_back_as_it_was_put(table: &dyn Table) {
    let row = json!({
        "text": "ö \"x\"", "empty": "", "number": -3, "big": 1_798_761_600_123_i64, "float": 1.5, "flag": true,
        "nothing": null, "list": [1, "two", [], {}], "map": { "deep": { "er": [null] } },
    });
    let after = table.write(&put("1", row.clone())).await.expect("it is written").expect("it is there");
    let mut expected = item(row);
    expected.insert("pk".into(), "A".into());
    expected.insert("sk".into(), "1".into());
    assert_eq!(after, expected);
    assert_eq!(table.get(&key("1")).await.expect("it is read"), Some(expected));
    assert_eq!(table.get(&key("2")).await.expect("it is read"), None);
}

/// A put replaces the whole row.
pub async fn a_put_replaces_the_whole_row(table: &dyn Table) {
    put_all(table, &[("1", json!({ "a": 1, "b": 2 })), ("1", json!({ "b": 3 }))]).await;
    let row = table.get(&key("1")).await.expect("it is read").expect("it is there");
    assert_eq!(Value::from(row), json!({ "pk": "A", "sk": "1", "b": 3 }));
}

/// An update sets adds removes and makes the row.
pub async fn an_update_sets_adds_removes_and_makes_the_row(table: &dyn Table) {
    let changes = vec![Change::Set("status", json!("x")), Change::Add("count", 5)];
    let made = table.write(&Write::update(key("1"), changes, Condition::Always)).await.expect("it is written");
    assert_eq!(made.map(Value::from), Some(json!({ "pk": "A", "sk": "1", "status": "x", "count": 5 })));
    let changes = vec![
        Change::Remove("status"),
        Change::Remove("never_there"),
        Change::Add("count", -7),
        Change::Set("name", json!(["a"])),
    ];
    let changed = table.write(&Write::update(key("1"), changes, Condition::Present)).await.expect("it is written");
    assert_eq!(changed.map(Value::from), Some(json!({ "pk": "A", "sk": "1", "count": -2, "name": ["a"] })));
}

/// A delete removes the row and does not mind its absence.
pub async fn a_delete_removes_the_row_and_does_not_mind_its_absence(table: &dyn Table) {
    put_all(table, &[("1", json!({}))]).await;
    let delete = Write { key: key("1"), action: Action::Delete, condition: Condition::Always };
    assert_eq!(table.write(&delete).await.expect("it is written"), None);
    assert_eq!(table.write(&delete).await.expect("it is written"), None);
    assert_eq!(table.get(&key("1")).await.expect("it is read"), None);
}

/// Each condition with whether it holds for the row `{ rev: 4, at: "2026", flag: true }` and for an absent one.
fn conditions() -> Vec<(Condition, bool, bool)> {
    use Condition::{Absent, All, Always, Any, AtMost, Has, Is, Less, Missing, Present};
    vec![
        (Always, true, true),
        (Absent, false, true),
        (Present, true, false),
        (Has("rev"), true, false),
        (Has("ttl"), false, false),
        (Missing("rev"), false, true),
        (Missing("ttl"), true, true),
        (Is("rev", json!(4)), true, false),
        (Is("rev", json!(5)), false, false),
        (Is("rev", json!("4")), false, false),
        (Is("at", json!("2026")), true, false),
        (Is("flag", json!(true)), true, false),
        (Is("list", json!([1, { "a": "b" }])), true, false),
        (Less("rev", json!(5)), true, false),
        (Less("rev", json!(4)), false, false),
        (Less("rev", json!(10)), true, false),
        (Less("at", json!("2027")), true, false),
        (Less("at", json!("20")), false, false),
        (AtMost("rev", json!(4)), true, false),
        (AtMost("rev", json!(3)), false, false),
        (AtMost("at", json!("2026")), true, false),
        (All(vec![]), true, true),
        (Any(vec![]), false, false),
        (All(vec![Present, Is("rev", json!(4))]), true, false),
        (All(vec![Present, Is("rev", json!(3))]), false, false),
        (Any(vec![Absent, Is("rev", json!(4))]), true, true),
        (Any(vec![Missing("ttl")]), true, true),
        (All(vec![All(vec![Any(vec![Absent, Present])]), Any(vec![Less("rev", json!(1)), Always])]), true, true),
    ]
}

/// Conditions hold alike for every single write.
pub async fn conditions_hold_alike_for_every_single_write(table: &dyn Table) {
    for (condition, for_row, for_absent) in conditions() {
        for (sk, expected) in [("there", for_row), ("absent", for_absent)] {
            let row = json!({ "rev": 4, "at": "2026", "flag": true, "none": null, "list": [1, { "a": "b" }] });
            for action in
                [Action::Put(item(json!({}))), Action::Update(vec![Change::Set("x", json!(1))]), Action::Delete]
            {
                restore(table, &row).await;
                let before = table.get(&key(sk)).await.expect("it is read");
                let (key, condition) = (key(sk), condition.clone());
                let write = Write { key, action, condition };
                match table.write(&write).await {
                    Ok(_) => assert!(expected, "{write:?} was done"),
                    Err(TableError::Refused(row)) => {
                        assert!(!expected, "{write:?} was refused");
                        assert_eq!(row, before);
                    }
                    Err(error) => panic!("{write:?}: {error:?}"),
                }
            }
        }
    }
}

/// A number and a text are not compared.
pub async fn a_number_and_a_text_are_not_compared(table: &dyn Table) {
    put_all(table, &[("1", json!({ "number": 4, "text": "4" }))]).await;
    for condition in [Condition::Less("number", json!("5")), Condition::AtMost("text", json!(4))] {
        let delete = Write { key: key("1"), action: Action::Delete, condition };
        let error = table.write(&delete).await.expect_err(&name(&delete));
        assert!(matches!(error, TableError::Refused(Some(_))), "{error:?}");
    }
}

/// What is null is not what is missing.
pub async fn what_is_null_is_not_what_is_missing(table: &dyn Table) {
    let is_null =
        |sk: &str| Write { key: key(sk), action: Action::Delete, condition: Condition::Is("none", json!(null)) };
    put_all(table, &[("there", json!({ "none": null })), ("without", json!({}))]).await;
    for sk in ["without", "absent"] {
        assert!(matches!(table.write(&is_null(sk)).await, Err(TableError::Refused(_))), "{sk} was removed");
        let check = Write { action: Action::Check, ..is_null(sk) };
        assert!(matches!(table.transact(&[check]).await, Err(TransactError::Refused(_))), "{sk} was null");
    }
    table.write(&is_null("there")).await.expect("it is written");
}

/// Conditions hold alike in transactions.
pub async fn conditions_hold_alike_in_transactions(table: &dyn Table) {
    for (condition, for_row, for_absent) in conditions() {
        for (sk, expected) in [("there", for_row), ("absent", for_absent)] {
            let row = json!({ "rev": 4, "at": "2026", "flag": true, "none": null, "list": [1, { "a": "b" }] });
            restore(table, &row).await;
            let before = table.get(&key(sk)).await.expect("it is read");
            let check = Write { key: key(sk), action: Action::Check, condition: condition.clone() };
            match table.transact(&[put("other", json!({})), check]).await {
                Ok(()) => assert!(expected, "{condition:?} held for {sk}"),
                Err(TransactError::Refused(refusals)) => {
                    assert!(!expected, "{condition:?} did not hold for {sk}");
                    assert_eq!(refusals.len(), 1);
                    assert_eq!((refusals[0].place, &refusals[0].row), (1, &before));
                }
                Err(error) => panic!("{condition:?}: {error:?}"),
            }
        }
    }
}

/// Makes the row `there` as given and sees to it that `absent` is not there.
async fn restore(table: &dyn Table, row: &Value) {
    table.write(&put("there", row.clone())).await.expect("it is written");
    let (key, action, condition) = (key("absent"), Action::Delete, Condition::Always);
    table.write(&Write { key, action, condition }).await.expect("it is written");
}

/// A transaction is done as a whole.
pub async fn a_transaction_is_done_as_a_whole(table: &dyn Table) {
    put_all(table, &[("changed", json!({ "rev": 1 })), ("gone", json!({}))]).await;
    let writes = [
        put("made", json!({ "a": 1 })),
        Write::update(key("changed"), vec![Change::Add("rev", 1)], Condition::Is("rev", json!(1))),
        Write { key: key("gone"), action: Action::Delete, condition: Condition::Present },
        Write { key: Key::new("B", "1"), action: Action::Check, condition: Condition::Absent },
    ];
    table.transact(&writes).await.expect("it is done");
    let rows = all(table, table_index(""), 10).await;
    assert_eq!(sort_keys(&rows), ["changed", "made"]);
    assert_eq!(rows[0]["rev"], json!(2));
}

/// A refused transaction writes nothing and names every refusal with its row.
pub async fn a_refused_transaction_writes_nothing_and_names_every_refusal_with_its_row(table: &dyn Table) {
    put_all(table, &[("1", json!({ "rev": 7 }))]).await;
    let writes = [
        put("new", json!({})),
        Write::put(key("1"), item(json!({})), Condition::Is("rev", json!(6))),
        Write::update(key("2"), vec![Change::Add("n", 1)], Condition::Present),
        put("other", json!({})),
    ];
    let error = table.transact(&writes).await.expect_err("it is refused");
    let TransactError::Refused(refusals) = error else {
        panic!("{error:?}");
    };
    assert_eq!(refusals.iter().map(|refusal| refusal.place).collect::<Vec<_>>(), [1, 2]);
    assert_eq!(refusals[0].row.as_ref().expect("it is there")["rev"], json!(7));
    assert_eq!(refusals[1].row, None);
    assert_eq!(sort_keys(&all(table, table_index(""), 10).await), ["1"]);
}

/// A transaction takes a hundred actions and not one more.
pub async fn a_transaction_takes_a_hundred_actions_and_not_one_more(table: &dyn Table) {
    let writes: Vec<Write> = (0..101).map(|number| put(&format!("{number:03}"), json!({}))).collect();
    let error = table.transact(&writes).await.expect_err("it is refused");
    assert!(matches!(error, TransactError::Table(TableError::Invalid(_))), "{error:?}");
    table.transact(&writes[..100]).await.expect("it is done");
    assert_eq!(all(table, table_index(""), 30).await.len(), 100);
}

/// What a failing test shows of a write: the whole may be long.
fn name(write: &Write) -> String {
    format!("{write:?}").chars().take(300).collect()
}

/// Neither a single write nor a transaction with it is done, and neither will ever be.
async fn assert_invalid(table: &dyn Table, writes: &[Write]) {
    for write in writes {
        let error = table.write(write).await.expect_err(&name(write));
        assert!(matches!(error, TableError::Invalid(_)), "{}: {error:?}", name(write));
        let writes = [put("fine", json!({})), write.clone()];
        let error = table.transact(&writes).await.expect_err(&name(write));
        assert!(matches!(error, TransactError::Table(TableError::Invalid(_))), "{}: {error:?}", name(write));
    }
    assert!(table.get(&key("fine")).await.expect("it is read").is_none());
}

/// A key that is empty or too long is invalid.
pub async fn a_key_that_is_empty_or_too_long_is_invalid(table: &dyn Table) {
    let put = |key| Write::put(key, item(json!({})), Condition::Always);
    assert_invalid(table, &[put(key("")), put(Key::new("", "1")), put(key(&"x".repeat(1025)))]).await;
}

/// A key of an index that is of another type is invalid.
pub async fn a_key_of_an_index_that_is_of_another_type_is_invalid(table: &dyn Table) {
    let writes = [
        put("1", json!({ "due_pk": "h#0", "due_at": "soon" })),
        put("1", json!({ "due_pk": 3, "due_at": 1 })),
        put("1", json!({ "list_pk": "l", "list_sk": 7 })),
    ];
    assert_invalid(table, &writes).await;
}

/// A key of an index that is empty is invalid.
pub async fn a_key_of_an_index_that_is_empty_is_invalid(table: &dyn Table) {
    assert_invalid(table, &[put("1", json!({ "due_pk": "", "due_at": 1 }))]).await;
}

/// A row that is too long is invalid.
pub async fn a_row_that_is_too_long_is_invalid(table: &dyn Table) {
    assert_invalid(table, &[put("1", json!({ "big": "x".repeat(401 * 1024) }))]).await;
}

/// Two changes of one attribute are invalid.
pub async fn two_changes_of_one_attribute_are_invalid(table: &dyn Table) {
    let changes = vec![Change::Set("a", json!(1)), Change::Remove("a")];
    assert_invalid(table, &[Write::update(key("1"), changes, Condition::Always)]).await;
}

/// A number is not added to a text.
pub async fn a_number_is_not_added_to_a_text(table: &dyn Table) {
    put_all(table, &[("text", json!({ "n": "x" }))]).await;
    assert_invalid(table, &[Write::update(key("text"), vec![Change::Add("n", 1)], Condition::Always)]).await;
}

/// The key of a row is not changed. DynamoDB refuses that in a transaction too; the embedded one does not, so only the single write
/// is tried.
pub async fn the_key_of_a_row_is_not_changed(table: &dyn Table) {
    let rekeyed = Write::update(key("1"), vec![Change::Set("sk", json!("2"))], Condition::Always);
    assert!(matches!(table.write(&rekeyed).await, Err(TableError::Invalid(_))));
}

/// A check stands in a transaction only.
pub async fn a_check_stands_in_a_transaction_only(table: &dyn Table) {
    let check = Write { key: key("1"), action: Action::Check, condition: Condition::Absent };
    assert!(matches!(table.write(&check).await, Err(TableError::Invalid(_))));
    table.transact(&[check]).await.expect("it is done");
}

/// A transaction writes something.
pub async fn a_transaction_writes_something(table: &dyn Table) {
    let error = table.transact(&[]).await.expect_err("it is refused");
    assert!(matches!(error, TransactError::Table(TableError::Invalid(_))), "{error:?}");
}

/// A transaction writes each row once.
pub async fn a_transaction_writes_each_row_once(table: &dyn Table) {
    let error = table.transact(&[put("twice", json!({})), put("twice", json!({}))]).await.expect_err("it is refused");
    assert!(matches!(error, TransactError::Table(TableError::Invalid(_))), "{error:?}");
    assert!(all(table, table_index(""), 10).await.is_empty());
}

/// Many rows are read at once and absent ones left out.
pub async fn many_rows_are_read_at_once_and_absent_ones_left_out(table: &dyn Table) {
    put_all(table, &[("1", json!({ "n": 1 })), ("2", json!({ "n": 2 }))]).await;
    let mut rows = table.get_many(&[key("2"), key("3"), key("1")]).await.expect("it is read");
    rows.sort_by_key(|row| row["n"].as_i64());
    assert_eq!(sort_keys(&rows), ["1", "2"]);
    assert!(table.get_many(&[]).await.expect("it is read").is_empty());
    let too_many: Vec<Key> = (0..101).map(|number| key(&number.to_string())).collect();
    assert!(matches!(table.get_many(&too_many).await, Err(TableError::Invalid(_))));
    let twice = [key("1"), key("1")];
    assert!(matches!(table.get_many(&twice).await, Err(TableError::Invalid(_))));
}

/// A query finds a prefix in order page by page.
pub async fn a_query_finds_a_prefix_in_order_page_by_page(table: &dyn Table) {
    let rows = ["PLAN", "EVENT#2", "EVENT#10", "EVENT#1", "EVEN", "EVENT$"].map(|sk| (sk, json!({})));
    put_all(table, &rows).await;
    let other = Write::put(Key::new("B", "EVENT#0"), item(json!({})), Condition::Always);
    table.write(&other).await.expect("it is written");
    for limit in [1, 2, 3, 100] {
        let rows = all(table, table_index("EVENT#"), limit).await;
        assert_eq!(sort_keys(&rows), ["EVENT#1", "EVENT#10", "EVENT#2"]);
        assert_eq!(all(table, table_index(""), limit).await.len(), 6);
        assert!(all(table, table_index("NOTHING"), limit).await.is_empty());
    }
}

/// A page has room for a row.
pub async fn a_page_has_room_for_a_row(table: &dyn Table) {
    let query = Query { index: table_index(""), limit: 0, after: None };
    assert!(matches!(table.query(&query).await, Err(TableError::Invalid(_))));
}

fn table_index(sk_prefix: &str) -> Index {
    Index::Table { pk: "A".into(), sk_prefix: sk_prefix.into() }
}

/// The due index holds what waits oldest first.
pub async fn the_due_index_holds_what_waits_oldest_first(table: &dyn Table) {
    let due = |at: i64| json!({ "due_pk": "h#3", "due_at": at, "kept": "all" });
    put_all(
        table,
        &[
            ("late", due(1_798_761_600_000)),
            ("first", due(999)),
            ("second", due(1000)),
            ("settled", json!({ "due_pk": "h#3" })),
            ("elsewhere", json!({ "due_pk": "h#4", "due_at": 1 })),
        ],
    )
    .await;
    let index = |until_ms| Index::Due { due_pk: "h#3".into(), until_ms };
    for limit in [1, 2, 10] {
        assert_eq!(sort_keys(&all(table, index(1000), limit).await), ["first", "second"]);
        let rows = all(table, index(i64::MAX), limit).await;
        assert_eq!(sort_keys(&rows), ["first", "second", "late"]);
        assert_eq!(rows[0]["kept"], json!("all"));
    }
    let settle = vec![Change::Remove("due_pk"), Change::Remove("due_at")];
    table.write(&Write::update(key("first"), settle, Condition::Always)).await.expect("it is written");
    assert_eq!(sort_keys(&all(table, index(1000), 10).await), ["second"]);
}

/// Rows due at one instant are all found across pages.
pub async fn rows_due_at_one_instant_are_all_found_across_pages(table: &dyn Table) {
    let names: Vec<String> = (0..7).map(|number| number.to_string()).collect();
    for name in &names {
        put_all(table, &[(name, json!({ "due_pk": "h#0", "due_at": 5 }))]).await;
    }
    let index = Index::Due { due_pk: "h#0".into(), until_ms: 5 };
    let rows = all(table, index, 3).await;
    let mut found = sort_keys(&rows);
    found.sort_unstable();
    assert_eq!(found, names);
}

/// The list index shows the newest first.
pub async fn the_list_index_shows_the_newest_first(table: &dyn Table) {
    let listed = |at: &str| json!({ "list_pk": "INCIDENT#0", "list_sk": at });
    put_all(
        table,
        &[
            ("b", listed("2026-02")),
            ("a", listed("2026-03")),
            ("c", listed("2026-01")),
            ("unlisted", json!({ "list_pk": "INCIDENT#0" })),
        ],
    )
    .await;
    let index = Index::List { list_pk: "INCIDENT#0".into() };
    for limit in [1, 2, 10] {
        assert_eq!(sort_keys(&all(table, index.clone(), limit).await), ["a", "b", "c"]);
    }
}

/// A page ends after a megabyte.
pub async fn a_page_ends_after_a_megabyte(table: &dyn Table) {
    for sk in ["1", "2", "3", "4", "5"] {
        put_all(table, &[(sk, json!({ "raw": "x".repeat(300 * 1024) }))]).await;
    }
    let query = Query { index: table_index(""), limit: 100, after: None };
    let page = table.query(&query).await.expect("it is read");
    assert!(page.items.len() < 5 && page.next.is_some());
    assert_eq!(all(table, table_index(""), 100).await.len(), 5);
}
