//! `reveille local`: the whole product on this machine, at real speed, until it is stopped.

use std::path::PathBuf;

use clap::Args;
use reveille_engine::key;
use reveille_engine::port::Table;
use reveille_local::LocalClock;
use reveille_local::automation::Account;

use crate::apply::{ApplyError, apply};
use crate::called::called;
use crate::command::Failure;
use crate::configuration::{self, ConfigurationErrors};
use crate::demo::CONFIGURATION;
use crate::installation::{PORT_BASE, Ports};
use crate::local_world::{LocalError, LocalWorld, Options};
use crate::output;

/// The instance of the example alarm; here it runs a web server that has crashed, for the runbook to restart.
const EXAMPLE_INSTANCE: &str = "i-0f3a9c2d1e4b5a678";

/// How the local stack is kept up.
#[derive(Clone, Debug, Args)]
pub struct Local {
    /// Keep everything in this folder between two runs
    #[arg(long, value_name = "DIR", default_value = ".reveille")]
    data: PathBuf,
    #[command(flatten)]
    ports: Ports,
    /// Apply this configuration at the start
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

impl Local {
    /// Keeps it up until Ctrl-C.
    pub async fn run(self) -> Result<(), Failure> {
        log_to_stderr();
        Ok(stay(self).await?)
    }
}

/// Why the local stack did not stay.
#[derive(Debug, thiserror::Error)]
pub enum StayError {
    /// The stack failed.
    #[error(transparent)]
    Local(#[from] LocalError),
    /// The configuration has mistakes.
    #[error(transparent)]
    Configuration(#[from] ConfigurationErrors),
    /// It could not be applied.
    #[error(transparent)]
    Apply(#[from] ApplyError),
    /// What there is could not be printed.
    #[error("what there is could not be printed")]
    Output(#[source] std::io::Error),
    /// The signal to stop cannot be waited for.
    #[error("the signal to stop cannot be waited for")]
    Signal(#[from] std::io::Error),
}

/// Starts the stack and stays until Ctrl-C.
async fn stay(options: Local) -> Result<(), StayError> {
    let mut account = Account::default().with_web_server(EXAMPLE_INSTANCE, "nginx");
    account.crash(EXAMPLE_INSTANCE, "nginx");
    let world = LocalWorld::start(Options {
        clock: LocalClock::real(),
        data: Some(options.data.clone()),
        port_base: Some(options.ports.port_base),
        account,
    })
    .await?;
    configure(&world, &options).await?;
    tell(&world, &options).map_err(StayError::Output)?;
    stopped().await?;
    Ok(())
}

/// Where everything is.
fn tell(world: &LocalWorld, options: &Local) -> std::io::Result<()> {
    let (front, endpoint, port_base) = (world.stack.front_url(), world.stack.endpoint(), options.ports.port_base);
    output::line(format_args!("inbox         {front}/inbox"))?;
    let called = called();
    output::line(format_args!("webhooks      {front}/webhook/KEY   (make a key with `{called} webhook-key`)"))?;
    output::line(format_args!("AWS endpoint  {endpoint}"))?;
    output::line(format_args!("data          {}", options.data.display()))?;
    let ports = if port_base == PORT_BASE { String::new() } else { format!(" --port-base {port_base}") };
    output::line(format_args!("an alarm      {called} send events/alarm-web-unhealthy.json{ports}"))?;
    output::line("stop          Ctrl-C")?;
    output::line("ready")
}

/// The configuration that is asked for; the example on a stack that has none.
async fn configure(world: &LocalWorld, options: &Local) -> Result<(), StayError> {
    let configuration = match &options.config {
        Some(path) => configuration::load(path)?,
        None if world.table.get(&key::settings()).await.map_err(LocalError::from)?.is_some() => return Ok(()),
        None => configuration::parse(CONFIGURATION, "examples/three-engineers.yaml")?,
    };
    apply(world.table.as_ref(), &configuration, world.now()).await?;
    Ok(())
}

/// Ends with Ctrl-C, and with the signal by which service managers and scripts stop programs: both leave the data in order.
async fn stopped() -> std::io::Result<()> {
    let mut terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
    tokio::select! {
        interrupted = tokio::signal::ctrl_c() => interrupted,
        _ = terminate.recv() => Ok(()),
    }
}

fn log_to_stderr() {
    let filter = tracing_subscriber::EnvFilter::try_from_default_env()
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("warn,dynoxide=error"));
    // Without a subscriber there is no log; with two, the first stays.
    drop(tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).try_init());
}
