//! How well a site fits what an investor wishes: one reason a criterion, and a score that counts only what is known.
//! Pure.
use serde::Serialize;
use utoipa::ToSchema;

use crate::libraries::industry::Industry;
use crate::libraries::map::site::{Precision, Site, SiteKind};
use crate::libraries::map::utility::{AtHand, Utility};
use crate::platform::geo::Point;

crate::text_enum! {
    /// What a wish is about.
    pub enum Criterion {
        Industry = "industry", "产业方向", "Industry";
        Area = "area", "面积", "Area";
        Price = "price", "地价", "Land price";
        Rent = "rent", "租金", "Rent";
        Power = "power", "供电", "Power";
        Water = "water", "供水", "Water";
        Sewage = "sewage", "污水处理", "Sewage treatment";
        Gas = "gas", "天然气", "Natural gas";
        Steam = "steam", "蒸汽", "Steam";
        Distance = "distance", "距离", "Distance";
    }
}
crate::text_enum! {
    /// Whether a site meets a wish.
    pub enum Fit {
        Yes = "yes", "符合", "Fits";
        Partly = "partly", "接近", "Close";
        No = "no", "不符合", "Does not fit";
        Unknown = "unknown", "未公布，不计分", "Not published, not counted";
    }
}

/// What an investor wishes; what is left out is not weighed.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Wish {
    pub industry: Option<Industry>,
    pub area_m2: Option<i64>,
    pub price_max_fen_per_mu: Option<i64>,
    pub rent_max_fen_per_m2_month: Option<i64>,
    pub power_kva: Option<i32>,
    /// At hand, however much
    pub utilities: Vec<Utility>,
    /// A place in WGS-84 and the farthest that it may be, in kilometres
    pub near: Option<(Point, f64)>,
}

/// One criterion, weighed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct MatchReason {
    pub criterion: Criterion,
    pub fit: Fit,
    pub sentence: String,
    pub sentence_en: String,
}

/// The verdict on one site.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct SiteMatch {
    /// 0 to 100 over the criteria of which the site's data is known; absent when none is
    #[schema(minimum = 0, maximum = 100)]
    pub score: Option<i32>,
    pub reasons: Vec<MatchReason>,
}

impl Fit {
    fn points(self) -> Option<i32> {
        match self {
            Self::Yes => Some(100),
            Self::Partly => Some(50),
            Self::No => Some(0),
            Self::Unknown => None,
        }
    }
}

impl Wish {
    pub fn weigh(&self, site: &Site, at_hand: AtHand) -> SiteMatch {
        let figures = [
            self.industry.map(|wanted| industry(site, wanted)),
            self.area_m2.map(|wanted| area(site, wanted)),
            self.price_max_fen_per_mu
                .filter(|_| site.kind != SiteKind::FactoryBuilding)
                .map(|most| price(site, most)),
            self.rent_max_fen_per_m2_month
                .filter(|_| site.kind != SiteKind::Parcel)
                .map(|most| rent(site, most)),
            self.power_kva.map(|least| power(site, at_hand, least)),
        ];
        let utilities = self.utilities.iter().map(|wanted| utility(at_hand, *wanted));
        let near = self.near.map(|(place, km)| distance(site, place, km));
        let reasons: Vec<MatchReason> = figures.into_iter().flatten().chain(utilities).chain(near).collect();
        let points: Vec<i32> = reasons.iter().filter_map(|reason| reason.fit.points()).collect();
        let count = i32::try_from(points.len()).unwrap_or(i32::MAX);
        let score = (count > 0).then(|| (points.iter().sum::<i32>() + count / 2) / count);
        SiteMatch { score, reasons }
    }
}

fn reason(criterion: Criterion, fit: Fit, sentence: String, sentence_en: String) -> MatchReason {
    MatchReason { criterion, fit, sentence, sentence_en }
}

