//! Any configuration that can be, not only those that people write: it is written as YAML that reads back as the same, and an
//! installation gives back what was applied to it.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use jiff::civil::{DateTime, Time, Weekday};
use jiff::tz::TimeZone;
use proptest::collection::{btree_map, btree_set, vec};
use proptest::option;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use reveille_cli::apply::{apply, planned};
use reveille_cli::configuration::{Address, Configuration, Webhook, WebhookKeyHash, WebhookName, parse};
use reveille_cli::export::export;
use reveille_domain::{
    Change, Channel, ChannelId, ChannelKind, Contact, ContactAlias, Coverage, CoverageWindow, Day, Engage,
    EngagementPlan, EngagementStep, EscalationPlan, EscalationStage, EscalationTarget, Every, Hours, Impact,
    IncidentTemplate, Layers, Match, Notice, Override, Pattern, PlanAlias, Repeat, ResponsePlan, ResponsePlanName,
    ResponseStage, Rotation, RotationName, RotationRules, Rounds, Routing, Rule, RunbookAction, Schedule,
    ScheduleAlias, ScheduleRules, Source, Swap, TargetKind, TemporarySchedule, TemporaryShift, Unless, When,
};
use reveille_engine::port::Secret;
use reveille_local::MemoryTable;

const CONTACTS: [&str; 4] = ["natsu", "zeref-2", "true", "0"];
const SCHEDULES: [&str; 2] = ["primary", "null"];
const PLANS: [&str; 3] = ["everyone", "on", "y"];
const RESPONSES: [&str; 3] = ["all", "no", "1e3"];

/// Texts that YAML could take for something else, and any other.
fn text() -> BoxedStrategy<String> {
    let odd = [
        "true",
        "no",
        "~",
        "null",
        "",
        " ",
        "- x",
        "#",
        "a: b",
        "{a}",
        "*",
        "&a",
        "!t",
        "%",
        "@",
        "`",
        "\"",
        "'",
        "\\",
        "1",
        "0x1f",
        "1e3",
        ".inf",
        "2026-01-05",
        "\u{feff}",
        "\u{85}",
        "\u{2028}",
        "\u{7f}",
        "\t",
        "a\nb",
        " a ",
        "é•🔥",
        "...",
        "---",
        "? x",
        "|",
        ">",
        "<<",
        "=",
    ];
    prop_oneof![select(odd.to_vec()).prop_map(str::to_owned), "[ -~é\\n\\t\u{80}-\u{a0}]{0,20}"].boxed()
}

fn some_text() -> BoxedStrategy<String> {
    text().prop_filter("not empty", |text| !text.is_empty()).boxed()
}

/// A text without the beginning of a template.
fn plain() -> BoxedStrategy<String> {
    text().prop_filter("no template", |text| !text.contains(['{', '}'])).boxed()
}

fn template() -> BoxedStrategy<String> {
    prop_oneof![plain(), plain().prop_map(|text| format!("{{{{ title }}}}{text}{{{{tags.a b}}}}"))].boxed()
}

fn name() -> BoxedStrategy<String> {
    some_text().prop_map(|text| text.trim().to_owned()).prop_filter("not empty", |name| !name.is_empty()).boxed()
}

fn contact() -> BoxedStrategy<ContactAlias> {
    select(CONTACTS.to_vec()).prop_map(ContactAlias::new).boxed()
}

fn impact() -> BoxedStrategy<Impact> {
    (1..6_u8).prop_map(|number| Impact::from_number(number).expect("it is there")).boxed()
}

fn minutes() -> BoxedStrategy<u32> {
    prop_oneof![Just(0), Just(1), Just(10_080), 0..10_081_u32].boxed()
}

