//! Whoever hears what goes over the wire of a local stack, and holds it against botocore's models: each request, and each answer of
//! the doubles.

use std::collections::BTreeSet;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use reveille_aws::SINK_PATH;
use reveille_local::{Exchange, Stack};

use crate::botocore::Models;
use crate::logs::Ears;

static MODELS: LazyLock<Models> = LazyLock::new(Models::read);

/// What was heard of one stack. When this ends, the test fails if anything was not as the models have it, or if an address was logged.
pub struct Witness {
    heard: Arc<Heard>,
    _ears: Ears,
}

#[derive(Default)]
struct Heard {
    operations: Mutex<BTreeSet<String>>,
    wrong: Mutex<BTreeSet<String>>,
}

impl Witness {
    /// Listens in on a stack.
    pub fn of(stack: &Stack) -> Self {
        let witness = Self { heard: Arc::default(), _ears: Ears::open() };
        let heard = Arc::clone(&witness.heard);
        assert!(stack.listen_in(move |exchange| heard.hear(exchange)), "nobody else listens");
        witness
    }

    /// The operations that were asked for, as `service Operation`.
    pub fn operations(&self) -> BTreeSet<String> {
        self.heard.operations.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What was not as the models have it, so far; then it is forgotten.
    pub fn take_wrong(&self) -> BTreeSet<String> {
        std::mem::take(&mut *self.heard.wrong.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Heard {
    fn hear(&self, exchange: &Exchange) {
        // What functions send to others' servers is none of AWS's, and what is not signed was made by a test by hand.
        if exchange.uri.starts_with(SINK_PATH) || !exchange.headers.contains_key("authorization") {
            return;
        }
        let wrong = match MODELS.asked(exchange.method.as_str(), &exchange.uri, &exchange.headers, &exchange.body) {
            Ok(asked) => {
                self.operations.lock().unwrap_or_else(PoisonError::into_inner).insert(asked.to_string());
                let answer = asked.wrong_answer(exchange.status.as_u16(), &exchange.answer_headers, &exchange.answer);
                let said = asked.wrong().into_iter().chain(answer);
                said.map(|wrong| format!("{}: {wrong}", asked.model.service())).collect()
            }
            Err(wrong) => vec![wrong],
        };
        self.wrong.lock().unwrap_or_else(PoisonError::into_inner).extend(wrong);
    }
}

impl Drop for Witness {
    fn drop(&mut self) {
        // A test that has failed already says why.
        if !std::thread::panicking() {
            let wrong = self.take_wrong();
            assert!(wrong.is_empty(), "not as botocore's models have it: {wrong:#?}");
        }
    }
}
