//! Bounds of scenario files, with their reasons.

use std::ops::RangeInclusive;

/// Every minute of a scenario is three ticks of real functions: a year of them takes minutes to play.
pub(super) const DAYS_MAX: i64 = 366;

/// A script that is longer than this was written by a program, which can write several files as well.
pub(super) const STEPS_MAX: usize = 10_000;

/// As many alarms as a bad night brings; each is an incident with pages of its own.
pub(super) const SIGNALS_AT_ONCE: RangeInclusive<u32> = 1..=1_000;

/// How often a line of a timeline may be expected: no incident has more.
pub(super) const TIMES: RangeInclusive<u32> = 0..=100_000;

/// No scenario opens more.
pub(super) const INCIDENTS: RangeInclusive<u32> = 0..=1_000_000;
