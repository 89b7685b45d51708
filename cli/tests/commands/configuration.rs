//! The configuration language: mistakes are found where they stand and with a remedy, examples load, nothing panics.

use std::path::{Path, PathBuf};

use proptest::prelude::*;
use reveille_cli::configuration::{
    Address, Configuration, ConfigurationErrors, ExampleReason, example_addresses, load, parse, parse_bytes, vocabulary,
};
use reveille_domain::{
    ChannelId, ContactAlias, Engage, Impact, PlanAlias, Repeat, ResponsePlanName, Rounds, Source, TargetKind, Unless,
};

use crate::mistake::Mistake;

/// A valid file with something of everything; rows of the tables below put mistakes into it.
const VALID: &str = r#"reveille: 1
defaults: { response_plan: everything, safety_contact: bob }
contacts:
  natsu:
    name: Natsu
    channels:
      sms: { type: sms, address: "+84 3127 12 567", verified: true }
      mail: { type: email, address: natsu@devopsvn.tech }
    engagement:
      - { after: 0, channels: [sms, mail] }
      - { after: 2, channels: [sms], every: 3, times: until_acknowledged }
  bob: { name: Bob, channels: { sms: { type: sms, address: "+1 555 0101", verified: true } } }
escalation_plans:
  both-of-them:
    stages:
      - { minutes: 5, targets: [natsu] }
      - { minutes: 10, targets: [ { contact: bob, essential: false } ] }
    repeat: 2
    round_robin: false
response_plans:
  everything:
    incident: { title: "{{ title }}", impact: 2, summary: "", dedupe: "", tags: { team: web } }
    stages:
      - runbooks: [ { document: WebServerRestart, parameters: { InstanceId: ["{{ dimensions.InstanceId }}"] } } ]
        engage: [natsu]
      - { after: 5, unless: acknowledged, engage: [ { escalation_plan: both-of-them } ] }
    tell: { topics: [], chat: [] }
rules:
  - { match: { source: cloudwatch, name: "web-*", account: "*" }, response_plan: everything }
webhooks:
  grafana:
    keys: ["sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"]
    response_plan: everything
"#;

fn check(mistake: &Mistake) {
    mistake.check(VALID);
}

fn valid() -> Configuration {
    parse(VALID, "reveille.yaml").unwrap_or_else(|errors| panic!("{errors}"))
}

#[test]
fn what_is_read_is_what_is_written() {
    let configuration = valid();
    let natsu = &configuration.contacts[&ContactAlias::new("natsu")];
    let steps = &natsu.engagement.as_ref().unwrap().steps;
    assert_eq!(natsu.name, "Natsu");
    assert_eq!(natsu.channels.iter().map(|c| c.verified).collect::<Vec<_>>(), [true, false]);
    assert_eq!(steps[0].channels, [ChannelId::new("sms"), ChannelId::new("mail")]);
    assert_eq!(steps[1].repeat, Some(Repeat { every_minutes: 3, times: None }));
    let sms = &configuration.addresses[&natsu.alias][&ChannelId::new("sms")];
    assert_eq!(sms.expose(), "+84312712567");

    let plan = &configuration.escalation_plans[&PlanAlias::new("both-of-them")];
    assert_eq!(plan.repeat, Rounds::Times(2));
    assert_eq!(plan.stages.iter().map(|s| s.minutes).collect::<Vec<_>>(), [5, 10]);
    assert!(plan.stages[0].targets[0].essential);
    assert!(!plan.stages[1].targets[0].essential);

    let response = &configuration.response_plans[&ResponsePlanName::new("everything")];
    assert_eq!(response.incident.impact, Some(Impact::High));
    assert_eq!(response.stages[0].runbooks[0].parameters["InstanceId"], ["{{ dimensions.InstanceId }}"]);
    assert_eq!(response.stages[0].unless, Unless::Resolved);
    assert_eq!(response.stages[1].unless, Unless::Acknowledged);
    assert_eq!(response.stages[1].engage, [Engage::EscalationPlan(PlanAlias::new("both-of-them"))]);

    let routing = &configuration.routing;
    assert_eq!(routing.default_plan.as_str(), "everything");
    assert_eq!(routing.rules[0].matching.source, Some(Source::CloudWatch));
    assert_eq!(routing.templates[&response.name], response.incident);
    assert_eq!(configuration.safety_contact, Some(ContactAlias::new("bob")));
    assert_eq!(configuration.webhooks.len(), 1);
}

