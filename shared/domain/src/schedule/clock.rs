//! The wall clock of one time zone as a table, so that a question costs a search and an addition.
//!
//! Wall-clock times are seconds since 1970-01-01T00:00 as a clock on the wall would count them. A time that does not
//! exist (spring) means the first instant after the gap. Of a time that exists twice (autumn) starts and hand-offs
//! take the first, ends of coverage the last. Both follow from two numbers, see [`Reading`].

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::{Offset, TimeZone};

/// Rotations outlive neither their teams nor this table by much; what lies outside is still answered, only slower.
const TABLE_YEARS: i64 = 80;
const YEAR_SECONDS: i64 = 366 * 86_400;
/// No change of a clock is as large as two days.
const MARGIN_SECONDS: i64 = 2 * 86_400;

/// The transitions of a time zone between two instants.
#[derive(Clone, Debug)]
pub(super) struct Clock {
    zone: TimeZone,
    /// The table holds for instants from here…
    from: i64,
    /// …until here.
    until: i64,
    pieces: Vec<Piece>,
}

/// A time in which the offset does not change.
#[derive(Clone, Copy, Debug)]
struct Piece {
    /// The first instant; meaningless for the first piece of a table.
    start: i64,
    /// Seconds to add to an instant.
    offset: i64,
}

/// What a clock shows at an instant, in the two ways that matter where an hour comes twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Reading {
    /// The latest wall-clock time whose first occurrence has begun. In the second pass through a repeated hour that is
    /// the end of the hour: all of it has begun already.
    pub(super) begun: i64,
    /// The latest wall-clock time whose last occurrence is reached. In the first pass through a repeated hour that is
    /// the moment before the hour: all of it will come again.
    pub(super) over: i64,
}

impl Clock {
    /// The clock of a zone, quick from this instant on.
    pub(super) fn new(zone: TimeZone, from: i64) -> Self {
        Self::between(zone, from - MARGIN_SECONDS, from + TABLE_YEARS * YEAR_SECONDS)
    }

    fn between(zone: TimeZone, from: i64, until: i64) -> Self {
        let beginning = timestamp(from);
        let mut pieces = vec![Piece { start: from, offset: i64::from(zone.to_offset(beginning).seconds()) }];
        for transition in zone.following(beginning) {
            let start = transition.timestamp().as_second();
            let piece = Piece { start, offset: i64::from(transition.offset().seconds()) };
            if pieces.last().is_none_or(|last| last.offset != piece.offset) {
                pieces.push(piece);
            }
            if start > until {
                break;
            }
        }
        Self { zone, from, until, pieces }
    }

    /// The zone.
    pub(super) fn zone(&self) -> &TimeZone {
        &self.zone
    }

    /// What the clock shows at an instant.
    pub(super) fn reading(&self, at: i64) -> Reading {
        if at < self.from || at >= self.until {
            return self.around(at).reading(at);
        }
        let index = self.piece_at(at);
        let shown = at + self.pieces[index].offset;
        let begun = match index.checked_sub(1) {
            Some(before) => shown.max(self.pieces[index].start + self.pieces[before].offset - 1),
            None => shown,
        };
        let over = match self.pieces.get(index + 1) {
            Some(after) => shown.min(after.start + after.offset - 1),
            None => shown,
        };
        Reading { begun, over }
    }

    /// The first instant at which the clock shows this time, or the first after it where it never does.
    pub(super) fn first(&self, wall: i64) -> i64 {
        if self.is_outside(wall) {
            return self.around(wall).first(wall);
        }
        let ended = |before: &Piece, after: &Piece| after.start + before.offset <= wall;
        let mut index = self.piece_near(wall);
        while index > 0 && !ended(&self.pieces[index - 1], &self.pieces[index]) {
            index -= 1;
        }
        while index + 1 < self.pieces.len() && ended(&self.pieces[index], &self.pieces[index + 1]) {
            index += 1;
        }
        let instant = wall - self.pieces[index].offset;
        if index == 0 { instant } else { instant.max(self.pieces[index].start) }
    }

    /// The last instant at which the clock shows this time, or the first after it where it never does.
    pub(super) fn last(&self, wall: i64) -> i64 {
        if self.is_outside(wall) {
            return self.around(wall).last(wall);
        }
        let begun = |piece: &Piece| piece.start + piece.offset <= wall;
        let mut index = self.piece_near(wall);
        while index > 0 && !begun(&self.pieces[index]) {
            index -= 1;
        }
        while self.pieces.get(index + 1).is_some_and(begun) {
            index += 1;
        }
        let instant = wall - self.pieces[index].offset;
        self.pieces.get(index + 1).map_or(instant, |after| instant.min(after.start))
    }

    /// Every time in which the offset does not change, as its first instant and its offset.
    pub(super) fn pieces(&self) -> impl Iterator<Item = (i64, i64)> {
        self.pieces.iter().map(|piece| (piece.start, piece.offset))
    }

    fn piece_at(&self, at: i64) -> usize {
        self.pieces.partition_point(|piece| piece.start <= at).saturating_sub(1)
    }

    /// A piece next to the one that is looked for.
    fn piece_near(&self, wall: i64) -> usize {
        self.piece_at(wall - self.pieces[self.piece_at(wall)].offset)
    }

    fn is_outside(&self, wall: i64) -> bool {
        wall < self.from + MARGIN_SECONDS / 2 || wall >= self.until - MARGIN_SECONDS / 2
    }

    fn around(&self, at: i64) -> Self {
        Self::between(self.zone.clone(), at - 2 * MARGIN_SECONDS, at + 2 * MARGIN_SECONDS)
    }
}

/// The wall-clock seconds of a civil time.
pub(super) fn wall_of(time: DateTime) -> i64 {
    // Offset zero makes every civil time that jiff knows an instant, but for the last day of the year 9999.
    Offset::UTC.to_timestamp(time).map_or(i64::MAX / 4, Timestamp::as_second)
}

/// The civil time of wall-clock seconds.
pub(super) fn civil_of(wall: i64) -> DateTime {
    Offset::UTC.to_datetime(timestamp(wall))
}

/// The instant of so many seconds since the epoch; beyond what jiff knows, the nearest that it knows.
pub(super) fn timestamp(seconds: i64) -> Timestamp {
    let nearest = if seconds < 0 { Timestamp::MIN } else { Timestamp::MAX };
    Timestamp::from_second(seconds).unwrap_or(nearest)
}

/// The whole second in which an instant lies. Everything in a schedule happens at whole seconds.
pub(super) fn second_of(at: Timestamp) -> i64 {
    at.as_second() - i64::from(at.subsec_nanosecond() < 0)
}
