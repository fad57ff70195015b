//! The OpenAPI document, made from the routes themselves, and the terms of every enum.
use std::collections::{BTreeMap, HashSet};

use actix_web::http::Method;
use serde::{Serialize, Serializer};
use serde_json::json;
use utoipa::openapi::path::Operation;
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityScheme};
use utoipa::openapi::{ContentBuilder, Ref, RefOr, Response, ResponseBuilder};
use utoipa::{IntoResponses, Modify, OpenApi};

use crate::platform::text_enum::Terms;

#[derive(OpenApi)]
#[openapi(
    info(
        title = "掌上招商平台 Palm investment platform",
        version = "1",
        description = "三库一图、云洽谈、云签约 · Three libraries and a map, cloud talks, cloud signing. A 2xx is durable; a 4xx had no effect; after anything else ask again with the same Idempotency-Key.",
        license(name = "MIT", identifier = "MIT"),
        contact(name = "益阳市商务局（演示）", url = "https://example.invalid/")
    ),
    servers((url = "/", description = "this host")),
    security(("bearer" = [])),
    components(schemas(
        crate::error::Problem,
        crate::error::FieldError,
        crate::libraries::enterprises::Courting,
        crate::libraries::imports::LibraryName,
        crate::libraries::content::CapitalOrigin,
        crate::views::codes::CodeKind,
        crate::views::contributions::ContributionFigure
    )),
    modifiers(&Bearer),
)]
pub struct Document;

struct Bearer;
impl Modify for Bearer {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let components = document.components.get_or_insert_with(Default::default);
        let mut http = Http::new(HttpAuthScheme::Bearer);
        http.bearer_format = Some("JWT".to_owned());
        components.add_security_scheme("bearer", SecurityScheme::Http(http));
    }
}

fn problem(description: &str) -> RefOr<Response> {
    let content = ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem"))).build();
    RefOr::T(
        ResponseBuilder::new().description(description).content("application/problem+json", content).build(),
    )
}

