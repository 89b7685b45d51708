//! What a phone shows at 03:00: the incident, one big button, and, afterwards, who has it.

use std::collections::BTreeMap;

use jiff::Timestamp;
use maud::{DOCTYPE, Markup, PreEscaped, html as markup};
use reveille_domain::limits::SNOOZE_MINUTES;
use reveille_domain::{Actor, ContactAlias, Incident, Status, TestPage};
use reveille_engine::Repeats;
use reveille_wire::HttpResponse;

/// What the visitor has just done.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Done {
    /// Acknowledged.
    Acknowledged,
    /// Resolved.
    Resolved,
    /// Put off, for so many minutes.
    Snoozed(u32),
    /// Handed on to the next on the plan.
    Escalated,
    /// Nothing: there is nobody left to ask.
    NobodyToAsk,
    /// Nothing: it had been done before.
    Before,
}

/// So many of the other incidents the page names; how many more there are it says.
const OTHERS_NAMED_MAX: usize = 100;

const STYLE: &str = "\
:root{color-scheme:light dark;--ink:#101828;--dim:#667085;--page:#f2f4f7;--card:#fff;--line:#e4e7ec;--red:#b42318;--green:#067647}\
@media(prefers-color-scheme:dark){:root{--ink:#f2f4f7;--dim:#98a2b3;--page:#0c111d;--card:#161b26;--line:#1f242f;--red:#f97066;--green:#47cd89}}\
*{box-sizing:border-box}body{margin:0;background:var(--page);color:var(--ink);font:17px/1.5 system-ui,-apple-system,'Segoe UI',sans-serif}\
main{max-width:34rem;margin:0 auto;padding:1.25rem}\
.card{background:var(--card);border:1px solid var(--line);border-radius:16px;padding:1.5rem;margin-top:1rem}\
.impact{margin:0;color:var(--red);font-weight:650;font-size:.9rem}\
h1{margin:.25rem 0 .75rem;font-size:1.4rem;line-height:1.25;overflow-wrap:anywhere}\
dl{display:grid;grid-template-columns:auto 1fr;gap:.25rem 1rem;margin:0;font-size:.95rem}dt{color:var(--dim)}dd{margin:0;overflow-wrap:anywhere}\
.summary{white-space:pre-wrap;overflow-wrap:anywhere;border-top:1px solid var(--line);margin:1rem 0 0;padding-top:1rem;font-size:.95rem}\
.news{border-left:4px solid var(--green);padding:.1rem 0 .1rem .9rem;margin:0}.news b{display:block;font-size:1.15rem}\
button{width:100%;border:0;border-radius:12px;padding:1rem;font:inherit;font-weight:650;cursor:pointer;margin-top:1rem}\
ul{margin:.5rem 0 0;padding-left:1.25rem;overflow-wrap:anywhere}li small{display:block;color:var(--dim)}\
.go{background:#b42318;color:#fff;font-size:1.15rem}.end{background:transparent;color:var(--ink);border:1px solid var(--line)}\
.hint{color:var(--dim);font-size:.9rem;margin:1rem 0 0}header{font-weight:650;letter-spacing:.02em}header span{color:var(--dim);font-weight:400}";

/// The incident as the visitor sees it, before or after the button. The `others` of its plan wait for the visitor too:
/// a message about all of them may have named the first few alone.
pub(crate) fn show(
    incident: &Incident,
    visitor: &ContactAlias,
    repeats: &Repeats,
    others: &[&Incident],
    done: Option<Done>,
) -> Markup {
    let opening = &incident.opening;
    let asked = incident.asks(visitor);
    let is_test = TestPage::of(opening).is_some();
    let all = others.len() + usize::from(asked);
    let has_others = !others.is_empty();
    frame(
        &opening.title,
        markup! {
            @if let Some(news) = news(incident, visitor, done) {
                div.card { p.news { b { (news.0) } (news.1) } }
            }
            div.card {
                p.impact { "Impact " (opening.impact) }
                h1 { (opening.title) }
                dl {
                    dt { "Since" } dd { (moment(incident.opened_at)) }
                    @if let Some(newest) = repeats.newest() {
                        dt { "Repeated" } dd { (times(repeats.total())) ", last at " (moment(newest)) }
                    }
                    dt { "Source" } dd { (opening.source.name()) }
                    dt { "Plan" } dd { (opening.response_plan) }
                    @if let Some(region) = opening.facts.0.get("region") { dt { "Region" } dd { (region) } }
                    dt { "Incident" } dd { (opening.id.short()) }
                }
                @if !opening.summary.trim().is_empty() { p.summary { (opening.summary) } }
            }
            @if incident.is_open() || has_others {
                form method="post" {
                    input type="hidden" name="seen" value=(incident.revision);
                    @if has_others {
                        button.go type="submit" name="do" value="acknowledge-all" {
                            "Acknowledge all " (all) " of " (opening.response_plan)
                        }
                    }
                    @if asked {
                        button.(if has_others { "end" } else { "go" }) type="submit" name="do" value="acknowledge" {
                            @if has_others { "Acknowledge this one" } @else { "Acknowledge" }
                        }
                    }
                    @if incident.is_open() && !is_test {
                        button.end type="submit" name="do" value="snooze" {
                            "Snooze " (SNOOZE_MINUTES) " min: ask me again then"
                        }
                        button.end type="submit" name="do" value="escalate" { "Escalate now: ask the next" }
                        button.end type="submit" name="do" value="resolve" { "Resolve: it is fixed" }
                    }
                }
                @if asked && is_test { p.hint { "This is a test: pressing the button shows that you are reached." } }
                @if asked && !is_test { p.hint { "Acknowledging ends your paging and tells the others that you have it." } }
            }
            // Below the buttons: a hundred titles must not push them off the screen of a telephone.
            @if has_others { (waiting(others)) }
        },
    )
}

