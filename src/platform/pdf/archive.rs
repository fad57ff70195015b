//! Long-term data (`PAdES` B-LT and B-LTA): what a verifier would have to ask for, and a time stamp over the whole file.

use std::collections::BTreeSet;

use lopdf::{Dictionary, Document, Object, ObjectId, Stream, dictionary};

use super::field::{FieldError, PRINTED_AND_LOCKED, numbers, seal, text_string, with_room};
use super::increment::Increment;
use super::read::{self, SignatureField, catalog, follow, signature_fields, text};
use super::verify::der_length;
use crate::platform::pki::revocation::{Material, is_certificate, is_revocation_list};
use crate::platform::pki::{MessageError, Transport, certificates_of, request_token_over};

/// Sub-filter of a time stamp over a document (ETSI EN 319 142-1 5.4.3).
pub(super) const STAMP_FORMAT: &str = "ETSI.RFC3161";
/// What a store of validation data has (ISO 32000-2 12.8.4.3).
const STORE_KEYS: [&[u8]; 5] = [b"Type", b"Certs", b"CRLs", b"OCSPs", b"VRI"];
/// What it has for one signature.
const ENTRY_KEYS: [&[u8]; 6] = [b"Type", b"Cert", b"CRL", b"OCSP", b"TU", b"TS"];
const STREAM_KEYS: [&[u8]; 4] = [b"Type", b"Length", b"Filter", b"DecodeParms"];
/// What the field of a time stamp has: no room on a page and no look.
const STAMP_FIELD_KEYS: [&[u8]; 9] = [b"Type", b"Subtype", b"FT", b"T", b"TU", b"F", b"P", b"Rect", b"V"];
const STAMP_KEYS: [&[u8]; 6] = [b"Type", b"Filter", b"SubFilter", b"ByteRange", b"Contents", b"Prop_Build"];

/// What goes into a file so that nobody need be asked later, DER.
#[derive(Debug, Clone, Default)]
pub struct ValidationData {
    pub certificates: Vec<Vec<u8>>,
    pub revocation_lists: Vec<Vec<u8>>,
}

/// Adds validation data and a time stamp over everything in one update, which touches no page and no signature. What
/// the file has of such data stays; the certificates inside its signatures are taken as well.
///
/// # Errors
/// When the file cannot be read, has no form, or no stamp can be had.
pub fn archive(pdf: &[u8], data: &ValidationData, transport: &Transport<'_>) -> Result<Vec<u8>, FieldError> {
    let document = read::open(pdf)?;
    let (root_id, root) = catalog(&document)?;
    let form_id = root.get(b"AcroForm").and_then(Object::as_reference)?;
    let fields = signature_fields(&document)?;
    let mut increment = Increment::new(pdf, &document);
    let store = grown_store(&document, &fields, data, &mut increment)?;
    let mut root = root.clone();
    root.set("DSS", increment.add(store)?);
    increment.replace(root_id, root)?;

    let stamp = increment.reserve()?;
    let number = 1 + fields.iter().filter(|field| is_stamp(&document, field)).count();
    let field = increment.add(dictionary! {
        "Type" => "Annot",
        "Subtype" => "Widget",
        "FT" => "Sig",
        "T" => text_string(&format!("stamp-{number}")),
        "TU" => text_string(&format!("存档时间戳 {number}")),
        "F" => PRINTED_AND_LOCKED,
        "Rect" => numbers(&[0.0; 4]),
        "V" => stamp,
    })?;
    let mut form = document.get_dictionary(form_id)?.clone();
    let mut listed = form.get(b"Fields").and_then(Object::as_array)?.clone();
    listed.push(field.into());
    form.set("Fields", listed);
    increment.replace(form_id, form)?;
    let dictionary =
        dictionary! { "Type" => "DocTimeStamp", "Filter" => "Adobe.PPKLite", "SubFilter" => STAMP_FORMAT };
    increment.replace_raw(stamp, with_room(&dictionary))?;
    let out = increment.finish()?;
    seal(out, pdf.len(), |digest| Ok(request_token_over(digest, transport)?))
}

/// Every certificate inside the file's signatures and time stamps, DER, each once.
///
/// # Errors
/// When the file or one of its messages cannot be read.
pub fn certificates(pdf: &[u8]) -> Result<Vec<Vec<u8>>, FieldError> {
    let document = read::open(pdf)?;
    let fields = signature_fields(&document)?;
    Ok(certificates_in(&document, &fields)?.into_iter().collect())
}

fn certificates_in(
    document: &Document,
    fields: &[SignatureField],
) -> Result<BTreeSet<Vec<u8>>, MessageError> {
    let mut found = BTreeSet::new();
    for field in fields {
        let made = follow(document, &field.dictionary, b"V").and_then(|made| made.as_dict().ok());
        let room = made.and_then(|made| made.get(b"Contents").and_then(Object::as_str).ok());
        if let Some(message) = room.and_then(|room| room.get(..der_length(room)?)) {
            found.extend(certificates_of(message)?);
        }
    }
    Ok(found)
}

/// The store with what is new in it.
fn grown_store(
    document: &Document,
    fields: &[SignatureField],
    data: &ValidationData,
    increment: &mut Increment<'_>,
) -> Result<Dictionary, FieldError> {
    let present = Store::of(document).unwrap_or_default();
    let mut certificates = certificates_in(document, fields)?;
    certificates.extend(data.certificates.iter().cloned());
    let mut store = present.dictionary.clone();
    store.set("Type", "DSS");
    let lists: BTreeSet<Vec<u8>> = data.revocation_lists.iter().cloned().collect();
    for (key, held, wanted) in
        [("Certs", &present.certificates, certificates), ("CRLs", &present.lists, lists)]
    {
        let known = contents(document, held);
        let mut all: Vec<Object> = held.iter().copied().map(Object::Reference).collect();
        for der in wanted.into_iter().filter(|der| !known.contains(der)) {
            all.push(increment.add(Stream::new(Dictionary::new(), der))?.into());
        }
        store.set(key, all);
    }
    Ok(store)
}

