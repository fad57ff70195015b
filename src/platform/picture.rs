//! Photos from outside: JPEG and PNG of bearable size, freed of everything but the picture.
//!
//! A phone writes where and when a photo was taken, a thumbnail of what was cut away, sometimes a whole film behind
//! the end. The picture itself is copied byte for byte; of the rest only what is needed to show it right stays:
//! colour profile, and the orientation, written anew.
use crate::error::{AppError, Code};

pub const PHOTO_REFUSED: Code = Code::new(
    "photo.refused",
    "只接受 JPEG 和 PNG 照片，请换一张或另存后再传",
    "Only JPEG and PNG photos are taken; choose another or save it anew",
);
pub const PHOTO_TOO_LARGE: Code = Code::new(
    "photo.too_large",
    "照片过大：不超过 8 MB、边长不超过 9000 像素",
    "The photo is too large: at most 8 MB and 9000 pixels a side",
);

/// Bytes of the largest photo taken.
pub const MOST_BYTES: usize = 8 * 1024 * 1024;
const MOST_SIDE: u32 = 9000;
const PNG_SIGNATURE: &[u8] = b"\x89PNG\r\n\x1a\n";
/// Chunks of a PNG that make the picture.
const PNG_KEPT: [&[u8; 4]; 9] =
    [b"IHDR", b"PLTE", b"tRNS", b"gAMA", b"cHRM", b"sRGB", b"iCCP", b"IDAT", b"IEND"];

/// A photo that may be kept and shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    pub bytes: Vec<u8>,
    pub media_type: &'static str,
    /// Pixels, as stored
    pub width: u32,
    pub height: u32,
}

/// The photo without what does not belong to the picture.
pub fn cleaned(bytes: &[u8]) -> Result<Picture, AppError> {
    if bytes.len() > MOST_BYTES {
        return Err(AppError::Unprocessable(&PHOTO_TOO_LARGE));
    }
    let picture = if bytes.starts_with(PNG_SIGNATURE) {
        png(bytes)
    } else if bytes.starts_with(&[0xff, 0xd8, 0xff]) {
        jpeg(bytes)
    } else {
        None
    };
    let picture = picture.ok_or(AppError::Unprocessable(&PHOTO_REFUSED))?;
    let fits = |side: u32| (1..=MOST_SIDE).contains(&side);
    if fits(picture.width) && fits(picture.height) {
        Ok(picture)
    } else {
        Err(AppError::Unprocessable(&PHOTO_TOO_LARGE))
    }
}

fn be16(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..at + 2).map(|b| u32::from(b[0]) << 8 | u32::from(b[1]))
}

fn be32(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..at + 4)?.try_into().ok().map(u32::from_be_bytes)
}

fn png(bytes: &[u8]) -> Option<Picture> {
    let (width, height) = (be32(bytes, 16)?, be32(bytes, 20)?);
    let mut out = PNG_SIGNATURE.to_vec();
    let mut at = PNG_SIGNATURE.len();
    loop {
        let length = usize::try_from(be32(bytes, at)?).ok()?;
        let name: &[u8; 4] = bytes.get(at + 4..at + 8)?.try_into().ok()?;
        let chunk = bytes.get(at..at.checked_add(length)?.checked_add(12)?)?;
        if out.len() == PNG_SIGNATURE.len() && name != b"IHDR" {
            return None;
        }
        if PNG_KEPT.contains(&name) {
            out.extend_from_slice(chunk);
        }
        if name == b"IEND" {
            return Some(Picture { bytes: out, media_type: "image/png", width, height });
        }
        at += chunk.len();
    }
}

