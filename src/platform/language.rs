//! The two languages of the house.
crate::text_enum! {
    /// In which language somebody is spoken to, or paper is set.
    pub enum Language {
        Zh = "zh", "中文", "Chinese";
        En = "en", "英文", "English";
    }
}
