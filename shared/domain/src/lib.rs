//! The decisions of Reveille: who is paged when, and why nobody is paged any more.
//!
//! This crate is pure. It has no clock, no I/O, no randomness, no async and no serialisation, and it depends on
//! nothing but `jiff` for instants. `now` is always an argument. The edges (`reveille-wire`, `reveille-engine`) translate
//! to and from it.

mod advance;
mod contact;
mod delivery;
mod effect;
mod engagement;
mod escalation;
mod hex;
mod ids;
mod impact;
mod incident;
mod input;
pub mod limits;
mod mutant;
mod needs;
mod replay;
mod response_plan;
mod routing;
mod runbook;
mod schedule;
mod signal;
mod storm;
mod template;
mod test_page;
mod timeline;
mod when;
mod world;

pub use advance::{Ignored, Step, advance};
pub use contact::{Channel, ChannelKind, Contact, Disabled, EngagementPlan, EngagementStep, Repeat};
pub use delivery::{Attribution, DeliveryReport};
pub use effect::{Announcement, Effect, News, OperatorNotice, PageOrder, RunbookOrder};
pub use engagement::{Again, AgainReason, Engaged, Engagement, EngagementState, StepProgress, StopReason};
pub use escalation::{EscalationPlan, EscalationStage, EscalationTarget, Rounds, TargetKind};
pub use hex::hex;
pub use ids::{
    Actor, AutomationId, ChannelId, ContactAlias, EngagementId, IncidentId, OutboxId, OverrideId, PlanAlias,
    ResponsePlanName, RotationName, ScheduleAlias,
};
pub use impact::Impact;
pub use incident::{Acknowledgement, Incident, Opening, Progress, Resolution, ResolutionReason, Status};
pub use input::{Input, Receipt};
#[cfg(feature = "mutants")]
pub use mutant::choose_mutant;
pub use mutant::mutant;
pub use needs::Needs;
pub use replay::Replayed;
pub use response_plan::{Engage, FrozenPlan, IncidentTemplate, ResponsePlan, ResponseStage, Unless};
pub use routing::{Match, Pattern, Route, RouteReason, Routing, Rule, TextOf, Unmet};
pub use runbook::{RunbookAction, RunbookOutcome, RunbookRun, RunbookState};
pub use schedule::{
    Beginning, Change, Coverage, CoverageError, CoverageWindow, Every, HandoffError, Layers, Made, MadeOverride,
    MakeError, Notice, Override, OverrideError, Rotation, RotationError, RotationRules, Schedule, ScheduleError,
    ScheduleHistory, ScheduleRules, ScheduleVersion, Shift, Swap, TemporaryError, TemporarySchedule, TemporaryShift,
    Turn, WantedOverride, Withdrawn,
};
pub use signal::{NoteReason, Signal, SignalState, Source};
pub use storm::{Departure, LastMessage, Traffic, Verdict};
pub use template::{Facts, TemplateError, render};
pub use test_page::TestPage;
pub use timeline::{SkipReason, TimelineEvent, TimelineKind};
pub use when::{Day, Hours, When};
pub use world::World;
