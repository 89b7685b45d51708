//! Spans of time, apart from each other and in their order: what is left of some without others, and how long they are.

use jiff::Timestamp;

/// From the first instant until the first instant after it.
pub(super) type Span = (Timestamp, Timestamp);

const MINUTE_S: i64 = 60;
const HOUR_S: i64 = 60 * MINUTE_S;
const DAY_S: i64 = 24 * HOUR_S;

/// What of some spans is in none of others.
pub(super) fn without(spans: &[Span], others: &[Span]) -> Vec<Span> {
    let mut left = Vec::new();
    for (start, end) in spans {
        let mut from = *start;
        for (other_start, other_end) in others {
            if *other_end <= from || *other_start >= *end {
                continue;
            }
            if *other_start > from {
                left.push((from, *other_start));
            }
            from = from.max(*other_end);
        }
        if from < *end {
            left.push((from, *end));
        }
    }
    left
}

/// What is in some spans and in others too.
pub(super) fn common(spans: &[Span], others: &[Span]) -> Vec<Span> {
    let both = |(start, end): &Span| {
        let overlaps = others.iter().map(|(s, e)| ((*start).max(*s), (*end).min(*e)));
        overlaps.filter(|(start, end)| start < end).collect::<Vec<_>>()
    };
    spans.iter().flat_map(both).collect()
}

/// Seconds of all spans together.
pub(super) fn seconds(spans: &[Span]) -> i64 {
    spans.iter().map(|(start, end)| end.as_second() - start.as_second()).sum()
}

/// A length as people say it: `1 h`, `2 days 4 h`, `45 min`.
pub(super) fn length(seconds: i64) -> String {
    let (days, hours, minutes) = (seconds / DAY_S, seconds % DAY_S / HOUR_S, seconds % HOUR_S / MINUTE_S);
    let day = |days: i64| if days == 1 { "1 day".to_owned() } else { format!("{days} days") };
    match (days, hours, minutes) {
        (0, 0, 0) => format!("{seconds} s"),
        (0, 0, minutes) => format!("{minutes} min"),
        (0, hours, 0) => format!("{hours} h"),
        (0, hours, minutes) => format!("{hours} h {minutes} min"),
        (days, 0, _) => day(days),
        (days, hours, _) => format!("{} {hours} h", day(days)),
    }
}

/// How often, as people say it.
pub(super) fn times(count: usize) -> String {
    match count {
        1 => "once".to_owned(),
        2 => "twice".to_owned(),
        count => format!("{count} times"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spans(pairs: &[(i64, i64)]) -> Vec<Span> {
        let at = |second| Timestamp::from_second(second).unwrap();
        pairs.iter().map(|(start, end)| (at(*start), at(*end))).collect()
    }

    #[test]
    fn spans_are_taken_from_each_other() {
        type Pairs = &'static [(i64, i64)];
        let rows: [(Pairs, Pairs, Pairs, Pairs); 5] = [
            (&[(0, 10)], &[], &[(0, 10)], &[]),
            (&[(0, 10)], &[(0, 10)], &[], &[(0, 10)]),
            (&[(0, 10)], &[(2, 4), (6, 20)], &[(0, 2), (4, 6)], &[(2, 4), (6, 10)]),
            (&[(0, 10), (20, 30)], &[(5, 25)], &[(0, 5), (25, 30)], &[(5, 10), (20, 25)]),
            (&[(0, 10)], &[(10, 20)], &[(0, 10)], &[]),
        ];
        for (left, right, difference, both) in rows {
            assert_eq!(without(&spans(left), &spans(right)), spans(difference), "{left:?} without {right:?}");
            assert_eq!(common(&spans(left), &spans(right)), spans(both), "{left:?} and {right:?}");
        }
        assert_eq!(seconds(&spans(&[(0, 10), (20, 30)])), 20);
    }

    #[test]
    fn lengths_are_said_as_people_say_them() {
        let rows = [
            (30, "30 s"),
            (1800, "30 min"),
            (3600, "1 h"),
            (5400, "1 h 30 min"),
            (86_400, "1 day"),
            (100_800, "1 day 4 h"),
            (172_860, "2 days"),
        ];
        for (seconds, said) in rows {
            assert_eq!(length(seconds), said);
        }
    }
}
