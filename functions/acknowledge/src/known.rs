//! What a person has been told about, and which of it a reply means.
//!
//! That somebody was told stands in their book once it is settled. `notify` may die between the provider's answer and that, and the
//! person answers what nobody has written down. So what has left, or was about to, is read in their traffic, where a message stands
//! from its claim on; and a code that is in neither is looked for among the incidents that are open. Both are for whoever types a code:
//! a claim is not yet a message, and nobody answers by a bare word for what they may not have heard of.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::future::try_join;
use reveille_domain::limits::BUNDLE_REMEMBERED_MAX;
use reveille_domain::{ContactAlias, Incident, IncidentId, LastMessage, Traffic, mutant};
use reveille_engine::record::PagedRecord;
use reveille_engine::reply_code::ReplyCode;
use reveille_engine::{Engine, EngineError, open_incidents, paged};
use reveille_wire::Which;

/// An incident that somebody has been told about.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Known {
    pub(crate) paged: PagedRecord,
    pub(crate) incident: Incident,
    /// Whether it stands in their book that they were told. Otherwise a message has been on its way to them, and its code is the
    /// proof that it has come.
    pub(crate) is_told: bool,
}

/// Why a reply means nothing that can be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Unmeant {
    /// There is nothing to be done.
    Nothing,
    /// Several incidents are open, and none is named.
    WhichOne,
    /// No incident has the code.
    NoSuchCode(String),
    /// More than one has it; the code that tells each apart, with its title.
    Ambiguous(String, Vec<(String, String)>),
}

impl Known {
    /// Whether an answer of the person still changes anything.
    pub(crate) fn asks(&self) -> bool {
        self.incident.asks(&self.paged.contact())
    }

    /// What stands in a contact's book; `None`: its incident is not there.
    fn of_book(paged: PagedRecord, incidents: &BTreeMap<IncidentId, Incident>) -> Option<Self> {
        let incident = incidents.get(&paged.incident())?.clone();
        Some(Self { is_told: paged.told_at.is_some(), paged, incident })
    }

    /// An incident about which a message has been on its way to a contact; `None`: they have not been paged for it.
    fn unsettled(incident: &Incident, contact: &ContactAlias) -> Option<Self> {
        let page = incident.latest_page(contact).filter(|_| !mutant("codes-of-the-book"))?;
        Some(Self { paged: PagedRecord::new(contact, incident, page), incident: incident.clone(), is_told: false })
    }
}

/// What the newest message of each plan was about, as the contact's traffic has it.
struct Spoken(Traffic);

impl Spoken {
    /// The message that spoke for an incident, if it was the newest of the plan.
    fn message(&self, row: &PagedRecord) -> Option<&LastMessage> {
        let last = self.0.plans.get(&row.plan())?;
        // Of a long message the first incidents are remembered. The others were those that stood in the book by then.
        let is_long = last.incidents.len() >= BUNDLE_REMEMBERED_MAX;
        let was_there = row.told_at.is_some() || row.has_waited_since(last.at);
        (last.incidents.contains(&row.incident()) || is_long && was_there).then_some(last)
    }

    /// Whether a message spoke for several incidents, so that the plan's code means them all.
    fn is_bundle(message: &LastMessage) -> bool {
        message.incidents.len() > 1
    }
}

