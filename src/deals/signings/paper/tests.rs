//! The agreement and the mark as they are set.

use chrono::{NaiveDate, TimeZone, Utc};
use serde_json::{Value, json};

use super::{AGREEMENT, FRAMEWORK_AGREEMENT, Mark, MarkError, check_handwriting, shortened};
use crate::deals::signings::content::TemplateContent;
use crate::deals::signings::content::tests::{framework, varied};
use crate::platform::pdf::testing::{engine, handwriting};
use crate::platform::pdf::{Paper, PaperError, Sheet};

pub fn agreement() -> Value {
    json!({
        "number": "YQY-2026-000017",
        "created_on": "2026-11-20",
        "title": "投资合作框架协议", "title_en": "Framework agreement on investment",
        "fingerprint": "4f0c2d9be1a37a6d5b8c90e2f4a6172839b5d7e1c3f50a9b8d7c6e5f4a3b2c1d",
        "parties": [
            { "title": "甲方", "organisation": "益阳市赫山区人民政府", "signer_name": "李玥", "id": "host" },
            { "title": "乙方", "organisation": "湖南犇腾新材料科技有限公司", "signer_name": "张喆堃", "id": "investor" },
        ],
        "values": {
            "project_name": "年产 12 万吨锂电池负极材料一体化项目",
            "enterprise_name": "湖南犇腾新材料科技有限公司",
            "credit_code": "91430900MA4L0XYZ3K",
            "site": "益阳高新技术产业开发区东部产业园 C-07 地块",
            "area_m2": 186_667,
            "intended_investment_fen": 123_000_000_000_i64,
            "industry": "电子信息（新材料）",
            "start_on": "2027-03-01",
            "production_on": "2028-06-30",
            "cooperation": "乙方在约定选址分两期建设负极材料生产线、研发中心及配套设施，一期年产能 5 万吨。\n双方共同推动本地碳基材料上下游企业与本项目配套，优先采购同等条件下的本地产品与服务。\n双方支持本项目与驻湘高校共建工程技术研究中心。",
            "government_support": "甲方协助乙方落实项目用地指标，在条件具备时依法组织土地出让。\n甲方协调供电、供水、天然气和道路等配套设施按项目进度接入地块红线。",
            "valid_months": 12,
            "signing_place": "湖南省益阳市",
        },
    })
}

pub fn set(data: &Value) -> Result<Paper, PaperError> {
    set_on(data, &framework())
}

fn set_on(data: &Value, content: &TemplateContent) -> Result<Paper, PaperError> {
    let date = NaiveDate::from_ymd_opt(2026, 11, 24).unwrap();
    let mut data = data.clone();
    data["paper"] = content.compose(data["values"].as_object().unwrap());
    engine().render(&Sheet { template: AGREEMENT, data: &data, files: &[], date, tagged: true })
}

/// The words of a paper without blanks.
fn words(paper: &Paper) -> String {
    words_within(paper, &[])
}

/// The same in the part of each page that further arguments of pdftotext name.
fn words_within(paper: &Paper, area: &[&str]) -> String {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("paper.pdf");
    std::fs::write(&file, &paper.pdf).unwrap();
    let text = std::process::Command::new("pdftotext").args(area).arg(&file).arg("-").output().unwrap();
    assert!(text.status.success());
    String::from_utf8(text.stdout).unwrap().split_whitespace().collect()
}

#[test]
fn the_agreement_leaves_a_box_for_every_party_on_its_last_page() {
    let paper = set(&agreement()).unwrap();
    assert!(paper.pdf.starts_with(b"%PDF-1.7"));
    assert_eq!(paper.boxes.iter().map(|one| one.id.as_str()).collect::<Vec<_>>(), ["host", "investor"]);
    for sig_box in &paper.boxes {
        assert_eq!(sig_box.page as usize, paper.pages);
        let [left, bottom, right, top] = sig_box.corners();
        assert!(left > 0.0 && bottom > 0.0 && right < 595.3 && top < 841.9);
    }
}

