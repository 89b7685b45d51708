//! Something to be spoken: as SSML for a voice, and as plain text for whoever reads what was said.

use super::clip;

/// What a voice says, in order.
#[derive(Clone, Debug, Default)]
pub(super) struct Speech {
    parts: Vec<Part>,
}

#[derive(Clone, Debug)]
enum Part {
    Words(String),
    /// Character by character.
    Spelled(String),
    /// In milliseconds.
    Pause(u32),
}

impl Speech {
    /// Words of our own, or words from outside that are said in full: the caller has clipped them.
    pub(super) fn say(&mut self, words: &str) -> &mut Self {
        self.parts.push(Part::Words(words.to_owned()));
        self
    }

    /// Spells a code.
    pub(super) fn spell(&mut self, code: &str) -> &mut Self {
        self.parts.push(Part::Spelled(code.to_owned()));
        self
    }

    /// Gives the listener time.
    pub(super) fn pause(&mut self, milliseconds: u32) -> &mut Self {
        self.parts.push(Part::Pause(milliseconds));
        self
    }

    /// Text from outside, at most so many characters of it once it is escaped. What a machine has named is hard on the ear:
    /// marks between words become pauses of a word, and of a long identifier only the end is spelled.
    pub(super) fn say_from_outside(&mut self, text: &str, characters_max: usize) -> &mut Self {
        let clipped = clip::escaped(text, characters_max, |_| None);
        let mut spent = 0;
        for word in clipped.split(|c: char| c.is_whitespace() || "_/\\|:=".contains(c)).filter(|word| !word.is_empty())
        {
            if is_identifier(word) {
                let tail: String = word.chars().rev().take(4).collect::<Vec<_>>().into_iter().rev().collect();
                spent += SPELLED_CHARACTERS;
                if spent > characters_max {
                    return self;
                }
                self.say("ending in").spell(&tail);
                continue;
            }
            // A hyphen inside of a word would be read as nothing, or as "minus".
            let spoken = word.replace('-', " ");
            spent += escaped(&spoken).chars().count() + 1;
            if spent > characters_max {
                return self;
            }
            self.say(&spoken);
        }
        self
    }

    /// For a voice.
    pub(super) fn ssml(&self) -> String {
        let parts = self.parts.iter().map(|part| match part {
            Part::Words(words) => escaped(words),
            Part::Spelled(code) => format!("<say-as interpret-as=\"characters\">{}</say-as>", escaped(code)),
            Part::Pause(milliseconds) => format!("<break time=\"{milliseconds}ms\"/>"),
        });
        format!("<speak>{}</speak>", parts.collect::<Vec<_>>().join(" "))
    }

    /// For a reader: a pause is a new line, what is spelled stands apart.
    pub(super) fn plain(&self) -> String {
        let mut lines = vec![String::new()];
        for part in &self.parts {
            let words = match part {
                Part::Words(words) => words.clone(),
                Part::Spelled(code) => code.chars().map(String::from).collect::<Vec<_>>().join(" "),
                Part::Pause(_) => {
                    lines.push(String::new());
                    continue;
                }
            };
            let line = lines.last_mut().expect("there is always a line");
            if !line.is_empty() && !words.starts_with(['.', ',']) {
                line.push(' ');
            }
            line.push_str(&words);
        }
        lines.retain(|line| !line.is_empty());
        lines.join("\n")
    }
}

/// What "ending in", four characters and their tags come to.
const SPELLED_CHARACTERS: usize = 64;

/// Letters and digits mixed, and too long to be a word: an instance, a hash, a request.
fn is_identifier(word: &str) -> bool {
    const CHARACTERS_MIN: usize = 9;
    let digits = word.chars().filter(char::is_ascii_digit).count();
    let letters = word.chars().filter(|c| c.is_alphabetic()).count();
    digits >= 3 && letters > 0 && word.chars().count() >= CHARACTERS_MIN
}

/// Text becomes text, never markup; what XML cannot hold becomes a space.
fn escaped(text: &str) -> String {
    clip::escaped(text, usize::MAX, |character| match character {
        '&' => Some("&amp;"),
        '<' => Some("&lt;"),
        '>' => Some("&gt;"),
        '"' => Some("&quot;"),
        '\'' => Some("&apos;"),
        '\u{fffe}' | '\u{ffff}' => Some(" "),
        character if character.is_control() => Some(" "),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_comes_from_outside_is_spoken_and_never_obeyed() {
        let mut speech = Speech::default();
        speech.say_from_outside("<break time='9s'/> Tom & Jerry\u{0}\u{ffff}", 500);
        assert_eq!(
            speech.ssml(),
            "<speak>&lt;break time &apos;9s&apos; &gt; Tom &amp; Jerry  </speak>",
            "no markup of the alarm survives"
        );
    }

    #[test]
    fn identifiers_are_cut_to_what_an_ear_keeps() {
        let mut speech = Speech::default();
        speech.say_from_outside("web-unhealthy-host on i-0f3a9c2d1e4b5a678 of prod/api 5xx", 500);
        assert_eq!(speech.plain(), "web unhealthy host on ending in a 6 7 8 of prod api 5xx");
        assert!(speech.ssml().contains("<say-as interpret-as=\"characters\">a678</say-as>"));
    }
}
