//! Opening PDF files of unknown origin: strictly, within limits, without repairing anything.

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

/// The signature fields in the form's order, children of other fields included.
pub(super) fn signature_fields(document: &Document) -> Result<Vec<SignatureField>, ReadError> {
    let mut found = vec![];
    let (_, catalog) = catalog(document)?;
    let Some(Object::Dictionary(form)) = follow(document, catalog, b"AcroForm") else { return Ok(found) };
    let Some(Object::Array(fields)) = follow(document, form, b"Fields") else { return Ok(found) };
    let mut open: Vec<(ObjectId, String, bool, usize)> = fields.iter().rev().filter_map(top_field).collect();
    let mut seen = 0;
    while let Some((id, prefix, inherited, depth)) = open.pop() {
        seen += 1;
        if seen > MAX_FIELDS || depth > MAX_FIELD_DEPTH {
            return Err(ReadError::TooManyFields);
        }
        let Ok(dictionary) = document.get_dictionary(id) else { continue };
        let signs = follow(document, dictionary, b"FT").map_or(inherited, is_signature_type);
        let name = full_name(&prefix, &text(follow(document, dictionary, b"T")));
        let children = child_fields(document, dictionary);
        if children.is_empty() {
            if signs {
                found.push(SignatureField { id, name, dictionary: dictionary.clone() });
            }
        } else {
            open.extend(children.into_iter().rev().map(|child| (child, name.clone(), signs, depth + 1)));
        }
    }
    Ok(found)
}

fn top_field(object: &Object) -> Option<(ObjectId, String, bool, usize)> {
    Some((object.as_reference().ok()?, String::new(), false, 0))
}

fn is_signature_type(object: &Object) -> bool {
    matches!(object, Object::Name(name) if name == b"Sig")
}

fn full_name(prefix: &str, part: &str) -> String {
    match (prefix.is_empty(), part.is_empty()) {
        (true, _) => part.to_owned(),
        (false, true) => prefix.to_owned(),
        (false, false) => format!("{prefix}.{part}"),
    }
}

fn child_fields(document: &Document, field: &Dictionary) -> Vec<ObjectId> {
    match follow(document, field, b"Kids") {
        Some(Object::Array(kids)) => kids.iter().filter_map(|kid| kid.as_reference().ok()).collect(),
        _ => vec![],
    }
}

#[cfg(test)]
mod tests {
    use super::{ReadError, catalog, open, text};
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

    #[test]
    fn text_is_read_in_both_encodings() {
        let utf16 = Object::String(vec![0xFE, 0xFF, 0x5F, 0x20], StringFormat::Hexadecimal);
        assert_eq!(text(Some(&utf16)), "张");
        assert_eq!(text(Some(&Object::String(b"lock".to_vec(), StringFormat::Literal))), "lock");
        assert_eq!(text(None), "");
    }
}
