//! Why WeChat said no: its code and its `rid`, and what one does about it.

use crate::platform::http::OutgoingError;

const LONGEST_MESSAGE: usize = 300;

/// A call to WeChat that gave nothing usable.
#[derive(Debug, Clone, thiserror::Error)]
pub enum WechatError {
    #[error("WeChat gave no usable answer")]
    Outgoing(#[from] OutgoingError),
    #[error("WeChat refused: {0}")]
    Refused(Refusal),
    /// The phone belongs to another app, or was confirmed too long ago: it must not be used.
    #[error("the phone's watermark is not ours or not fresh")]
    Watermark,
    /// What came is not WeChat's word: nothing of it is used. Sealed calls alone can tell.
    #[error("the answer is not believed: {0}")]
    Unbelieved(#[from] super::seal::SealError),
    /// What was encrypted cannot be opened with this session's key: a newer sign-in has replaced it, or it is forged.
    #[error("the session's key does not open it")]
    OtherSession,
    /// Something that the document promises is missing.
    #[error("WeChat's answer lacks {0}")]
    Incomplete(&'static str),
    /// Neither a picture nor a refusal came where a picture was asked for.
    #[error("WeChat's answer is no picture")]
    NotAPicture,
    /// Found before sending: a part of a code or link that WeChat would refuse.
    #[error("the {0} of the code or link does not fit")]
    Unfit(&'static str),
    /// Found before sending: WeChat would answer 47003.
    #[error("the message breaks a rule of the template: {0}")]
    Value(#[from] super::subscribe::ValueError),
}

/// A refusal in WeChat's words ("公共错误码").
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{code} {message} (rid {})", rid.as_deref().unwrap_or("none"))]
pub struct Refusal {
    pub code: i64,
    /// `errmsg` without the rid, at most 300 letters.
    pub message: String,
    /// Names the call to WeChat's support; can be looked up there for 7 days.
    pub rid: Option<String>,
}

/// What one does about a refusal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RefusalKind {
    /// -1: the platform is busy; was already retried.
    Busy,
    /// The access token is not valid any more; was already renewed once.
    Token,
    /// The code from the client is wrong, used or too old: the client asks WeChat for a new one.
    Code,
    /// WeChat blocks this user as high risk: a neutral sentence, no retry.
    UserBlocked,
    /// The person was not in the mini-program lately, so that there is nothing to judge.
    Absent,
    /// Too often within seconds or minutes.
    TooOften,
    /// The day's quota is used up.
    Quota,
    /// The application, its secret, its rights, its addresses or its published pages: for operations.
    Configuration,
    /// Any other.
    Other,
}

impl Refusal {
    pub(super) fn new(code: i64, errmsg: &str) -> Self {
        let (message, rid) = match errmsg.split_once("rid:") {
            Some((message, rid)) => (message, rid.split_whitespace().next().map(str::to_owned)),
            None => (errmsg, None),
        };
        let message = message.trim().trim_end_matches(',').chars().take(LONGEST_MESSAGE).collect();
        Self { code, message, rid }
    }

    #[must_use]
    pub fn kind(&self) -> RefusalKind {
        match self.code {
            -1 => RefusalKind::Busy,
            40_001 | 40_014 | 42_001 => RefusalKind::Token,
            40_029 | 40_163 => RefusalKind::Code,
            40_226 => RefusalKind::UserBlocked,
            61_010 => RefusalKind::Absent,
            45_011 | 44_990 | 44_991 => RefusalKind::TooOften,
            45_009 | 44_993 => RefusalKind::Quota,
            40_230..=40_240
            | 40_002
            | 40_013
            | 40_125
            | 40_164
            | 40_165
            | 40_243
            | 41_001
            | 41_002
            | 41_004
            | 41_030
            | 43_002
            | 44_002
            | 47_001
            | 48_001
            | 50_004
            | 50_007
            | 85_079
            | 89_503
            | 89_506
            | 89_507 => RefusalKind::Configuration,
            _ => RefusalKind::Other,
        }
    }
}

impl WechatError {
    pub fn refused_as(&self, kind: RefusalKind) -> bool {
        matches!(self, Self::Refused(refusal) if refusal.kind() == kind)
    }

    /// Whether the person should simply try again later (answer 503).
    #[must_use]
    pub fn is_passing(&self) -> bool {
        match self {
            Self::Outgoing(error) => {
                !matches!(error, OutgoingError::BadRequest(_) | OutgoingError::Client(_))
            }
            Self::Refused(refusal) => matches!(
                refusal.kind(),
                RefusalKind::Busy | RefusalKind::TooOften | RefusalKind::Quota | RefusalKind::Token
            ),
            Self::Incomplete(_) | Self::NotAPicture | Self::Unbelieved(_) => true,
            Self::Watermark | Self::OtherSession | Self::Value(_) | Self::Unfit(_) => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rid_is_kept_apart() {
        let refusal = Refusal::new(40_029, "invalid code, rid: 68aeab10-21ea7910-1f");
        assert_eq!(refusal.message, "invalid code");
        assert_eq!(refusal.rid.as_deref(), Some("68aeab10-21ea7910-1f"));
        assert_eq!(refusal.to_string(), "40029 invalid code (rid 68aeab10-21ea7910-1f)");
        let bare = Refusal::new(-1, "system error");
        assert_eq!((bare.message.as_str(), bare.rid), ("system error", None));
        assert_eq!(Refusal::new(1, &"长".repeat(999)).message.chars().count(), LONGEST_MESSAGE);
    }

    #[test]
    fn a_code_says_what_to_do() {
        for (code, kind) in [
            (-1, RefusalKind::Busy),
            (40_001, RefusalKind::Token),
            (42_001, RefusalKind::Token),
            (40_029, RefusalKind::Code),
            (40_226, RefusalKind::UserBlocked),
            (61_010, RefusalKind::Absent),
            (45_011, RefusalKind::TooOften),
            (45_009, RefusalKind::Quota),
            (40_125, RefusalKind::Configuration),
            (40_164, RefusalKind::Configuration),
            (41_030, RefusalKind::Configuration),
            (40_234, RefusalKind::Configuration),
            (40_169, RefusalKind::Other),
            (43_101, RefusalKind::Other),
        ] {
            assert_eq!(Refusal::new(code, "").kind(), kind, "{code}");
        }
    }
}
