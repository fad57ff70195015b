//! What can be found.
crate::text_enum! {
    /// A kind of what is found, in the order in which the groups stand.
    pub enum SearchKind {
        Enterprise = "enterprise", "目标企业", "Enterprises";
        Contact = "contact", "企业联系人", "Enterprise contacts";
        Project = "project", "项目", "Projects";
        Lead = "lead", "招商信息", "Leads";
        Site = "site", "园区与选址", "Parks and sites";
        Policy = "policy", "优惠政策", "Policies";
        Guide = "guide", "投资指南", "Guides";
        Talk = "talk", "云洽谈", "Talks";
        Agreement = "agreement", "协议", "Agreements";
        Gathering = "gathering", "招商活动", "Investment events";
        Unit = "unit", "责任单位", "Units";
        Person = "person", "人员", "People";
    }
}