#[test]
fn anchors_merge_keys_windows_lines_and_bare_numbers_are_read() {
    let text = "\u{feff}reveille: 1
defaults: { response_plan: all }
contacts:
  natsu: &natsu
    name: Natsu
    channels: { sms: { type: sms, address: +84312712567, verified: true } }
  zeref: { <<: *natsu, name: Zeref }
response_plans:
  all: { stages: [ { engage: [natsu, zeref] } ] }
rules:
  - { match: { account: 012345678901 }, response_plan: all }
";
    for text in [text.to_owned(), text.replace('\n', "\r\n")] {
        let configuration = parse(&text, "reveille.yaml").unwrap_or_else(|errors| panic!("{errors}"));
        let zeref = &configuration.contacts[&ContactAlias::new("zeref")];
        let sms = &configuration.addresses[&zeref.alias][&ChannelId::new("sms")];
        let account = configuration.routing.rules[0].matching.account.as_ref().unwrap();
        assert_eq!((zeref.name.as_str(), sms.expose()), ("Zeref", "+84312712567"));
        assert_eq!(account.as_str(), "012345678901");
    }
}

#[test]
fn mistakes_of_the_file_are_found_where_they_stand() {
    let rows = [
        Mistake("reveille: 1\n", "«", "which version", "reveille: 1"),
        Mistake("reveille: 1", "reveille: «2", "reads version 1", "reveille: 1"),
        Mistake("rules:", "«rule:", "unknown key `rule` in the file", "did you mean `rules`?"),
        Mistake("rules:", "«zzz: 1\nrules:", "unknown key `zzz`", "the keys of the file are"),
        Mistake("rules:", "«defaults: {}\nrules:", "stands twice in the file; the first one is on line 2", "remove"),
        Mistake("response_plan: everything, ", "response_plan: «nothing-else, ", "no response plan", "everything"),
        Mistake("safety_contact: bob", "safety_contact: «bop", "no contact `bop`", "did you mean `bob`?"),
        Mistake(
            "defaults: { response_plan: everything, safety_contact: bob }",
            "defaults: «{ safety_contact: bob }",
            "has no `response_plan`",
            "no rule matches",
        ),
    ];
    rows.iter().for_each(check);
}

const CONTACT_MISTAKES: &[Mistake] = &[
    Mistake("    name: Natsu", "    «nmae: Natsu\n    name: Natsu", "unknown key `nmae`", "did you mean `name`?"),
    Mistake("name: Natsu", "name: «\"\"", "a name cannot be empty", "what people call them"),
    Mistake("  natsu:\n    name: Natsu\n", "  «natsu:\n", "contact `natsu` has no `name`", "name:"),
    Mistake("  bob: {", "  «natsu: { name: N, channels: {} }\n  bob: {", "`natsu` stands twice", "rename"),
    Mistake(
        "  bob: {",
        "  «Bad Alias: { name: B, channels: { sms: { type: sms, address: \"+1 555 0101\", verified: true } } }\n  bob: {",
        "cannot be the alias of a contact",
        "`bad-alias`",
    ),
    Mistake(
        "sms: { type: sms, address: \"+84 3127 12 567\", verified: true }",
        "«sms: { address: \"+84 3127 12 567\", verified: true }",
        "channel `sms` has no `type`",
        "type: sms",
    ),
    Mistake("type: email", "type: «emial", "`type` cannot be `emial`", "did you mean `email`?"),
    Mistake("type: email", "type: «pigeon", "`type` cannot be `pigeon`", "teams"),
    Mistake(
        "type: email, address: natsu@devopsvn.tech",
        "type: webhook, address: «http://devopsvn.tech/secret-path",
        "must begin with `https://`",
        "https://",
    ),
    Mistake(
        "type: email, address: natsu@devopsvn.tech",
        "type: voice, address: «natsu@devopsvn.tech",
        "must begin with `+`",
        "write `type: email`",
    ),
    Mistake(
        "type: email, address: natsu@devopsvn.tech",
        "type: slack, secret: «0123456789abcdef0123456789abcdef, address: \"https://hooks.slack.com/services/a\"",
        "no use for a secret",
        "only a channel of type `webhook`",
    ),
    Mistake(
        "type: email, address: natsu@devopsvn.tech",
        "type: webhook, secret: «tooshort, address: \"https://pager.devopsvn.tech/a\"",
        "32 to 128 characters",
        "openssl rand",
    ),
    Mistake("\"+84 3127 12 567\"", "«\"0312712567\"", "must begin with `+`", "+84 3127"),
    Mistake("\"+84 3127 12 567\"", "«0312712567", "must begin with `+`", "+84 3127"),
    Mistake("\"+84 3127 12 567\"", "«\"0084 3127 12 567\"", "must begin with `+`", "leading 00"),
    Mistake("\"+84 3127 12 567\"", "«\"+84 3127 12 56 7890 123\"", "8 to 15 digits", "+84"),
    Mistake("natsu@devopsvn.tech", "«natsu.devopsvn.tech", "must hold an `@`", "name@domain"),
    Mistake("\"+1 555 0101\", verified: true", "\"+1 555 0101\", verified: «yes", "true or false", "without quotes"),
    Mistake(
        "  bob: { name: Bob, channels: { sms: { type: sms, address: \"+1 555 0101\", verified: true } } }",
        "  bob: { name: Bob, channels: «{} }",
        "has no channels",
        "at least one",
    ),
    Mistake(
        "    engagement:\n",
        "    engagement_by_impact: { «6: [ { channels: [sms] } ] }\n    engagement:\n",
        "a number from 1 to 5",
        "1 (critical)",
    ),
    Mistake(
        "    engagement:\n",
        "    engagement_by_impact: { 4: [ { channels: [«fax] } ] }\n    engagement:\n",
        "no channel `fax`",
        "`sms`",
    ),
    Mistake("channels: [sms, mail]", "channels: [sms, «mial]", "no channel `mial`", "did you mean `mail`?"),
    Mistake("channels: [sms, mail]", "channels: «[]", "would page nobody", "remove the step"),
    Mistake("channels: [sms, mail]", "channels: «sms", "must be a list", "brackets"),
    Mistake("channels: [sms, mail]", "channels: «[sms, sms]", "same channel twice", "name it once"),
];

