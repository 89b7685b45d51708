//! A reader that has heard enough: what is printed to nobody is no failure, and never a panic.

use std::io::pipe;
use std::process::{Command, Output, Stdio};

use reveille_cli::local_world::{LocalWorld, Options};
use reveille_cli::{apply, configuration};
use reveille_local::LocalClock;
use reveille_local::automation::Account;
use reveille_tests::logs::Ears;

const TEAM: &str = "../examples/three-engineers.yaml";
const ROTA: &str = "../examples/on-call.yaml";
const ALARM: &str = "../events/alarm-web-unhealthy.json";

/// Runs a command whose outputs are read to their end, or by nobody.
fn run(arguments: &[&str], environment: &[(&str, &str)], is_read: bool) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_reveille"));
    command.args(arguments).envs(environment.iter().copied()).env_remove("AWS_PROFILE");
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let nobody = || {
        let (reader, writer) = pipe().expect("a pipe");
        drop(reader);
        Stdio::from(writer)
    };
    if !is_read {
        command.stdout(nobody()).stderr(nobody());
    }
    command.output().expect("it runs")
}

/// Holds commands to the exit status that they have for whoever reads all of it; a panic has another.
fn leave_as_they_came(rows: &[&[&str]], environment: &[(&str, &str)]) {
    std::thread::scope(|scope| {
        for half in rows.chunks(rows.len().div_ceil(2)) {
            scope.spawn(move || {
                for arguments in half {
                    let heard = run(arguments, environment, true);
                    assert!(heard.stdout.len() + heard.stderr.len() > 0, "{arguments:?} prints something");
                    let left = run(arguments, environment, false);
                    assert_eq!(left.status.code(), heard.status.code(), "{arguments:?}: {heard:?}");
                }
            });
        }
    });
}

#[test]
fn whoever_reads_no_further_makes_nothing_fail() {
    let rows: &[&[&str]] = &[
        &["completions", "bash"],
        &["man"],
        &["schema"],
        &["webhook-key"],
        &["env", "ingest"],
        &["explain", ALARM],
        &["explain", ALARM, "--json", "--config", TEAM],
        &["lint", TEAM],
        &["lint", TEAM, "--json"],
        &["lint", TEAM, "--format", "sarif"],
        &["lint", "nothing/here.yaml"],
        &["who", ROTA],
        &["who", ROTA, "--json"],
        &["who"],
        &["simulate", TEAM, "--event", ALARM],
        &["scenario", "../tests/scenarios/a-provider-hangs.yaml"],
        &["import", "pagerduty", "--requests"],
        &["send", TEAM],
        &["ack", "zz"],
        &["--help"],
        &["--version"],
    ];
    // Without an account and without a region.
    let nowhere = [("AWS_EC2_METADATA_DISABLED", "true"), ("AWS_CONFIG_FILE", "/nonexistent")];
    leave_as_they_came(rows, &nowhere);
}

#[tokio::test(flavor = "multi_thread")]
async fn so_it_is_on_an_installation() {
    let options = Options { clock: LocalClock::real(), data: None, port_base: None, account: Account::default() };
    let _ears = Ears::open();
    let world = LocalWorld::start_still(options).await.expect("the local world starts");
    let team = configuration::load(std::path::Path::new(ROTA)).unwrap_or_else(|errors| panic!("{errors}"));
    apply::apply(world.table.as_ref(), &team, world.now()).await.expect("it applies");
    let endpoint = world.stack.endpoint();
    let rows: &[&[&str]] = &[
        &["plan", TEAM],
        &["plan", TEAM, "--json"],
        &["apply", TEAM],
        &["export"],
        &["incidents"],
        &["incidents", "--all", "--json"],
        &["show", "ffffffff"],
        &["who"],
        &["shifts", "--schedule", "primary"],
        &["calendar", "--schedule", "primary"],
        &["contacts"],
        &["override", "list"],
        &["override", "remove", "nothing"],
        &["verify", "nobody", "sms"],
        &["test-page", "nobody"],
        &["doctor"],
        &["doctor", "--json"],
        &["redrive", "--all", "--dry-run"],
        &["start", "--plan", "nothing", "--title", "x"],
        &["alarms", "rewire"],
    ];
    tokio::task::spawn_blocking(move || {
        let account = [
            ("AWS_ENDPOINT_URL", endpoint.as_str()),
            ("AWS_REGION", "us-east-1"),
            ("AWS_ACCESS_KEY_ID", "local"),
            ("AWS_SECRET_ACCESS_KEY", "local"),
        ];
        leave_as_they_came(rows, &account);
    })
    .await
    .expect("all of them end");
}