fn unknown(criterion: Criterion) -> MatchReason {
    let (zh, en) = (criterion.zh(), criterion.en().to_lowercase());
    reason(criterion, Fit::Unknown, format!("未公布{zh}，不计分"), format!("No {en} published; not counted"))
}

fn industry(site: &Site, wanted: Industry) -> MatchReason {
    let ours: Vec<Industry> = serde_json::from_str(&site.industries).unwrap_or_default();
    if ours.is_empty() {
        return unknown(Criterion::Industry);
    }
    let named = |label: fn(Industry) -> &'static str, comma: &str| {
        ours.iter().map(|industry| label(*industry)).collect::<Vec<_>>().join(comma)
    };
    let fit = if ours.contains(&wanted) { Fit::Yes } else { Fit::No };
    let (zh, en) = if fit == Fit::Yes { ("包含", "includes") } else { ("不含", "does not include") };
    reason(
        Criterion::Industry,
        fit,
        format!("产业方向（{}）{zh}{}", named(Industry::zh, "、"), wanted.zh()),
        format!("Its industries ({}): {en} {}", named(Industry::en, ", "), wanted.en().to_lowercase()),
    )
}

/// Half as much again and more is larger than needed; a tenth too small is close.
fn area(site: &Site, wanted: i64) -> MatchReason {
    let Some(ours) = site.area_m2 else { return unknown(Criterion::Area) };
    let fit = if ours >= wanted && ours <= wanted.saturating_mul(3) {
        Fit::Yes
    } else if ours >= wanted || ours.saturating_mul(10) >= wanted.saturating_mul(9) {
        Fit::Partly
    } else {
        Fit::No
    };
    let land = site.kind != SiteKind::FactoryBuilding;
    let (zh, en) = match fit {
        Fit::Yes => ("够用", "enough"),
        Fit::Partly if ours >= wanted => {
            ("远大于需要，能否分割需确认", "much larger than needed; ask whether it can be divided")
        }
        Fit::Partly => ("略小", "a little small"),
        _ => ("不足", "too small"),
    };
    reason(
        Criterion::Area,
        fit,
        format!("面积 {}，需要 {}：{zh}", extent(ours, land, false), extent(wanted, land, false)),
        format!("{} of {} needed: {en}", extent(ours, land, true), extent(wanted, land, true)),
    )
}

fn price(site: &Site, most: i64) -> MatchReason {
    let Some(ours) = site.price_fen_per_mu else { return unknown(Criterion::Price) };
    let fit = at_most(ours, most);
    let wan = |fen: i64| hundredths(fen / 10_000);
    let yuan = |fen: i64| hundredths(fen);
    reason(
        Criterion::Price,
        fit,
        format!("地价 {} 万元/亩，上限 {} 万元/亩：{}", wan(ours), wan(most), fit.zh()),
        format!("CNY {} per mu, at most {}: {}", yuan(ours), yuan(most), fit.en().to_lowercase()),
    )
}

fn rent(site: &Site, most: i64) -> MatchReason {
    let Some(ours) = site.rent_fen_per_m2_month else { return unknown(Criterion::Rent) };
    let fit = at_most(ours, most);
    reason(
        Criterion::Rent,
        fit,
        format!("租金 {} 元/m²·月，上限 {} 元：{}", hundredths(ours), hundredths(most), fit.zh()),
        format!(
            "CNY {} per m² and month, at most {}: {}",
            hundredths(ours),
            hundredths(most),
            fit.en().to_lowercase()
        ),
    )
}

fn utility(at_hand: AtHand, wanted: Utility) -> MatchReason {
    let criterion = match wanted {
        Utility::Power => Criterion::Power,
        Utility::Water => Criterion::Water,
        Utility::Sewage => Criterion::Sewage,
        Utility::Gas => Criterion::Gas,
        Utility::Steam => Criterion::Steam,
    };
    if at_hand.set & wanted.bit() != 0 {
        reason(criterion, Fit::Yes, format!("{}可接入", wanted.zh()), format!("{}: at hand", wanted.en()))
    } else if at_hand.spent & wanted.bit() != 0 {
        reason(
            criterion,
            Fit::No,
            format!("{}已无余量", wanted.zh()),
            format!("{}: nothing left", wanted.en()),
        )
    } else {
        unknown(criterion)
    }
}