fn contents(document: &Document, ids: &[ObjectId]) -> Vec<Vec<u8>> {
    let plain = |id: &ObjectId| match document.objects.get(id) {
        Some(Object::Stream(stream)) if !stream.dict.has(b"Filter") => Some(stream.content.clone()),
        _ => None,
    };
    ids.iter().filter_map(plain).collect()
}

/// The validation data of a file: nothing but what the standard knows.
#[derive(Debug, Default)]
pub(super) struct Store {
    dictionary: Dictionary,
    certificates: Vec<ObjectId>,
    lists: Vec<ObjectId>,
    answers: Vec<ObjectId>,
}

impl Store {
    /// `None` when the file has none, or something else in its place.
    pub(super) fn of(document: &Document) -> Option<Self> {
        let (_, root) = catalog(document).ok()?;
        let dictionary = follow(document, root, b"DSS")?.as_dict().ok()?;
        if !has_only(dictionary, &STORE_KEYS) || !entries_are_lawful(document, dictionary) {
            return None;
        }
        Some(Self {
            certificates: streams(document, dictionary, b"Certs", is_certificate)?,
            lists: streams(document, dictionary, b"CRLs", is_revocation_list)?,
            answers: streams(document, dictionary, b"OCSPs", is_one_value)?,
            dictionary: dictionary.clone(),
        })
    }

    /// Whether nothing of `old` is missing.
    pub(super) fn keeps(&self, old: &Self) -> bool {
        let all = |new: &[ObjectId], old: &[ObjectId]| old.iter().all(|id| new.contains(id));
        all(&self.certificates, &old.certificates)
            && all(&self.lists, &old.lists)
            && all(&self.answers, &old.answers)
    }

    pub(super) fn material(&self, document: &Document) -> Option<Material> {
        Material::read(&contents(document, &self.certificates), &contents(document, &self.lists))
    }
}

/// The streams that an array refers to, each of which must be what `fits` says; what another program has packed is not
/// unpacked, and proves nothing.
fn streams(
    document: &Document,
    dictionary: &Dictionary,
    key: &[u8],
    fits: fn(&[u8]) -> bool,
) -> Option<Vec<ObjectId>> {
    if !dictionary.has(key) {
        return Some(vec![]);
    }
    let listed = follow(document, dictionary, key)?.as_array().ok()?;
    let lawful = |object: &Object| {
        let id = object.as_reference().ok()?;
        let stream = document.objects.get(&id)?.as_stream().ok()?;
        let sound = stream.dict.has(b"Filter") || fits(&stream.content);
        (sound && has_only(&stream.dict, &STREAM_KEYS)).then_some(id)
    };
    listed.iter().map(lawful).collect()
}

fn is_one_value(der: &[u8]) -> bool {
    der_length(der) == Some(der.len())
}

/// Whether what the store says of single signatures is of the known kind.
fn entries_are_lawful(document: &Document, store: &Dictionary) -> bool {
    if !store.has(b"VRI") {
        return true;
    }
    let Some(Object::Dictionary(entries)) = follow(document, store, b"VRI") else { return false };
    entries.iter().filter(|(key, _)| key.as_slice() != b"Type").all(|(key, _)| {
        let entry = follow(document, entries, key).and_then(|entry| entry.as_dict().ok());
        entry.is_some_and(|entry| {
            has_only(entry, &ENTRY_KEYS)
                && streams(document, entry, b"Cert", is_certificate).is_some()
                && streams(document, entry, b"CRL", is_revocation_list).is_some()
                && streams(document, entry, b"OCSP", is_one_value).is_some()
        })
    })
}

fn has_only(dictionary: &Dictionary, keys: &[&[u8]]) -> bool {
    dictionary.iter().all(|(key, _)| keys.contains(&key.as_slice()))
}

/// Whether a field holds a time stamp over the document, or claims to.
pub(super) fn is_stamp(document: &Document, field: &SignatureField) -> bool {
    let made = follow(document, &field.dictionary, b"V").and_then(|made| made.as_dict().ok());
    made.is_some_and(is_stamp_dictionary)
}

pub(super) fn is_stamp_dictionary(made: &Dictionary) -> bool {
    text(made.get(b"SubFilter").ok()) == STAMP_FORMAT
}

/// Whether a new field of the form is that of a time stamp: unseen, made at once, and with nothing else in it.
pub(super) fn is_lawful_stamp(document: &Document, id: ObjectId) -> bool {
    let Ok(field) = document.get_dictionary(id) else { return false };
    let rect = field.get(b"Rect").and_then(Object::as_array).map_or(&[][..], Vec::as_slice);
    let made = follow(document, field, b"V").and_then(|made| made.as_dict().ok());
    has_only(field, &STAMP_FIELD_KEYS)
        && text(field.get(b"FT").ok()) == "Sig"
        && text(field.get(b"Subtype").ok()) == "Widget"
        && rect.iter().all(|number| number.as_float().is_ok_and(|number| number == 0.0))
        && made.is_some_and(|made| {
            is_stamp_dictionary(made)
                && has_only(made, &STAMP_KEYS)
                && text(made.get(b"Type").ok()) == "DocTimeStamp"
        })
}
