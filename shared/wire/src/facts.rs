//! What the templates of a response plan can name of a signal.

use reveille_domain::{Facts, Signal};

/// `title`, `name`, `summary`, `source`, `dedupe_key`, `account` and `region` where known, `dimensions.X`, `tags.X` and
/// `resources.N`, counted from 0.
pub fn facts(signal: &Signal) -> Facts {
    let always = [
        ("title", signal.title.as_str()),
        ("name", &signal.name),
        ("summary", &signal.summary),
        ("source", signal.source.name()),
        ("dedupe_key", &signal.dedupe_key),
    ];
    let known = [("account", &signal.account), ("region", &signal.region)];
    let known = known.into_iter().filter_map(|(name, value)| Some((name, value.as_deref()?)));
    let plain = always.into_iter().chain(known).map(|(name, value)| (name.to_owned(), value.to_owned()));
    let dimensions = signal.dimensions.iter().map(|(key, value)| (format!("dimensions.{key}"), value.clone()));
    let tags = signal.tags.iter().map(|(key, value)| (format!("tags.{key}"), value.clone()));
    let resources = signal.resources.iter().enumerate();
    let resources = resources.map(|(place, resource)| (format!("resources.{place}"), resource.clone()));
    Facts(plain.chain(dimensions).chain(tags).chain(resources).collect())
}
