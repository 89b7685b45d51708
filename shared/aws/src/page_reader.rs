//! Who is paged by synthetic incidents: the installation itself. It reads the page as a person would, finds the link, opens it and
//! presses the button, through the front and everything that stands before it.

use async_trait::async_trait;
use reveille_engine::port::{PageReader, SendError};

use crate::https_client::HttpsClient;

/// What the big button of the page sends.
const BUTTON: &str = "do=acknowledge";

/// Opens pages of the front, and answers them.
#[derive(Clone, Debug)]
pub struct FrontReader {
    client: HttpsClient,
    front_url: String,
}

impl FrontReader {
    /// Follows links to the front at this URL, and to no other server.
    pub fn new(client: HttpsClient, front_url: &str) -> Self {
        Self { client, front_url: front_url.trim_end_matches('/').to_owned() }
    }

    fn link<'t>(&self, text: &'t str) -> Result<&'t str, SendError> {
        let link = link_in(text, &self.front_url);
        link.ok_or_else(|| SendError::Failed("the page has no link that leads to the front".to_owned()))
    }
}

#[async_trait]
impl PageReader for FrontReader {
    async fn open(&self, text: &str) -> Result<(), SendError> {
        self.client.open(self.link(text)?).await
    }

    async fn answer(&self, text: &str) -> Result<(), SendError> {
        self.client.press(self.link(text)?, BUTTON).await
    }
}

/// The link of a page: the front's URL, `/a/` and the token.
fn link_in<'t>(text: &'t str, front_url: &str) -> Option<&'t str> {
    let is_link = |word: &&str| word.strip_prefix(front_url).is_some_and(|rest| rest.starts_with("/a/"));
    text.split_whitespace().find(is_link)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_is_found_where_it_leads_to_the_front_and_nowhere_else() {
        let rows = [
            ("Acknowledge: https://front.test/a/token1\nImpact 5", Some("https://front.test/a/token1")),
            ("https://front.test.evil.test/a/token1", None),
            ("https://evil.test/a/token1 https://front.test/b", None),
            ("no link", None),
        ];
        for (text, link) in rows {
            assert_eq!(link_in(text, "https://front.test"), link, "{text}");
        }
    }
}
