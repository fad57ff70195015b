//! Opening PDF files of unknown origin: strictly, within limits, without repairing anything.

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};

use lopdf::{Dictionary, Document, LoadOptions, Object, ObjectId};

/// Largest file that is opened, in bytes.
pub const MAX_FILE: usize = 20 * 1024 * 1024;
/// All streams that hold other objects may unfold to about this many bytes together.
const UNFOLDED_BUDGET: usize = 64 * 1024 * 1024;
/// What one of them may always unfold to: an ordinary one holds 100 to 200 objects.
const UNFOLDED_FLOOR: usize = 32 * 1024;
/// What one of them may unfold to at most.
const UNFOLDED_CEILING: usize = 8 * 1024 * 1024;
/// Steps from a field to its children, at most.
const MAX_FIELD_DEPTH: usize = 16;
/// Form fields that are looked at, at most.
const MAX_FIELDS: usize = 4096;
/// Characters of a field's full name that are kept.
const MAX_NAME: usize = 200;

/// Why a file cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    #[error("the file is larger than {MAX_FILE} bytes")]
    TooLarge,
    #[error("the file does not begin as a PDF")]
    NotPdf,
    #[error("the file is not well-formed")]
    Malformed(#[from] lopdf::Error),
    #[error("the file is encrypted")]
    Encrypted,
    #[error("the file's table of contents had to be repaired")]
    Repaired,
    #[error("the file brought its reader down")]
    Hostile,
    #[error("the file has too many form fields")]
    TooManyFields,
}

/// Opens a file strictly; anything that a reader would have to guess is refused.
pub(super) fn open(pdf: &[u8]) -> Result<Document, ReadError> {
    if pdf.len() > MAX_FILE {
        return Err(ReadError::TooLarge);
    }
    if !pdf.starts_with(b"%PDF-") {
        return Err(ReadError::NotPdf);
    }
    let options = LoadOptions {
        strict: true,
        max_decompressed_size: Some(unfolding_limit(pdf)),
        ..LoadOptions::default()
    };
    // The parser has had panics on crafted numbers; a stranger's upload must not end the request with one.
    let opened = catch_unwind(AssertUnwindSafe(|| Document::load_mem_with_options(pdf, options)));
    let document = opened.map_err(|_| ReadError::Hostile)??;
    if document.trailer.has(b"Encrypt") || document.was_encrypted() {
        return Err(ReadError::Encrypted);
    }
    if document.xref_recovery.is_some() {
        return Err(ReadError::Repaired);
    }
    Ok(document)
}

fn unfolding_limit(pdf: &[u8]) -> usize {
    let streams = pdf.windows(9).filter(|window| window == b"endstream").count().max(1);
    (UNFOLDED_BUDGET / streams).clamp(UNFOLDED_FLOOR, UNFOLDED_CEILING)
}

/// The object that the trailer names as root, with its id.
pub(super) fn catalog(document: &Document) -> Result<(ObjectId, &Dictionary), ReadError> {
    let id = document.trailer.get(b"Root")?.as_reference()?;
    Ok((id, document.get_dictionary(id)?))
}

/// A dictionary entry with a reference followed.
pub(super) fn follow<'a>(
    document: &'a Document,
    dictionary: &'a Dictionary,
    key: &[u8],
) -> Option<&'a Object> {
    dictionary.get_deref(key, document).ok()
}

/// A text string as PDF writes it: UTF-16 with a mark, or one byte a character.
pub(super) fn text(object: Option<&Object>) -> String {
    match object {
        Some(Object::String(bytes, _)) => match bytes.strip_prefix(&[0xFE, 0xFF]) {
            Some(utf16) => {
                let units: Vec<u16> = utf16
                    .chunks_exact(2)
                    .filter_map(|pair| Some(u16::from_be_bytes(pair.try_into().ok()?)))
                    .collect();
                String::from_utf16_lossy(&units)
            }
            None => bytes.iter().copied().map(char::from).collect(),
        },
        Some(Object::Name(name)) => String::from_utf8_lossy(name).into_owned(),
        _ => String::new(),
    }
}

/// A signature field of the form.
#[derive(Debug, Clone)]
pub(super) struct SignatureField {
    pub id: ObjectId,
    pub name: String,
    pub dictionary: Dictionary,
}

/// A field that is still to be looked at.
struct OpenField {
    id: ObjectId,
    /// Full name of its parent.
    prefix: String,
    /// Whether its parent is a signature field.
    signs: bool,
    depth: usize,
}

/// The signature fields in the form's order, children of other fields included. Every field is looked at
/// once, so that fields that contain each other come to an end.
pub(super) fn signature_fields(document: &Document) -> Result<Vec<SignatureField>, ReadError> {
    let mut found = vec![];
    let (_, catalog) = catalog(document)?;
    let Some(Object::Dictionary(form)) = follow(document, catalog, b"AcroForm") else { return Ok(found) };
    let mut seen = BTreeSet::new();
    let mut open: Vec<OpenField> = references_in(document, form, b"Fields")
        .rev()
        .map(|id| OpenField { id, prefix: String::new(), signs: false, depth: 0 })
        .collect();
    while let Some(field) = open.pop() {
        if !seen.insert(field.id) {
            continue;
        }
        if seen.len() > MAX_FIELDS || field.depth > MAX_FIELD_DEPTH {
            return Err(ReadError::TooManyFields);
        }
        let Ok(dictionary) = document.get_dictionary(field.id) else { continue };
        let signs = follow(document, dictionary, b"FT").map_or(field.signs, is_signature_type);
        let name = full_name(&field.prefix, &text(follow(document, dictionary, b"T")));
        let children: Vec<ObjectId> = references_in(document, dictionary, b"Kids")
            .filter(|id| !seen.contains(id))
            .take(MAX_FIELDS + 1)
            .collect();
        if children.is_empty() {
            if signs {
                found.push(SignatureField { id: field.id, name, dictionary: dictionary.clone() });
            }
            continue;
        }
        if open.len() + children.len() > MAX_FIELDS {
            return Err(ReadError::TooManyFields);
        }
        let child = |id| OpenField { id, prefix: name.clone(), signs, depth: field.depth + 1 };
        open.extend(children.into_iter().rev().map(child));
    }
    Ok(found)
}

