//! Who is at the other end of a connection, believing only configured proxies.
use std::net::IpAddr;

use ipnet::IpNet;

/// The client's address: the peer, or, when the peer is a trusted proxy, the rightmost
/// address of `X-Forwarded-For` that is not one of ours.
pub fn of_client(peer: Option<IpAddr>, forwarded_for: Option<&str>, trusted: &[IpNet]) -> Option<IpAddr> {
    let peer = peer?;
    let is_ours = |ip: &IpAddr| trusted.iter().any(|net| net.contains(ip));
    if !is_ours(&peer) {
        return Some(peer);
    }
    let mut hops = forwarded_for.unwrap_or_default().rsplit(',').map(|hop| hop.trim().parse::<IpAddr>());
    loop {
        match hops.next() {
            Some(Ok(ip)) if is_ours(&ip) => {}
            Some(Ok(ip)) => return Some(ip),
            // A word that is no address was not written by a proxy of ours.
            Some(Err(_)) | None => return Some(peer),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::of_client;

    #[test]
    fn a_stranger_cannot_choose_its_address() {
        let trusted = ["10.0.0.0/8".parse().unwrap()];
        let at = |s: &str| Some(s.parse().unwrap());
        assert_eq!(of_client(at("203.0.113.9"), Some("1.2.3.4"), &trusted), at("203.0.113.9"));
        assert_eq!(
            of_client(at("10.0.0.2"), Some("1.2.3.4, 198.51.100.7, 10.1.1.1"), &trusted),
            at("198.51.100.7")
        );
        assert_eq!(of_client(at("10.0.0.2"), Some("junk"), &trusted), at("10.0.0.2"));
        assert_eq!(of_client(at("10.0.0.2"), None, &trusted), at("10.0.0.2"));
    }
}