/// What the site says of itself, or else what is left at its park.
fn power(site: &Site, at_hand: AtHand, least: i32) -> MatchReason {
    let Some(ours) = site.power_kva.map(i64::from).or(at_hand.power_kva) else {
        return unknown(Criterion::Power);
    };
    let least = i64::from(least);
    let fit = if ours >= least {
        Fit::Yes
    } else if ours.saturating_mul(10) >= least * 8 {
        Fit::Partly
    } else {
        Fit::No
    };
    reason(
        Criterion::Power,
        fit,
        format!("供电 {ours} kVA，需要 {least} kVA：{}", fit.zh()),
        format!("{ours} kVA of {least} kVA needed: {}", fit.en().to_lowercase()),
    )
}

fn distance(site: &Site, place: Point, most: f64) -> MatchReason {
    let km = site.place_wgs84().kilometres_to(place);
    let fit = if km <= most {
        Fit::Yes
    } else if km <= most * 1.5 {
        Fit::Partly
    } else {
        Fit::No
    };
    let (about_zh, about_en) = match site.precision {
        Precision::Exact => ("", ""),
        _ => ("（示意位置）", " (approximate place)"),
    };
    reason(
        Criterion::Distance,
        fit,
        format!("直线距离 {km:.1} km{about_zh}，要求 {most:.0} km 内：{}", fit.zh()),
        format!(
            "{km:.1} km in a straight line{about_en}, wanted within {most:.0} km: {}",
            fit.en().to_lowercase()
        ),
    )
}

/// A tenth too dear is close.
fn at_most(ours: i64, most: i64) -> Fit {
    if ours <= most {
        Fit::Yes
    } else if ours.saturating_mul(10) <= most.saturating_mul(11) {
        Fit::Partly
    } else {
        Fit::No
    }
}

/// Land in mu to one place, floors in square metres.
fn extent(m2: i64, land: bool, english: bool) -> String {
    let tenths = (m2.saturating_mul(30) + 1000) / 2000;
    match (land, english) {
        (true, false) => format!("{}.{} 亩", tenths / 10, tenths % 10),
        (true, true) => format!("{}.{} mu", tenths / 10, tenths % 10),
        (false, _) => format!("{m2} m²"),
    }
}

