//! How bad it is, on AWS Incident Manager's scale.

use std::fmt;

/// Impact 1 (critical) to 5 (no impact), as in the `impact` member of AWS's `IncidentTemplate`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Impact {
    /// 1: full application failure that affects most customers.
    Critical = 1,
    /// 2: full application failure that affects some customers.
    High = 2,
    /// 3: partial failure.
    Medium = 3,
    /// 4: limited effect on customers.
    Low = 4,
    /// 5: no effect on customers yet.
    NoImpact = 5,
}

impl Impact {
    /// The impact with this number, if it is one of 1 to 5.
    pub fn from_number(number: u8) -> Option<Self> {
        match number {
            1 => Some(Impact::Critical),
            2 => Some(Impact::High),
            3 => Some(Impact::Medium),
            4 => Some(Impact::Low),
            5 => Some(Impact::NoImpact),
            _ => None,
        }
    }

    /// 1 to 5.
    pub fn number(self) -> u8 {
        self as u8
    }
}

impl fmt::Display for Impact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Impact::Critical => "1 critical",
            Impact::High => "2 high",
            Impact::Medium => "3 medium",
            Impact::Low => "4 low",
            Impact::NoImpact => "5 no impact",
        })
    }
}
