//! AWS End User Messaging: what its two senders have in common.

use std::collections::HashMap;

use aws_sdk_pinpointsmsvoicev2::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_pinpointsmsvoicev2::types::ConflictExceptionReason;
use aws_sdk_pinpointsmsvoicev2::types::error::ConflictException;
use reveille_domain::Disabled;
use reveille_engine::port::{Envelope, SendError};

use crate::send_failure::{send_failure, unusable};

/// Errors that another attempt meets again. The quota is the month's spend limit: until somebody raises it, only another
/// channel helps.
const REFUSALS: [&str; 5] = [
    "ValidationException",
    "ConflictException",
    "AccessDeniedException",
    "ResourceNotFoundException",
    "ServiceQuotaExceededException",
];

/// A page that has not left within so many seconds is worth nothing: the plan has gone on, and a call would be about a stage long
/// past. The service's default is three days.
pub(crate) const TIME_TO_LIVE_S: i32 = 600;

/// What End User Messaging gives back in its reports.
pub(crate) fn context(envelope: &Envelope) -> Option<HashMap<String, String>> {
    let tags = envelope.attribution.as_ref()?.tags();
    Some(tags.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
}

/// Classifies an error; `conflict` is the conflict that it is, if it is one.
pub(crate) fn failure<E>(error: &SdkError<E>, conflict: Option<&ConflictException>) -> SendError
where
    E: ProvideErrorMetadata + std::error::Error,
{
    let opted_out =
        conflict.is_some_and(|it| it.reason() == Some(&ConflictExceptionReason::DestinationPhoneNumberOptedOut));
    if opted_out { unusable(error, Disabled::OptedOut) } else { send_failure(error, &REFUSALS) }
}