fn references_in<'a>(
    document: &'a Document,
    dictionary: &'a Dictionary,
    key: &[u8],
) -> impl DoubleEndedIterator<Item = ObjectId> + use<'a> {
    let items = match follow(document, dictionary, key) {
        Some(Object::Array(items)) => items.as_slice(),
        _ => &[],
    };
    items.iter().filter_map(|item| item.as_reference().ok())
}

fn is_signature_type(object: &Object) -> bool {
    matches!(object, Object::Name(name) if name == b"Sig")
}

fn full_name(prefix: &str, part: &str) -> String {
    let name = match (prefix.is_empty(), part.is_empty()) {
        (true, _) => part.to_owned(),
        (false, true) => prefix.to_owned(),
        (false, false) => format!("{prefix}.{part}"),
    };
    name.chars().take(MAX_NAME).collect()
}

#[cfg(test)]
mod tests {
    use super::{ReadError, catalog, open, signature_fields, text};
    use lopdf::{Object, StringFormat};

    #[test]
    fn rubbish_is_refused_without_a_panic() {
        assert!(matches!(open(b""), Err(ReadError::NotPdf)));
        assert!(matches!(open(b"PK\x03\x04"), Err(ReadError::NotPdf)));
        for hostile in [
            &b"%PDF-1.7\nstartxref\n99999999999999999999\n%%EOF"[..],
            b"%PDF-1.7\nxref\n0 0\ntrailer<</Size 0/Root 1 0 R>>\nstartxref\n9\n%%EOF\n",
            b"%PDF-1.7\nxref\n0 4294967295\ntrailer<</Size 4294967295/Root 1 0 R/Prev 9>>\nstartxref\n9\n%%EOF\n",
        ] {
            assert!(open(hostile).and_then(|document| catalog(&document).map(|_| ())).is_err());
        }
        let deep = [b"%PDF-1.7\n1 0 obj\n".to_vec(), vec![b'['; 500_000]].concat();
        assert!(open(&deep).is_err());
    }

    /// A well-formed file around one hostile object.
    fn file_around(object: &[u8]) -> Vec<u8> {
        let mut file = b"%PDF-1.7\n".to_vec();
        let mut table = "xref\n0 4\n0000000000 65535 f\r\n".to_owned();
        let bodies = [&b"<</Type/Catalog/Pages 2 0 R>>"[..], b"<</Type/Pages/Kids[]/Count 0>>", object];
        for (index, body) in bodies.into_iter().enumerate() {
            table += &format!("{:010} 00000 n\r\n", file.len());
            file.extend(format!("{} 0 obj\n", index + 1).bytes());
            file.extend(body);
            file.extend(b"\nendobj\n");
        }
        let start = file.len();
        file.extend(format!("{table}trailer\n<</Size 4/Root 1 0 R>>\nstartxref\n{start}\n%%EOF\n").bytes());
        file
    }

    #[test]
    fn deep_and_long_objects_end_soon() {
        assert!(open(&file_around(b"<<>>")).is_ok());
        let million = 1_000_000;
        for object in [
            b"[".repeat(million),
            b"<<".repeat(million),
            b"<</A".repeat(million),
            b"(".repeat(million),
            [b"(".repeat(million), b")".repeat(million)].concat(),
            [b"[".repeat(million), b"]".repeat(million)].concat(),
            [b"<</A ".repeat(million), b"0".to_vec(), b">>".repeat(million)].concat(),
        ] {
            assert!(open(&file_around(&object)).is_err());
        }
    }

    #[test]
    fn an_object_container_unfolds_only_so_far() {
        let mut bomb = lopdf::Stream::new(
            lopdf::dictionary! { "Type" => "ObjStm", "N" => 1, "First" => 4 },
            [b"9 0 ".to_vec(), b"0 ".repeat(30_000_000)].concat(),
        );
        bomb.compress().unwrap();
        let mut object = vec![];
        crate::platform::pdf::increment::write_object(&Object::Stream(bomb), &mut object);
        assert!(object.len() < 100_000);
        assert!(matches!(
            open(&file_around(&object)),
            Err(ReadError::Malformed(lopdf::Error::Decompress(_)))
        ));
    }

    #[test]
    fn fields_that_contain_each_other_come_to_an_end() {
        let mut looped = open(&file_around(b"<</FT/Sig/T(a)/Kids[3 0 R 3 0 R]>>")).unwrap();
        looped
            .catalog_mut()
            .unwrap()
            .set("AcroForm", lopdf::dictionary! { "Fields" => vec![Object::Reference((3, 0))] });
        let found = signature_fields(&looped).unwrap();
        assert_eq!(found.iter().map(|field| field.name.as_str()).collect::<Vec<_>>(), ["a"]);
    }

    #[test]
    fn text_is_read_in_both_encodings() {
        let utf16 = Object::String(vec![0xFE, 0xFF, 0x5F, 0x20], StringFormat::Hexadecimal);
        assert_eq!(text(Some(&utf16)), "张");
        assert_eq!(text(Some(&Object::String(b"lock".to_vec(), StringFormat::Literal))), "lock");
        assert_eq!(text(None), "");
    }
}