#[test]
fn the_same_data_give_the_same_bytes() {
    assert_eq!(set(&agreement()).unwrap().pdf, set(&agreement()).unwrap().pdf);
}

#[test]
fn given_names_outside_the_common_sets_are_shown() {
    let mut data = agreement();
    data["parties"][1]["signer_name"] = "喆堃犇".into();
    let words = words(&set(&data).unwrap());
    assert!(words.contains("签署人：喆堃犇"), "{words}");
}

/// What stands between the head and the foot of every page.
const BODY: [&str; 8] = ["-x", "0", "-y", "85", "-W", "596", "-H", "677"];

#[test]
fn the_words_for_a_screen_are_those_on_the_paper() {
    let content: TemplateContent = serde_json::from_value(varied()).unwrap();
    let mut other = agreement();
    other["values"] = Value::Object(content.samples.clone());
    for paper in [set(&agreement()).unwrap(), set_on(&other, &content).unwrap()] {
        let words = words_within(&paper, &BODY);
        assert!(paper.parts.len() > 8 && paper.parts.is_sorted_by_key(|part| part.page));
        assert_eq!(paper.parts.last().map(|part| part.page as usize), Some(paper.pages));
        for part in &paper.parts {
            // A number, a label and a value stand in columns of their own.
            let said = part
                .text
                .split(['　', '：', '；'])
                .chain(part.text_en.as_deref().unwrap_or("").split(['：', '；']));
            for piece in said {
                let piece: String = piece.split_whitespace().collect();
                let piece = piece.strip_suffix(':').unwrap_or(&piece);
                assert!(words.contains(piece), "{piece} is not in {words}");
            }
        }
    }
}

#[test]
fn a_character_without_a_glyph_is_refused_by_name() {
    let mut data = agreement();
    data["parties"][1]["signer_name"] = "张\u{1F409}".into();
    match set(&data) {
        Err(PaperError::MissingGlyph(text)) => assert!(text.contains('\u{1F409}'), "{text}"),
        other => panic!("{other:?}"),
    }
}

#[test]
fn user_text_is_text_and_never_template_code() {
    let mut data = agreement();
    data["values"]["project_name"] = "#panic(\"x\") $x$ *b* = h <sigbox> @ref #import \"/data.json\"".into();
    let paper = set(&data).unwrap();
    assert_eq!(paper.boxes.len(), 2);
}

#[test]
fn a_draft_with_nothing_filled_in_is_set_with_blanks() {
    let mut data = agreement();
    data["values"] = json!({});
    data["draft"] = true.into();
    assert!(set(&data).is_ok());
}

#[test]
fn money_is_put_into_words_and_area_into_mu() {
    let (functions, _) = AGREEMENT.split_once("// ——— the page ———").unwrap();
    let cases = [
        (0_i64, "零元整"),
        (1, "壹分"),
        (10, "壹角整"),
        (107, "壹元零柒分"),
        (100_000, "壹仟元整"),
        (1_000_500, "壹万零伍元整"),
        (123_000_000_000, "壹拾贰亿叁仟万元整"),
        (100_000_001_000, "壹拾亿零壹拾元整"),
        (1_010_101_010_150, "壹佰零壹亿零壹佰零壹万零壹佰零壹元伍角整"),
        (100_000_000_000_000, "壹万亿元整"),
    ];
    let checks: String = cases
        .iter()
        .map(|(fen, words)| format!("#assert.eq(money-in-words({fen}), \"{words}\")\n"))
        .collect();
    let more = "#assert.eq(money(123456789005), \"人民币 1,234,567,890.05 元\")\n#assert.eq(two-places(186667 * 3 / 2000), \"280.00\")\nok";
    let source = format!(
        "{functions}\n#set text(font: \"Noto Sans SC\")\n#set document(date: datetime(year: 2026, month: 1, day: 1))\n{checks}{more}"
    );
    let date = NaiveDate::from_ymd_opt(2026, 11, 24).unwrap();
    let data = agreement();
    engine().render(&Sheet { template: &source, data: &data, files: &[], date, tagged: true }).unwrap();
}