/// 1850 → 18.5
fn hundredths(n: i64) -> String {
    let text = format!("{}.{:02}", n / 100, n % 100);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::libraries::map::site_content::{SiteContent, Stamp};
    use crate::platform::clock::Time;

    fn parcel(more: &str) -> Site {
        let text = format!(
            r#"{{"kind":"parcel","unit_id":"430903","name":"示例","longitude":112.355235,"latitude":28.571469,
            "datum":"wgs84","precision":"exact","status":"available","source":"示例"{more}}}"#
        );
        let content: SiteContent = serde_json::from_str(&text).unwrap();
        let stamp = Stamp { checked_by: String::new(), demo: false, now: Time::from_millis(0) };
        content.site("x", None, &stamp)
    }

    #[test]
    fn what_is_not_known_is_not_counted_and_said_so() {
        let wish = Wish { industry: Some(Industry::Food), area_m2: Some(20_000), ..Wish::default() };
        let verdict = wish.weigh(&parcel(r#","area_m2":26667"#), AtHand::default());
        assert_eq!(verdict.score, Some(100));
        assert_eq!(verdict.reasons[0].fit, Fit::Unknown);
        assert_eq!(verdict.reasons[0].sentence, "未公布产业方向，不计分");
        assert_eq!(wish.weigh(&parcel(""), AtHand::default()).score, None);
        assert_eq!(
            Wish::default().weigh(&parcel(""), AtHand::default()),
            SiteMatch { score: None, reasons: vec![] }
        );
    }

    #[test]
    fn each_reason_is_a_sentence_with_its_figures() {
        let site = parcel(r#","area_m2":26667,"price_fen_per_mu":18500000,"industries":["food","bamboo"]"#);
        let wish = Wish {
            industry: Some(Industry::Food),
            area_m2: Some(20_000),
            price_max_fen_per_mu: Some(17_000_000),
            ..Wish::default()
        };
        let verdict = wish.weigh(&site, AtHand::default());
        let said: Vec<&str> = verdict.reasons.iter().map(|r| r.sentence.as_str()).collect();
        assert_eq!(
            said,
            [
                "产业方向（食品加工、竹产业）包含食品加工",
                "面积 40.0 亩，需要 30.0 亩：够用",
                "地价 18.5 万元/亩，上限 17 万元/亩：接近"
            ]
        );
        assert_eq!(verdict.score, Some(83));
    }

    #[test]
    fn the_edges_of_a_wish() {
        let fit = |area: i64| {
            let wish = Wish { area_m2: Some(10_000), ..Wish::default() };
            wish.weigh(&parcel(&format!(r#","area_m2":{area}"#)), AtHand::default()).reasons[0].fit
        };
        assert_eq!(
            [fit(8_999), fit(9_000), fit(10_000), fit(30_000)],
            [Fit::No, Fit::Partly, Fit::Yes, Fit::Yes]
        );
        assert_eq!(fit(30_001), Fit::Partly);
        assert_eq!(
            [at_most(100, 100), at_most(110, 100), at_most(111, 100)],
            [Fit::Yes, Fit::Partly, Fit::No]
        );
    }

    #[test]
    fn distance_is_measured_on_the_ground() {
        let wish = |km: f64| Wish { near: Some((Point::new(112.355235, 28.661), km)), ..Wish::default() };
        let said = wish(10.0).weigh(&parcel(""), AtHand::default());
        assert_eq!((said.score, said.reasons[0].fit), (Some(100), Fit::Yes));
        assert!(
            said.reasons[0].sentence.starts_with("直线距离 10.0 km")
                || said.reasons[0].sentence.starts_with("直线距离 9.")
        );
        assert_eq!(wish(5.0).weigh(&parcel(""), AtHand::default()).reasons[0].fit, Fit::No);
    }

    #[test]
    fn a_building_is_not_weighed_by_the_price_of_land() {
        let site = Site { kind: SiteKind::FactoryBuilding, ..parcel("") };
        let wish = Wish { price_max_fen_per_mu: Some(1), ..Wish::default() };
        assert!(wish.weigh(&site, AtHand::default()).reasons.is_empty());
    }

    #[test]
    fn a_utility_is_at_hand_has_run_out_or_is_not_known() {
        let wish = Wish {
            utilities: vec![Utility::Water, Utility::Gas, Utility::Steam],
            power_kva: Some(1000),
            ..Wish::default()
        };
        let at_hand = AtHand { set: Utility::Water.bit(), spent: Utility::Gas.bit(), power_kva: Some(800) };
        let verdict = wish.weigh(&parcel(""), at_hand);
        let fits: Vec<Fit> = verdict.reasons.iter().map(|r| r.fit).collect();
        assert_eq!(fits, [Fit::Partly, Fit::Yes, Fit::No, Fit::Unknown]);
        assert_eq!(verdict.reasons[2].sentence, "天然气已无余量");
        assert_eq!(verdict.score, Some(50));
        // What the site says of itself counts before its park.
        let own = wish.weigh(&parcel(r#","power_kva":2000"#), at_hand);
        assert_eq!(own.reasons[0].fit, Fit::Yes);
    }
}