/// Everything that these contacts have been told about, or may have been, the oldest first. What waits to be told is not among it:
/// nobody can mean what they have not heard of.
pub(crate) async fn heard(engine: &Engine, contacts: &[ContactAlias]) -> Result<Vec<Known>, EngineError> {
    let mut rows: BTreeMap<(IncidentId, ContactAlias), PagedRecord> = BTreeMap::new();
    // Incidents of which no book says anything, with whether the message was about several.
    let mut unsettled: BTreeMap<(IncidentId, ContactAlias), bool> = BTreeMap::new();
    for contact in contacts {
        let (book, traffic) = try_join(paged::of(engine, contact), paged::traffic(engine, contact)).await?;
        let spoken = Spoken(traffic);
        // A plan's code is the same on each of its messages. Where an earlier one has brought it, it proves nothing of the one after.
        let brought = |row: &&PagedRecord| row.told_at.is_some() && row.in_bundle;
        let codes_before: BTreeSet<_> = book.iter().filter(brought).map(PagedRecord::plan).collect();
        let mut in_book = BTreeSet::new();
        for mut row in book {
            in_book.insert(row.incident());
            let message = spoken.message(&row);
            row.in_bundle |= message.is_some_and(Spoken::is_bundle) && !codes_before.contains(&row.plan());
            if row.told_at.is_some() || message.is_some() {
                rows.insert((row.incident(), contact.clone()), row);
            }
        }
        for (plan, last) in &spoken.0.plans {
            let in_bundle = Spoken::is_bundle(last) && !codes_before.contains(plan);
            let unwritten = last.incidents.iter().filter(|id| !in_book.contains(*id));
            unsettled.extend(unwritten.map(|id| ((id.clone(), contact.clone()), in_bundle)));
        }
    }
    let incidents = incidents_of(engine, rows.keys().chain(unsettled.keys())).await?;
    let of_book = |paged| Known::of_book(paged, &incidents);
    let of_traffic = |((id, contact), in_bundle): ((IncidentId, ContactAlias), bool)| {
        let mut known = Known::unsettled(incidents.get(&id)?, &contact)?;
        known.paged.in_bundle = in_bundle;
        Some(known)
    };
    let mut known: Vec<Known> = rows.into_values().filter_map(of_book).collect();
    known.extend(unsettled.into_iter().filter_map(of_traffic));
    known.sort_by_key(|known| known.incident.opened_at);
    Ok(known)
}

/// What stands in the books of these contacts and is meant; the incidents of the rest are not read.
pub(crate) async fn told_where(
    engine: &Engine,
    contacts: &[ContactAlias],
    is_meant: impl Fn(&PagedRecord) -> bool,
) -> Result<Vec<Known>, EngineError> {
    let mut rows: BTreeMap<_, PagedRecord> = BTreeMap::new();
    for contact in contacts {
        let told = paged::of(engine, contact).await?.into_iter().filter(|paged| paged.told_at.is_some());
        for paged in told.filter(&is_meant) {
            rows.entry((paged.incident(), contact.clone())).or_insert(paged);
        }
    }
    let incidents = incidents_of(engine, rows.keys()).await?;
    let mut known: Vec<Known> = rows.into_values().filter_map(|paged| Known::of_book(paged, &incidents)).collect();
    known.sort_by_key(|known| known.incident.opened_at);
    Ok(known)
}

/// The incidents of these rows, each read once.
async fn incidents_of(
    engine: &Engine,
    rows: impl Iterator<Item = &(IncidentId, ContactAlias)>,
) -> Result<BTreeMap<IncidentId, Incident>, EngineError> {
    let ids: BTreeSet<&IncidentId> = rows.map(|(id, _)| id).collect();
    let ids: Vec<IncidentId> = ids.into_iter().cloned().collect();
    Ok(engine.incidents(&ids).await?.into_iter().map(|incident| (incident.opening.id.clone(), incident)).collect())
}