#[test]
fn mistakes_in_contacts_are_found_where_they_stand() {
    CONTACT_MISTAKES.iter().for_each(check);
}

#[test]
fn mistakes_in_engagement_plans_are_found_where_they_stand() {
    let rows = [
        Mistake(
            "{ after: 2, channels: [sms], every: 3,",
            "{ after: «10081, channels: [sms], every: 3,",
            "cannot be 10081",
            "0 to 10080",
        ),
        Mistake("every: 3, times: until_acknowledged", "every: «0", "cannot be 0", "1 to 10080"),
        Mistake(
            "every: 3, times: until_acknowledged",
            "every: 3, times: «until_acked",
            "cannot be `until_acked`",
            "until_acknowledged",
        ),
        Mistake("every: 3, times: until_acknowledged", "every: 3, times: «0", "cannot be 0", "1 to 1000"),
        Mistake("every: 3, times: until_acknowledged", "times: «3", "repeats nothing", "every:"),
    ];
    rows.iter().for_each(check);
    let backwards = VALID.replace("{ after: 0, channels", "{ after: 3, channels");
    let errors = parse(&backwards, "reveille.yaml").unwrap_err();
    let places: Vec<_> = errors.iter().map(|error| (error.line(), error.column())).collect();
    assert_eq!(places, [(11, 18)], "{errors}");
    assert!(errors.to_string().contains("put the steps in order"));
}

#[test]
fn mistakes_in_escalation_plans_are_found_where_they_stand() {
    let rows = [
        Mistake("targets: [natsu]", "targets: [«nastu]", "no contact `nastu`", "did you mean `natsu`?"),
        Mistake("targets: [natsu]", "targets: «[]", "would page nobody", "remove the stage"),
        Mistake("targets: [natsu]", "targets: [natsu, «natsu]", "twice in the same stage", "once"),
        Mistake("targets: [natsu]", "targets: [{ schedule: «primary }]", "no schedule `primary`", "`schedules`"),
        Mistake("targets: [natsu]", "targets: [{ plan: «everyone }]", "no escalation plan `everyone`", "add it"),
        Mistake("targets: [natsu]", "targets: [«{ essential: true }]", "names one contact", "{ contact: … }"),
        Mistake("targets: [natsu]", "targets: [«{ contact: natsu, plan: both-of-them }]", "names one", "an alias"),
        Mistake("targets: [natsu]", "targets: [«both-of-them]", "no contact", "write `{ plan: both-of-them }`"),
        Mistake(
            "targets: [natsu]",
            "targets: [{ contact: «both-of-them }]",
            "no contact",
            "write `{ plan: both-of-them }` in the place of the whole item",
        ),
        Mistake("safety_contact: bob", "safety_contact: «both-of-them", "no contact", "name a contact here"),
        Mistake("essential: false", "essential: «maybe", "true or false", "without quotes"),
        Mistake("minutes: 10,", "minutes: «ten,", "must be a number", "0 to 10080"),
        Mistake("minutes: 10,", "minutes: «10.5,", "cannot be 10.5", "whole number"),
        Mistake("minutes: 10,", "minutes: «-1,", "cannot be -1", "whole number"),
        Mistake("{ minutes: 10, targets", "«{ targets", "has no `minutes`", "how long to wait"),
        Mistake("repeat: 2", "repeat: «always", "cannot be `always`", "`forever`"),
        Mistake("repeat: 2", "repeat: «-2", "cannot be -2", "0 to 1000"),
        Mistake("round_robin: false", "round_robin: «yes", "true or false", "without quotes"),
    ];
    rows.iter().for_each(check);
    let taken = VALID.replace("both-of-them", "bob");
    let errors = parse(&taken, "reveille.yaml").unwrap_err();
    let places: Vec<_> = errors.iter().map(|error| (error.line(), error.column())).collect();
    assert_eq!(places, [(14, 3)], "{errors}");
}

