//! A word for whoever waits: what takes more than a second says so, on a terminal and nowhere else.

use std::future::Future;
use std::io::{IsTerminal, Write};
use std::time::Duration;

/// Shorter waits are over before anybody has read the word.
const SILENT: Duration = Duration::from_secs(1);

/// Waits, and says for what if it takes long. The word goes away when it is over.
pub(crate) async fn waiting<T>(what: &str, future: impl Future<Output = T>) -> T {
    if !std::io::stderr().is_terminal() {
        return future.await;
    }
    tokio::pin!(future);
    let mut said = 0_usize;
    let done = loop {
        tokio::select! {
            done = &mut future => break done,
            () = tokio::time::sleep(SILENT) => {
                said += 1;
                say(&format!("\r{what}… {said} s"));
            }
        }
    };
    if said > 0 {
        // Back to the beginning of the line, and nothing on it.
        say("\r\u{1b}[K");
    }
    done
}

/// A terminal that cannot be written to misses a word, and nothing else.
fn say(text: &str) {
    let mut terminal = std::io::stderr().lock();
    drop(terminal.write_all(text.as_bytes()).and_then(|()| terminal.flush()));
}
