//! A page as data for search engines (schema.org), with nothing that the page itself does not say.
use serde_json::{Value, json};

use crate::error::AppError;
use crate::libraries::content::html::Language;
use crate::libraries::content::page::{ContentPage, PageKind, Step};
use crate::platform::input::Line;

/// JSON-LD that may stand inside an element of a page.
pub fn of(page: &ContentPage, l: Language, address: &str, steps: &[Step]) -> Result<String, AppError> {
    let site = json!({"@type": "WebSite", "name": l.site_name()});
    let mut article = json!({
        "@context": "https://schema.org",
        "@type": "Article",
        "headline": l.text(&page.title, page.title_en.as_deref()),
        "description": l.text(&page.summary, page.summary_en.as_deref()),
        "inLanguage": if l == Language::En && page.body_md_en.is_none() { Language::Zh.tag() } else { l.tag() },
        "url": address,
        "datePublished": page.published_on,
        "dateModified": page.updated_on,
        "isPartOf": site,
    });
    // An invented page is no news of any law or office.
    if page.demo {
        article["creativeWorkStatus"] = json!("Sample, invented");
    } else if page.kind == PageKind::Policy
        && let Some(number) = &page.document_no
    {
        let mut law = json!({"@type": "Legislation", "legislationIdentifier": number});
        if let Some(issuer) = &page.issuer {
            let name = l.text(issuer, page.issuer_en.as_deref());
            law["legislationPassedBy"] = json!({"@type": "GovernmentOrganization", "name": name});
        }
        if let Some(url) = &page.source_url {
            law["url"] = json!(url);
        }
        article["about"] = law;
    }
    if page.kind == PageKind::Guide && !steps.is_empty() {
        article["mainEntity"] = how_to(page, l, steps);
    }
    embedded(&article)
}

/// JSON that may stand inside an element of a page: it holds no `<`.
pub fn embedded(data: &Value) -> Result<String, AppError> {
    let text = serde_json::to_string(data).map_err(AppError::internal)?;
    Ok(text.replace('<', "\\u003c").replace('>', "\\u003e").replace('&', "\\u0026"))
}

fn how_to(page: &ContentPage, l: Language, steps: &[Step]) -> Value {
    let step = |(n, step): (usize, &Step)| {
        let owner = l.text(step.owner.as_str(), step.owner_en.as_ref().map(Line::as_str));
        json!({
            "@type": "HowToStep",
            "position": n + 1,
            "name": l.text(step.title.as_str(), step.title_en.as_ref().map(Line::as_str)),
            "text": format!("{}{owner}", l.pick("办理：", "By: ")),
        })
    };
    json!({
        "@type": "HowTo",
        "name": l.text(&page.title, page.title_en.as_deref()),
        "step": steps.iter().enumerate().map(step).collect::<Vec<_>>(),
    })
}
