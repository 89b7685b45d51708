//! Answers of a script: somebody opens their link, sends a text message, or works at the command line.

use reveille_domain::{Actor, ChannelId, ContactAlias, Incident, IncidentId, Input};
use reveille_engine::Chain;

use super::{Player, Undone};
use crate::configuration::{Address, Configuration};
use crate::scenario::answer::{self, Answer};
use crate::world::{Errand, newest_code, newest_link};

impl Player<'_> {
    pub(super) async fn answer(&mut self, answer: &Answer) -> Result<(), Undone> {
        match (&answer.deed, &answer.by) {
            (answer::Deed::Reply(text), _) => self.reply(answer, text).await,
            (answer::Deed::Open, _) => self.visit("GET", "", answer).await,
            (answer::Deed::Acknowledge, _) => self.visit("POST", "do=acknowledge", answer).await,
            (answer::Deed::Resolve, Some(_)) => self.visit("POST", "do=resolve", answer).await,
            (answer::Deed::Resolve, None) => self.order(answer, |by, _| Ok(Input::Resolve { by })).await,
            (answer::Deed::Escalate, _) => self.order(answer, |by, _| Ok(Input::Escalate { by })).await,
            (answer::Deed::Reassign(to), _) => {
                self.order(answer, |by, _| Ok(Input::Reassign { by, to: to.clone() })).await
            }
            (answer::Deed::Engage(target), _) => {
                self.order(answer, |by, _| Ok(Input::Engage { by, target: target.clone() })).await
            }
            (answer::Deed::Snooze(minutes), _) => self.order(answer, |_, id| self.snooze(answer, *minutes, id)).await,
        }
    }

    /// Somebody opens the newest link that they were sent.
    async fn visit(&self, method: &str, form: &str, answer: &Answer) -> Result<(), Undone> {
        let incident = self.named_incident(answer.incident.as_deref())?;
        let who = self.whoever(answer, incident.as_ref())?;
        let addresses = self.addresses(&who, answer.channel.as_deref());
        let addresses: Vec<&str> = addresses.iter().map(String::as_str).collect();
        let about = incident.as_ref().map(|incident| incident.opening.id.short());
        let path = newest_link(&self.world.sent(), &addresses, about)
            .ok_or_else(|| Undone::Impossible(format!("{who} has been sent no link to open, so cannot answer")))?;
        let page = self.world.visit(method, &path, form).await?;
        match page["statusCode"].as_u64() {
            Some(200) => Ok(()),
            Some(_) | None => Err(Undone::Impossible(format!("{who} was shown an error: {}", page["statusCode"]))),
        }
    }

    /// Somebody sends a text message to the installation's number. `{code}` is the one that they were last asked for.
    async fn reply(&mut self, answer: &Answer, text: &str) -> Result<(), Undone> {
        let who = self.whoever(answer, None)?;
        let channel = answer.channel.as_deref().unwrap_or("sms");
        let address = self.addresses(&who, Some(channel)).into_iter().next();
        let address =
            address.ok_or_else(|| Undone::Impossible(format!("{who} has no number to send messages from")))?;
        let text = match newest_code(&self.world.sent(), &address) {
            Some(code) => text.replace("{code}", &code),
            None if text.contains("{code}") => {
                return Err(Undone::Impossible(format!("{who} has been sent no code to reply with")));
            }
            None => text.to_owned(),
        };
        self.replies += 1;
        let id = format!("reply-{}", self.replies);
        self.world.reply(&address, &text, &id).await?;
        Ok(())
    }

    /// A contact or an operator puts an input into an incident, past the pages.
    async fn order(
        &self,
        answer: &Answer,
        input: impl FnOnce(Actor, &IncidentId) -> Result<Input, Undone>,
    ) -> Result<(), Undone> {
        let incident = self.named_incident(answer.incident.as_deref())?.or_else(|| self.newest());
        let incident = incident.ok_or_else(|| Undone::Impossible("there is no incident yet".to_owned()))?;
        let id = &incident.opening.id;
        let by = answer.by.clone().map_or(Actor::Operator, Actor::Contact);
        let input = input(by, id)?;
        let engine = self.world.engine();
        engine.apply(id, &input, None).await.map_err(|error| Undone::Impossible(Chain(&error).to_string()))?;
        // What the step ordered stands in the outbox: without queues the tick finds it.
        drop(engine.nudge(id).await);
        Ok(())
    }

    /// Somebody answers their newest page for a while.
    fn snooze(&self, answer: &Answer, minutes: u32, id: &IncidentId) -> Result<Input, Undone> {
        let incident = self.world.rows().incidents().into_iter().find(|incident| incident.opening.id == *id);
        let contact = self.whoever(answer, incident.as_ref())?;
        let orders = self.world.rows().orders(id).into_iter();
        let theirs = orders.filter(|o| o.engagement().is_some() && o.order.contact().as_ref() == Some(&contact));
        let page = theirs.map(|order| order.id()).max();
        let page = page.ok_or_else(|| Undone::Impossible(format!("{contact} has not been paged, so cannot answer")))?;
        Ok(Input::Snooze { contact, page, minutes })
    }

    /// Who answers: the contact who is named, or whoever was paged last.
    fn whoever(&self, answer: &Answer, incident: Option<&Incident>) -> Result<ContactAlias, Undone> {
        if let Some(contact) = &answer.by {
            return Ok(contact.clone());
        }
        let mut pages = self.deliveries(incident.map(|incident| &incident.opening.id));
        pages.retain(|page| page.delivery.errand == Errand::Page);
        let newest = pages.into_iter().max_by_key(|page| page.delivery.at);
        newest
            .map(|page| page.delivery.contact)
            .ok_or_else(|| Undone::Impossible("nobody has been paged yet, so nobody can answer".to_owned()))
    }

    /// The configuration that knows a contact: the one in force, or the newest before it.
    fn knowing(&self, contact: &ContactAlias) -> &Configuration {
        let mut known = std::iter::once(&self.configuration).chain(self.former.iter().rev());
        known.find(|known| known.contacts.contains_key(contact)).unwrap_or(&self.configuration)
    }

    pub(super) fn address(&self, contact: &ContactAlias, channel: &ChannelId) -> Option<&Address> {
        self.knowing(contact).addresses.get(contact)?.get(channel)
    }

    fn addresses(&self, contact: &ContactAlias, channel: Option<&str>) -> Vec<String> {
        let known = self.knowing(contact);
        let channels = known.contacts.get(contact).into_iter().flat_map(|contact| &contact.channels);
        let meant = channels.filter(|c| channel.is_none_or(|word| c.kind.name() == word || c.id.as_str() == word));
        let addresses = known.addresses.get(contact);
        meant.filter_map(|c| Some(addresses?.get(&c.id)?.expose().to_owned())).collect()
    }
}
