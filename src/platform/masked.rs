//! What is shown of personal data to whoever has no need of the whole.

/// First three and last two digits: `138******77`.
pub fn phone(phone: &str) -> String {
    mask(phone, 3, 2)
}

/// The first letter, stars, and the domain: `a****@example.com`.
pub fn mail(address: &str) -> String {
    let (user, domain) = address.rsplit_once('@').unwrap_or((address, ""));
    format!("{}@{domain}", mask(user, 1, 0))
}

/// The family name and stars: `王**`.
pub fn name(name: &str) -> String {
    mask(name, 1, 0)
}

fn mask(text: &str, first: usize, last: usize) -> String {
    let n = text.chars().count();
    text.chars()
        .enumerate()
        .map(|(i, c)| if i < first || (n > first + last && i >= n - last) { c } else { '*' })
        .collect()
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_phone_keeps_three_and_two() {
        assert_eq!(super::phone("13812345677"), "138******77");
        assert_eq!(super::phone("138"), "138");
    }
    #[test]
    fn a_mail_address_keeps_its_first_letter_and_domain() {
        assert_eq!(super::mail("anna@example.com"), "a***@example.com");
        assert_eq!(super::mail("a@example.com"), "a@example.com");
    }
    #[test]
    fn a_name_keeps_the_family_name() {
        assert_eq!(super::name("王小明"), "王**");
    }
}
