//! What a command is doing, for whoever waits for it: one line on the terminal's own, gone when it is done.
//!
//! It goes to standard error and only to a terminal, so that neither a pipe nor a log ever holds it, and it comes after a
//! second: what is faster needs no explanation. Of works within works the innermost is told.

use std::fmt::Display;
use std::future::Future;
use std::io::{self, IsTerminal, Write};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use crate::columns::one_line;
use crate::output;

/// Nobody wonders about less.
const SILENT: Duration = Duration::from_secs(1);
/// How often the line is written anew.
const EACH: Duration = Duration::from_millis(200);
/// What turns at its beginning.
const FRAMES: [&str; 4] = ["|", "/", "-", "\\"];

/// How many works within each other go on.
static DEPTH: AtomicUsize = AtomicUsize::new(0);

/// Work that goes on, until it is dropped.
struct Going {
    depth: usize,
}

impl Going {
    fn begin() -> Self {
        Self { depth: DEPTH.fetch_add(1, Ordering::Relaxed) + 1 }
    }

    fn is_innermost(&self) -> bool {
        DEPTH.load(Ordering::Relaxed) == self.depth
    }
}

impl Drop for Going {
    fn drop(&mut self) {
        DEPTH.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Waits for `work`, and says what it is and how long it has taken already.
pub async fn with<T>(what: &str, work: impl Future<Output = T>) -> T {
    with_live(|| what.to_owned(), work).await
}

/// The same for work whose description changes while it goes on.
pub async fn with_live<T>(what: impl Fn() -> String, work: impl Future<Output = T>) -> T {
    if !io::stderr().is_terminal() {
        return work.await;
    }
    let (going, began) = (Going::begin(), tokio::time::Instant::now());
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
                if !going.is_innermost() {
                    continue;
                }
                (shown, turn) = (true, turn + 1);
                let what = one_line(&what());
                show(&format!("{} {what} … {} s", FRAMES[turn % FRAMES.len()], began.elapsed().as_secs()));
            }
        }
    }
}

/// Prints a line of the result while work goes on: where the description stands, which is written anew below it.
pub fn line_above(text: impl Display) {
    // The work goes on for whoever waits for its end, even where its lines cannot be printed.
    let _unseen = above(|| output::line(text));
}

/// Prints something of the result while work goes on. The description is not written in the middle of it.
pub fn above<T>(print: impl FnOnce() -> T) -> T {
    let held = io::stderr().lock();
    if held.is_terminal() {
        clear();
    }
    print()
}

fn show(line: &str) {
    // Whoever has closed the terminal misses a line that is of no use to them.
    let _unseen = write!(io::stderr().lock(), "\r\u{1b}[2K{line}").and_then(|()| io::stderr().flush());
}

fn clear() {
    let _unseen = write!(io::stderr().lock(), "\r\u{1b}[2K").and_then(|()| io::stderr().flush());
}
