//! Rolling back: every alarm and rule of a backup gets back what it had, unless somebody has changed it since.

use super::account::Account;
use super::backup::Backup;
use super::change::{Change, Outcome};
use super::report;
use crate::columns::one_line;
use crate::command::Failure;
use crate::{output, progress};

/// Gives everything back, or shows what would be given back.
pub(super) async fn run(backup: &Backup, account: &Account, write: bool) -> Result<(), Failure> {
    if backup.region != account.region() {
        let (theirs, ours) = (&backup.region, account.region());
        return Err(
            format!("the backup is of {theirs}, and this is {ours}: name the region with --region {theirs}").into()
        );
    }
    if !write {
        let names: Vec<String> = backup.changes.iter().map(Change::subject).collect();
        let list: String = names.iter().map(|name| format!("{}\n", one_line(name))).collect();
        let count = names.len();
        return Ok(output::say(format_args!(
            "{list}\nNothing has been changed. --write gives {count} of them back what they had.\n"
        ))?);
    }
    let mut failed = 0;
    for (done, change) in backup.changes.iter().enumerate() {
        let words = report::doing(change, done, backup.changes.len());
        let outcome = progress::with(&words, change.undo(account)).await;
        failed += usize::from(outcome.is_err());
        let outcome = outcome.map(|outcome| match outcome {
            Outcome::Done => "given back",
            Outcome::Already => "is as it was",
        });
        report::say_outcome(change, outcome, false)?;
    }
    match failed {
        0 => Ok(()),
        failed => {
            Err(format!("{failed} of {} could not be given back; this can be run again", backup.changes.len()).into())
        }
    }
}
