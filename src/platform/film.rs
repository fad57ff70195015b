//! Films and their captions, known by their first bytes.

/// Brands of an MP4 that browsers and phones play; QuickTime's own is none of them.
const MP4_BRANDS: [&[u8; 4]; 12] = [
    b"isom", b"iso2", b"iso3", b"iso4", b"iso5", b"iso6", b"mp41", b"mp42", b"avc1", b"dash", b"M4V ",
    b"MSNV",
];
/// How every EBML file begins.
const EBML: &[u8] = b"\x1a\x45\xdf\xa3";

/// The media type of a film that is played everywhere.
pub fn media_type(bytes: &[u8]) -> Option<&'static str> {
    let head = bytes.get(..64).unwrap_or(bytes);
    let brand = head.get(4..12).and_then(|box_head| box_head.strip_prefix(b"ftyp"));
    if brand.is_some_and(|brand| MP4_BRANDS.iter().any(|known| brand == known.as_slice())) {
        return Some("video/mp4");
    }
    // Matroska begins the same way: only the name of the kind tells.
    let webm = head.starts_with(EBML) && head.windows(4).any(|part| part == b"webm");
    webm.then_some("video/webm")
}

/// Whether these are captions as WebVTT (W3C) writes them.
pub fn is_captions(bytes: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(bytes) else { return false };
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let after = text.strip_prefix("WEBVTT").map(|rest| rest.chars().next());
    !text.contains('\0') && matches!(after, Some(None | Some(' ' | '\t' | '\n' | '\r')))
}

#[cfg(test)]
mod tests {
    use super::{is_captions, media_type};

    #[test]
    fn a_film_is_known_by_its_bytes() {
        assert_eq!(media_type(b"\0\0\0\x20ftypisom\0\0\x02\0"), Some("video/mp4"));
        assert_eq!(media_type(b"\x1a\x45\xdf\xa3\x9f\x42\x82\x84webm"), Some("video/webm"));
        for other in
            [&b"\0\0\0\x14ftypqt  "[..], b"\x1a\x45\xdf\xa3\x42\x82\x88matroska", b"<html>ftypisom", b""]
        {
            assert_eq!(media_type(other), None);
        }
    }

    #[test]
    fn captions_say_what_they_are() {
        assert!(is_captions("WEBVTT\n\n00:00.000 --> 00:01.000\n你好\n".as_bytes()));
        assert!(is_captions("\u{feff}WEBVTT".as_bytes()));
        for other in ["WEBVTTX", "1\n00:00:00,000 --> 00:00:01,000\n你好", "<script>"] {
            assert!(!is_captions(other.as_bytes()), "{other}");
        }
    }
}
