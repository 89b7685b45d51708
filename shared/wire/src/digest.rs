//! Short stable digests: what identifies a thing that has no name of its own.

use reveille_domain::hex;
use sha2::{Digest, Sha256};

/// Half a SHA-256 is plenty to tell alerts apart, and short enough to read out.
const DIGEST_BYTES: usize = 16;

/// The digest of some texts, in hexadecimal. Their lengths count, so `["ab", "c"]` and `["a", "bc"]` differ.
pub(crate) fn of(parts: &[&str]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part.as_bytes());
    }
    hex(&hash.finalize()[..DIGEST_BYTES])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digests_are_stable_and_know_where_parts_end() {
        assert_eq!(of(&["ab", "c"]), of(&["ab", "c"]));
        assert_ne!(of(&["ab", "c"]), of(&["a", "bc"]));
        assert_eq!(of(&[]), "e3b0c44298fc1c149afbf4c8996fb924");
    }
}
