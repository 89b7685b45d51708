//! The built function without its settings: a deployment that forgot one must fail at the start, and say which.

use std::process::Command;

#[test]
fn a_function_without_its_variables_ends_at_once_and_names_them_with_the_remedy() {
    let mut function = Command::new(env!("CARGO_BIN_EXE_ingest"));
    for name in ingest::REQUIRED {
        function.env_remove(name);
    }
    let output = function.env("REVEILLE_HOME", "eu-west-1").output().expect("it starts");
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8_lossy(&output.stderr);
    let expected = "missing environment variables: REVEILLE_TABLE, REVEILLE_NUDGE_QUEUE_URL, REVEILLE_SYNTHETIC_ALARM; \
                    template.yaml sets them";
    assert!(said.contains(expected) && said.contains("`reveille env FUNCTION`"), "{said}");
}