#[test]
fn an_escalation_that_never_rests_is_refused() {
    let rows = [
        (
            "minutes: 5, targets: [natsu] }\n      - { minutes: 10",
            "minutes: 0, targets: [natsu] }\n      - { minutes: 0",
            "take no time",
        ),
        ("targets: [natsu]", "targets: [ { contact: natsu, essential: false } ]", "cannot be stopped"),
    ];
    for (from, to, message) in rows {
        let text = VALID.replace(from, to).replace("repeat: 2", "repeat: forever");
        let errors = parse(&text, "reveille.yaml").expect_err(message).to_string();
        assert!(errors.contains(message), "{errors}");
        assert!(errors.contains("reveille.yaml:18:13"), "{errors}");
    }
}

const RESPONSE_PLAN_MISTAKES: &[Mistake] = &[
    Mistake(
        "tags: { team: web } }",
        "tags: { team: «\"{{ account }}\" } }",
        "a template in a tag is not supported by this version yet",
        "plain text",
    ),
    Mistake("impact: 2", "impact: «6", "from 1 to 5", "1 (critical)"),
    Mistake("impact: 2", "impact: «high", "from 1 to 5", "1 (critical)"),
    Mistake("\"{{ title }}\"", "\"«{{ titel }}\"", "no event has a value called `titel`", "did you mean `title`?"),
    Mistake("\"{{ title }}\"", "\"web: «{{ title\"", "has no `}}`", "close it"),
    Mistake("\"{{ title }}\"", "«{{ title }}", "must be a text, not a mapping", "quotes"),
    Mistake(
        "\"{{ dimensions.InstanceId }}\"",
        "\"«{{ dimension.InstanceId }}\"",
        "dimension.InstanceId",
        "did you mean `dimensions.InstanceId`?",
    ),
    Mistake("\"{{ dimensions.InstanceId }}\"", "\"«{{ resources.first }}\"", "resources.first", "resources.0"),
    Mistake(
        "document: WebServerRestart, ",
        "document: «\"Web Server\", ",
        "cannot be the name of an SSM document",
        "letters",
    ),
    Mistake("{ document: WebServerRestart, parameters", "«{ parameters", "has no `document`", "SSM Automation"),
    Mistake(
        "engage: [natsu]",
        "engage: [«both-of-them]",
        "no contact `both-of-them`",
        "{ escalation_plan: both-of-them }",
    ),
    Mistake(
        "{ escalation_plan: both-of-them }",
        "{ escalation_plan: «natsu }",
        "no escalation plan",
        "{ contact: natsu }",
    ),
    Mistake(
        "{ escalation_plan: both-of-them }",
        "{ escalation_plan: «both-of-then }",
        "no escalation plan",
        "did you mean",
    ),
    Mistake("{ escalation_plan: both-of-them }", "{ schedule: «primary }", "no schedule `primary`", "`schedules`"),
    Mistake("{ escalation_plan: both-of-them }", "«{}", "one escalation plan or one schedule", "alias"),
    Mistake("tell: {", "repage_after: «0\n    tell: {", "cannot be 0", "1 to 10080"),
    Mistake("engage: [natsu]", "engage: [natsu, «natsu]", "twice", "once"),
    Mistake("unless: acknowledged", "unless: «acked", "`unless` cannot be `acked`", "`resolved` or `acknowledged`"),
    Mistake(
        "{ after: 5, unless: acknowledged, engage: [ { escalation_plan: both-of-them } ] }",
        "«{ after: 5, unless: acknowledged }",
        "engages nobody and runs nothing",
        "remove the stage",
    ),
    Mistake(
        "tell: { topics: [], chat: [] }",
        "tell: { topics: [«x], chat: [] }",
        "not supported by this version yet",
        "take it out",
    ),
];

