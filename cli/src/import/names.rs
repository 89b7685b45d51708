//! Aliases out of the names that people gave: `Zoë Müller` becomes `zoe-mueller`, and a second one `zoe-mueller-2`.

use std::collections::BTreeSet;

/// As long as an alias can be, with room for a number.
const SLUG_CHARACTERS_MAX: usize = 200;

/// Aliases that are taken.
#[derive(Debug, Default)]
pub(super) struct Taken(BTreeSet<String>);

impl Taken {
    /// An alias that nobody has, made of the first text that has letters for one. The flag says whether it got a number,
    /// because the alias itself was taken.
    pub(super) fn alias(&mut self, texts: &[&str], otherwise: &str) -> (String, bool) {
        let wanted = texts.iter().find_map(|text| slug(text)).unwrap_or_else(|| otherwise.to_owned());
        let candidates = std::iter::once(wanted.clone()).chain((2..).map(|number| format!("{wanted}-{number}")));
        for alias in candidates {
            if self.0.insert(alias.clone()) {
                let numbered = alias != wanted;
                return (alias, numbered);
            }
        }
        (wanted, true)
    }
}

/// A text as an alias: letters a to z, digits, `-` and `_`. `None` if nothing of it can stand there.
pub(crate) fn slug(text: &str) -> Option<String> {
    let mut slug = String::new();
    for character in text.chars().flat_map(char::to_lowercase) {
        match character {
            'a'..='z' | '0'..='9' | '_' => slug.push(character),
            other => match latin(other) {
                Some(letters) => slug.push_str(letters),
                None if slug.ends_with('-') => {}
                None => slug.push('-'),
            },
        }
    }
    let slug: String = slug.trim_matches(['-', '_']).chars().take(SLUG_CHARACTERS_MAX).collect();
    let slug = slug.trim_end_matches(['-', '_']);
    (!slug.is_empty()).then(|| slug.to_owned())
}

/// Letters of Latin alphabets as their owners write them in e-mail addresses.
fn latin(character: char) -> Option<&'static str> {
    Some(match character {
        'à' | 'á' | 'â' | 'ã' | 'å' | 'ā' | 'ă' | 'ą' => "a",
        'ä' | 'æ' => "ae",
        'ç' | 'ć' | 'č' => "c",
        'ď' | 'đ' | 'ð' => "d",
        'è' | 'é' | 'ê' | 'ë' | 'ē' | 'ė' | 'ę' | 'ě' => "e",
        'ğ' | 'ģ' => "g",
        'ì' | 'í' | 'î' | 'ï' | 'ī' | 'į' | 'ı' => "i",
        'ķ' => "k",
        'ł' | 'ļ' | 'ľ' | 'ĺ' => "l",
        'ñ' | 'ń' | 'ň' | 'ņ' => "n",
        'ò' | 'ó' | 'ô' | 'õ' | 'ō' | 'ő' => "o",
        'ö' | 'ø' | 'œ' => "oe",
        'ř' | 'ŕ' => "r",
        'ś' | 'š' | 'ş' | 'ș' => "s",
        'ß' => "ss",
        'ť' | 'ţ' | 'ț' => "t",
        'þ' => "th",
        'ù' | 'ú' | 'û' | 'ū' | 'ů' | 'ű' | 'ų' => "u",
        'ü' => "ue",
        'ý' | 'ÿ' => "y",
        'ź' | 'ż' | 'ž' => "z",
        // Marks that stand behind their letters.
        '\u{300}'..='\u{36f}' => "",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_become_aliases() {
        let rows = [
            ("Earline Greenholt", Some("earline-greenholt")),
            ("Zoë Müller", Some("zoe-mueller")),
            ("  <b>Ann</b> O'Neil (SRE) ", Some("b-ann-b-o-neil-sre")),
            ("_ops_", Some("ops")),
            ("Jürgen_W", Some("juergen_w")),
            ("Jose\u{301}", Some("jose")),
            ("山田", None),
            ("", None),
            ("---", None),
        ];
        for (name, expected) in rows {
            assert_eq!(slug(name).as_deref(), expected, "{name}");
        }
        assert!(slug(&"x".repeat(400)).is_some_and(|slug| slug.len() == SLUG_CHARACTERS_MAX));
    }

    #[test]
    fn a_second_one_gets_a_number() {
        let mut taken = Taken::default();
        assert_eq!(taken.alias(&["Ann"], "x"), ("ann".to_owned(), false));
        assert_eq!(taken.alias(&["ANN"], "x"), ("ann-2".to_owned(), true));
        assert_eq!(taken.alias(&["山田", "yamada"], "x"), ("yamada".to_owned(), false));
        assert_eq!(taken.alias(&["山田"], "contact"), ("contact".to_owned(), false));
        assert_eq!(taken.alias(&["ann 2"], "x"), ("ann-2-2".to_owned(), true));
    }
}
