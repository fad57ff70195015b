//! What differs between two versions of a page, paragraph by paragraph. Pure.
use serde::Serialize;
use utoipa::ToSchema;

use crate::libraries::content::medium::PageMedium;
use crate::libraries::content::page::Step;
use crate::libraries::content::page_content::PageContent;
use crate::libraries::content::policy::PolicyTerms;
use crate::platform::difference::pairs;

crate::text_enum! {
    /// Which part of a page.
    pub enum PagePart {
        Title = "title", "标题", "Title";
        Summary = "summary", "摘要", "Summary";
        Body = "body", "正文", "Text";
        Steps = "steps", "办理步骤", "Steps";
        Terms = "terms", "适用条件和标准", "Conditions and rates";
        Media = "media", "图片和影片", "Pictures and films";
        Source = "source", "来源与文号", "Source and document";
        Place = "place", "排列与用途", "Order and use";
    }
}

/// A paragraph that is new, gone, or worded anew.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct PageChange {
    pub part: PagePart,
    /// Whether it is of the English wording
    pub english: bool,
    /// Absent for what is new
    pub before: Option<String>,
    /// Absent for what is gone
    pub after: Option<String>,
}

/// What becomes of each paragraph, part by part, in the order of the new version.
pub fn changes(before: Option<&PageContent>, after: &PageContent) -> Vec<PageChange> {
    let mut out = Vec::new();
    for part in PagePart::ALL {
        for english in [false, true] {
            let old = before.map(|content| paragraphs(content, *part, english)).unwrap_or_default();
            let new = paragraphs(after, *part, english);
            let told = pairs(&old, &new).into_iter();
            out.extend(told.map(|(before, after)| PageChange { part: *part, english, before, after }));
        }
    }
    out
}

/// A part as paragraphs that people read.
fn paragraphs(content: &PageContent, part: PagePart, english: bool) -> Vec<String> {
    let one = |zh: &str, en: Option<&str>| -> Vec<String> {
        if english { en.map(str::to_owned).into_iter().collect() } else { vec![zh.to_owned()] }
    };
    match part {
        PagePart::Title => one(content.title.as_str(), content.title_en.as_ref().map(|t| t.as_str())),
        PagePart::Summary => one(content.summary.as_str(), content.summary_en.as_ref().map(|t| t.as_str())),
        PagePart::Body => {
            let text = one(content.body_md.as_str(), content.body_md_en.as_ref().map(|t| t.as_str()));
            let text = text.join("");
            text.split("\n\n").map(str::trim).filter(|p| !p.is_empty()).map(str::to_owned).collect()
        }
        PagePart::Steps => content.steps.iter().filter_map(|step| step_text(step, english)).collect(),
        PagePart::Terms => content.terms.as_ref().map(|terms| terms_text(terms, english)).unwrap_or_default(),
        PagePart::Media => content.media.iter().filter_map(|one| medium_text(one, english)).collect(),
        PagePart::Source => source_text(content, english),
        PagePart::Place if english => Vec::new(),
        PagePart::Place => {
            let personal =
                if content.in_personal_guide { "列入专属指南" } else { "不列入专属指南" };
            vec![format!("排列：{}；{personal}", content.sort)]
        }
    }
}

fn step_text(step: &Step, english: bool) -> Option<String> {
    if english {
        let said = [
            step.title_en.as_ref().map(|t| t.as_str().to_owned()),
            step.owner_en.as_ref().map(|t| t.as_str().to_owned()),
            (!step.documents_en.is_empty()).then(|| joined(&step.documents_en, "; ")),
            step.cost_en.as_ref().map(|t| t.as_str().to_owned()),
            step.legal_basis_en.as_ref().map(|t| t.as_str().to_owned()),
            step.complaint_en.as_ref().map(|t| t.as_str().to_owned()),
            step.note_en.as_ref().map(|t| t.as_str().to_owned()),
        ];
        let said: Vec<String> = said.into_iter().flatten().collect();
        return (!said.is_empty()).then(|| said.join("\n"));
    }
    let mut lines = vec![step.title.as_str().to_owned(), format!("办理：{}", step.owner.as_str())];
    lines.extend(step.days.map(|days| format!("工作日：{days}")));
    if !step.documents.is_empty() {
        lines.push(format!("材料：{}", joined(&step.documents, "；")));
    }
    lines.extend(step.cost.as_ref().map(|text| format!("费用：{}", text.as_str())));
    lines.extend(step.legal_basis.as_ref().map(|text| format!("依据：{}", text.as_str())));
    lines.extend(step.complaint.as_ref().map(|text| format!("投诉：{}", text.as_str())));
    lines.extend(step.note.as_ref().map(|text| text.as_str().to_owned()));
    if !step.origins.is_empty() {
        let named: Vec<&str> = step.origins.iter().map(|one| one.zh()).collect();
        lines.push(format!("只对：{}", named.join("、")));
    }
    if !step.needs.is_empty() {
        let named: Vec<&str> = step.needs.iter().map(|one| one.zh()).collect();
        lines.push(format!("只在需要：{}", named.join("、")));
    }
    Some(lines.join("\n"))
}

