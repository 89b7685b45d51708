//! Every bound of the engine, with its unit in the name and its reason beside it.

/// Raw payloads are kept up to this size, in bytes; a DynamoDB row takes 400 KB.
pub const RAW_BYTES_MAX: usize = 64 * 1024;

/// The longest delay that SQS keeps a message for.
pub const DELAY_S_MAX: u32 = 900;

/// A transaction takes 100 keys, and so does a batch of reads.
pub const KEYS_PER_READ_MAX: usize = 100;

/// What is due this soon has come when a hint says so: queues count whole seconds, and clocks differ.
pub const HINT_EARLY_MS: i64 = 1_500;

/// Steps of one incident in a row, before others get their turn. A plan of 400 engagements needs ten.
pub(crate) const STEPS_PER_TURN_MAX: u32 = 40;

/// Seconds by which a row may be overdue. A tick that works leaves nothing older than a minute and some seconds, so that more is an alarm.
pub const OVERDUE_S_MAX: i64 = 120;

/// Seconds in which a tick begins work. The slowest that it begins then, a webhook that hangs, ends before the function's timeout of 15 s.
pub const TICK_WORK_S: i64 = 7;

/// The same for `respond`, which has 30 s and waits for nobody outside.
pub const RESPOND_TICK_WORK_S: i64 = 20;

/// Rows that a tick works at the same time: where the queues are out, nothing else works them.
pub(crate) const DUE_AT_ONCE_MAX: usize = 50;

/// Seconds for which an order that waits is handed on by each nudge of its incident. By then its tick has met it twice.
pub(crate) const HANDED_ON_S_MAX: i64 = 120;

/// Rows of one shard that a tick reads, four thousand in all: about what it works in its time.
pub(crate) const ROWS_PER_SHARD_MAX: usize = 500;

/// Minutes after which a synthetic alarm tells nothing any more: the alarm that misses it has gone off by then.
pub const SYNTHETIC_MINUTES_MAX: i64 = 10;

/// How long a claim holds. Longer than a function's timeout, so that a holder that still runs is never overtaken.
pub const LEASE_S: i64 = 20;

/// An order is given up after so many attempts; with the waits between them that is seventy minutes, so that it outlasts a service that
/// does not work for an hour.
pub const ATTEMPTS_MAX: u64 = 14;

/// And not before so many minutes have passed since it was first to leave: where another of its channels waits for a limit, attempts come
/// closer together.
pub const TRIED_MINUTES_MIN: i64 = 70;

/// A page that has failed more often than this when it gives way to a later one counts as undelivered: the alarm on that must not wait for
/// fourteen attempts which no page makes, because the next one is there before.
pub const FAILED_UNTOLD_MAX: u64 = 3;

/// What is left of a transaction for orders to be marked as stopped; see `ORDERS_PER_STEP_MAX` in the domain.
pub const STOPS_PER_COMMIT_MAX: usize = 36;

/// A DynamoDB transaction takes so many actions.
pub(crate) const ACTIONS_PER_TRANSACTION_MAX: usize = 100;

/// Orders that a row remembers as covered. Each is taken out as soon as it has been settled, so more than a few are stale.
pub(crate) const COVERED_REMEMBERED_MAX: usize = 20;

/// DynamoDB takes 400 KB a row, and counts names of attributes too. Older versions make room for newer ones.
pub const SCHEDULE_ROW_BYTES_MAX: usize = 350_000;

/// Tries of one commit. With the waits between them they end within two seconds, before any function's timeout; the queue has more patience.
pub(crate) const TRIES_MAX: u32 = 6;

/// Messages that are worked on at the same time: one that hangs must not delay the others of its batch.
pub(crate) const MESSAGES_AT_ONCE_MAX: usize = 10;

/// Incidents that an alarm is remembered to have open under other dedupe keys: as many as it can be routed to by rules that somebody
/// changes while it goes on.
pub(crate) const OPEN_ELSEWHERE_MAX: usize = 20;

/// Signals of one key that are folded into one change: each has a row for its cause, and the first may open an incident, which takes
/// seven rows of a transaction's hundred.
pub(crate) const SIGNALS_PER_FOLD_MAX: usize = 90;

/// Transactions of one message that are in flight at the same time.
pub(crate) const CHANGES_AT_ONCE_MAX: usize = 8;

/// Open incidents of each of the eight shards that are looked through for a code that no book has, the newest first: one answer of the
/// index, of a megabyte at most. More than 1,600 are open in no night in which anybody reads them one by one.
pub(crate) const OPEN_PER_SHARD_MAX: u32 = 200;
