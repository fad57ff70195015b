//! Whether two records may speak of one enterprise or institution: the key of a name, and every sign of likeness. Pure.
use unicode_normalization::UnicodeNormalization;

/// A name shorter than this tells nothing, so no more is stripped from it.
const SHORTEST_KEY: usize = 2;
/// Two keys that share this many first characters are compared further.
const STEM: usize = 4;

crate::text_enum! {
    /// Why two records may speak of one enterprise or institution.
    pub enum LikenessReason {
        CreditCode = "credit_code", "统一社会信用代码相同", "Same credit code";
        Name = "name", "名称相同", "Same name";
        Parent = "parent", "母公司或分支机构", "Parent or branch";
        Phone = "phone", "联系电话相同", "Same phone";
    }
}

const PLACES: &[&str] = &[
    "北京",
    "天津",
    "上海",
    "重庆",
    "河北",
    "山西",
    "辽宁",
    "吉林",
    "黑龙江",
    "江苏",
    "浙江",
    "安徽",
    "福建",
    "江西",
    "山东",
    "河南",
    "湖北",
    "湖南",
    "广东",
    "海南",
    "四川",
    "贵州",
    "云南",
    "陕西",
    "甘肃",
    "青海",
    "台湾",
    "内蒙古",
    "广西",
    "西藏",
    "宁夏",
    "新疆",
    "香港",
    "澳门",
    "长沙",
    "株洲",
    "湘潭",
    "衡阳",
    "邵阳",
    "岳阳",
    "常德",
    "张家界",
    "益阳",
    "娄底",
    "郴州",
    "永州",
    "怀化",
    "湘西",
    "深圳",
    "广州",
    "东莞",
    "佛山",
    "珠海",
    "中山",
    "惠州",
    "苏州",
    "无锡",
    "常州",
    "南京",
    "杭州",
    "宁波",
    "温州",
    "武汉",
    "厦门",
    "福州",
    "泉州",
    "成都",
    "合肥",
    "青岛",
    "济南",
    "赫山",
    "资阳",
    "安化",
    "桃江",
    "沅江",
    "南县",
    "大通湖",
];
const PLACE_ENDINGS: &[&str] = &["特别行政区", "自治区", "自治州", "省", "市", "区", "县"];
const FORMS: &[&str] = &[
    "有限责任公司",
    "股份有限公司",
    "有限公司",
    "股份公司",
    "集团公司",
    "总公司",
    "分公司",
    "公司",
    "集团",
    "股份",
    "控股",
    "companylimited",
    "coltd",
    "limited",
    "ltd",
    "incorporated",
    "inc",
    "corporation",
    "corp",
    "company",
    "group",
];
/// 市 after one of these is part of a word (超市, 都市), not the end of a city's name.
const NOT_A_CITY: &[char] = &['城', '都', '超', '门', '上', '股', '集', '夜', '闹', '菜'];

/// What is left of an enterprise's name without places, brackets and legal forms, for comparing alone.
pub fn name_key(name: &str) -> String {
    let plain: String = name.nfkc().collect::<String>().to_lowercase();
    let mut key = letters(&without_brackets(&plain));
    if count(&key) < SHORTEST_KEY {
        key = letters(&plain);
    }
    while let Some(shorter) = without_place(&key).or_else(|| without_form(&key)) {
        key = shorter;
    }
    key
}

/// The first characters of a key: equal in every key that begins as it does.
fn name_stem(key: &str) -> String {
    key.chars().take(STEM).collect()
}

/// Every key that is this one, or that begins it and is long enough to tell: those of its parents.
pub fn beginnings(key: &str) -> Vec<String> {
    let whole = count(key);
    (STEM.min(whole)..=whole).map(|letters| key.chars().take(letters).collect()).collect()
}

/// The key of a name and its stem.
pub fn keys_of(name: &str) -> (String, String) {
    let key = name_key(name);
    let stem = name_stem(&key);
    (key, stem)
}

/// The key of an institution's name and its stem: places stay, for the chambers of Yiyang in Shanghai and in Shenzhen
/// are two; what is in brackets stays as well.
pub fn careful_keys_of(name: &str) -> (String, String) {
    let plain: String = name.nfkc().collect::<String>().to_lowercase();
    let mut key = letters(&plain);
    for place in PLACES {
        for ending in PLACE_ENDINGS {
            key = key.replace(&format!("{place}{ending}"), place);
        }
    }
    while let Some(shorter) = without_form(&key) {
        key = shorter;
    }
    let stem = name_stem(&key);
    (key, stem)
}

fn count(text: &str) -> usize {
    text.chars().count()
}

fn letters(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).collect()
}

fn without_brackets(text: &str) -> String {
    let mut depth = 0_usize;
    let mut out = String::new();
    for c in text.chars() {
        match c {
            '(' | '[' | '【' | '〔' => depth += 1,
            ')' | ']' | '】' | '〕' => depth = depth.saturating_sub(1),
            c if depth == 0 => out.push(c),
            _ => {}
        }
    }
    out
}

