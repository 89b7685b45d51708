//! Finding an installation as on AWS: the built command, its own SDK, an account that is a local stack.

use std::process::Command;

use reveille_cli::local_world::{LocalWorld, Options};
use reveille_local::automation::Account;
use reveille_local::{Fault, FaultKind, LocalClock, Service};

/// What the command says on standard error, and its exit status. Nothing of the machine's own AWS settings reaches it.
async fn told(arguments: &[&str], environment: &[(&str, &str)]) -> (Option<i32>, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_reveille"));
    command.args(arguments).env_clear().env("AWS_EC2_METADATA_DISABLED", "true");
    command.env("AWS_CONFIG_FILE", "/nonexistent").env("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent");
    command.envs(environment.iter().copied());
    // The local stack answers on this runtime.
    let output = tokio::task::spawn_blocking(move || command.output()).await.expect("it runs").expect("it runs");
    (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_installation_is_found_by_its_name_or_the_command_says_what_to_do() {
    let options = Options { clock: LocalClock::real(), data: None, port_base: None, account: Account::default() };
    let world = LocalWorld::start_still(options).await.expect("the local world starts");
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
