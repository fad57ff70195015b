//! Whose turn it is: steps run one after another, and everybody of one step signs in any order.
use crate::deals::signings::PartyState;

/// Largest number of signers of one agreement.
pub const MOST_SIGNERS: usize = 12;

/// Places in `parties` (step and state) that must sign now: everyone of the first step that is not done.
pub fn on_turn(parties: &[(i32, PartyState)]) -> Vec<usize> {
    let open = |(_, state): &&(i32, PartyState)| *state != PartyState::Signed;
    let Some(first) = parties.iter().filter(open).map(|(step, _)| *step).min() else { return Vec::new() };
    let due = parties.iter().enumerate().filter(|(_, party)| party.0 == first && open(party));
    due.map(|(place, _)| place).collect()
}

#[cfg(test)]
mod tests {
    use super::on_turn;
    use crate::deals::signings::PartyState::{Signed, Turn, Waiting};

    #[test]
    fn in_order_each_waits_for_the_one_before() {
        assert_eq!(on_turn(&[(1, Waiting), (2, Waiting)]), [0]);
        assert_eq!(on_turn(&[(1, Signed), (2, Waiting)]), [1]);
        assert!(on_turn(&[(1, Signed), (2, Signed)]).is_empty());
    }

    #[test]
    fn in_parallel_nobody_waits() {
        assert_eq!(on_turn(&[(1, Turn), (1, Turn), (1, Signed)]), [0, 1]);
    }

    #[test]
    fn mixed_the_last_step_opens_only_when_all_before_are_done() {
        let mut parties = [(1, Turn), (1, Turn), (2, Waiting), (2, Waiting)];
        assert_eq!(on_turn(&parties), [0, 1]);
        parties[0].1 = Signed;
        assert_eq!(on_turn(&parties), [1]);
        parties[1].1 = Signed;
        assert_eq!(on_turn(&parties), [2, 3]);
    }

    #[test]
    fn the_order_of_the_list_does_not_matter() {
        assert_eq!(on_turn(&[(7, Waiting), (3, Waiting)]), [1]);
    }
}
