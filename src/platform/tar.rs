//! Bundles of a few files in the oldest format that every machine opens (POSIX ustar).

const BLOCK: usize = 512;
const MAGIC: &[u8] = b"ustar\x0000";
/// Files that are read from one bundle, at most.
const MAX_FILES: usize = 64;

/// Packs files under plain ASCII names of less than 100 characters; `at` is their time in Unix seconds.
pub fn pack(files: &[(&str, &[u8])], at: i64) -> Vec<u8> {
    let mut out = Vec::new();
    for (name, bytes) in files {
        let mut head = [0_u8; BLOCK];
        let mut put = |from: usize, text: &[u8]| {
            if let Some(place) = head.get_mut(from..from + text.len()) {
                place.copy_from_slice(text);
            }
        };
        put(0, name.as_bytes().get(..name.len().min(99)).unwrap_or_default());
        put(100, b"0000644\0");
        put(108, b"0000000\0");
        put(116, b"0000000\0");
        put(124, format!("{:011o}\0", bytes.len()).as_bytes());
        put(136, format!("{:011o}\0", at.max(0)).as_bytes());
        put(148, b"        ");
        put(156, b"0");
        put(257, MAGIC);
        let sum: u32 = head.iter().map(|byte| u32::from(*byte)).sum();
        if let Some(place) = head.get_mut(148..156) {
            place.copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
        }
        out.extend(head);
        out.extend(*bytes);
        out.resize(out.len().next_multiple_of(BLOCK), 0);
    }
    out.resize(out.len() + 2 * BLOCK, 0);
    out
}

/// Whether the bytes begin as such a bundle.
pub fn is_bundle(bytes: &[u8]) -> bool {
    bytes.get(257..262) == Some(b"ustar")
}

/// The plain files of a bundle; `None` when it is not well-formed.
pub fn unpack(bytes: &[u8]) -> Option<Vec<(String, &[u8])>> {
    let mut files = Vec::new();
    let mut at = 0;
    while let Some(head) = bytes.get(at..at + BLOCK).filter(|head| head.iter().any(|byte| *byte != 0)) {
        if !is_bundle(head) || files.len() >= MAX_FILES {
            return None;
        }
        let text = |from: usize, to: usize| {
            head.get(from..to).and_then(|field| std::str::from_utf8(field.split(|b| *b == 0).next()?).ok())
        };
        let size = usize::from_str_radix(text(124, 136)?.trim(), 8).ok()?;
        let begin = at + BLOCK;
        let content = bytes.get(begin..begin.checked_add(size)?)?;
        if matches!(head.get(156), Some(b'0' | 0)) {
            files.push((text(0, 100)?.to_owned(), content));
        }
        at = begin.checked_add(size.checked_next_multiple_of(BLOCK)?)?;
    }
    Some(files)
}

#[cfg(test)]
mod tests {
    use super::{is_bundle, pack, unpack};

    #[test]
    fn what_is_packed_is_unpacked() {
        let long = vec![7; 1000];
        let files: [(&str, &[u8]); 3] = [("a.txt", b"hello"), ("b.bin", &long), ("empty", b"")];
        let packed = pack(&files, 1_700_000_000);
        assert!(is_bundle(&packed));
        let unpacked = unpack(&packed).unwrap();
        let found: Vec<(&str, &[u8])> =
            unpacked.iter().map(|(name, bytes)| (name.as_str(), *bytes)).collect();
        assert_eq!(found, files);
    }

    #[test]
    fn what_is_cut_or_lies_about_its_length_is_refused() {
        let packed = pack(&[("a.txt", &[1; 2000])], 0);
        assert!(unpack(&packed[..1500]).is_none());
        let mut lying = packed.clone();
        lying[124..135].copy_from_slice(b"77777777777");
        assert!(unpack(&lying).is_none());
        assert!(unpack(b"%PDF-1.7").is_some_and(|files| files.is_empty()));
    }
}