/// A channel with its address, and its secret if it has one.
fn channel(id: &'static str) -> BoxedStrategy<(Channel, Address, Option<Secret>)> {
    let kinds = select(ChannelKind::ALL.to_vec());
    (kinds, any::<bool>(), 0..10_000_u32, any::<bool>())
        .prop_map(move |(kind, verified, number, signed)| {
            let address = match kind {
                ChannelKind::Sms | ChannelKind::Voice => format!("+1415300{number:04}"),
                ChannelKind::Email => format!("n{number}@devopsvn.tech"),
                ChannelKind::Webhook | ChannelKind::Slack | ChannelKind::Teams => {
                    format!("https://devopsvn.tech/{number}?a=b%2Fc&d='e'#").trim_end_matches('#').to_owned()
                }
            };
            let address = Address::parse(kind, &address).expect("it is there");
            let signed = signed && kind == ChannelKind::Webhook;
            let secret = signed.then(|| Secret::new(format!("\"#{{{number:0>32}'\\")));
            (Channel { id: ChannelId::new(id), kind, verified, disabled: None }, address, secret)
        })
        .boxed()
}

type WithAddresses = (Contact, BTreeMap<ChannelId, Address>, BTreeMap<ChannelId, Secret>);

fn person(alias: &'static str) -> BoxedStrategy<WithAddresses> {
    let ids = vec!["sms", "off", "z-1"];
    let channels =
        subsequence(ids, 1..=3).prop_shuffle().prop_flat_map(|ids| ids.into_iter().map(channel).collect::<Vec<_>>());
    channels
        .prop_flat_map(move |channels| {
            let ids: Vec<ChannelId> = channels.iter().map(|(channel, _, _)| channel.id.clone()).collect();
            let plan = engagement(ids.clone());
            let impacts = impact();
            (Just(channels), name(), option::of(engagement(ids)), btree_map(impacts, plan, 0..3))
        })
        .prop_map(move |(channels, name, engagement, engagement_by_impact)| {
            let addresses = channels.iter().map(|(channel, address, _)| (channel.id.clone(), address.clone()));
            let secrets =
                channels.iter().filter_map(|(channel, _, secret)| Some((channel.id.clone(), secret.clone()?)));
            let (addresses, secrets) = (addresses.collect(), secrets.collect());
            let channels = channels.into_iter().map(|(channel, _, _)| channel).collect();
            let alias = ContactAlias::new(alias);
            (Contact { alias, name, channels, engagement, engagement_by_impact }, addresses, secrets)
        })
        .boxed()
}

fn engagement(ids: Vec<ChannelId>) -> BoxedStrategy<EngagementPlan> {
    let repeat =
        (1..10_081_u32, option::of(1..1_001_u32)).prop_map(|(every_minutes, times)| Repeat { every_minutes, times });
    let count = ids.len();
    let step = (minutes(), subsequence(ids, 1..=count).prop_shuffle(), option::of(repeat))
        .prop_map(|(after_minutes, channels, repeat)| EngagementStep { after_minutes, channels, repeat });
    vec(step, 1..4)
        .prop_map(|mut steps| {
            steps.sort_by_key(|step| step.after_minutes);
            EngagementPlan { steps }
        })
        .boxed()
}

fn time_of_day() -> BoxedStrategy<Time> {
    prop_oneof![
        Just(Time::midnight()),
        (0..24_i8, 0..60_i8).prop_map(|(h, m)| Time::new(h, m, 0, 0).expect("it is there"))
    ]
    .boxed()
}

fn weekdays() -> Vec<Weekday> {
    vec![
        Weekday::Monday,
        Weekday::Tuesday,
        Weekday::Wednesday,
        Weekday::Thursday,
        Weekday::Friday,
        Weekday::Saturday,
        Weekday::Sunday,
    ]
}

fn zone() -> BoxedStrategy<TimeZone> {
    select(vec!["UTC", "America/New_York", "Etc/GMT+5", "Asia/Ho_Chi_Minh"])
        .prop_map(|name| TimeZone::get(name).expect("it is there"))
        .boxed()
}

