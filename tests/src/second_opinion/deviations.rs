//! Where moto is known to be wrong.

/// What moto does otherwise than AWS.
#[derive(Debug, PartialEq, Eq)]
pub struct Deviation {
    /// The check that fails on it.
    pub check: &'static str,
    /// A part of what it complains of: a check that fails on something else is no deviation that is known.
    pub complaint: &'static str,
    /// What moto does.
    pub moto: &'static str,
    /// The documentation that it breaks.
    pub breaks: &'static str,
}

/// All that are known of the pinned version.
pub const DEVIATIONS: &[Deviation] = &[
    Deviation {
        check: "table: a number and a text are not compared",
        complaint: "500",
        moto: "fails over it, instead of refusing the write",
        breaks: "https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.OperatorsAndFunctions.html",
    },
    Deviation {
        check: "table: a transaction writes something",
        complaint: "500",
        moto: "fails over a transaction without actions, of which there is one at least",
        breaks: "https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html",
    },
    Deviation {
        check: "table: what is null is not what is missing",
        complaint: "without was removed",
        moto: "takes an attribute that is missing for null",
        breaks: "https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.OperatorsAndFunctions.html",
    },
    Deviation {
        check: "table: a key of an index that is of another type is invalid",
        complaint: "due_at",
        moto: "takes it in a put",
        breaks: "https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/GSI.html",
    },
    Deviation {
        check: "table: a page has room for a row",
        complaint: "TableError::Invalid",
        moto: "takes a limit of 0",
        breaks: "https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_Query.html",
    },
    Deviation {
        check: "scheduler: a group that is missing is refused",
        complaint: "Unavailable",
        moto: "answers with an error of its own, 500, instead of ResourceNotFoundException",
        breaks: "https://docs.aws.amazon.com/scheduler/latest/APIReference/API_CreateSchedule.html",
    },
    Deviation {
        check: "scheduler: an expression that is none is refused",
        complaint: "that is no instant: CreateScheduleOutput",
        moto: "takes it",
        breaks: "https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html",
    },
    Deviation {
        check: "mail: a configuration set that is missing is refused",
        complaint: "Ok(Sent",
        moto: "sends the mail",
        breaks: "https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_SendEmail.html",
    },
    Deviation {
        check: "mail: what is no address is refused",
        complaint: "InvalidParameterValue: Missing domain",
        moto: "answers with InvalidParameterValue, which SES had in its first version, instead of BadRequestException",
        breaks: "https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_SendEmail.html",
    },
    Deviation {
        check: "mail: the account answers how it stands",
        complaint: "ses:GetAccount",
        moto: "does not know GetAccount",
        breaks: "https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_GetAccount.html",
    },
    Deviation {
        check: "sms: the account answers whether it is in the sandbox",
        complaint: "sns:GetSMSSandboxAccountStatus",
        moto: "does not know GetSMSSandboxAccountStatus",
        breaks: "https://docs.aws.amazon.com/sns/latest/api/API_GetSMSSandboxAccountStatus.html",
    },
    Deviation {
        check: "queue: a character that SQS does not take is refused with its message alone",
        complaint: "Ok(())",
        moto: "takes it",
        breaks: "https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessageBatch.html",
    },
];
