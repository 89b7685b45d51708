//! The local world of a measurement: configured, and nothing happens in it by itself.

use reveille_cli::local_world::{LocalWorld, Options};
use reveille_cli::{apply, configuration};
use reveille_local::LocalClock;
use reveille_local::automation::Account;

use super::MeasureError;

/// A world that stands still, with a configuration applied.
pub(super) async fn still_world(clock: LocalClock, yaml: &str) -> Result<LocalWorld, MeasureError> {
    let options = Options { clock, data: None, port_base: None, account: Account::default() };
    let world = LocalWorld::start_still(options).await?;
    let configuration = configuration::parse(yaml, "measured.yaml").map_err(|errors| errors.to_string())?;
    apply::apply(world.table.as_ref(), &configuration, world.now()).await?;
    Ok(world)
}
