//! Those who make the signatures behind one face: the platform itself, and a licensed service outside.
use chrono::{DateTime, Utc};
use futures_util::future::{self, BoxFuture};
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::deals::signings::agreement::Whole;
use crate::deals::signings::outside::SigningProvider;
use crate::deals::signings::rules::{self, SigningOrder};
use crate::deals::signings::sealing::{self, Made};
use crate::error::{AppError, Code};
use crate::platform::clock::Time;
use crate::platform::ess::{
    Approver, Callback, CallbackError, Ess, EssError, FlowSeen, MINI_PROGRAM, NewFlow,
};
use crate::platform::pdf::TextPart;

const MIXED_ORDER: Code = Code::new(
    "agreement.mixed_order",
    "所选的电子签服务只能逐个签署或全部同时签署；请把签署人的先后改为各不相同或完全相同，或改用平台自签",
    "This signing service asks its signers one by one or all at once; give them different steps or one and the same, \
     or sign with the platform itself",
);

/// Why a provider did not do as it was asked.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    #[error(transparent)]
    Ess(#[from] EssError),
    #[error("who signs with the platform itself needs no flow outside")]
    NoFlow,
}

impl Fault {
    /// Whether a request may have been carried out although no usable answer came.
    pub fn is_unclear(&self) -> bool {
        match self {
            Self::Ess(EssError::Outgoing(lost)) => lost.may_have_happened(),
            Self::Ess(EssError::Incomplete(_)) => true,
            Self::Ess(EssError::Refused { .. }) | Self::NoFlow => false,
        }
    }
}

/// One person who is to sign at a service outside.
pub struct OutsideSigner {
    pub name: String,
    pub phone: String,
}

/// A flow that a service is to begin.
pub struct FlowPlan<'a> {
    pub title: &'a str,
    /// The id under which the service keeps the file
    pub file: &'a str,
    /// First who signs first
    pub signers: &'a [OutsideSigner],
    pub order: SigningOrder,
    pub until: Option<Time>,
    /// Our name for it
    pub ours: &'a str,
}

/// How the party signs in the service's own mini-program.
#[derive(Debug, Serialize, ToSchema)]
pub struct SigningWay {
    /// `appId` for `wx.navigateToMiniProgram`
    app_id: &'static str,
    /// `path`, to be used as it is
    path: String,
}

type Answer<'a, T> = BoxFuture<'a, Result<T, Fault>>;
type Set<'a> = BoxFuture<'a, Result<(Made, Vec<TextPart>), AppError>>;

fn no_flow<'a, T: Send + 'a>() -> Answer<'a, T> {
    Box::pin(future::ready(Err(Fault::NoFlow)))
}

/// What a provider of signatures does for us; another one is another implementation. Whoever signs here, without a
/// flow outside, leaves out all that is about flows.
pub trait SigningService: Send + Sync {
    fn provider(&self) -> SigningProvider;

    /// Refuses an order of signing that it cannot be told.
    fn refuse_order(&self, _steps: &[i32]) -> Result<(), AppError> {
        Ok(())
    }

    /// The file that is sent to the signers, and its words by part.
    fn paper<'a>(&'a self, app: &'a App, whole: Whole, now: Time) -> Set<'a>;

    /// Keeps the file for a flow that begins soon; gives its id there.
    fn upload<'a>(&'a self, _name: &'a str, _pdf: &'a [u8], _now: DateTime<Utc>) -> Answer<'a, String> {
        no_flow()
    }

    /// Begins a flow; gives its id. After a fault that [`Fault::is_unclear`] one may exist.
    fn begin<'a>(&'a self, _plan: &'a FlowPlan<'a>, _now: DateTime<Utc>) -> Answer<'a, String> {
        no_flow()
    }

    fn way<'a>(
        &'a self,
        _flow: &'a str,
        _signer: &'a OutsideSigner,
        _now: DateTime<Utc>,
    ) -> Answer<'a, SigningWay> {
        no_flow()
    }

    fn look<'a>(&'a self, _flow: &'a str, _now: DateTime<Utc>) -> Answer<'a, FlowSeen> {
        no_flow()
    }

    /// The signed file.
    fn fetch<'a>(&'a self, _flow: &'a str, _now: DateTime<Utc>) -> Answer<'a, Vec<u8>> {
        no_flow()
    }

    fn call_off<'a>(&'a self, _flow: &'a str, _reason: &'a str, _now: DateTime<Utc>) -> Answer<'a, ()> {
        no_flow()
    }

    /// What a callback says, when it is the service's.
    fn open_callback(&self, _raw: &[u8], _signature: &str) -> Result<Callback, CallbackError> {
        Err(CallbackError::Forged)
    }
}

