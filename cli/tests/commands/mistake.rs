//! A mistake in a valid file, and what the reader of configurations has to say about it.

use reveille_cli::configuration::parse;

use crate::replaced::replaced;

/// What of a valid file becomes what, and what message and remedy say about it. `«` marks the expected place.
pub(crate) struct Mistake(
    pub(crate) &'static str,
    pub(crate) &'static str,
    pub(crate) &'static str,
    pub(crate) &'static str,
);

impl Mistake {
    /// Puts the mistake into the file and checks that exactly it is found, at its place.
    pub(crate) fn check(&self, valid: &str) {
        let Mistake(from, to, message, remedy) = self;
        let marked = replaced(valid, from, to);
        let place = |(number, line): (usize, &str)| Some((number + 1, line[..line.find('«')?].chars().count() + 1));
        let place = marked.lines().enumerate().find_map(place).unwrap_or_else(|| panic!("no mark in {to:?}"));
        let errors = parse(&marked.replace('«', ""), "team.yaml").expect_err(to);
        let found: Vec<_> = errors.iter().collect();
        let [error] = found.as_slice() else { panic!("one mistake expected for {to:?}:\n{errors}") };
        assert_eq!((error.line(), error.column()), place, "{to:?}\n{errors}");
        assert!(error.message.contains(message), "{to:?}\n{errors}");
        assert!(error.remedy.contains(remedy), "{to:?}\n{errors}");
    }
}
