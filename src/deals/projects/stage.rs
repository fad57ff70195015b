//! The stages of a project and the order in which they may follow.
crate::text_enum! {
    /// Where a project stands (article 3 for the first, then the eight of the project library).
    pub enum Stage {
        Candidate = "candidate", "拟招引", "Candidate";
        InTalks = "in_talks", "在谈", "In talks";
        Signed = "signed", "签约", "Signed";
        Landed = "landed", "落地", "Landed";
        Started = "started", "开工", "Started";
        Completed = "completed", "竣工", "Completed";
        InProduction = "in_production", "投产", "In production";
        FullProduction = "full_production", "达产", "In full production";
        Ended = "ended", "终止", "Ended";
    }
}

impl Stage {
    /// Whether `next` may follow: forward only, and nothing follows an end.
    pub fn leads_to(self, next: Self) -> bool {
        self != Self::Ended && self < next
    }
}

#[cfg(test)]
mod tests {
    use super::Stage;

    #[test]
    fn a_project_moves_forward_or_ends() {
        assert!(Stage::InTalks.leads_to(Stage::Signed));
        assert!(Stage::FullProduction.leads_to(Stage::Ended));
        assert!(!Stage::Signed.leads_to(Stage::InTalks));
        assert!(!Stage::Signed.leads_to(Stage::Signed));
        assert!(Stage::ALL.iter().all(|next| !Stage::Ended.leads_to(*next)));
    }
}
