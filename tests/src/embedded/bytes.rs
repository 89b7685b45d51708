//! How many bytes go to the table and come back: what a path reads and writes, as far as request units are too coarse to show it.

use std::iter::Sum;
use std::ops::Add;

use http::Request;
use serde_json::Value;

use super::units::is_to_table;

/// The bodies of calls to the table.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Bytes {
    /// What the table is asked with.
    pub asked: usize,
    /// What it answers.
    pub answered: usize,
}

impl Add for Bytes {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self { asked: self.asked + other.asked, answered: self.answered + other.answered }
    }
}

impl Sum for Bytes {
    fn sum<I: Iterator<Item = Self>>(bytes: I) -> Self {
        bytes.fold(Self::default(), Add::add)
    }
}

/// How long a request to the table is; of one to anybody else 0.
pub(super) fn bytes_to_table(request: &Request<Vec<u8>>) -> usize {
    if is_to_table(request) { request.body().len() } else { 0 }
}

/// How long an answer of the table is without the units that it tells only because it is metered.
pub(super) fn bytes_of_answer(answer: &[u8]) -> usize {
    match serde_json::from_slice::<Value>(answer) {
        Ok(Value::Object(mut told)) => match told.remove("ConsumedCapacity") {
            Some(_) => Value::Object(told).to_string().len(),
            None => answer.len(),
        },
        Ok(_) | Err(_) => answer.len(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_told_of_units_is_not_part_of_an_answer() {
        let metered = br#"{"ConsumedCapacity":{"CapacityUnits":1.0},"Item":{"pk":{"S":"a"}}}"#;
        let plain = br#"{"Item":{"pk":{"S":"a"}}}"#;
        assert_eq!(bytes_of_answer(metered), plain.len());
        assert_eq!(bytes_of_answer(plain), plain.len());
    }

    #[test]
    fn only_what_goes_to_the_table_is_counted() {
        let request =
            |target: &str| Request::builder().header("x-amz-target", target).body(b"{}".to_vec()).expect("a request");
        assert_eq!(bytes_to_table(&request("DynamoDB_20120810.GetItem")), 2);
        assert_eq!(bytes_to_table(&request("AmazonSQS.SendMessage")), 0);
    }
}