#[test]
fn mistakes_in_conditions_are_found_where_they_stand() {
    let rows = [
        Mistake("minutes: 10,", "minutes: 10, when: «{},", "says nothing", "impact:"),
        Mistake("minutes: 10,", "minutes: 10, when: { impact: [1, «7] },", "from 1 to 5", "critical"),
        Mistake("minutes: 10,", "minutes: 10, when: { impact: [1, «1] },", "twice", "once"),
        Mistake("minutes: 10,", "minutes: 10, when: { weekdays: [«MONDAY], time_zone: UTC },", "cannot be", "`MON`"),
        Mistake(
            "minutes: 10,",
            "minutes: 10, when: { weekdays: [«Monday], time_zone: UTC },",
            "cannot be",
            "mean `MON`",
        ),
        Mistake("minutes: 10,", "minutes: 10, when: «{ weekdays: [MON] },", "no `time_zone`", "Europe/Berlin"),
        Mistake("minutes: 10,", "minutes: 10, when: { impact: 1, time_zone: «UTC },", "says nothing", "beside it"),
        Mistake(
            "minutes: 10,",
            "minutes: 10, when: { time: «\"9-17\", time_zone: UTC },",
            "cannot be `9-17`",
            "09:00-17:00",
        ),
        Mistake(
            "minutes: 10,",
            "minutes: 10, when: { time: \"09:00-17:00\", time_zone: «Europe/Berlim },",
            "no time zone",
            "`Europe/Berlin`",
        ),
    ];
    rows.iter().for_each(check);
}

#[test]
fn plans_that_lead_back_to_themselves_are_refused_with_the_path() {
    let plans = |text: &str| VALID.replace("escalation_plans:\n", &format!("escalation_plans:\n{text}"));
    let stage = |alias: &str, to: &str| format!("  {alias}: {{ stages: [ {{ minutes: 5, targets: [ {to} ] }} ] }}\n");
    let circle = stage("first", "{ plan: second }")
        + &stage("second", "natsu, { plan: third }")
        + &stage("third", "{ plan: first }");
    let errors = parse(&plans(&circle), "reveille.yaml").unwrap_err();
    assert_eq!(errors.iter().count(), 1, "one circle, one message: {errors}");
    let text = errors.to_string();
    assert!(text.contains("error[cycle]") && text.contains("first → second → third → first"), "{text}");
    assert!(text.contains("take `first` out of the targets of `third`"), "{text}");
    let itself = parse(&plans(&stage("first", "{ plan: first }")), "reveille.yaml").unwrap_err().to_string();
    assert!(itself.contains("first → first"), "{itself}");
    let mut deep: String = (1..6).map(|n| stage(&format!("p{n}"), &format!("{{ plan: p{} }}", n + 1))).collect();
    deep += &stage("p6", "natsu");
    let errors = parse(&plans(&deep), "reveille.yaml").unwrap_err().to_string();
    assert!(errors.contains("more than 5 deep (PLAN_DEPTH_MAX): p1 → p2 → p3 → p4 → p5 → p6"), "{errors}");
}

#[test]
fn mistakes_in_response_plans_are_found_where_they_stand() {
    RESPONSE_PLAN_MISTAKES.iter().for_each(check);
}

#[test]
fn mistakes_in_rules_and_webhooks_are_found_where_they_stand() {
    let rows = [
        Mistake(
            "source: cloudwatch",
            "source: «cloud-watch",
            "`source` cannot be `cloud-watch`",
            "did you mean `cloudwatch`?",
        ),
        Mistake("name: \"web-*\"", "name: «\"\"", "matches nothing", "leave it out"),
        Mistake("account: \"*\"", "«acount: \"*\"", "unknown key `acount` in `match`", "did you mean `account`?"),
        Mistake(
            ", response_plan: everything }",
            ", response_plan: «evrything }",
            "no response plan",
            "did you mean `everything`?",
        ),
        Mistake(
            "    response_plan: everything\n",
            "    response_plan: «other\n",
            "no response plan `other`",
            "which has `everything`",
        ),
        Mistake(
            "[\"sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad\"]",
            "[«\"my-secret-key\"]",
            "never as the key itself",
            "reveille webhook-key",
        ),
        Mistake(
            "[\"sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad\"]",
            "«[]",
            "1 to 5 keys",
            "reveille webhook-key",
        ),
    ];
    rows.iter().for_each(check);
}

