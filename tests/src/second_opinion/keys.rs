//! Signing keys on moto's Secrets Manager, rotated by the function that rotates them.

use reveille_aws::SecretsManagerKeys;
use reveille_engine::port::{KeyError, SigningKeySource};
use serde_json::json;

use super::{Check, Moto, check};

const SECRET: &str = "reveille-signing-key";
/// Secrets Manager names a version after the token of the rotation that makes it.
const TOKEN: &str = "0e0a7a3c-5b3f-4f6e-9d0e-2b8f5f0c4a11";

pub(super) fn checks() -> Vec<Check> {
    vec![
        check("keys: the current key is read, and the one before once there is one", |moto| Box::pin(stages(moto))),
        check("keys: a rotation makes a key current and leaves the one before", |moto| Box::pin(rotated(moto))),
        check("keys: a key that is too short is said to be", |moto| Box::pin(short(moto))),
        check("keys: a secret that is missing is out of reach", |moto| Box::pin(gone(moto))),
    ]
}

async fn secret(moto: &Moto, text: &str) -> SecretsManagerKeys {
    let made = moto.clients.secrets_manager().create_secret().name(SECRET).secret_string(text).send().await;
    SecretsManagerKeys::new(moto.clients.secrets_manager(), made.expect("a secret").arn.expect("its ARN"))
}

async fn stages(moto: &Moto) {
    let (first, second, third) = ("a".repeat(64), "b".repeat(64), "c".repeat(64));
    let keys = secret(moto, &first).await;
    let read = keys.read().await.expect("a key");
    assert_eq!((read.current.bytes(), read.previous.is_none()), (first.as_bytes(), true));
    for (text, before) in [(&second, &first), (&third, &second)] {
        let put = moto.clients.secrets_manager().put_secret_value().secret_id(SECRET).secret_string(text).send().await;
        put.expect("another version");
        let read = keys.read().await.expect("two keys");
        assert_eq!(read.current.bytes(), text.as_bytes());
        assert_eq!(read.previous.expect("the one before").bytes(), before.as_bytes());
    }
}

async fn rotated(moto: &Moto) {
    let first = "a".repeat(64);
    let keys = secret(moto, &first).await;
    let function = rotate::Context::connect(&moto.clients);
    // Each step may come twice, and changes nothing then.
    for step in ["createSecret", "createSecret", "setSecret", "testSecret", "finishSecret", "finishSecret"] {
        let before = keys.read().await.expect("a key").current;
        assert!(
            step == "finishSecret" || before.bytes() == first.as_bytes(),
            "nothing is current before the last step"
        );
        let event = json!({ "Step": step, "SecretId": SECRET, "ClientRequestToken": TOKEN });
        rotate::handle(event, &function).await.unwrap_or_else(|error| panic!("{step}: {}", error.error_message));
    }
    let read = keys.read().await.expect("two keys");
    assert_eq!(read.previous.expect("the one before").bytes(), first.as_bytes());
    assert!(read.current.bytes().len() >= 64 && read.current.bytes() != first.as_bytes());
    let asked = moto.clients.secrets_manager().get_secret_value().secret_id(SECRET).version_id(TOKEN).send().await;
    assert_eq!(asked.expect("the new version").secret_string().map(str::as_bytes), Some(read.current.bytes()));
}

async fn short(moto: &Moto) {
    let read = secret(moto, "short").await.read().await;
    assert!(matches!(read, Err(KeyError::TooShort)), "{:?}", read.err());
}

async fn gone(moto: &Moto) {
    let read = SecretsManagerKeys::new(moto.clients.secrets_manager(), SECRET).read().await;
    assert!(matches!(read, Err(KeyError::Unavailable(_))), "{:?}", read.err());
}