fn medium_text(medium: &PageMedium, english: bool) -> Option<String> {
    if english {
        let said = [
            medium.title_en.as_ref().map(|text| text.as_str()),
            medium.words_en.as_ref().map(|text| text.as_str()),
        ];
        let said: Vec<&str> = said.into_iter().flatten().collect();
        return (!said.is_empty()).then(|| said.join("\n"));
    }
    let short = |hash: &str| hash.get(..8).unwrap_or_default().to_owned();
    let mut lines = vec![
        format!("{}：{}（{}）", medium.kind.zh(), medium.title.as_str(), short(medium.sha256.as_str())),
        medium.words.as_str().to_owned(),
    ];
    lines.extend(medium.captions.as_ref().map(|hash| format!("字幕：{}", short(hash.as_str()))));
    Some(lines.join("\n"))
}

fn joined<const MAX: usize>(lines: &[crate::platform::input::Line<MAX>], between: &str) -> String {
    lines.iter().map(|line| line.as_str()).collect::<Vec<_>>().join(between)
}

fn yuan(fen: i64) -> String {
    if fen % 100 == 0 { format!("{} 元", fen / 100) } else { format!("{}.{:02} 元", fen / 100, fen % 100) }
}

fn terms_text(terms: &PolicyTerms, english: bool) -> Vec<String> {
    if english {
        let clauses = terms.conditions.iter().filter_map(|one| one.clause_en.as_ref());
        let mut lines: Vec<String> = clauses.map(|text| text.as_str().to_owned()).collect();
        for benefit in &terms.benefits {
            let said = [
                benefit.name_en.as_ref().map(|text| text.as_str()),
                benefit.clause_en.as_ref().map(|text| text.as_str()),
            ];
            let said: Vec<&str> = said.into_iter().flatten().collect();
            lines.extend((!said.is_empty()).then(|| said.join(", ")));
        }
        return lines;
    }
    let until = terms.to_on.map_or_else(|| "起".to_owned(), |to| format!(" 至 {to}"));
    let mut lines = vec![format!("有效期：{}{until}", terms.from_on)];
    for condition in &terms.conditions {
        let asks = match condition.at_least_fen {
            Some(least) => format!("{}以上", yuan(least)),
            None => joined(&condition.any_of, "、"),
        };
        lines.push(format!("{}：{asks}（{}）", condition.aspect.zh(), condition.clause.as_str()));
    }
    for benefit in &terms.benefits {
        let mut text = format!("{}（{}）", benefit.name.as_str(), benefit.clause.as_str());
        for tier in &benefit.tiers {
            let share = tier.share_hundredths_percent;
            text.push_str(&format!(
                "\n{}起：定额 {}，投资额的 {}.{:02}%",
                yuan(tier.from_fen),
                yuan(tier.fixed_fen),
                share / 100,
                share % 100
            ));
        }
        text.push_str(&benefit.cap_fen.map(|cap| format!("\n最高 {}", yuan(cap))).unwrap_or_default());
        lines.push(text);
    }
    lines
}

fn source_text(content: &PageContent, english: bool) -> Vec<String> {
    if english {
        let said = [
            content.issuer_en.as_ref().map(|text| text.as_str().to_owned()),
            content.source_en.as_ref().map(|text| text.as_str().to_owned()),
        ];
        return said.into_iter().flatten().collect();
    }
    let mut lines = Vec::new();
    lines.extend(content.issuer.as_ref().map(|text| format!("发文机关：{}", text.as_str())));
    lines.extend(content.document_no.as_ref().map(|text| format!("文号：{}", text.as_str())));
    lines.push(format!("来源：{}（{}）", content.source.as_str(), content.source_on));
    lines.extend(content.source_url.as_ref().map(|text| text.as_str().to_owned()));
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(body: &str) -> PageContent {
        let content = serde_json::json!({"title": "示例", "summary": "示例", "body_md": body, "steps": [],
            "source": "示例", "source_on": "2026-01-01"});
        serde_json::from_value(content).unwrap()
    }

    fn told(before: &str, after: &str) -> Vec<(Option<String>, Option<String>)> {
        changes(Some(&page(before)), &page(after)).into_iter().map(|one| (one.before, one.after)).collect()
    }

    #[test]
    fn a_paragraph_is_new_gone_or_worded_anew() {
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(told("一\n\n二\n\n三", "一\n\n二\n\n三"), []);
        assert_eq!(told("一\n\n二\n\n三", "一\n\n三"), [(some("二"), None)]);
        assert_eq!(told("一\n\n三", "一\n\n二\n\n三"), [(None, some("二"))]);
        assert_eq!(told("一\n\n二\n\n三", "一\n\n贰\n\n三"), [(some("二"), some("贰"))]);
        assert_eq!(
            told("一\n\n二\n\n三\n\n四", "零\n\n一\n\n三\n\n肆"),
            [(None, some("零")), (some("二"), None), (some("四"), some("肆"))]
        );
    }

    #[test]
    fn a_first_version_is_new_as_a_whole_and_a_missing_translation_is_nothing() {
        let all = changes(None, &page("一"));
        assert!(all.iter().all(|one| one.before.is_none() && !one.english));
        let mut with_english = page("一");
        with_english.title_en = Some(crate::platform::input::Line::parse("Sample").unwrap());
        let told = changes(Some(&page("一")), &with_english);
        assert_eq!(told.len(), 1);
        assert!(told[0].english && told[0].part == PagePart::Title && told[0].before.is_none());
    }
}