fn jpeg(bytes: &[u8]) -> Option<Picture> {
    let mut out = vec![0xff, 0xd8];
    let (mut size, mut orientation) = (None, None);
    let mut head_at = None;
    let mut at = 2;
    loop {
        // Fill bytes may stand before a marker.
        while *bytes.get(at)? == 0xff && *bytes.get(at + 1)? == 0xff {
            at += 1;
        }
        if *bytes.get(at)? != 0xff {
            return None;
        }
        let marker = *bytes.get(at + 1)?;
        match marker {
            0xd9 => {
                out.extend_from_slice(&[0xff, 0xd9]);
                break;
            }
            0x01 | 0xd0..=0xd8 => return None,
            _ => {}
        }
        let length = usize::try_from(be16(bytes, at + 2)?).ok()?;
        let segment = bytes.get(at..at + 2 + length)?;
        let body = segment.get(4..)?;
        at += segment.len();
        match marker {
            0xe1 => orientation = orientation.or_else(|| exif_orientation(body)),
            0xe0 => {
                out.extend_from_slice(segment);
                head_at = head_at.or(Some(out.len()));
            }
            0xe2 if body.starts_with(b"ICC_PROFILE\0") => out.extend_from_slice(segment),
            0xee if body.starts_with(b"Adobe") => out.extend_from_slice(segment),
            0xe2..=0xef | 0xfe => {}
            _ => out.extend_from_slice(segment),
        }
        // The frame header; arithmetic coding and lossless kinds are not shown by browsers.
        if matches!(marker, 0xc0..=0xc2) {
            size = size.or(Some((be16(body, 3)?, be16(body, 1)?)));
        }
        if marker == 0xda {
            let end = scan_end(bytes, at)?;
            out.extend_from_slice(bytes.get(at..end)?);
            at = end;
        }
    }
    let (width, height) = size?;
    if let Some(turned @ 2..=8) = orientation {
        let place = head_at.unwrap_or(2);
        out.splice(place..place, exif_with(turned));
    }
    Some(Picture { bytes: out, media_type: "image/jpeg", width, height })
}

/// Where the coded data of a scan ends: at the next marker that is neither stuffing nor a restart.
fn scan_end(bytes: &[u8], from: usize) -> Option<usize> {
    let mut at = from;
    loop {
        at += bytes.get(at..)?.iter().position(|b| *b == 0xff)?;
        match *bytes.get(at + 1)? {
            0x00 | 0xd0..=0xd7 => at += 2,
            0xff => at += 1,
            _ => return Some(at),
        }
    }
}

/// Tag 0x0112 of the first directory.
fn exif_orientation(body: &[u8]) -> Option<u8> {
    let tiff = body.strip_prefix(b"Exif\0\0")?;
    let little = tiff.starts_with(b"II");
    let two = |at: usize| {
        let pair: [u8; 2] = tiff.get(at..at + 2)?.try_into().ok()?;
        Some(if little { u16::from_le_bytes(pair) } else { u16::from_be_bytes(pair) })
    };
    let four = |at: usize| {
        let four: [u8; 4] = tiff.get(at..at + 4)?.try_into().ok()?;
        Some(if little { u32::from_le_bytes(four) } else { u32::from_be_bytes(four) })
    };
    let first = usize::try_from(four(4)?).ok()?;
    let entries = usize::from(two(first)?).min(64);
    let entry = (0..entries).map(|n| first + 2 + n * 12).find(|at| two(*at) == Some(0x0112))?;
    u8::try_from(two(entry + 8)?).ok()
}

