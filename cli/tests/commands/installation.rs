//! Finding an installation as on AWS: the built command, its own SDK, an account that is a local stack.

use std::process::Command;

use reveille_cli::local_world::{LocalWorld, Options};
use reveille_cli::{apply, configuration};
use reveille_local::automation::Account;
use reveille_local::{Fault, FaultKind, LocalClock, Service};
use reveille_tests::Witness;

/// What the command says on standard error, and its exit status.
async fn told(arguments: &[&str], environment: &[(&str, &str)]) -> (Option<i32>, String) {
    let (status, _, said) = run(arguments, environment).await;
    (status, said)
}

/// Its exit status, standard output and standard error. Nothing of the machine's own AWS settings reaches it.
async fn run(arguments: &[&str], environment: &[(&str, &str)]) -> (Option<i32>, String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_reveille"));
    command.args(arguments).env_clear().env("AWS_EC2_METADATA_DISABLED", "true");
    command.env("AWS_CONFIG_FILE", "/nonexistent").env("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent");
    command.envs(environment.iter().copied());
    // The local stack answers on this runtime.
    let output = tokio::task::spawn_blocking(move || command.output()).await.expect("it runs").expect("it runs");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code(), text(&output.stdout), text(&output.stderr))
}

#[tokio::test(flavor = "multi_thread")]
async fn an_installation_is_found_by_its_name_or_the_command_says_what_to_do() {
    let options = Options { clock: LocalClock::real(), data: None, port_base: None, account: Account::default() };
    let world = LocalWorld::start_still(options).await.expect("the local world starts");
    let _witness = Witness::of(&world.stack);
    let endpoint = world.stack.endpoint();
    let keys = [("AWS_ACCESS_KEY_ID", "local"), ("AWS_SECRET_ACCESS_KEY", "local")];
    let place = [("AWS_ENDPOINT_URL", endpoint.as_str()), ("AWS_REGION", "us-east-1")];
    let account = [&keys[..], &place[..]].concat();
    let command = |flags: &[&'static str]| [&["verify", "nobody", "sms", "--code", "1"], flags].concat();
    // It reaches the table that the parameter names: there, nobody is known.
    let reached = "there is no contact `nobody` in this installation";
    for (flags, environment, says) in [
        (command(&[]), &account[..], reached),
        (command(&["--region", "eu-west-1"]), &account[..], reached),
        (command(&["--table", "reveille"]), &account[..], reached),
        (command(&["--installation", "revielle"]), &account[..], "did you mean `reveille`?"),
        (command(&["--installation", "staging"]), &account[..], "there are reveille; choose one with --installation"),
        (command(&[]), &keys[..], "no AWS region: give --region"),
        (command(&[]), &place[..], "no AWS credentials: sign in"),
        (command(&["--profile", "night"]), &account[..], "no AWS credentials: sign in"),
        (command(&["--local", "--port-base", "1"]), &[], "is `reveille local` running there?"),
    ] {
        let (status, said) = told(&flags, environment).await;
        assert_eq!(status, Some(1), "{flags:?}: {said}");
        assert!(said.contains(says), "{flags:?}: {said}");
    }
    let refuse = |code: &str, message: &str| Fault {
        service: Service::Ssm,
        operation: Some("GetParameter".to_owned()),
        kind: FaultKind::Refuse { code: code.to_owned(), message: message.to_owned() },
        times: Some(1),
    };
    for (fault, says) in [
        (
            refuse("AccessDeniedException", "no identity-based policy allows it"),
            "may not call ssm:GetParameter on /reveille/reveille/installation",
        ),
        (refuse("ExpiredTokenException", "expired"), "sign in again"),
    ] {
        world.stack.faults().inject(fault);
        let (status, said) = told(&command(&[]), &account).await;
        assert_eq!(status, Some(1), "{said}");
        assert!(said.contains(says), "{said}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn incidents_are_worked_on_by_typing() {
    let options = Options { clock: LocalClock::real(), data: None, port_base: None, account: Account::default() };
    let world = LocalWorld::start(options).await.expect("the local world starts");
    let _witness = Witness::of(&world.stack);
    let team =
        configuration::parse(include_str!("../../../examples/three-engineers.yaml"), "team.yaml").expect("a team");
    apply::apply(world.table.as_ref(), &team, world.now()).await.expect("it applies");
    let endpoint = world.stack.endpoint();
    let account = [
        ("AWS_ACCESS_KEY_ID", "local"),
        ("AWS_SECRET_ACCESS_KEY", "local"),
        ("AWS_ENDPOINT_URL", endpoint.as_str()),
        ("AWS_REGION", "us-east-1"),
        ("USER", "erza"),
    ];
    let typed = async |line: &[&str]| {
        let (status, out, err) = run(line, &account).await;
        assert_eq!(status, Some(0), "{line:?}: {out}{err}");
        out
    };
    let json = |text: &str| serde_json::from_str::<serde_json::Value>(text).unwrap_or_else(|e| panic!("{e}: {text}"));
    assert_eq!(typed(&["incidents"]).await, "no incident is open\n");
    let started = json(&typed(&["start", "--plan", "web-application", "--title", "Slow", "--json"]).await);
    let id = started["id"].as_str().expect("an id").to_owned();
    let short = &id[..8];
    let sent = world.stack.inbox().wait_until(|letters| letters.iter().any(|letter| letter.to == "+84312712567"));
    tokio::time::timeout(std::time::Duration::from_secs(30), sent).await.expect("natsu is paged");

    let list = typed(&["incidents"]).await;
    assert!(list.starts_with("ID        STATE"), "{list}");
    assert!(list.contains(short) && list.contains("asking natsu") && !list.contains('\u{1b}'), "{list}");
    assert_eq!(json(&typed(&["incidents", "--json"]).await)[0]["state"], "open");
    assert_eq!(typed(&["ack", short, "--as", "natsu"]).await, format!("natsu acknowledged Slow ({short}).\n"));
    assert_eq!(typed(&["note", short, "looking"]).await, format!("erza noted it on Slow ({short}).\n"));
    let shown = typed(&["show", short]).await;
    for part in
        ["Slow", "acknowledged by natsu", "stage 1 of one-after-another", "erza: looking", "  source      manual"]
    {
        assert!(shown.contains(part), "{part}: {shown}");
    }
    assert_eq!(json(&typed(&["show", short, "--raw"]).await)["title"], "Slow");
    typed(&["resolve", short]).await;
    assert_eq!(json(&typed(&["incidents", "--closed", "--json"]).await)[0]["resolved_by"], "erza");

    refuses(short, &account).await;
}

/// What cannot be done, and what was typed wrong.
async fn refuses(short: &str, account: &[(&str, &str)]) {
    for (line, status, says) in [
        (vec!["ack", short], 2, "--as CONTACT"),
        (vec!["ack", "zz", "--as", "natsu"], 2, "at least 4 of an id's characters"),
        (vec!["show", "nothing"], 2, "at least 4 of an id's characters"),
        (vec!["start", "--plan", "web-application", "--title", " "], 2, "--title has 1 to 200 characters"),
        (vec!["test-page", "natsu", "--wait", "90s"], 2, "whole minutes: 1m or 2m"),
        (
            vec![
                "override",
                "add",
                "--schedule",
                "s",
                "--for",
                "1h",
                "--remove",
                "x",
                "--from",
                "2026-01-05T00:00:00.5Z",
            ],
            2,
            "whole seconds",
        ),
        (vec!["incidents", "--port-base", "9170"], 2, "--local"),
        (vec!["ack", short, "--as", "nastu"], 1, "did you mean `natsu`?"),
        (vec!["engage", short], 2, "--contact <CONTACT>"),
        (vec!["engage", short, "--plan", "bob"], 1, "there is no escalation plan `bob`"),
        (vec!["note", short, " "], 2, "1 to 2000 characters"),
        (vec!["snooze", short, "--as", "natsu", "--minutes", "0"], 2, "1..=1440"),
        (vec!["runbook", "start", short, "AWS-RunShellScript"], 1, "may not be started"),
        (vec!["incidents", "--since", "yesterday"], 2, "8h, 90m, 1h30m or 2d"),
        (vec!["incidents", "--plan", "web-aplication"], 1, "did you mean `web-application`?"),
        (vec!["show", "ffffffff"], 1, "there is no incident `ffffffff`"),
    ] {
        let (found, said) = told(&line, account).await;
        assert_eq!(found, Some(status), "{line:?}: {said}");
        assert!(said.contains(says), "{line:?}: {said}");
        // A mistake shows how the command is typed, and not how all of them are.
        let usage = said.contains(&format!("Usage: reveille {}", line[0])) || !said.contains("Usage: ");
        assert!(usage && (status == 1 || said.contains("--help")), "{line:?}: {said}");
    }
}
