//! `reveille verify`: has a code sent to a channel, and takes it back.

use std::io::{BufRead, IsTerminal, Write};

use reveille_domain::{ChannelId, ContactAlias};
use reveille_engine::Engine;
use reveille_engine::verification::{RANDOM_BYTES, VerificationError, send_code, take_code};

use crate::command::Failure;

/// One channel of one contact, and the code if somebody has it already.
pub struct Verify {
    /// Whose.
    pub contact: ContactAlias,
    /// Which.
    pub channel: ChannelId,
    /// What arrived there; `None`: nothing has been sent yet.
    pub code: Option<String>,
}

/// Verifies a channel. Without a code one is sent; whoever sits at a terminal is asked for it then.
pub async fn verify(engine: &Engine, asked: &Verify) -> Result<(), Failure> {
    let Verify { contact, channel, code } = asked;
    if let Some(code) = code {
        take(engine, contact, channel, code).await?;
        return Ok(());
    }
    let mut random = [0; RANDOM_BYTES];
    getrandom::fill(&mut random)?;
    send_code(engine, contact, channel, random).await.map_err(explained)?;
    println!("A code is on its way to {contact}'s {channel}.");
    if !std::io::stdin().is_terminal() {
        println!("When it has arrived: reveille verify {contact} {channel} --code CODE");
        return Ok(());
    }
    ask(engine, contact, channel).await
}

/// Asks until it is right, void or given up.
async fn ask(engine: &Engine, contact: &ContactAlias, channel: &ChannelId) -> Result<(), Failure> {
    loop {
        print!("Code (empty: later, with --code): ");
        std::io::stdout().flush()?;
        let mut typed = String::new();
        let read = std::io::stdin().lock().read_line(&mut typed)?;
        if read == 0 || typed.trim().is_empty() {
            println!("Later: reveille verify {contact} {channel} --code CODE");
            return Ok(());
        }
        match take_code(engine, contact, channel, &typed).await {
            Ok(()) => {
                println!("{contact}'s {channel} is verified: pages go there.");
                return Ok(());
            }
            Err(error @ VerificationError::Wrong(_)) => println!("{error}"),
            Err(error) => return Err(explained(error)),
        }
    }
}

async fn take(engine: &Engine, contact: &ContactAlias, channel: &ChannelId, code: &str) -> Result<(), Failure> {
    take_code(engine, contact, channel, code).await.map_err(explained)?;
    println!("{contact}'s {channel} is verified: pages go there.");
    Ok(())
}

/// An error with its causes: what the person at the terminal needs to mend it.
fn explained(error: VerificationError) -> Failure {
    reveille_engine::Chain(&error).to_string().into()
}
