//! Spans that replace a schedule, and shifts that a source renders: what several sources have in the same way.

use jiff::Timestamp;

use super::model::{Rendered, RenderedShift, Temporary};
use super::note::Notes;

/// Overrides that stand above everything else, each as a temporary schedule. Two at the same time cannot be: the later one
/// begins where the earlier one ends. Past ones are left out.
pub(super) fn replacing(
    mut overrides: Vec<RenderedShift>,
    now: Timestamp,
    object: &str,
    notes: &mut Notes,
) -> Vec<Temporary> {
    overrides.retain(|one| one.end > now && one.start < one.end);
    overrides.sort_by_key(|one| (one.start, one.end));
    let mut temporary: Vec<Temporary> = Vec::new();
    for mut one in overrides {
        if let Some(before) = temporary.last().map(|before| before.end).filter(|before| *before > one.start) {
            let done = format!(
                "the override from {} until {} overlaps the one before: that one counts until it ends",
                one.start, one.end
            );
            notes.decided(object, "overrides", done, "see which of the two should count");
            one.start = before;
            if one.start >= one.end {
                continue;
            }
        }
        temporary.push(Temporary { start: one.start, end: one.end, shifts: vec![one] });
    }
    temporary
}

/// Overrides of which several can hold at once: those that overlap become one span.
pub(super) fn together(mut overrides: Vec<RenderedShift>, now: Timestamp) -> Vec<Temporary> {
    overrides.retain(|one| one.end > now && one.start < one.end);
    overrides.sort_by_key(|one| (one.start, one.end));
    let mut temporary: Vec<Temporary> = Vec::new();
    for one in overrides {
        match temporary.last_mut() {
            Some(last) if one.start < last.end => {
                last.end = last.end.max(one.end);
                last.shifts.push(one);
            }
            _ => temporary.push(Temporary { start: one.start, end: one.end, shifts: vec![one] }),
        }
    }
    temporary
}

/// Spans of two kinds, of which the first count more: the others keep what those leave.
pub(super) fn around(first: Vec<Temporary>, others: Vec<Temporary>) -> Vec<Temporary> {
    let mut kept = first.clone();
    for other in others {
        let mut start = other.start;
        let mut over: Vec<&Temporary> =
            first.iter().filter(|one| one.start < other.end && other.start < one.end).collect();
        over.sort_by_key(|one| one.start);
        for one in over {
            kept.extend(clipped(&other, start, one.start));
            start = one.end;
        }
        kept.extend(clipped(&other, start, other.end));
    }
    kept
}

/// The part of a span between two instants, if there is any.
fn clipped(span: &Temporary, start: Timestamp, end: Timestamp) -> Option<Temporary> {
    let inside = |shift: &RenderedShift| {
        let (start, end) = (shift.start.max(start), shift.end.min(end));
        (start < end).then(|| RenderedShift { contact: shift.contact.clone(), start, end })
    };
    (start < end).then(|| Temporary { start, end, shifts: span.shifts.iter().filter_map(inside).collect() })
}

/// What a source renders, from now on: what was before is of no use, and past overrides are left out.
pub(super) fn rendered(shifts: Vec<RenderedShift>, now: Timestamp) -> Option<Rendered> {
    let from = shifts.iter().map(|shift| shift.start).min()?.max(now);
    let to = shifts.iter().map(|shift| shift.end).max()?;
    (from < to).then_some(Rendered { from, to, shifts })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::import::model::SourceId;

    fn at(hour: i64) -> Timestamp {
        Timestamp::from_second(hour * 3_600).unwrap()
    }

    fn shift(who: &str, start: i64, end: i64) -> RenderedShift {
        RenderedShift { contact: SourceId::new(who), start: at(start), end: at(end) }
    }

    fn shown(spans: &[Temporary]) -> Vec<String> {
        let hour = |at: Timestamp| at.as_second() / 3_600;
        let people = |span: &Temporary| {
            let one = |shift: &RenderedShift| format!("{} {}-{}", shift.contact, hour(shift.start), hour(shift.end));
            span.shifts.iter().map(one).collect::<Vec<_>>().join(", ")
        };
        spans.iter().map(|span| format!("{}-{}: {}", hour(span.start), hour(span.end), people(span))).collect()
    }

    #[test]
    fn overrides_that_overlap_are_cut_and_said() {
        let mut notes = Notes::default();
        let overrides = vec![shift("b", 4, 8), shift("a", 1, 5), shift("c", 6, 7), shift("past", -9, -1)];
        let spans = replacing(overrides, at(0), "schedule", &mut notes);
        assert_eq!(shown(&spans), ["1-5: a 1-5", "5-8: b 5-8"]);
        assert_eq!(notes.sorted().len(), 2);
    }

    #[test]
    fn overrides_that_hold_together_become_one_span() {
        let spans = together(vec![shift("b", 4, 8), shift("a", 1, 5), shift("c", 8, 9)], at(0));
        assert_eq!(shown(&spans), ["1-8: a 1-5, b 4-8", "8-9: c 8-9"]);
    }

    #[test]
    fn a_span_keeps_what_a_stronger_one_leaves() {
        let strong = vec![Temporary { start: at(3), end: at(4), shifts: vec![shift("s", 3, 4)] }];
        let weak = vec![Temporary { start: at(1), end: at(6), shifts: vec![shift("a", 1, 4), shift("b", 4, 6)] }];
        assert_eq!(shown(&around(strong, weak)), ["3-4: s 3-4", "1-3: a 1-3", "4-6: b 4-6"]);
    }
}