/// The provider, when it is set up.
pub fn of(app: &App, provider: SigningProvider) -> Option<&dyn SigningService> {
    match provider {
        SigningProvider::BuiltIn => Some(&BuiltIn),
        SigningProvider::Ess => app.ess.as_ref().map(|ess| ess as &dyn SigningService),
    }
}

/// Those that are set up.
pub fn offered(app: &App) -> Vec<SigningProvider> {
    SigningProvider::ALL.iter().copied().filter(|one| of(app, *one).is_some()).collect()
}

/// The platform's own signatures.
struct BuiltIn;

impl SigningService for BuiltIn {
    fn provider(&self) -> SigningProvider {
        SigningProvider::BuiltIn
    }

    fn paper<'a>(&'a self, app: &'a App, whole: Whole, now: Time) -> Set<'a> {
        Box::pin(sealing::lock(app, whole, now))
    }
}

impl SigningService for Ess {
    fn provider(&self) -> SigningProvider {
        SigningProvider::Ess
    }

    fn refuse_order(&self, steps: &[i32]) -> Result<(), AppError> {
        rules::order(steps).map(|_| ()).ok_or(AppError::Unprocessable(&MIXED_ORDER))
    }

    fn paper<'a>(&'a self, app: &'a App, whole: Whole, now: Time) -> Set<'a> {
        Box::pin(sealing::set_outside(app, whole, now))
    }

    fn upload<'a>(&'a self, name: &'a str, pdf: &'a [u8], now: DateTime<Utc>) -> Answer<'a, String> {
        Box::pin(async move { Ok(Self::upload(self, name, pdf, now).await?) })
    }

    fn begin<'a>(&'a self, plan: &'a FlowPlan<'a>, now: DateTime<Utc>) -> Answer<'a, String> {
        Box::pin(async move {
            let person = |signer: &OutsideSigner| Approver::person(&signer.name, &signer.phone);
            let approvers: Vec<Approver> = plan.signers.iter().map(person).collect();
            let flow = NewFlow {
                name: plan.title,
                file_id: plan.file,
                approvers: &approvers,
                unordered: plan.order == SigningOrder::AllAtOnce,
                deadline: plan.until.map(|until| until.utc()),
                user_data: plan.ours,
            };
            Ok(self.create_flow(&flow, now).await?)
        })
    }

    fn way<'a>(
        &'a self,
        flow: &'a str,
        signer: &'a OutsideSigner,
        now: DateTime<Utc>,
    ) -> Answer<'a, SigningWay> {
        Box::pin(async move {
            let path = self.sign_path(flow, &signer.name, &signer.phone, now).await?;
            Ok(SigningWay { app_id: MINI_PROGRAM, path })
        })
    }

    fn look<'a>(&'a self, flow: &'a str, now: DateTime<Utc>) -> Answer<'a, FlowSeen> {
        Box::pin(async move { Ok(self.find_flow(flow, now).await?) })
    }

    fn fetch<'a>(&'a self, flow: &'a str, now: DateTime<Utc>) -> Answer<'a, Vec<u8>> {
        Box::pin(async move { Ok(self.signed_file(flow, now).await?) })
    }

    fn call_off<'a>(&'a self, flow: &'a str, reason: &'a str, now: DateTime<Utc>) -> Answer<'a, ()> {
        Box::pin(async move { Ok(self.cancel(flow, reason, now).await?) })
    }

    fn open_callback(&self, raw: &[u8], signature: &str) -> Result<Callback, CallbackError> {
        Self::open_callback(self, raw, signature)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::platform::http::OutgoingError;

    #[test]
    fn only_a_refusal_or_an_unreachable_service_is_clear() {
        assert!(Fault::Ess(EssError::Outgoing(OutgoingError::Timeout)).is_unclear());
        assert!(Fault::Ess(EssError::Incomplete("FlowId")).is_unclear());
        let refused = EssError::Refused { code: "LimitExceeded".to_owned(), request_id: String::new() };
        assert!(!Fault::Ess(refused).is_unclear());
        assert!(!Fault::Ess(EssError::Outgoing(OutgoingError::BadRequest("x"))).is_unclear());
    }
}
