//! Bounds of what is stored of a configuration, with their reasons.

/// DynamoDB takes 400 KB a row, and counts otherwise than we do: names of attributes too, and numbers in its own way.
pub(super) const ROW_BYTES_MAX: usize = 350_000;

/// DynamoDB takes 100 actions in a transaction. One of them is the index, which says that nobody else applies.
pub(super) const ROWS_PER_TRANSACTION: usize = 99;

/// DynamoDB takes 4 MB in a transaction; the rest is for the index and for what it counts otherwise than we do.
pub(super) const TRANSACTION_BYTES_MAX: usize = 3_000_000;