/// Adds what somebody means by a code that neither their books nor their traffic know: an incident that is open, for which they have
/// been paged, and whose code it is. Another message of the same plan may have left since the one whose sender died.
///
/// A plan's code is not looked for: it says which message is meant, and not which incidents that one was about.
pub(crate) async fn add_open(
    engine: &Engine,
    contacts: &[ContactAlias],
    which: &Which,
    known: &mut Vec<Known>,
) -> Result<(), EngineError> {
    let codes = match which {
        Which::Codes(codes) => codes.as_slice(),
        Which::AllOf(code) => std::slice::from_ref(code),
        Which::Only | Which::All => return Ok(()),
    };
    let is_meant = |id: &IncidentId, contact: &ContactAlias| {
        let code = ReplyCode::of_incident(contact, id);
        codes.iter().any(|typed| code.is_meant_by(typed))
    };
    let open = open_incidents::newest(engine).await?;
    let of_theirs = |id: &IncidentId| contacts.iter().any(|contact| is_meant(id, contact));
    let ids = open.into_iter().map(|incident| incident.opening.id).filter(of_theirs);
    let found = engine.incidents(&ids.collect::<Vec<_>>()).await?;
    for incident in &found {
        for contact in contacts.iter().filter(|contact| is_meant(&incident.opening.id, contact)) {
            let is_it = |one: &Known| one.incident.opening.id == incident.opening.id && one.paged.contact() == *contact;
            let is_new = !known.iter().any(is_it);
            known.extend(Known::unsettled(incident, contact).filter(|_| is_new));
        }
    }
    known.sort_by_key(|known| known.incident.opened_at);
    Ok(())
}

/// The incidents that a reply means, of those for which `fits` holds; those that are named are meant whether it does or not. Without a
/// code, what is meant stands in somebody's book: where something else may be, they are asked which one.
pub(crate) fn meant<'k>(
    known: &'k [Known],
    which: &Which,
    fits: impl Fn(&Known) -> bool,
) -> Result<Vec<&'k Known>, Unmeant> {
    let fitting = || -> Vec<&'k Known> { known.iter().filter(|known| fits(known)).collect() };
    let meant = match which {
        // People who share a number have one row each of the same incident.
        Which::Only => match by_incident(fitting()).as_slice() {
            [only] if only.iter().any(|one| one.is_told) => only.clone(),
            [] => return Err(Unmeant::Nothing),
            _ => return Err(Unmeant::WhichOne),
        },
        Which::All => {
            let (told, others): (Vec<_>, Vec<_>) = fitting().into_iter().partition(|one| one.is_told);
            if told.is_empty() && !others.is_empty() {
                return Err(Unmeant::WhichOne);
            }
            told
        }
        Which::AllOf(code) => {
            let named = by_code(known, code)?;
            let alike = |other: &&Known| {
                named.contains(other)
                    || other.is_told
                        && named.iter().any(|one| {
                            one.paged.plan() == other.paged.plan() && one.paged.contact() == other.paged.contact()
                        })
            };
            fitting().into_iter().filter(alike).collect()
        }
        Which::Codes(codes) => {
            let mut meant: Vec<&Known> = Vec::new();
            for code in codes {
                let named = by_code(known, code)?;
                meant.extend(named.into_iter().filter(|one| !meant.contains(one)).collect::<Vec<_>>());
            }
            meant
        }
    };
    if meant.is_empty() { Err(Unmeant::Nothing) } else { Ok(meant) }
}

/// Whether a reply names each of what it means by a code that is of this incident alone, or means the only one there is.
pub(crate) fn is_each_named(meant: &[&Known], which: &Which) -> bool {
    match which {
        Which::Only => true,
        Which::Codes(codes) => meant.iter().all(|one| codes.iter().any(|typed| one.paged.code().is_meant_by(typed))),
        Which::AllOf(_) | Which::All => false,
    }
}

/// The same, with what is about one incident together, in the order in which the incidents come.
pub(crate) fn by_incident(all: Vec<&Known>) -> Vec<Vec<&Known>> {
    let mut incidents: Vec<Vec<&Known>> = Vec::new();
    for one in all {
        match incidents.iter_mut().find(|rows| rows[0].incident.opening.id == one.incident.opening.id) {
            Some(rows) => rows.push(one),
            None => incidents.push(vec![one]),
        }
    }
    incidents
}