fn when() -> BoxedStrategy<When> {
    let time = (time_of_day(), time_of_day());
    let days = subsequence(weekdays(), 0..=7).prop_map(|days| days.into_iter().map(Day).collect::<BTreeSet<_>>());
    let hours = (days, option::of(time), zone())
        .prop_filter("it says something", |(days, time, _)| !days.is_empty() || time.is_some())
        .prop_map(|(weekdays, time, time_zone)| Hours { weekdays, time, time_zone });
    let impacts = btree_set(impact(), 0..3);
    (impacts, option::of(hours)).prop_map(|(impacts, hours)| When { impacts, hours }).boxed()
}

/// Two instants in their order.
fn span() -> BoxedStrategy<(Timestamp, Timestamp)> {
    (1_700_000_000..1_900_000_000_i64, 1..1_000_000_i64)
        .prop_map(|(start, length)| {
            (
                Timestamp::from_second(start).expect("it is there"),
                Timestamp::from_second(start + length).expect("it is there"),
            )
        })
        .boxed()
}

fn every() -> BoxedStrategy<Every> {
    let times = btree_set(time_of_day(), 0..3).prop_map(|times| times.into_iter().collect::<Vec<_>>());
    let weekly = btree_set((0..7_usize, time_of_day()), 0..3)
        .prop_map(|all| all.into_iter().map(|(day, at)| (weekdays()[day], at)).collect());
    let monthly = btree_set((1..27_u8, time_of_day()), 0..3).prop_map(|all| all.into_iter().collect());
    prop_oneof![
        (1..2_401_u32).prop_map(Every::Hours),
        (1..101_u32, times).prop_map(|(count, handoffs)| Every::Days { count, handoffs }),
        (1..101_u32, weekly).prop_map(|(count, handoffs)| Every::Weeks { count, handoffs }),
        (1..101_u32, monthly).prop_map(|(count, handoffs)| Every::Months { count, handoffs }),
    ]
    .boxed()
}

fn coverage() -> BoxedStrategy<Coverage> {
    let hours = select(vec![("09:00", "17:00"), ("22:00", "06:00"), ("00:00", "00:00"), ("18:30", "00:00")]);
    btree_map(0..7_usize, hours, 1..5)
        .prop_map(|days| {
            let time = |text: &str| text.parse::<Time>().expect("it is there");
            let window = |(day, (start, end)): (usize, (&str, &str))| CoverageWindow {
                day: weekdays()[day],
                start: time(start),
                end: time(end),
            };
            Coverage::new(days.into_iter().map(window).collect()).expect("it is there")
        })
        .boxed()
}

fn rotation(name: &'static str) -> BoxedStrategy<Rotation> {
    let start = (2000..2100_i16, 1..13_i8, 1..28_i8, time_of_day())
        .prop_map(|(year, month, day, time)| DateTime::from_parts(jiff::civil::date(year, month, day), time));
    let all = (zone(), start, every(), vec(contact(), 1..4), 1..3_usize, option::of(coverage()), any::<bool>());
    all.prop_map(move |(time_zone, start, every, members, on_call, coverage, days_off_burn_turns)| {
        Rotation::new(RotationRules {
            name: RotationName::new(name),
            time_zone,
            start,
            every,
            on_call: on_call.min(members.len()),
            members,
            coverage,
            days_off_burn_turns,
        })
        .expect("it is there")
    })
    .boxed()
}