fn without_place(key: &str) -> Option<String> {
    let rest = PLACES
        .iter()
        .find_map(|place| key.strip_prefix(place))
        .map(|rest| PLACE_ENDINGS.iter().find_map(|ending| rest.strip_prefix(ending)).unwrap_or(rest));
    rest.or_else(|| without_city(key)).filter(|rest| count(rest) >= SHORTEST_KEY).map(str::to_owned)
}

/// A city that the list does not hold: two or three characters and 市.
fn without_city(key: &str) -> Option<&str> {
    let (name, rest) = key.split_once('市')?;
    let ends_a_word = name.chars().last().is_some_and(|c| NOT_A_CITY.contains(&c));
    ((2..=3).contains(&count(name)) && !ends_a_word).then_some(rest)
}

fn without_form(key: &str) -> Option<String> {
    let rest = FORMS.iter().find_map(|form| key.strip_suffix(form))?;
    (count(rest) >= SHORTEST_KEY).then(|| rest.to_owned())
}

/// What two records are compared by.
#[derive(Debug, Clone, Copy)]
pub struct Features<'a> {
    pub credit_code: Option<&'a str>,
    pub name_key: &'a str,
    pub phone: &'a str,
}

/// Every reason why the two may be one enterprise; a person decides, nothing is merged (article 9.2).
pub fn likeness(one: Features<'_>, other: Features<'_>) -> Vec<LikenessReason> {
    let mut reasons = Vec::new();
    if one.credit_code.is_some() && one.credit_code == other.credit_code {
        reasons.push(LikenessReason::CreditCode);
    }
    reasons.extend(like_names(one.name_key, other.name_key));
    if one.phone == other.phone {
        reasons.push(LikenessReason::Phone);
    }
    reasons
}

/// Equal, or one long enough to tell begins the other: a parent and its branch.
fn like_names(one: &str, other: &str) -> Option<LikenessReason> {
    let (short, long) = if one.len() <= other.len() { (one, other) } else { (other, one) };
    if one == other {
        Some(LikenessReason::Name)
    } else if count(short) >= STEM && long.starts_with(short) {
        Some(LikenessReason::Parent)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_one_enterprise_have_one_key() {
        for name in [
            "益阳市腾飞竹业有限公司",
            "腾飞竹业公司",
            "湖南省益阳市腾飞竹业有限责任公司",
            "湖南腾飞竹业（集团）股份有限公司",
            "腾飞竹业(益阳)集团有限公司",
            " 桃江县腾飞竹业 ",
        ] {
            assert_eq!(name_key(name), "腾飞竹业", "{name}");
        }
        assert_eq!(name_key("Ｔｅｓｌａ Co., Ltd."), "tesla");
        assert_eq!(name_key("石家庄市金石有限公司"), "金石");
    }

    #[test]
    fn a_place_tells_one_institution_from_another() {
        let key = |name: &str| careful_keys_of(name).0;
        assert_eq!(key("上海市湖南益阳商会"), key("上海湖南省益阳市商会 "));
        assert_ne!(key("上海益阳商会"), key("深圳益阳商会"));
        assert_ne!(key("示例外地益阳商会（上海）"), key("示例外地益阳商会（广州）"));
        assert_eq!(key("示例湘资顾问有限公司"), key("示例湘资顾问公司"));
        assert_eq!(careful_keys_of("上海益阳商会").1, "上海益阳");
    }

    #[test]
    fn too_much_is_not_stripped() {
        assert_eq!(name_key("城市之光有限公司"), "城市之光");
        assert_eq!(name_key("新城市建设有限公司"), "新城市建设");
        assert_eq!(name_key("湖南公司"), "公司");
        assert_eq!(name_key("（集团）"), "集团");
        assert_eq!(name_key("华为"), "华为");
    }

    #[test]
    fn a_branch_is_like_its_parent_and_a_short_name_like_nothing_longer() {
        let like = |a: &str, b: &str| like_names(&name_key(a), &name_key(b));
        let branch = like("三一重工股份有限公司", "三一重工股份有限公司长株潭分公司");
        assert_eq!(branch, Some(LikenessReason::Parent));
        assert_eq!(like("三一重工股份有限公司", "三一重工公司"), Some(LikenessReason::Name));
        assert_eq!(like("中国建筑第五工程局", "中国建筑第八工程局"), None);
        assert_eq!(like("华为技术有限公司", "华为"), None);
    }

    #[test]
    fn what_begins_a_key_is_what_is_like_it_and_shorter() {
        assert_eq!(beginnings("三一重工路面"), ["三一重工", "三一重工路", "三一重工路面"]);
        assert_eq!(beginnings("华为"), ["华为"]);
        for shorter in beginnings("三一重工路面") {
            assert!(like_names(&shorter, "三一重工路面").is_some(), "{shorter}");
        }
    }

    #[test]
    fn every_reason_is_told() {
        let one = Features { credit_code: Some("A"), name_key: "甲乙", phone: "1" };
        let other = Features { credit_code: Some("A"), name_key: "丙丁", phone: "1" };
        assert_eq!(likeness(one, other), [LikenessReason::CreditCode, LikenessReason::Phone]);
        let neither = Features { credit_code: None, ..one };
        assert_eq!(likeness(neither, Features { credit_code: None, phone: "2", ..other }), []);
    }
}