#[test]
fn text_that_is_not_yaml_is_refused_with_a_remedy() {
    let rows = [
        ("name: \"web-*\"", "name: *-web", "quotes"),
        ("rules:\n", "rules:\n\t- x\n", "tabs"),
        ("tags: { team: web } }", "tags: { team: web", "close this `{` with `}`"),
    ];
    for (from, to, remedy) in rows {
        let errors = parse(&VALID.replace(from, to), "reveille.yaml").expect_err(to).to_string();
        assert!(errors.contains("not YAML") && errors.contains(remedy), "{errors}");
        assert!(errors.contains("--> reveille.yaml:"), "{errors}");
    }
    let empty = parse("", "reveille.yaml").unwrap_err().to_string();
    assert!(empty.contains("the file is empty") && empty.contains("examples/minimal.yaml"), "{empty}");
}

#[test]
fn all_mistakes_are_shown_at_once_and_addresses_are_not() {
    let text = "reveille: 1
contacts:
  natsu:
    name: Natsu
    channels:
      sms: { type: smss, address: \"+84 3127 12 567\", verified: true }
response_plans:
  all: { stages: [ { engage: [natzu] } ] }
webhooks:
  grafana: { keys: [opensesame], responseplan: all }
";
    let errors = parse(text, "team.yaml").unwrap_err();
    let expected = "\
error[missing-key]: the file has no `defaults`
 --> team.yaml:1:1
  |
1 | reveille: 1
  | ^
  = remedy: write `defaults: { response_plan: … }`: the plan for whatever no rule matches
";
    assert!(errors.to_string().starts_with(expected), "{errors}");
    let expected = "\
error[invalid-value]: `type` cannot be `smss`
 --> team.yaml:6:20
  |
6 |       sms: { type: smss, address: \"+•• •••• •• 567\", verified: true }
  |                    ^^^^
  = remedy: did you mean `sms`?

error[unknown-reference]: there is no contact `natzu`
 --> team.yaml:8:31
  |
8 |   all: { stages: [ { engage: [natzu] } ] }
  |                               ^^^^^
  = remedy: did you mean `natsu`?

error[invalid-value]: a key is written as `sha256:` and 64 hexadecimal digits, never as the key itself
  --> team.yaml:10:21
   |
10 |   grafana: { keys: [••••••••••], responseplan: all }
   |                     ^^^^^^^^^^
   = remedy: run `reveille webhook-key` and put the text that begins with sha256: here

error[unknown-key]: unknown key `responseplan` in webhook `grafana`
  --> team.yaml:10:34
   |
10 |   grafana: { keys: [••••••••••], responseplan: all }
   |                                  ^^^^^^^^^^^^
   = remedy: did you mean `response_plan`?

5 mistakes in team.yaml";
    assert!(errors.to_string().ends_with(expected), "{errors}");
}

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn example(name: &str) -> Configuration {
    load(&repository().join("examples").join(name)).unwrap_or_else(|errors| panic!("{errors}"))
}

#[test]
fn every_example_loads() {
    let mut count = 0;
    for entry in std::fs::read_dir(repository().join("examples")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "yaml") {
            load(&path).unwrap_or_else(|errors| panic!("{errors}"));
            count += 1;
        }
    }
    assert!(count >= 2);
}

#[test]
fn the_three_engineers_are_who_the_story_says() {
    let configuration = example("three-engineers.yaml");
    let natsu = &configuration.contacts[&ContactAlias::new("natsu")];
    let addresses: Vec<&str> = configuration.addresses[&natsu.alias].values().map(Address::expose).collect();
    assert_eq!(natsu.name, "Natsu");
    assert_eq!(addresses, ["natsu@devopsvn.tech", "+84312712567"]);
    assert_eq!(natsu.plan(reveille_domain::Impact::Critical).steps[0].channels.len(), 2, "both at once");

    let stages = |plan: &str| -> Vec<(u32, Vec<String>)> {
        let plan = &configuration.escalation_plans[&PlanAlias::new(plan)];
        let who = |kind: &TargetKind| match kind {
            TargetKind::Contact(alias) => alias.to_string(),
            TargetKind::Schedule(alias) => alias.to_string(),
            TargetKind::Plan(alias) => alias.to_string(),
        };
        plan.stages
            .iter()
            .map(|stage| (stage.minutes, stage.targets.iter().map(|target| who(&target.kind)).collect()))
            .collect()
    };
    let each = |minutes, names: &[&str]| (minutes, names.iter().map(|name| name.to_string()).collect::<Vec<_>>());
    assert_eq!(stages("one-after-another"), [each(5, &["natsu"]), each(5, &["zeref"]), each(5, &["igneel"])]);
    assert_eq!(stages("all-at-once"), [each(5, &["natsu", "zeref", "igneel"])]);
    assert_eq!(stages("bob-first"), [each(5, &["bob"])]);

    let critical = &configuration.response_plans[&ResponsePlanName::new("critical-web-application")];
    let stages: Vec<_> =
        critical.stages.iter().map(|stage| (stage.after_minutes, stage.unless, stage.engage.clone())).collect();
    assert_eq!(critical.incident.impact, Some(Impact::Critical));
    assert_eq!(critical.stages[0].runbooks[0].document, "WebServerRestart");
    assert_eq!(
        stages,
        [
            (0, Unless::Resolved, vec![Engage::Contact(ContactAlias::new("natsu"))]),
            (5, Unless::Resolved, vec![Engage::EscalationPlan(PlanAlias::new("bob-first"))]),
            (5, Unless::Resolved, vec![Engage::Contact(ContactAlias::new("manager"))]),
        ]
    );
    assert_eq!(configuration.routing.default_plan.as_str(), "everything-else");
}

#[test]
fn examples_are_never_applied_to_a_real_account() {
    for name in ["minimal.yaml", "three-engineers.yaml"] {
        let configuration = example(name);
        let addresses: usize = configuration.addresses.values().map(|channels| channels.len()).sum();
        assert_eq!(example_addresses(&configuration).len(), addresses, "{name}");
    }
    let of_natsu = example_addresses(&example("three-engineers.yaml"))
        .into_iter()
        .filter(|found| found.reason == ExampleReason::ShippedExample)
        .count();
    assert_eq!(of_natsu, 2);
}

/// The fenced `yaml` blocks of the document; a block whose first line says `# complete` is a whole file.
fn blocks(document: &str) -> Vec<String> {
    document
        .split("```yaml\n")
        .skip(1)
        .filter_map(|rest| rest.split_once("```").map(|(block, _)| block.to_owned()))
        .collect()
}

#[test]
fn the_documents_examples_load() {
    let document = std::fs::read_to_string(repository().join("docs/CONFIGURATION.md")).unwrap();
    let complete: Vec<String> = blocks(&document).into_iter().filter(|block| block.starts_with("# complete")).collect();
    assert!(complete.len() >= 3);
    for block in complete {
        parse(&block, "docs/CONFIGURATION.md").unwrap_or_else(|errors| panic!("{errors}\n{block}"));
    }
    let fragments = blocks(&document).into_iter().filter(|block| !block.starts_with("# complete"));
    for block in fragments {
        // A fragment lacks the rest of the file; whatever it does hold must be right.
        let errors = match parse(&format!("{block}\n"), "docs/CONFIGURATION.md") {
            Ok(_) => continue,
            Err(errors) => errors,
        };
        let wrong: Vec<_> = errors
            .iter()
            .filter(|error| !matches!(error.code.name(), "missing-key" | "version" | "unknown-reference"))
            .collect();
        assert!(wrong.is_empty(), "{errors}\n{block}");
    }
}

#[test]
fn the_document_describes_every_key() {
    let document = std::fs::read_to_string(repository().join("docs/CONFIGURATION.md")).unwrap();
    for (section, key) in vocabulary() {
        assert!(document.contains(&format!("`{key}`")), "`{key}` of {section} is not in docs/CONFIGURATION.md");
    }
}

#[test]
fn a_file_that_cannot_be_read_is_a_mistake_too() {
    let absent = load(Path::new("/absent/reveille.yaml")).unwrap_err().to_string();
    assert!(absent.contains("cannot be read") && absent.contains("check the path"), "{absent}");
    let folder = load(&repository().join("examples")).unwrap_err().to_string();
    assert!(folder.contains("`defaults` stands in two files"), "the examples are one configuration each: {folder}");
    let binary = parse_bytes(&[b'a', 0xff], "x.yaml").unwrap_err().to_string();
    assert!(binary.contains("not UTF-8"), "{binary}");
}

#[test]
fn files_made_to_exhaust_the_reader_are_refused() {
    let deep = "[".repeat(100_000);
    let deep_blocks: String = (0..2_000).map(|depth| format!("{}a:\n", " ".repeat(depth))).collect();
    let mut bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..10 {
        let below = format!("*a{}", level - 1);
        bomb.push_str(&format!("a{level}: &a{level} [{}]\n", vec![below; 10].join(", ")));
    }
    let long = "#".repeat(2 * 1024 * 1024);
    for (text, says) in [(deep, ""), (deep_blocks, ""), (bomb, "200000"), (long, "1048576 (FILE_BYTES_MAX)")] {
        let errors = parse(&text, "x.yaml").expect_err("it must be refused").to_string();
        assert!(errors.len() < 10_000, "the message must fit a screen");
        assert!(errors.contains(says), "{errors}");
    }
}

#[test]
fn a_tab_is_reported_where_it_stands() {
    for (text, place) in [
        ("reveille: 1\n\tcontacts: x\n", "team.yaml:2:1"),
        ("reveille: 1\ndefaults:\n\tresponse_plan: x\n", "team.yaml:3:1"),
    ] {
        let errors = parse(text, "team.yaml").expect_err("tabs are no indentation").to_string();
        assert!(errors.contains(place) && errors.contains("indent with spaces"), "{place}: {errors}");
    }
}

/// Errors must be presentable whatever the file was.
fn presentable(result: Result<Configuration, ConfigurationErrors>) {
    if let Err(errors) = result {
        assert!(errors.iter().count() > 0);
        assert!(!errors.to_string().is_empty());
    }
}

proptest! {
    #[test]
    fn arbitrary_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        presentable(parse_bytes(&bytes, "x.yaml"));
    }

    #[test]
    fn arbitrary_yaml_like_text_never_panics(text in "[ \\n\\t{}\\[\\]:,\"'#&*!|>%@a-c0-9+é•-]{0,200}") {
        presentable(parse(&text, "x.yaml"));
    }

    #[test]
    fn a_valid_file_with_one_piece_replaced_never_panics(
        at in 0..VALID.len(),
        length in 0..40_usize,
        piece in prop::sample::select(vec!["", "{", "}", "[", "\"", "\n", "- ", ": ", "null", "~", "{{", "&a ", "*a", "<<: ", "é", "99999999999999999999", "-1", "!!binary x", ".inf"]),
    ) {
        let mut text = VALID.to_owned();
        text.replace_range(at..(at + length).min(VALID.len()), piece);
        presentable(parse(&text, "x.yaml"));
    }
}

