//! A page as a call. Nobody can answer into it, so it says twice what is wrong, and then how to answer otherwise.

use super::notice::{Notice, NoticeKind};
use super::speech::Speech;

/// `SendVoiceMessage` takes 6,000 characters of SSML. Said twice, with the words around them, these stay below even where
/// every character has to be escaped.
const TITLE_CHARACTERS: usize = 900;
/// A listener keeps two sentences; the rest stands behind the link.
const SUMMARY_CHARACTERS: usize = 900;

/// What the call says.
pub(super) fn speech(notice: &Notice) -> Speech {
    let mut speech = Speech::default();
    speech.say("This is Reveille, with a message for").say(&notice.contact).say(".").pause(600);
    said(&mut speech, notice);
    speech.pause(900).say("I repeat.").pause(400);
    said(&mut speech, notice);
    speech.pause(700);
    if notice.kind == NoticeKind::Page {
        how_to_answer(&mut speech, notice);
    }
    speech.say("Goodbye.");
    speech
}

fn said(speech: &mut Speech, notice: &Notice) {
    match &notice.kind {
        NoticeKind::Page => {
            speech.say("Incident").spell(notice.incident.short().get(..4).unwrap_or_default()).say(",");
            speech.say(&format!("impact {}.", notice.impact)).pause(400);
            speech.say_from_outside(&notice.title, TITLE_CHARACTERS).say(".").pause(500);
            if !notice.summary.is_empty() {
                speech.say_from_outside(&first_sentences(&notice.summary), SUMMARY_CHARACTERS).say(".").pause(500);
            }
        }
        NoticeKind::Acknowledged(news) | NoticeKind::Resolved(news) => {
            speech.say_from_outside(&notice.title, TITLE_CHARACTERS).say(".").pause(500);
            speech.say_from_outside(news, SUMMARY_CHARACTERS).say(".").pause(500);
        }
    }
}

/// A call cannot be answered by keys: it is one-way.
fn how_to_answer(speech: &mut Speech, notice: &Notice) {
    match &notice.code {
        Some(code) => {
            speech.say("To acknowledge, send a text message with the word ACK and the code").spell(code).pause(500);
            speech.say("I repeat, the code is").spell(code).say(".").pause(400);
            speech.say("Or open the link in your text message or e-mail.").pause(400);
        }
        None => {
            speech.say("To acknowledge, open the link in your text message or e-mail.").pause(400);
        }
    }
    speech.say("Until somebody does, the next person is woken.").pause(400);
}

/// As much of a summary as is worth hearing twice: of its first paragraph two sentences. What a machine adds to it, with its
/// thresholds and data points, stands further down.
fn first_sentences(summary: &str) -> String {
    const SENTENCES: usize = 2;
    let line = super::one_line(summary.split("\n\n").next().unwrap_or_default());
    let ends = line.match_indices(". ").map(|(place, _)| place + 1);
    let end = ends.take(SENTENCES).last().filter(|_| line.matches(". ").count() >= SENTENCES).unwrap_or(line.len());
    line[..end].trim_end_matches('.').to_owned()
}