/// The incident with this code, or all that a message with this code spoke for.
fn by_code<'k>(known: &'k [Known], typed: &str) -> Result<Vec<&'k Known>, Unmeant> {
    let mut found: BTreeMap<ReplyCode, Vec<&Known>> = BTreeMap::new();
    for one in known {
        for code in [Some(one.paged.code()), one.paged.bundle_code()].into_iter().flatten() {
            if code.is_meant_by(typed) {
                found.entry(code).or_default().push(one);
            }
        }
    }
    // What is over does not stand in the way of what is not.
    if found.len() > 1 && found.values().any(|all| all.iter().any(|one| one.incident.is_open())) {
        found.retain(|_, all| all.iter().any(|one| one.incident.is_open()));
    }
    if found.len() > 1 {
        let choice = found.iter().map(|(code, all)| {
            let title = match all.as_slice() {
                [one] => one.paged.title.clone(),
                several => format!("all {} of {}", several.len(), several[0].paged.plan()),
            };
            (code.apart_from(found.keys()).to_owned(), title)
        });
        return Err(Unmeant::Ambiguous(typed.to_owned(), choice.collect()));
    }
    found.into_values().next().ok_or_else(|| Unmeant::NoSuchCode(typed.to_owned()))
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use jiff::Timestamp;
    use reveille_domain::{
        Facts, Impact, IncidentId, Input, Opening, OutboxId, ResponsePlanName, Source, World, advance,
    };

    use super::*;

    fn known(id: &str) -> Known {
        let opening = Opening {
            id: IncidentId::new(id),
            response_plan: ResponsePlanName::new("p"),
            dedupe_key: String::new(),
            title: format!("incident {id}"),
            summary: String::new(),
            impact: Impact::Critical,
            source: Source::CloudWatch,
            occurred_at: Timestamp::UNIX_EPOCH,
            tags: BTreeMap::new(),
            facts: Facts::default(),
        };
        let input = Input::Open(Box::new(opening));
        let step = advance(None, &input, &World::default(), Timestamp::UNIX_EPOCH).expect("it opens");
        let page = OutboxId { revision: 1, number: 0 };
        Known { paged: PagedRecord::new(&ContactAlias::new("u"), &step.next, page), incident: step.next, is_told: true }
    }

    /// Two incidents whose codes begin alike, found by trying.
    fn alike() -> [Known; 2] {
        let mut seen: HashMap<String, String> = HashMap::new();
        for number in 0.. {
            let one = known(&number.to_string());
            if let Some(other) = seen.insert(one.paged.code().shown().to_owned(), number.to_string()) {
                return [known(&other), one];
            }
        }
        unreachable!("there are nine thousand codes")
    }

    #[test]
    fn a_code_that_fits_two_incidents_is_answered_with_the_choice_and_more_digits_decide() {
        let both = alike();
        let typed = both[0].paged.code().shown().to_owned();
        let which = |code: &str| Which::Codes(vec![code.to_owned()]);
        let Err(Unmeant::Ambiguous(code, choice)) = meant(&both, &which(&typed), |_| true) else {
            panic!("both have {typed}");
        };
        assert_eq!((code, choice.len()), (typed, 2));
        for (digits, title) in &choice {
            let found = meant(&both, &which(digits), |_| true).expect("these digits have one meaning");
            assert_eq!(found.iter().map(|one| &one.paged.title).collect::<Vec<_>>(), [title]);
        }
    }

    #[test]
    fn what_is_over_does_not_stand_in_the_way_of_what_is_open() {
        let [over, open] = alike();
        let by = reveille_domain::Actor::Reveille;
        let closed = advance(Some(&over.incident), &Input::Resolve { by }, &World::default(), Timestamp::UNIX_EPOCH);
        let over = Known { incident: closed.expect("it is over").next, ..over };
        let typed = Which::Codes(vec![open.paged.code().shown().to_owned()]);
        let both = [over, open.clone()];
        assert_eq!(meant(&both, &typed, |_| true), Ok(vec![&open]));
    }
}
