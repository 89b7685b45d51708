//! Secrets Manager: secrets with versions and the stages that point at them, enough to read and to rotate a key.

use std::collections::BTreeMap;
use std::sync::Mutex;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::call::Refusal;
use crate::lock::lock;
use crate::names::{ACCOUNT, REGION};
use crate::random::{random_id, random_text};

const CURRENT: &str = "AWSCURRENT";
const PREVIOUS: &str = "AWSPREVIOUS";

/// One secret: version id to text, stage to version id.
#[derive(Clone, Default, Serialize, Deserialize)]
pub(crate) struct Secret {
    versions: BTreeMap<String, String>,
    stages: BTreeMap<String, String>,
}

/// All secrets, by name.
#[derive(Default)]
pub(crate) struct Secrets {
    secrets: Mutex<BTreeMap<String, Secret>>,
}

impl Secrets {
    /// Makes a secret with a random text, if it is not there.
    pub(crate) fn ensure(&self, name: &str) {
        let mut secrets = lock(&self.secrets);
        secrets.entry(name.to_owned()).or_insert_with(|| {
            let mut secret = Secret::default();
            secret.put(random_id(), random_text(64), &[CURRENT.to_owned()]);
            secret
        });
    }

    /// Makes a secret with this text, or gives it another one.
    pub(crate) fn put(&self, name: &str, text: String) {
        let mut secrets = lock(&self.secrets);
        secrets.entry(name.to_owned()).or_default().put(random_id(), text, &[CURRENT.to_owned()]);
    }

    /// Does one call.
    pub(crate) fn call(&self, operation: &str, body: &Value) -> Result<Value, Refusal> {
        if operation == "GetRandomPassword" {
            let length = body["PasswordLength"].as_u64().unwrap_or(32).clamp(1, 4096);
            return Ok(json!({ "RandomPassword": random_text(usize::try_from(length).unwrap_or(32)) }));
        }
        let name = name_of(body["SecretId"].as_str().unwrap_or_default());
        let mut secrets = lock(&self.secrets);
        let secret =
            secrets.get_mut(name).ok_or_else(|| missing("Secrets Manager can't find the specified secret."))?;
        let mut answer = match operation {
            "GetSecretValue" => secret.value(body)?,
            "PutSecretValue" => secret.put_value(body)?,
            "UpdateSecretVersionStage" => secret.move_stage(body)?,
            "DescribeSecret" => json!({ "RotationEnabled": true, "VersionIdsToStages": secret.stages_of_versions() }),
            _ => {
                return Err(Refusal::refused("InvalidRequestException", "this double does not know the action"));
            }
        };
        answer["Name"] = name.into();
        answer["ARN"] = format!("arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:{name}").into();
        Ok(answer)
    }

    pub(crate) fn snapshot(&self) -> BTreeMap<String, Secret> {
        lock(&self.secrets).clone()
    }

    pub(crate) fn restore(&self, secrets: BTreeMap<String, Secret>) {
        *lock(&self.secrets) = secrets;
    }
}

impl Secret {
    fn value(&self, body: &Value) -> Result<Value, Refusal> {
        let stage = body["VersionStage"].as_str();
        let of_stage = self.stages.get(stage.unwrap_or(CURRENT)).map(String::as_str);
        let version = body["VersionId"].as_str().or(of_stage);
        let found = version.and_then(|version| Some((version, self.versions.get(version)?)));
        // Asked for both, the version must be at that stage.
        let agrees = stage.is_none() || version == of_stage;
        let (version, text) = found
            .filter(|_| agrees)
            .ok_or_else(|| missing("Secrets Manager can't find the specified secret value for staging label."))?;
        Ok(json!({ "VersionId": version, "SecretString": text, "VersionStages": self.stages_of(version) }))
    }

    fn put_value(&mut self, body: &Value) -> Result<Value, Refusal> {
        let version = body["ClientRequestToken"].as_str().map_or_else(random_id, str::to_owned);
        let text = body["SecretString"].as_str().unwrap_or_default();
        if self.versions.get(&version).is_some_and(|known| known != text) {
            let message = "You can't modify an existing version, you can only create new versions.";
            return Err(Refusal::refused("ResourceExistsException", message));
        }
        let stages = body["VersionStages"].as_array().map(Vec::as_slice).unwrap_or_default();
        let mut stages: Vec<String> = stages.iter().filter_map(|stage| stage.as_str().map(str::to_owned)).collect();
        if stages.is_empty() {
            stages.push(CURRENT.to_owned());
        }
        self.put(version.clone(), text.to_owned(), &stages);
        Ok(json!({ "VersionId": version, "VersionStages": self.stages_of(&version) }))
    }

    fn put(&mut self, version: String, text: String, stages: &[String]) {
        self.versions.insert(version.clone(), text);
        for stage in stages {
            self.stage(stage, &version);
        }
    }

    fn move_stage(&mut self, body: &Value) -> Result<Value, Refusal> {
        let stage = body["VersionStage"].as_str().unwrap_or_default();
        match body["MoveToVersionId"].as_str() {
            Some(to) if self.versions.contains_key(to) => self.stage(stage, to),
            Some(_) => return Err(missing("Secrets Manager can't find the specified version.")),
            None => drop(self.stages.remove(stage)),
        }
        Ok(json!({}))
    }

    /// The version that was current becomes the one before.
    fn stage(&mut self, stage: &str, version: &str) {
        let before = self.stages.insert(stage.to_owned(), version.to_owned());
        if let Some(before) = before.filter(|before| stage == CURRENT && before != version) {
            self.stages.insert(PREVIOUS.to_owned(), before);
        }
    }

    fn stages_of(&self, version: &str) -> Vec<&str> {
        self.stages.iter().filter(|(_, of)| *of == version).map(|(stage, _)| stage.as_str()).collect()
    }

    fn stages_of_versions(&self) -> BTreeMap<&str, Vec<&str>> {
        let staged = self.versions.keys().map(|version| (version.as_str(), self.stages_of(version)));
        staged.filter(|(_, stages)| !stages.is_empty()).collect()
    }
}

fn missing(message: &str) -> Refusal {
    Refusal::refused("ResourceNotFoundException", message)
}

/// A secret is named by its name or its ARN.
fn name_of(id: &str) -> &str {
    id.split_once(":secret:").map_or(id, |(_, name)| name)
}