/// What waits for the visitor beside the incident.
fn waiting(others: &[&Incident]) -> Markup {
    let more = others.len().saturating_sub(OTHERS_NAMED_MAX);
    markup! {
        div.card {
            p.impact { "Waiting for you too" }
            ul {
                @for other in others.iter().take(OTHERS_NAMED_MAX) {
                    // Titles alone do not tell two of them apart.
                    li { span { (other.opening.title) } small { "since " (moment(other.opened_at)) ", " (other.opening.id.short()) } }
                }
                @if more > 0 { li { "and " (more) " more" } }
            }
        }
    }
}

/// A page that says why there is nothing to show, and what to do.
pub(crate) fn sorry(what: &str, remedy: &str) -> Markup {
    frame(what, markup! { div.card { h1 { (what) } p { (remedy) } } })
}

/// The response with the headers that a page without any script or foreign content deserves.
pub(crate) fn html(status: u16, page: &Markup) -> HttpResponse {
    let headers = [
        ("content-type", "text/html; charset=utf-8"),
        ("cache-control", "no-store"),
        (
            "content-security-policy",
            "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
        ),
        ("cross-origin-opener-policy", "same-origin"),
        ("cross-origin-resource-policy", "same-origin"),
        ("referrer-policy", "no-referrer"),
        ("strict-transport-security", "max-age=31536000"),
        ("x-content-type-options", "nosniff"),
        // For browsers that do not know `frame-ancestors`.
        ("x-frame-options", "DENY"),
        ("x-robots-tag", "noindex"),
    ];
    let headers: BTreeMap<String, String> =
        headers.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    HttpResponse { status, headers, body: page.0.clone() }
}

fn news(incident: &Incident, visitor: &ContactAlias, done: Option<Done>) -> Option<(String, String)> {
    let first = incident.acknowledged.as_ref();
    match (&incident.status, done) {
        (Status::Resolved(resolution), _) if TestPage::of(&incident.opening).is_some() => {
            Some(if resolution.by == Actor::Contact(visitor.clone()) {
                ("It works.".to_owned(), "Your answer has arrived. This was a test: nothing is wrong.".to_owned())
            } else {
                ("The test is over.".to_owned(), "Nobody waits for your answer any more. Nothing is wrong.".to_owned())
            })
        }
        (Status::Resolved(resolution), _) => {
            let text =
                format!("At {}, by {}. Nobody is paged any more.", moment(resolution.at), who(&resolution.by, visitor));
            Some(("It is over.".to_owned(), text))
        }
        (Status::Open, Some(Done::Acknowledged)) => {
            let told = "Your paging has ended, and those who were paged before you know.";
            let text = match first {
                Some(first) if first.by != Actor::Contact(visitor.clone()) => {
                    format!("{told} {} was first, at {}.", who(&first.by, visitor), moment(first.at))
                }
                _ => told.to_owned(),
            };
            Some(("You have it.".to_owned(), text))
        }
        (Status::Open, Some(Done::Snoozed(minutes))) => Some((
            "You have it for now.".to_owned(),
            format!("You are asked again in {minutes} minutes, unless it is over by then."),
        )),
        (Status::Open, Some(Done::Escalated)) => {
            Some(("Handed on.".to_owned(), "The next on the plan are asked now.".to_owned()))
        }
        (Status::Open, Some(Done::NobodyToAsk)) => {
            Some(("Nobody is left to ask.".to_owned(), "Every stage of the plan has begun.".to_owned()))
        }
        (Status::Open, Some(Done::Resolved | Done::Before) | None) => first.map(|first| {
            let text = format!("At {}. It is not resolved yet.", moment(first.at));
            (format!("Acknowledged by {}.", who(&first.by, visitor)), text)
        }),
    }
}

fn who(actor: &Actor, visitor: &ContactAlias) -> String {
    if *actor == Actor::Contact(visitor.clone()) { "you".to_owned() } else { actor.to_string() }
}

fn frame(title: &str, content: Markup) -> Markup {
    markup! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (title) " · Reveille" }
                style { (PreEscaped(STYLE)) }
            }
            body { main { header { "Reveille " span { "· on call" } } (content) } }
        }
    }
}

fn times(count: u64) -> String {
    if count == 1 { "once".to_owned() } else { format!("{count} times") }
}

fn moment(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M:%S UTC").to_string()
}