/// An Exif segment that says the orientation and nothing else.
fn exif_with(orientation: u8) -> Vec<u8> {
    let mut out = vec![0xff, 0xe1, 0x00, 0x22];
    out.extend_from_slice(b"Exif\0\0MM\0\x2a\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0");
    out.push(orientation);
    out.extend_from_slice(&[0, 0, 0, 0, 0, 0]);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn segment(marker: u8, body: &[u8]) -> Vec<u8> {
        let length = u16::try_from(body.len() + 2).unwrap();
        [&[0xff, marker], &length.to_be_bytes()[..], body].concat()
    }

    fn photo() -> Vec<u8> {
        let mut exif = b"Exif\0\0II\x2a\0\x08\0\0\0\x02\0".to_vec();
        exif.extend_from_slice(b"\x12\x01\x03\0\x01\0\0\0\x06\0\0\0");
        exif.extend_from_slice(b"\x25\x88\x04\0\x01\0\0\0\x1a\0\0\0GPS 28.57 112.36");
        [
            vec![0xff, 0xd8],
            segment(0xe0, b"JFIF\0\x01\x01\0\0\x01\0\x01\0\0"),
            segment(0xe1, &exif),
            segment(0xe1, b"http://ns.adobe.com/xap/1.0/\0secret place"),
            segment(0xfe, b"taken by someone"),
            segment(0xc0, &[8, 0, 48, 0, 64, 1, 1, 0x11, 0]),
            segment(0xda, &[1, 1, 0, 0, 63, 0]),
            vec![1, 2, 0xff, 0x00, 3, 0xff, 0xd0, 4],
            segment(0xc4, &[0]),
            segment(0xda, &[1, 1, 0, 0, 63, 0]),
            vec![9, 9, 0xff, 0xd9],
            b"a film that follows, with GPS".to_vec(),
        ]
        .concat()
    }

    fn holds(bytes: &[u8], word: &str) -> bool {
        bytes.windows(word.len()).any(|w| w == word.as_bytes())
    }

    #[test]
    fn nothing_but_the_picture_and_its_orientation_stays() {
        let clean = cleaned(&photo()).unwrap();
        assert_eq!((clean.width, clean.height, clean.media_type), (64, 48, "image/jpeg"));
        for word in ["GPS", "secret", "someone", "film"] {
            assert!(holds(&photo(), word) && !holds(&clean.bytes, word), "{word}");
        }
        assert!(clean.bytes.ends_with(&[9, 9, 0xff, 0xd9]));
        let exif = clean.bytes.windows(6).position(|w| w == b"Exif\0\0").unwrap();
        assert_eq!(exif_orientation(&clean.bytes[exif..]), Some(6));
        assert_eq!(cleaned(&clean.bytes).unwrap(), clean, "cleaning twice changes nothing");
    }

    #[test]
    fn a_png_loses_its_words() {
        let chunk = |name: &[u8; 4], body: &[u8]| {
            [&u32::try_from(body.len()).unwrap().to_be_bytes()[..], name, body, &[0; 4]].concat()
        };
        let header = [&64u32.to_be_bytes()[..], &48u32.to_be_bytes(), &[8, 2, 0, 0, 0]].concat();
        let png = [
            PNG_SIGNATURE.to_vec(),
            chunk(b"IHDR", &header),
            chunk(b"tEXt", b"Author\0someone"),
            chunk(b"eXIf", b"GPS"),
            chunk(b"IDAT", b"picture"),
            chunk(b"IEND", b""),
            b"more".to_vec(),
        ]
        .concat();
        let clean = cleaned(&png).unwrap();
        assert_eq!((clean.width, clean.height), (64, 48));
        assert!(holds(&clean.bytes, "picture") && !holds(&clean.bytes, "someone"));
        assert!(!holds(&clean.bytes, "GPS") && !holds(&clean.bytes, "more"));
    }

    #[test]
    fn what_is_no_picture_or_unfolds_to_too_much_is_refused() {
        for bad in [&b"<svg onload=x>"[..], b"\xff\xd8\xff", b"GIF89a", b"\x89PNG\r\n\x1a\n", b""] {
            assert!(cleaned(bad).is_err(), "{bad:?}");
        }
        let mut cut = photo();
        cut.truncate(cut.len() - 40);
        assert!(cleaned(&cut).is_err());
        let huge = [
            vec![0xff, 0xd8],
            segment(0xc0, &[8, 0xff, 0xff, 0xff, 0xff, 1, 1, 0x11, 0]),
            segment(0xda, &[1, 1, 0, 0, 63, 0]),
            vec![1, 0xff, 0xd9],
        ]
        .concat();
        assert!(cleaned(&huge).is_err());
        assert!(cleaned(&vec![0xff; MOST_BYTES + 1]).is_err());
    }
}