fn schedule(alias: &'static str) -> BoxedStrategy<Schedule> {
    let two = subsequence(CONTACTS.to_vec(), 2).prop_shuffle();
    let two = two.prop_map(|two| (ContactAlias::new(two[0]), ContactAlias::new(two[1])));
    let change = prop_oneof![
        contact().prop_map(Change::Add),
        contact().prop_map(Change::Remove),
        two.clone().prop_map(|(remove, add)| Change::Replace { remove, add }),
    ];
    let one = (span(), change).prop_map(|((start, end), change)| Override { start, end, change });
    let swap = (span(), two).prop_map(|((start, end), (a, b))| Swap { a, b, start, end });
    let temporary = option::of((span(), contact(), any::<bool>())).prop_map(|temporary| {
        temporary.map(|((start, end), contact, empty)| {
            let shifts = if empty { vec![] } else { vec![TemporaryShift { contact, start, end }] };
            TemporarySchedule { start, end, shifts }
        })
    });
    let notices = btree_set(1..10_081_u32, 0..3)
        .prop_map(|all| all.into_iter().map(|before_minutes| Notice { before_minutes }).collect());
    let rotations = prop_oneof![
        rotation("weekly").prop_map(|one| vec![one]),
        (rotation("b"), rotation("a")).prop_map(|(first, second)| vec![first, second]),
    ];
    let layers = select(vec![Layers::Upper, Layers::Both]);
    (layers, rotations, vec(one, 0..3), vec(swap, 0..2), temporary, notices)
        .prop_map(move |(layers, rotations, overrides, swaps, temporary, notices)| {
            let alias = ScheduleAlias::new(alias);
            let temporary = temporary.into_iter().collect();
            Schedule::new(ScheduleRules { alias, layers, rotations, overrides, swaps, temporary, notices })
                .expect("it is there")
        })
        .boxed()
}

/// A plan that names plans which stand after it, so that none leads back to itself.
fn escalation(place: usize) -> BoxedStrategy<EscalationPlan> {
    let mut kinds: Vec<TargetKind> =
        CONTACTS.iter().map(|alias| TargetKind::Contact(ContactAlias::new(*alias))).collect();
    kinds.extend(SCHEDULES.iter().map(|alias| TargetKind::Schedule(ScheduleAlias::new(*alias))));
    kinds.extend(PLANS.iter().skip(place + 1).map(|alias| TargetKind::Plan(PlanAlias::new(*alias))));
    let targets = (subsequence(kinds, 1..4).prop_shuffle(), any::<u8>()).prop_map(|(kinds, essential)| {
        let one = |(n, kind): (usize, TargetKind)| EscalationTarget { kind, essential: (essential >> n) % 2 == 1 };
        kinds.into_iter().enumerate().map(one).collect::<Vec<_>>()
    });
    let stage = (1..10_081_u32, targets, when()).prop_map(|(minutes, targets, when)| EscalationStage {
        minutes,
        targets,
        when,
    });
    (vec(stage, 1..4), option::of(0..1_001_u32), any::<bool>())
        .prop_map(move |(stages, times, round_robin)| {
            let stoppable = stages.iter().flat_map(|stage| &stage.targets).any(|target| target.essential);
            let repeat = times.map(Rounds::Times).unwrap_or(if stoppable { Rounds::Forever } else { Rounds::Times(1) });
            EscalationPlan { alias: PlanAlias::new(PLANS[place]), stages, repeat, round_robin }
        })
        .boxed()
}

fn response(name: &'static str) -> BoxedStrategy<ResponsePlan> {
    let mut engaged: Vec<Engage> = CONTACTS.iter().map(|alias| Engage::Contact(ContactAlias::new(*alias))).collect();
    engaged.extend(SCHEDULES.iter().map(|alias| Engage::Schedule(ScheduleAlias::new(*alias))));
    engaged.extend(PLANS.iter().map(|alias| Engage::EscalationPlan(PlanAlias::new(*alias))));
    let runbook = ("[A-Za-z0-9_.:/-]{3,20}", btree_map(text(), vec(template(), 0..3), 0..3))
        .prop_map(|(document, parameters)| RunbookAction { document, parameters });
    let unless = select(vec![Unless::Resolved, Unless::Acknowledged]);
    let stage = (minutes(), unless, when(), vec(runbook, 0..2), subsequence(engaged, 1..4).prop_shuffle()).prop_map(
        |(after_minutes, unless, when, runbooks, engage)| ResponseStage {
            after_minutes,
            unless,
            when,
            runbooks,
            engage,
        },
    );
    let incident = (template(), template(), option::of(impact()), template(), btree_map(text(), plain(), 0..3))
        .prop_map(|(title, summary, impact, dedupe, tags)| IncidentTemplate { title, summary, impact, dedupe, tags });
    (incident, vec(stage, 1..3), option::of(1..10_081_u32))
        .prop_map(move |(incident, stages, repage_after_minutes)| ResponsePlan {
            name: ResponsePlanName::new(name),
            incident,
            stages,
            repage_after_minutes,
        })
        .boxed()
}

