//! What a command is doing, for whoever waits for it: one line on the terminal's own, gone when it is done.
//!
//! It goes to standard error and only to a terminal, so that neither a pipe nor a log ever holds it, and it comes after a
//! second: what is faster needs no explanation.

use std::fmt::Display;
use std::future::Future;
use std::io::{IsTerminal, Write};
use std::time::Duration;

use crate::output;

/// Nobody wonders about less.
const SILENT: Duration = Duration::from_secs(1);
/// How often the line is written anew.
const EACH: Duration = Duration::from_millis(200);
/// What turns at its beginning.
const FRAMES: [&str; 4] = ["|", "/", "-", "\\"];

/// Waits for `work`, and says what it is and how long it has taken already.
pub async fn with<T>(what: &str, work: impl Future<Output = T>) -> T {
    with_live(|| what.to_owned(), work).await
}

/// The same for work whose description changes while it goes on.
pub async fn with_live<T>(what: impl Fn() -> String, work: impl Future<Output = T>) -> T {
    if !std::io::stderr().is_terminal() {
        return work.await;
    }
    let began = tokio::time::Instant::now();
    let mut work = std::pin::pin!(work);
    let (mut shown, mut turn) = (false, 0);
    loop {
        let wait = if shown { EACH } else { SILENT };
        tokio::select! {
            done = &mut work => {
                if shown {
                    clear();
                }
                return done;
            }
            () = tokio::time::sleep(wait) => {
                (shown, turn) = (true, turn + 1);
                show(&format!("{} {} … {} s", FRAMES[turn % FRAMES.len()], what(), began.elapsed().as_secs()));
            }
        }
    }
}

/// Prints a line of the result while work goes on: where the description stands, which is written anew below it.
pub fn line_above(text: impl Display) {
    if std::io::stderr().is_terminal() {
        clear();
    }
    // The work goes on for whoever waits for its end, even where its lines cannot be printed.
    let _unseen = output::line(text);
}

fn show(line: &str) {
    // Whoever has closed the terminal misses a line that is of no use to them.
    let _unseen = write!(std::io::stderr(), "\r\u{1b}[2K{line}").and_then(|()| std::io::stderr().flush());
}

fn clear() {
    let _unseen = write!(std::io::stderr(), "\r\u{1b}[2K").and_then(|()| std::io::stderr().flush());
}
