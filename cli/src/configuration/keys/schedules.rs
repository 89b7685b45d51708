//! The keys of schedules: who is on call when, and what changes it.

use reveille_domain::limits::{
    EVERY_HOURS_MAX, EVERY_MAX, HANDOFFS_PER_PERIOD_MAX, MEMBERS_PER_ROTATION_MAX, NOTICE_MINUTES_MAX,
    NOTICES_PER_SCHEDULE_MAX, OVERRIDES_PER_SCHEDULE_MAX, ROTATIONS_PER_SCHEDULE_MAX, TEMPORARY_PER_SCHEDULE_MAX,
    TEMPORARY_SHIFTS_MAX,
};

use super::Kind::{Day, Flag, List, Number, Part as P, Text};
use super::Need::{Else, Optional, Required};
use super::Rule::{AtLeastOneOf, ExactlyOneOf};
use super::{ALIAS, Key, Kind, Otherwise as D, Part, Section, Shape, Words};

const INSTANT: Kind = Text(Shape::Instant);
const UNIT: Kind = Number(1, EVERY_MAX);
const WINDOWS: Kind = List(&Text(Shape::Hours), 0, None);

part!(SCHEDULE, "a schedule", [], {
    "layers": Kind::Words(Words::These(&["upper", "both"])), Else(D::Word("upper")), "`upper`: the first rotation that has anybody decides; `both`: all of them are on call";
    "rotations": List(&P(&ROTATION), 1, Some(ROTATIONS_PER_SCHEDULE_MAX)), Required, "members who take turns, from the upper to the lower";
    "overrides": List(&P(&OVERRIDE), 0, Some(OVERRIDES_PER_SCHEDULE_MAX)), Optional, "who stands in, comes in addition, or is left out";
    "swaps": List(&P(&SWAP), 0, Some(OVERRIDES_PER_SCHEDULE_MAX / 2)), Optional, "who exchanges shifts with whom";
    "temporary": List(&P(&TEMPORARY), 0, Some(TEMPORARY_PER_SCHEDULE_MAX)), Optional, "spans that are replaced as a whole";
    "notices": List(&P(&NOTICE), 0, Some(NOTICES_PER_SCHEDULE_MAX)), Optional, "when contacts are told of their next shift";
});

part!(ROTATION, "a rotation", [], {
    "name": ALIAS, Required, "unique in the schedule; stands beside its shifts";
    "time_zone": Text(Shape::TimeZone), Required, "where its clock hangs: `America/New_York`, `UTC`";
    "start": Text(Shape::WallClock), Required, "the first hand-off; before it the rotation has nobody";
    "every": P(&EVERY), Required, "how long a shift lasts";
    "handoffs": List(&P(&HANDOFF), 0, Some(HANDOFFS_PER_PERIOD_MAX)), Optional, "when a period hands over";
    "members": List(&ALIAS, 1, Some(MEMBERS_PER_ROTATION_MAX)), Required, "in the order of their turns; who stands twice takes two turns";
    "on_call": Number(1, MEMBERS_PER_ROTATION_MAX as u32), Else(D::Number(1)), "how many at once: each shift is that of the next so many members";
    "coverage": P(&COVERAGE), Optional, "the hours that are worked";
    "days_off_burn_turns": Flag, Else(D::Flag(false)), "whether a shift without any hours of work uses a turn";
});

part!(EVERY, "every", [ExactlyOneOf(&["hours", "days", "weeks", "months"])], {
    "hours": Number(1, EVERY_HOURS_MAX), Optional, "a shift lasts so many hours";
    "days": UNIT, Optional, "a shift lasts so many days";
    "weeks": UNIT, Optional, "a shift lasts so many weeks";
    "months": UNIT, Optional, "a shift lasts so many months";
});

part!(HANDOFF, "a hand-off", [], {
    "day": Day, Optional, "the day";
    "at": Text(Shape::TimeOfDay), Required, "the wall clock";
});

part!(COVERAGE, "coverage", [], {
    "MON": WINDOWS, Optional, "the hours of Mondays";
    "TUE": WINDOWS, Optional, "the hours of Tuesdays";
    "WED": WINDOWS, Optional, "the hours of Wednesdays";
    "THU": WINDOWS, Optional, "the hours of Thursdays";
    "FRI": WINDOWS, Optional, "the hours of Fridays";
    "SAT": WINDOWS, Optional, "the hours of Saturdays";
    "SUN": WINDOWS, Optional, "the hours of Sundays";
});

part!(OVERRIDE, "an override", [AtLeastOneOf(&["remove", "add"])], {
    "start": INSTANT, Required, "the first instant";
    "end": INSTANT, Required, "the first instant after it";
    "remove": ALIAS, Optional, "is not on call; with `add`, the other one is in their place";
    "add": ALIAS, Optional, "is on call; without `remove`, in addition";
});

part!(SWAP, "a swap", [], {
    "a": ALIAS, Required, "takes the shifts of `b`";
    "b": ALIAS, Required, "takes the shifts of `a`";
    "start": INSTANT, Required, "the first instant";
    "end": INSTANT, Required, "the first instant after it";
});

part!(TEMPORARY, "a temporary schedule", [], {
    "start": INSTANT, Required, "the first instant";
    "end": INSTANT, Required, "the first instant after it";
    "shifts": List(&P(&TEMPORARY_SHIFT), 0, Some(TEMPORARY_SHIFTS_MAX)), Required, "who is on call in it; where there is none, nobody is";
});

part!(TEMPORARY_SHIFT, "a shift of a temporary schedule", [], {
    "contact": ALIAS, Required, "who is on call";
    "start": INSTANT, Required, "the first instant";
    "end": INSTANT, Required, "the first instant after it";
});

part!(NOTICE, "a notice", [], {
    "before_minutes": Number(1, NOTICE_MINUTES_MAX), Required, "so long before a shift whoever begins it is told";
});