fn response_name() -> BoxedStrategy<ResponsePlanName> {
    select(RESPONSES.to_vec()).prop_map(ResponsePlanName::new).boxed()
}

fn rule() -> BoxedStrategy<Rule> {
    let pattern = || option::of(some_text().prop_map(Pattern::new));
    let tags = btree_map(text(), some_text().prop_map(Pattern::new), 0..3);
    (option::of(select(Source::ALL.to_vec())), pattern(), pattern(), pattern(), tags, response_name())
        .prop_map(|(source, name, account, region, tags, response_plan)| Rule {
            matching: Match { source, name, account, region, tags },
            response_plan,
        })
        .boxed()
}

fn webhook() -> BoxedStrategy<Webhook> {
    let keys = btree_set("[0-9a-f]{64}", 1..4).prop_map(|all| {
        all.into_iter().map(|hash| WebhookKeyHash::parse(&format!("sha256:{hash}")).expect("it is there")).collect()
    });
    (keys, option::of(response_name())).prop_map(|(keys, response_plan)| Webhook { keys, response_plan }).boxed()
}

fn configuration() -> BoxedStrategy<Configuration> {
    let people = CONTACTS.map(person).to_vec();
    let schedules = SCHEDULES.map(schedule).to_vec();
    let plans: Vec<_> = (0..PLANS.len()).map(escalation).collect();
    let responses = RESPONSES.map(response).to_vec();
    let webhooks = btree_map(select(vec!["grafana", "off"]).prop_map(WebhookName::new), webhook(), 0..3);
    let rest = (vec(rule(), 0..4), response_name(), option::of(contact()), webhooks);
    (people, schedules, plans, responses, rest)
        .prop_map(|(people, schedules, plans, responses, (rules, default_plan, safety_contact, webhooks))| {
            let mut contacts = BTreeMap::new();
            let (mut addresses, mut secrets) = (BTreeMap::new(), BTreeMap::new());
            for (contact, of, signed) in people {
                addresses.insert(contact.alias.clone(), of);
                secrets.insert(contact.alias.clone(), signed);
                contacts.insert(contact.alias.clone(), contact);
            }
            let templates = responses.iter().map(|plan| (plan.name.clone(), plan.incident.clone())).collect();
            Configuration {
                contacts,
                addresses,
                secrets,
                schedules: schedules.into_iter().map(|one| (one.alias().clone(), one)).collect(),
                escalation_plans: plans.into_iter().map(|plan| (plan.alias.clone(), plan)).collect(),
                response_plans: responses.into_iter().map(|plan| (plan.name.clone(), plan)).collect(),
                routing: Routing { rules, default_plan, templates },
                safety_contact,
                webhooks,
            }
        })
        .boxed()
}

fn noon() -> Timestamp {
    "2026-11-23T12:00:00Z".parse().expect("it is there")
}

/// Applies a configuration to an installation that may hold another one, and holds what comes back to be the same.
async fn comes_back(table: &MemoryTable, configuration: &Configuration) {
    apply(table, configuration, noon()).await.expect("it is there");
    let yaml = export(table).await.unwrap_or_else(|error| panic!("{error}")).yaml;
    let exported = parse(&yaml, "export.yaml").unwrap_or_else(|errors| panic!("{errors}\n{yaml}"));
    assert_eq!(&exported, configuration, "{yaml}");
    let planned = planned(table, &exported, noon()).await.expect("it is there");
    assert!(planned.is_nothing() && planned.differences.is_empty(), "{:?}", planned.differences);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, max_shrink_iters: 100, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_is_applied_comes_back(first in configuration(), second in configuration()) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("it is there");
        runtime.block_on(async {
            let table = MemoryTable::new();
            comes_back(&table, &first).await;
            comes_back(&table, &second).await;
        });
    }
}