#[test]
fn every_kind_of_channel_is_read_and_no_message_shows_its_secrets() {
    let text = r#"
reveille: 1
defaults: { response_plan: page }
contacts:
  natsu:
    name: Natsu
    channels:
      phone: { type: voice, address: "+84 3127 12 567", verified: true }
      hook:  { type: webhook, address: "https://pager.devopsvn.tech/in", secret: 0123456789abcdef0123456789abcdef }
      slack: { type: slack, address: "https://hooks.slack.com/services/T0/B0/x" }
      teams: { type: teams, address: "https://prod-1.logic.azure.com:443/workflows/a?sig=b" }
response_plans:
  page: { stages: [ { engage: [natsu] } ] }
"#;
    let configuration = parse(text, "reveille.yaml").unwrap_or_else(|errors| panic!("{errors}"));
    let natsu = ContactAlias::new("natsu");
    let shown: Vec<String> = configuration.addresses[&natsu].values().map(ToString::to_string).collect();
    let masked = [
        "https://pager.devopsvn.tech/•••••",
        "+84•••••567",
        "https://hooks.slack.com/•••••",
        "https://prod-1.logic.azure.com/•••••",
    ];
    assert_eq!(shown, masked);
    let secret = &configuration.secrets[&natsu][&ChannelId::new("hook")];
    assert_eq!(secret.expose(), "0123456789abcdef0123456789abcdef");
    assert!(!format!("{configuration:?}").contains("0123456789abcdef"));

    let errors = parse(&text.replace("type: webhook", "type: webhok"), "reveille.yaml").unwrap_err().to_string();
    assert!(!errors.contains("0123456789abcdef"), "{errors}");
    let errors = parse(&text.replace("type: slack", "type: slac"), "reveille.yaml").unwrap_err().to_string();
    assert!(errors.contains("hooks.slack.com") && !errors.contains("T0/B0"), "{errors}");
}
