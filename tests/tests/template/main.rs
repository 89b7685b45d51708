//! What `template.yaml` says, held to what is really done: functions and their roles, the policies of people, rules, and alarms.

mod alarms;
mod functions;
mod policies;
mod roles;
mod rules;