#[test]
fn a_value_that_looks_like_a_placeholder_or_like_typst_is_printed_as_it_is() {
    let hostile = "{{valid_months}} #panic(1) *b* @ref \\";
    let mut data = agreement();
    data["values"]["industry"] = hostile.into();
    data["values"]["cooperation"] = format!("{hostile}\n= 标题 {{{{host}}}}").into();
    let words = words(&set(&data).unwrap());
    let seen: String = hostile.split_whitespace().collect();
    assert_eq!(words.matches(&seen).count(), 2, "{words}");
    assert!(words.contains("=标题{{host}}"), "{words}");
    assert!(words.contains("有效期12个月"), "{words}");
}

#[test]
fn conditions_tables_and_both_languages_are_printed() {
    let content: TemplateContent = serde_json::from_value(varied()).unwrap();
    let mut data = agreement();
    data["values"] = content.samples.clone().into();
    let paper = words(&set_on(&data, &content).unwrap());
    for there in [
        "本项目用地采用租赁方式。",
        "Landishadbylease.",
        "租金按年支付。",
        "阶段",
        "投资额",
        "一期",
        "50,000,000.00元",
        "二期",
        "乙方在10个工作日内缴纳人民币1,000,000.00元（大写：壹佰万元整）。",
    ] {
        assert!(paper.contains(there), "{there}: {paper}");
    }
    data["values"]["mode"] = "grant".into();
    data["values"]["guarantee"] = false.into();
    let paper = words(&set_on(&data, &content).unwrap());
    assert!(
        paper.contains("本项目用地采用出让方式。") && !paper.contains("租金") && !paper.contains("大写"),
        "{paper}"
    );
}

#[test]
fn a_test_rendering_says_so_and_has_no_box_to_sign_in() {
    let mut data = agreement();
    data["test"] = true.into();
    let paper = set(&data).unwrap();
    assert!(paper.boxes.is_empty());
    let words = words(&paper);
    assert!(words.matches("TESTRENDERING").count() >= paper.pages, "{words}");
}

#[test]
fn the_cover_claims_nothing_that_only_a_licensed_service_may() {
    let whole = format!("{AGREEMENT}{FRAMEWORK_AGREEMENT}");
    assert!(AGREEMENT.contains("签名证书由平台自签（演示）签发，不代表依法设立的电子认证服务机构"));
    for claim in ["同等的法律效力", "同等法律效力", "可靠的电子签名", "第三方认证"] {
        assert!(!whole.contains(claim));
    }
}

#[test]
fn a_mark_is_one_page_of_the_box_with_handwriting_or_type() {
    let png = handwriting();
    let mark = Mark {
        signer_name: "张喆堃",
        handwriting: Some(&png),
        seal: None,
        signed_at: Utc.with_ymd_and_hms(2026, 11, 24, 2, 3, 4).unwrap(),
        certificate_serial: "5F3A00112233445566778899AABB91C2",
        size_mm: (73.0, 33.0),
    };
    assert_eq!(mark.draw(engine()).unwrap().pages, 1);
    let long = "欧阳买买提·阿卜杜热依木江·克里木";
    let typed = Mark { handwriting: None, signer_name: long, ..mark };
    assert_eq!(typed.draw(engine()).unwrap().pages, 1);
}

#[test]
fn a_picture_that_would_unfold_to_gigabytes_is_refused() {
    let mut bomb = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".to_vec();
    bomb.extend(60_000_u32.to_be_bytes());
    bomb.extend(60_000_u32.to_be_bytes());
    assert!(matches!(check_handwriting(&bomb), Err(MarkError::TooLarge)));
    assert!(matches!(check_handwriting(b"GIF89a"), Err(MarkError::NotPng)));
    assert!(check_handwriting(&handwriting()).is_ok());
}

#[test]
fn a_serial_is_shortened_in_the_middle() {
    assert_eq!(shortened("5F3A00112233445566778899AABB91C2"), "5F3A00…BB91C2");
    assert_eq!(shortened("5F3A"), "5F3A");
}