macro_rules! problems {
    ($(#[$meta:meta])* $name:ident: $($status:literal $description:literal),+) => {
        $(#[$meta])*
        pub struct $name;
        impl IntoResponses for $name {
            fn responses() -> BTreeMap<String, RefOr<Response>> {
                BTreeMap::from([$(($status.to_owned(), problem($description))),+])
            }
        }
    };
}
problems!(
    /// Refusals of an operation that reads.
    ReadErrors: "400" "Malformed", "401" "Not signed in", "403" "Not allowed", "404" "Not there, or not to be seen",
    "422" "A parameter does not fit", "429" "Too many requests", "503" "Busy; ask again"
);
problems!(
    /// Refusals of an operation that writes.
    WriteErrors: "400" "Malformed", "401" "Not signed in", "403" "Not allowed", "404" "Not there, or not to be seen",
    "409" "In conflict with the state of things", "413" "Too large", "415" "Not this content type",
    "422" "A field does not fit", "429" "Too many requests", "503" "Busy; ask again with the same key"
);

/// The document of the API as it is served.
pub fn document() -> utoipa::openapi::OpenApi {
    let mut document = crate::server::document();
    for item in document.paths.paths.values_mut() {
        let methods = [&mut item.get, &mut item.post, &mut item.put, &mut item.delete];
        for operation in methods.into_iter().flatten() {
            complete(operation);
        }
    }
    drop_unused(&mut document);
    document
}

/// What stands inside a page of a list alone is written out there, and not needed by name.
fn drop_unused(document: &mut utoipa::openapi::OpenApi) {
    let text = document.to_json().unwrap_or_default();
    let names = text.split("/schemas/").skip(1).filter_map(|rest| rest.split('"').next());
    let used: HashSet<&str> = names.collect();
    if let Some(components) = &mut document.components {
        components.schemas.retain(|name, _| used.contains(name.as_str()));
    }
}

/// What every operation has in common: a description of each answer.
fn complete(operation: &mut Operation) {
    for (status, response) in &mut operation.responses.responses {
        if let RefOr::T(response) = response
            && response.description.is_empty()
        {
            response.description = match status.as_str() {
                "201" => "What was made",
                "202" => "Taken; it is under way",
                "204" => "Done",
                _ => "What was asked for",
            }
            .to_owned();
        }
    }
}

/// As it stands in `openapi/openapi.json`.
pub fn json_text() -> String {
    let mut text = document().to_pretty_json().unwrap_or_default();
    text.push('\n');
    text
}

/// Method, path pattern and operation id of every operation.
pub fn operations() -> Vec<(Method, String, String)> {
    operations_of(&crate::server::document())
}

/// As [`operations`], of a document that was made before.
pub fn operations_of(document: &utoipa::openapi::OpenApi) -> Vec<(Method, String, String)> {
    let mut found = Vec::new();
    for (path, item) in &document.paths.paths {
        let all = [
            (Method::GET, &item.get),
            (Method::POST, &item.post),
            (Method::PUT, &item.put),
            (Method::DELETE, &item.delete),
        ];
        for (method, operation) in all {
            if let Some(id) = operation.as_ref().and_then(|o| o.operation_id.clone()) {
                found.push((method, path.clone(), id));
            }
        }
    }
    found
}

/// The labels of every enum.
const ALL_TERMS: &[Terms] = &[
    crate::people::auth::Role::TERMS,
    crate::people::auth::TaskForce::TERMS,
    crate::people::auth::AccountState::TERMS,
    crate::people::auth::NameCheckState::TERMS,
    crate::people::units::UnitKind::TERMS,
    crate::people::units::UnitDuty::TERMS,
    crate::people::audit::Outcome::TERMS,
    crate::platform::geo::Datum::TERMS,
    crate::libraries::map::SiteKind::TERMS,
    crate::libraries::map::SiteStatus::TERMS,
    crate::libraries::map::FeatureKind::TERMS,
    crate::libraries::map::Utility::TERMS,
    crate::libraries::map::Precision::TERMS,
    crate::libraries::map::Confidence::TERMS,
    crate::libraries::map::VersionState::TERMS,
    crate::libraries::map::DraftAct::TERMS,
    crate::libraries::map::ReportWhat::TERMS,
    crate::libraries::map::ReportState::TERMS,
    crate::libraries::map::ReportOutcome::TERMS,
    crate::libraries::map::ImportState::TERMS,
    crate::libraries::map::Criterion::TERMS,
    crate::libraries::map::Fit::TERMS,
    crate::libraries::content::PageKind::TERMS,
    crate::libraries::content::MediumKind::TERMS,
    crate::libraries::content::PolicyAspect::TERMS,
    crate::libraries::content::CapitalOrigin::TERMS,
    crate::libraries::content::SiteNeed::TERMS,
    crate::libraries::content::PageState::TERMS,
    crate::libraries::content::PageStepKind::TERMS,
    crate::libraries::content::PageAct::TERMS,
    crate::libraries::content::PagePart::TERMS,
    crate::deals::talks::BookingState::TERMS,
    crate::deals::talks::BookingMove::TERMS,
    crate::platform::language::Language::TERMS,
    crate::deals::talks::Side::TERMS,
    crate::deals::talks::MessageKind::TERMS,
    crate::deals::talks::MinutesState::TERMS,
    crate::deals::talks::MinutesPart::TERMS,
    crate::deals::talks::FollowUpOwner::TERMS,
    crate::deals::talks::FollowUpState::TERMS,
    crate::deals::talks::ExceptionKind::TERMS,
    crate::deals::talks::Hosting::TERMS,
    crate::deals::talks::HolidayKind::TERMS,
    crate::deals::talks::TalkSettingName::TERMS,
    crate::deals::talks::DayPart::TERMS,
    crate::deals::talks::WishState::TERMS,
    crate::deals::talks::GuestPlace::TERMS,
    crate::deals::talks::RoomRole::TERMS,
    crate::deals::talks::TalkLine::TERMS,
    crate::deals::talks::AttendanceEnding::TERMS,
    crate::libraries::industry::Industry::TERMS,
    crate::libraries::likeness::LikenessReason::TERMS,
    crate::libraries::enterprises::Courting::TERMS,
    crate::libraries::enterprises::EnterpriseScale::TERMS,
    crate::libraries::enterprises::EnterpriseAct::TERMS,
    crate::libraries::enterprises::EnterpriseBatchKind::TERMS,
    crate::libraries::imports::LibraryImportState::TERMS,
    crate::libraries::imports::LibraryName::TERMS,
    crate::libraries::enterprises::PursuitState::TERMS,
    crate::libraries::enterprises::LogWay::TERMS,
    crate::libraries::enterprises::LogKind::TERMS,
    crate::libraries::institutions::InstitutionKind::TERMS,
    crate::libraries::institutions::InstitutionAct::TERMS,
    crate::libraries::institutions::InstitutionAgreementKind::TERMS,
    crate::libraries::chains::ChainState::TERMS,
    crate::libraries::chains::ChainAct::TERMS,
    crate::libraries::chains::LinkPlace::TERMS,
    crate::libraries::chains::LinkChangeKind::TERMS,
    crate::deals::leads::LeadState::TERMS,
    crate::deals::leads::LeadAct::TERMS,
    crate::deals::leads::Standing::TERMS,
    crate::deals::leads::LikenessState::TERMS,
    crate::deals::leads::LikenessDecision::TERMS,
    crate::deals::leads::HandoverState::TERMS,
    crate::deals::leads::ReceiptProblem::TERMS,
    crate::deals::leads::EntryKind::TERMS,
    crate::deals::leads::AppealState::TERMS,
    crate::deals::leads::AppointmentKind::TERMS,
    crate::deals::leads::AttachmentKind::TERMS,
    crate::deals::leads::CaseAct::TERMS,
    crate::deals::leads::ClockKind::TERMS,
    crate::deals::leads::ConfirmationAnswer::TERMS,
    crate::deals::leads::ContactWay::TERMS,
    crate::deals::leads::CreditCause::TERMS,
    crate::deals::leads::CreditPart::TERMS,
    crate::deals::leads::EscalationCause::TERMS,
    crate::deals::leads::MomentKind::TERMS,
    crate::deals::leads::RecordKind::TERMS,
    crate::deals::leads::ScreeningOutcome::TERMS,
    crate::deals::leads::SettingName::TERMS,
    crate::deals::leads::SuggestionReason::TERMS,
    crate::deals::talks::conference::ConferenceProvider::TERMS,
    crate::deals::talks::conference::ConferenceState::TERMS,
    crate::people::content_checks::CheckSubject::TERMS,
    crate::people::content_checks::CheckState::TERMS,
    crate::people::content_checks::CheckCause::TERMS,
    crate::people::content_checks::ContentLabel::TERMS,
    crate::views::classes::EnterpriseClass::TERMS,
    crate::views::classes::ClassDimension::TERMS,
    crate::views::classes::ClassRule::TERMS,
    crate::views::classes::ClassLack::TERMS,
    crate::views::codes::CodeKind::TERMS,
    crate::views::contributions::ContributionFigure::TERMS,
    crate::views::notifications::NotificationKind::TERMS,
    crate::views::notifications::Rhythm::TERMS,
    crate::views::pushes::RightsWish::TERMS,
    crate::views::pushes::RevokedKind::TERMS,
    crate::views::search::SearchKind::TERMS,
    crate::views::search::SearchReason::TERMS,
    crate::deals::projects::Stage::TERMS,
    crate::deals::signings::AgreementState::TERMS,
    crate::deals::signings::PartyState::TERMS,
    crate::deals::signings::EvidenceAction::TERMS,
    crate::deals::offers::OfferState::TERMS,
    crate::deals::gatherings::GatheringState::TERMS,
    crate::deals::gatherings::GatheringPhase::TERMS,
    crate::deals::gatherings::GatheringAct::TERMS,
    crate::deals::gatherings::GatheringSource::TERMS,
    crate::deals::gatherings::RegistrationState::TERMS,
    crate::deals::gatherings::AnswerKind::TERMS,
    crate::deals::gatherings::CheckInWay::TERMS,
    crate::deals::gatherings::CheckInOutcome::TERMS,
    crate::deals::gatherings::QuestionState::TERMS,
    crate::deals::signings::OriginKind::TERMS,
    crate::deals::signings::CeremonyState::TERMS,
    crate::deals::signings::RoundKind::TERMS,
    crate::deals::signings::RoundAnswer::TERMS,
    crate::deals::signings::ApprovalDecision::TERMS,
    crate::deals::signings::CeremonyMomentKind::TERMS,
    crate::deals::signings::SigningSide::TERMS,
    crate::deals::signings::SigningProvider::TERMS,
    crate::deals::signings::FlowState::TERMS,
    crate::deals::signings::OutsideFinding::TERMS,
    crate::deals::signings::OutsideText::TERMS,
    crate::deals::signings::TemplateState::TERMS,
    crate::deals::signings::TemplateStepKind::TERMS,
    crate::deals::signings::TemplateAct::TERMS,
    crate::deals::signings::FieldKind::TERMS,
    crate::deals::signings::ConditionTest::TERMS,
    crate::deals::signings::ClauseKind::TERMS,
    crate::deals::signings::PaperLanguage::TERMS,
    crate::deals::signings::PartKind::TERMS,
    crate::deals::signings::PartChange::TERMS,
    crate::deals::signings::SealKind::TERMS,
    crate::deals::signings::SealOwnerKind::TERMS,
    crate::deals::signings::SealState::TERMS,
    crate::deals::signings::SealStepKind::TERMS,
    crate::deals::signings::SealAct::TERMS,
    crate::deals::signings::PaperKind::TERMS,
    crate::deals::signings::ArchiveState::TERMS,
    crate::platform::pki::StampFault::TERMS,
    crate::platform::pdf::LongTerm::TERMS,
];

/// Every enum with its Chinese and English labels, its values in their order; `openapi/terms.json`.
pub struct TermsDocument;

impl Serialize for TermsDocument {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let by_name: BTreeMap<_, _> =
            ALL_TERMS.iter().map(|terms| (terms.name, Labels(terms.labels))).collect();
        by_name.serialize(serializer)
    }
}

struct Labels(&'static [(&'static str, &'static str, &'static str)]);

impl Serialize for Labels {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(value, zh, en)| (value, json!({"zh": zh, "en": en}))))
    }
}

/// As it stands in `openapi/terms.json`.
pub fn terms_text() -> String {
    let mut text = serde_json::to_string_pretty(&TermsDocument).unwrap_or_default();
    text.push('\n');
    text
}

#[cfg(test)]
mod tests {
    #[test]
    fn no_two_enums_have_one_name() {
        let mut names: Vec<_> = super::ALL_TERMS.iter().map(|terms| terms.name).collect();
        names.sort_unstable();
        let twice: Vec<_> = names.windows(2).filter(|pair| pair[0] == pair[1]).collect();
        assert!(twice.is_empty(), "{twice:?}");
    }
}
