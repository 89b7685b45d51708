//! `reveille verify`: has a code sent to a channel, and takes it back.

use std::io::{BufRead, IsTerminal};

use clap::Args;
use reveille_domain::{ChannelId, ContactAlias};
use reveille_engine::Engine;
use reveille_engine::verification::{RANDOM_BYTES, VerificationError, send_code, take_code};

use crate::command::Failure;
use crate::installation::Installation;
use crate::{output, progress};

/// What whoever has typed a code waits for.
const CHECKING: &str = "checking the code";

/// One channel of one contact, and the code if somebody has it already.
#[derive(Debug, Args)]
pub struct Verify {
    /// The contact's alias
    contact: String,
    /// The channel's id, for example `sms`
    channel: String,
    /// The code that has arrived
    #[arg(long, value_name = "CODE")]
    code: Option<String>,
    #[command(flatten)]
    installation: Installation,
}

impl Verify {
    /// Verifies a channel. Without a code one is sent; whoever sits at a terminal is asked for it then.
    pub async fn run(self) -> Result<(), Failure> {
        let engine = self.installation.find().await?.engine();
        let (contact, channel) = (ContactAlias::new(self.contact), ChannelId::new(self.channel));
        if let Some(code) = &self.code {
            return take(&engine, &contact, &channel, code).await;
        }
        let mut random = [0; RANDOM_BYTES];
        getrandom::fill(&mut random)?;
        let sending = send_code(&engine, &contact, &channel, random);
        progress::with("having a code sent", sending).await.map_err(explained)?;
        output::line(format_args!("A code is on its way to {contact}'s {channel}."))?;
        if !std::io::stdin().is_terminal() {
            output::line(format_args!("When it has arrived: reveille verify {contact} {channel} --code CODE"))?;
            return Ok(());
        }
        ask(&engine, &contact, &channel).await
    }
}

/// Asks until it is right, void or given up.
async fn ask(engine: &Engine, contact: &ContactAlias, channel: &ChannelId) -> Result<(), Failure> {
    loop {
        output::say("Code (empty: later, with --code): ")?;
        let mut typed = String::new();
        let read = std::io::stdin().lock().read_line(&mut typed)?;
        if read == 0 || typed.trim().is_empty() {
            output::line(format_args!("Later: reveille verify {contact} {channel} --code CODE"))?;
            return Ok(());
        }
        match progress::with(CHECKING, take_code(engine, contact, channel, &typed)).await {
            Ok(()) => {
                output::line(format_args!("{contact}'s {channel} is verified: pages go there."))?;
                return Ok(());
            }
            Err(error @ VerificationError::Wrong(_)) => output::line(&error)?,
            Err(error) => return Err(explained(error)),
        }
    }
}

async fn take(engine: &Engine, contact: &ContactAlias, channel: &ChannelId, code: &str) -> Result<(), Failure> {
    progress::with(CHECKING, take_code(engine, contact, channel, code)).await.map_err(explained)?;
    output::line(format_args!("{contact}'s {channel} is verified: pages go there."))?;
    Ok(())
}

/// An error with its causes: what the person at the terminal needs to mend it.
fn explained(error: VerificationError) -> Failure {
    reveille_engine::Chain(&error).to_string().into()
}
