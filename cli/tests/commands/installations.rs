//! `plan`, `apply` and `export` as people call them, against the embedded stack: what they print, and with which exit status.

use std::path::PathBuf;
use std::process::{Command, Output};

use reveille_cli::local_world::{LocalWorld, Options};
use reveille_local::LocalClock;
use reveille_local::automation::Account;
use reveille_tests::logs::Ears;
use serde_json::{Value, json};

const TEAM: &str = r#"reveille: 1
defaults: { response_plan: all }
contacts:
  natsu:
    name: Natsu
    channels: { sms: { type: sms, address: "+1 415 300 0100", verified: false } }
response_plans:
  all: { stages: [ { engage: [natsu] } ] }
"#;

/// An installation, a configuration beside it, and the commands that work on it.
struct Desk {
    world: LocalWorld,
    folder: PathBuf,
    _ears: Ears,
}

impl Desk {
    async fn open(name: &str) -> Self {
        let options = Options { clock: LocalClock::real(), data: None, port_base: None, account: Account::default() };
        let world = LocalWorld::start_still(options).await.expect("the local world starts");
        let folder = std::env::temp_dir().join(format!("reveille-desk-{}-{name}", std::process::id()));
        std::fs::create_dir_all(&folder).expect("a folder");
        let desk = Self { world, folder, _ears: Ears::open() };
        desk.write(TEAM);
        desk
    }

    fn path(&self, file: &str) -> String {
        self.folder.join(file).to_str().expect("text").to_owned()
    }

    fn write(&self, text: &str) {
        std::fs::write(self.path("team.yaml"), text).expect("it can be written");
    }

    /// Runs a command as on a real account: the endpoint is all that is different.
    async fn run(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_reveille"));
        command
            .args(arguments)
            .args(["--table", "reveille", "--region", "eu-west-1"])
            .current_dir(&self.folder)
            .env("AWS_ENDPOINT_URL", self.world.stack.endpoint())
            .env("AWS_ACCESS_KEY_ID", "local")
            .env("AWS_SECRET_ACCESS_KEY", "local")
            .env_remove("AWS_PROFILE");
        tokio::task::spawn_blocking(move || command.output()).await.expect("it ends").expect("it runs")
    }

    /// What a command prints that has to end with this status.
    async fn says(&self, arguments: &[&str], status: i32) -> String {
        let output = self.run(arguments).await;
        let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert_eq!(output.status.code(), Some(status), "{arguments:?}: {out}{err}");
        if status == 0 { out.into_owned() } else { format!("{out}{err}") }
    }
}

impl Drop for Desk {
    fn drop(&mut self) {
        drop(std::fs::remove_dir_all(&self.folder));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_is_planned_applied_and_exported() {
    let desk = Desk::open("round").await;
    let nothing = desk.says(&["export"], 1).await;
    assert!(nothing.contains("nothing has been applied to this installation yet"), "{nothing}");
    let first = desk.says(&["plan", "team.yaml"], 0).await;
    assert!(first.starts_with("+ defaults.response_plan: all\n+ contacts.natsu.name: Natsu\n"), "{first}");
    assert!(first.ends_with("\n3 to add, 0 to change, 0 to remove; compared with revision 0\n"), "{first}");
    let applied = desk.says(&["apply", "team.yaml", "--revision", "0"], 0).await;
    assert!(applied.ends_with("\napplied: 3 added, 0 changed, 0 removed; revision 1\n"), "{applied}");
    assert_eq!(
        desk.says(&["apply", "team.yaml"], 0).await,
        "nothing to do: revision 1 is what the configuration says\n"
    );
    let same = desk.says(&["plan", "team.yaml", "--exit-code"], 0).await;
    assert_eq!(same, "nothing would change; compared with revision 1\n");

    desk.write(&TEAM.replace("verified: false", "verified: true"));
    let line = "~ contacts.natsu.channels.sms.verified: false -> true\n";
    let planned = desk.says(&["plan", "team.yaml"], 0).await;
    assert_eq!(planned, format!("{line}\n0 to add, 1 to change, 0 to remove; compared with revision 1\n"));
    desk.says(&["plan", "team.yaml", "--exit-code"], 1).await;
    let refused = desk.says(&["apply", "team.yaml", "--revision", "7"], 1).await;
    assert!(refused.contains("at revision 1, and the plan was compared with revision 7"), "{refused}");
    let applied: Value = serde_json::from_str(&desk.says(&["apply", "team.yaml", "--json"], 0).await).expect("JSON");
    let expected = json!({
        "revision": 2, "written": 2, "removed": 0,
        "counts": { "add": 0, "change": 1, "remove": 0 },
        "changes": [{ "action": "change", "path": "contacts.natsu.channels.sms.verified", "before": false, "after": true }],
    });
    assert_eq!(applied, expected);

    desk.says(&["export", "--out", "exported.yaml"], 0).await;
    let planned = desk.says(&["plan", "exported.yaml", "--json"], 0).await;
    let planned: Value = serde_json::from_str(&planned).expect("JSON");
    assert_eq!((planned["nothing_to_do"].clone(), planned["revision"].clone()), (json!(true), json!(2)));
    let printed = desk.says(&["export"], 0).await;
    let stored = std::fs::read_to_string(desk.path("exported.yaml")).expect("the export");
    assert_eq!(printed, stored);
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn an_export_is_for_its_owner_alone_and_overwrites_nothing() {
    use std::os::unix::fs::PermissionsExt;

    let desk = Desk::open("export").await;
    desk.says(&["apply", "team.yaml"], 0).await;
    let refused = desk.says(&["export", "--out", "team.yaml"], 1).await;
    assert!(refused.contains("is there already") && refused.contains("--force"), "{refused}");
    assert_eq!(std::fs::read_to_string(desk.path("team.yaml")).expect("it is there"), TEAM);
    std::fs::set_permissions(desk.path("team.yaml"), PermissionsExt::from_mode(0o644)).expect("it is ours");
    desk.says(&["export", "--out", "team.yaml", "--force"], 0).await;
    let mode = std::fs::metadata(desk.path("team.yaml")).expect("it is there").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    desk.says(&["export", "--force"], 2).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_in_the_configuration_asks_nobody() {
    let desk = Desk::open("wrong").await;
    desk.write(&TEAM.replace("engage: [natsu]", "engage: [natzu]"));
    for command in ["plan", "apply"] {
        let wrong = desk.says(&[command, "team.yaml"], 1).await;
        assert!(wrong.contains(" --> team.yaml:8:31") && wrong.contains("did you mean `natsu`?"), "{wrong}");
        desk.says(&[command], 2).await;
    }
    desk.write(&TEAM.replace("+1 415 300 0100", "+1 555 0100"));
    let planned = desk.run(&["plan", "team.yaml"]).await;
    assert_eq!(planned.status.code(), Some(0));
    let said = String::from_utf8_lossy(&planned.stderr).into_owned();
    assert!(said.contains("apply will refuse this: the configuration still has addresses of an example"), "{said}");
    assert!(desk.says(&["apply", "team.yaml"], 1).await.contains("addresses of an example"));
}
