//! DynamoDB's errors by what the caller can do about them.

use aws_sdk_dynamodb::error::{BuildError, ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::CancellationReason;
use aws_sdk_dynamodb::types::error::ConditionalCheckFailedException;
use reveille_engine::port::{Refusal, TableError, TransactError};

use super::value::from_sdk;

/// A request that the SDK itself could not make.
pub(super) fn build(error: BuildError) -> TableError {
    TableError::Invalid(error.into())
}

/// The condition of a single write did not hold.
pub(super) fn refused(error: &ConditionalCheckFailedException) -> TableError {
    // DynamoDB leaves the row out, or sends an empty one, where there is none.
    TableError::Refused(error.item().filter(|row| !row.is_empty()).map(|row| from_sdk(row.clone())))
}

/// Everything else. What is not known to be for good counts as no answer, because trying again is the safer mistake.
pub(super) fn classify<E>(error: SdkError<E>) -> TableError
where
    E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
{
    if matches!(error, SdkError::ConstructionFailure(_)) {
        return TableError::Invalid(error.into());
    }
    match error.code() {
        Some(
            "ProvisionedThroughputExceededException"
            | "ThrottlingException"
            | "ThrottlingError"
            | "RequestLimitExceeded"
            | "LimitExceededException",
        ) => TableError::Throttled,
        Some("TransactionConflictException" | "TransactionInProgressException") => TableError::Conflict,
        Some(
            "ValidationException"
            | "ResourceNotFoundException"
            | "AccessDeniedException"
            | "UnrecognizedClientException"
            | "SerializationException"
            | "IdempotentParameterMismatchException"
            | "ItemCollectionSizeLimitExceededException",
        ) => TableError::Invalid(error.into()),
        Some(_) | None => TableError::Unavailable(error.into()),
    }
}

/// A transaction that was not done.
pub(super) fn transaction(error: SdkError<TransactWriteItemsError>) -> TransactError {
    let reasons = match error.as_service_error() {
        Some(TransactWriteItemsError::TransactionCanceledException(cancelled)) => cancelled.cancellation_reasons(),
        _ => return classify(error).into(),
    };
    let any = |code: &str| reasons.iter().any(|reason| reason.code() == Some(code));
    // A wrong request stays wrong, and a condition that did not hold is an answer: both outweigh what may pass.
    if any("ValidationError") || any("ItemCollectionSizeLimitExceeded") {
        return TableError::Invalid(error.into()).into();
    }
    let refusals: Vec<Refusal> = reasons.iter().enumerate().filter_map(refusal).collect();
    if !refusals.is_empty() {
        return TransactError::Refused(refusals);
    }
    if any("TransactionConflict") {
        return TableError::Conflict.into();
    }
    if any("ProvisionedThroughputExceeded") || any("ThrottlingError") {
        return TableError::Throttled.into();
    }
    TableError::Unavailable(error.into()).into()
}

/// Reasons stand in the order of the writes.
fn refusal((place, reason): (usize, &CancellationReason)) -> Option<Refusal> {
    (reason.code() == Some("ConditionalCheckFailed"))
        .then(|| Refusal { place, row: reason.item().filter(|row| !row.is_empty()).map(|row| from_sdk(row.clone())) })
}
