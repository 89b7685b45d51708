//! Bytes as keys and digests spell them.

/// The bytes in lower-case hexadecimal.
pub fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digit = |four_bits: u8| char::from(DIGITS[usize::from(four_bits)]);
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 0xf)]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_has_two_digits() {
        let rows: [(&[u8], &str); 3] = [(&[], ""), (&[0x00, 0x0f, 0xa0], "000fa0"), (&[0xff, 0x10], "ff10")];
        for (bytes, expected) in rows {
            assert_eq!(hex(bytes), expected);
        }
    }
}
