//! Builds what is measured as a deployment builds it.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use super::MeasureError;
use super::printing::repository;
use super::starts::function_names;

/// Builds the functions and one package of this workspace that is measured beside them, and answers with the folder in which each is as
/// `NAME/bootstrap`. Together, so that all have the same features of what they share.
pub fn build_as_deployed(beside: &'static str) -> Result<PathBuf, MeasureError> {
    let tools = told(".ci/tools")?;
    let path = std::env::var("PATH").unwrap_or_default();
    let mut build = Command::new("cargo");
    build.args(["lambda", "build", "--release"]).env("PATH", format!("{tools}:{path}")).current_dir(repository());
    let names = function_names().chain([beside]);
    for name in names {
        build.args(["-p", name]);
    }
    // What is measured goes to standard output, and nothing else.
    let built = build.stdout(Stdio::null()).status().map_err(|error| format!("cargo could not be started: {error}"))?;
    if !built.success() {
        return Err("the functions could not be built".into());
    }
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| "target".into(), PathBuf::from);
    Ok(repository().join(target).join("lambda"))
}

/// A Python with boto3: moto is tested with, and brings it.
pub fn python_with_boto3() -> Result<PathBuf, MeasureError> {
    Ok(PathBuf::from(told(".ci/moto")?).join("python"))
}

/// What a script of the repository says.
fn told(script: &str) -> Result<String, MeasureError> {
    let output = Command::new("bash").arg(script).current_dir(repository()).stderr(Stdio::inherit()).output()?;
    if !output.status.success() {
        return Err(format!("{script} failed").into());
    }
    Ok(String::from_utf8(output.stdout)?.trim().to_owned())
}
