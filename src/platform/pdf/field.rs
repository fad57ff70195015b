//! Signature fields: all prepared at once, the file locked by the platform, one signature appended per party.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use lopdf::{Dictionary, Document, Object, ObjectId, Stream, StringFormat, dictionary};
use sha2::{Digest, Sha256};

use super::increment::{Increment, IncrementError, write_entries};
use super::paper::SigBox;
use super::read::{self, ReadError, SignatureField, catalog, follow, signature_fields};
use super::verify::der_length;
use crate::platform::clock::Time;
use crate::platform::pki::{EventKey, MessageError, Transport, with_stamp};

/// Room for the signature message, in bytes: external time-stamping authorities send long chains.
const MESSAGE_ROOM: usize = 12 * 1024;
/// Name of the entry that ties the evidence chain to a signature.
pub(super) const EVIDENCE: &str = "Palm_Evidence";
/// Annotation flags: printed, and locked in place and size.
pub(super) const PRINTED_AND_LOCKED: i64 = 4 | 128;
const BYTE_RANGE: &[u8] = b"/ByteRange [0 ";
const CONTENTS: &[u8] = b"/Contents ";

/// Why a file could not be prepared or signed.
#[derive(Debug, thiserror::Error)]
pub enum FieldError {
    #[error("the file cannot be opened")]
    Read(#[from] ReadError),
    #[error("the update cannot be written")]
    Increment(#[from] IncrementError),
    #[error("there is no page {0}")]
    NoPage(u32),
    #[error("the file already has a form")]
    AlreadyPrepared,
    #[error("there is no signature field {0}")]
    NoField(String),
    #[error("the field {0} is signed already")]
    AlreadySigned(String),
    #[error("the file was locked already")]
    AlreadyLocked,
    #[error("the appearance is not a one-page PDF")]
    Appearance,
    #[error("the signature message could not be made")]
    Message(#[from] MessageError),
    #[error("the signature message has {0} bytes, more than there is room for")]
    MessageTooLong(usize),
    #[error("the signature's place in the file was not found")]
    PlaceLost,
}

impl From<lopdf::Error> for FieldError {
    fn from(error: lopdf::Error) -> Self {
        Self::Read(error.into())
    }
}

/// Where a signature will stand.
#[derive(Debug, Clone, PartialEq)]
pub struct FieldPlace {
    /// Unique in the file; names the field for ever.
    pub name: String,
    /// What a reader shows when it points at the field.
    pub label: String,
    /// Counted from 1.
    pub page: u32,
    /// Lower left and upper right corner in points from the page's lower left; all zero is invisible.
    pub corners: [f32; 4],
}

impl FieldPlace {
    /// A field exactly over a box that the template drew.
    pub fn over(sig_box: &SigBox, name: &str, label: &str) -> Self {
        Self { name: name.into(), label: label.into(), page: sig_box.page, corners: sig_box.corners() }
    }

    /// A field without a place on the page, for the platform's lock.
    pub fn invisible(name: &str, label: &str) -> Self {
        Self { name: name.into(), label: label.into(), page: 1, corners: [0.0; 4] }
    }
}

/// One signature about to be made.
pub struct Signing<'a> {
    /// Name of a prepared field.
    pub field: &'a str,
    pub signer_name: &'a str,
    pub reason: &'a str,
    pub location: &'a str,
    /// The time that the platform claims; the proven one is in the time stamp.
    pub at: DateTime<Utc>,
    /// SHA-256 at the head of the evidence chain, written inside the signed bytes.
    pub evidence_head: Option<[u8; 32]>,
    /// A one-page PDF of the field's size.
    pub appearance: Option<&'a [u8]>,
    /// Carries the time-stamp request; without it the signature is unstamped.
    pub timestamp: Option<&'a Transport<'a>>,
}

/// Adds every signature field of every signer at once, so that signing later touches nothing but one's own
/// field. The file must not have a form yet.
///
/// # Errors
/// When the file cannot be read, has a form, or lacks a page.
pub fn prepare(pdf: &[u8], places: &[FieldPlace]) -> Result<Vec<u8>, FieldError> {
    let document = read::open(pdf)?;
    let (root_id, root) = catalog(&document)?;
    if root.has(b"AcroForm") {
        return Err(FieldError::AlreadyPrepared);
    }
    let pages = document.get_pages();
    let mut increment = Increment::new(pdf, &document);
    let mut fields = vec![];
    let mut by_page: BTreeMap<ObjectId, Vec<Object>> = BTreeMap::new();
    for place in places {
        let page = *pages.get(&place.page).ok_or(FieldError::NoPage(place.page))?;
        let widget = add_widget(&mut increment, place, page)?;
        fields.push(Object::Reference(widget));
        by_page.entry(page).or_default().push(Object::Reference(widget));
    }
    for (page_id, widgets) in by_page {
        let mut page = document.get_dictionary(page_id)?.clone();
        let mut annotations = match follow(&document, &page, b"Annots") {
            Some(Object::Array(present)) => present.clone(),
            _ => vec![],
        };
        annotations.extend(widgets);
        page.set("Annots", annotations);
        increment.replace(page_id, page)?;
    }
    let form = increment.add(dictionary! { "Fields" => fields, "SigFlags" => 3 })?;
    let mut root = root.clone();
    root.set("AcroForm", form);
    // ETSI EN 319 142-1: PDF 1.7 files that use its sub-filter say so.
    let pades = dictionary! { "BaseVersion" => "1.7", "ExtensionLevel" => 1 };
    root.set("Extensions", dictionary! { "ESIC" => pades });
    increment.replace(root_id, root)?;
    Ok(increment.finish()?)
}

fn add_widget(
    increment: &mut Increment<'_>,
    place: &FieldPlace,
    page: ObjectId,
) -> Result<ObjectId, IncrementError> {
    let [left, bottom, right, top] = place.corners;
    let empty = dictionary! {
        "Type" => "XObject",
        "Subtype" => "Form",
        "BBox" => numbers(&[0.0, 0.0, right - left, top - bottom]),
        "Resources" => Dictionary::new(),
    };
    let appearance = increment.add(Stream::new(empty, vec![]))?;
    increment.add(dictionary! {
        "Type" => "Annot",
        "Subtype" => "Widget",
        "FT" => "Sig",
        "T" => text_string(&place.name),
        "TU" => text_string(&place.label),
        "F" => PRINTED_AND_LOCKED,
        "P" => page,
        "Rect" => numbers(&place.corners),
        "AP" => dictionary! { "N" => appearance },
    })
}

/// Signs as the platform and certifies the file: from here on only signing the prepared fields is allowed
/// (`DocMDP` P=2).
///
/// # Errors
/// When the file is locked already, the field is missing or signed, or no time stamp can be had.
pub fn lock(pdf: &[u8], key: EventKey, signing: &Signing<'_>) -> Result<Vec<u8>, FieldError> {
    append_signature(pdf, key, signing, true)
}

/// Signs one prepared field.
///
/// # Errors
/// When the field is missing or signed, the appearance is no page, or no time stamp can be had.
pub fn sign(pdf: &[u8], key: EventKey, signing: &Signing<'_>) -> Result<Vec<u8>, FieldError> {
    append_signature(pdf, key, signing, false)
}

fn append_signature(
    pdf: &[u8],
    key: EventKey,
    signing: &Signing<'_>,
    locks: bool,
) -> Result<Vec<u8>, FieldError> {
    let document = read::open(pdf)?;
    let field = unsigned_field(&document, signing.field)?;
    let mut increment = Increment::new(pdf, &document);
    let signature_id = increment.reserve()?;
    let mut widget = field.dictionary;
    if let Some(appearance) = signing.appearance {
        let form = import_appearance(&mut increment, appearance)?;
        widget.set("AP", dictionary! { "N" => form });
    }
    widget.set("V", signature_id);
    increment.replace(field.id, widget)?;
    let mut signature = signature_dictionary(signing);
    if locks {
        certify(&document, &mut increment, &mut signature, signature_id)?;
    }
    increment.replace_raw(signature_id, with_room(&signature))?;
    let out = increment.finish()?;
    seal(out, pdf.len(), |digest| key.sign_detached(digest, signing.timestamp))
}

/// Width and height of a field, in points.
///
/// # Errors
/// When the file cannot be read or has no such field.
pub fn field_size(pdf: &[u8], name: &str) -> Result<(f32, f32), FieldError> {
    let field = unsigned_field(&read::open(pdf)?, name)?;
    let corners = field.dictionary.get(b"Rect").and_then(Object::as_array).ok();
    let corners: Vec<f32> =
        corners.map(|all| all.iter().filter_map(|one| one.as_float().ok()).collect()).unwrap_or_default();
    match *corners.as_slice() {
        [left, bottom, right, top] => Ok((right - left, top - bottom)),
        _ => Err(FieldError::NoField(name.into())),
    }
}

/// Stamps the last signature of a file whose time-stamping authority was silent when it was made. Only the
/// signature's message changes, which no signature covers yet; it proves the time of those before it too.
///
/// # Errors
/// When anything follows the last signature, it has a stamp, or no stamp can be had.
pub fn stamp_last(pdf: &[u8], transport: &Transport<'_>) -> Result<Vec<u8>, FieldError> {
    let at = pdf.windows(BYTE_RANGE.len()).rposition(|window| window == BYTE_RANGE);
    let at = at.ok_or(FieldError::PlaceLost)? + BYTE_RANGE.len();
    let text = pdf.get(at..at + 32).and_then(|text| std::str::from_utf8(text).ok());
    let numbers: Vec<usize> =
        text.unwrap_or_default().split_ascii_whitespace().filter_map(|number| number.parse().ok()).collect();
    let [room_at, rest_at, rest] = *numbers.as_slice() else { return Err(FieldError::PlaceLost) };
    if rest_at.checked_add(rest) != Some(pdf.len()) {
        return Err(FieldError::PlaceLost);
    }
    let room =
        rest_at.checked_sub(1).and_then(|end| pdf.get(room_at + 1..end)).ok_or(FieldError::PlaceLost)?;
    let mut message = hex::decode(room).map_err(|_| FieldError::PlaceLost)?;
    message.truncate(der_length(&message).ok_or(FieldError::PlaceLost)?);
    let stamped = with_stamp(&message, transport)?;
    if stamped.len() * 2 > room.len() {
        return Err(FieldError::MessageTooLong(stamped.len()));
    }
    let mut out = pdf.to_vec();
    overwrite(&mut out, room_at + 1, hex::encode(&stamped).as_bytes())?;
    Ok(out)
}

fn unsigned_field(document: &Document, name: &str) -> Result<SignatureField, FieldError> {
    let found = signature_fields(document)?.into_iter().find(|field| field.name == name);
    let field = found.ok_or_else(|| FieldError::NoField(name.into()))?;
    if field.dictionary.has(b"V") { Err(FieldError::AlreadySigned(name.into())) } else { Ok(field) }
}

fn signature_dictionary(signing: &Signing<'_>) -> Dictionary {
    let mut signature = dictionary! {
        "Type" => "Sig",
        "Filter" => "Adobe.PPKLite",
        "SubFilter" => "ETSI.CAdES.detached",
        "Name" => text_string(signing.signer_name),
        "Reason" => text_string(signing.reason),
        "Location" => text_string(signing.location),
        "M" => Object::String(pdf_date(signing.at).into_bytes(), StringFormat::Literal),
        "Prop_Build" => dictionary! { "App" => dictionary! { "Name" => "Palm" } },
    };
    if let Some(head) = signing.evidence_head {
        signature.set(EVIDENCE, Object::String(head.to_vec(), StringFormat::Hexadecimal));
    }
    signature
}

fn certify(
    document: &Document,
    increment: &mut Increment<'_>,
    signature: &mut Dictionary,
    signature_id: ObjectId,
) -> Result<(), FieldError> {
    let (root_id, root) = catalog(document)?;
    if root.has(b"Perms") {
        return Err(FieldError::AlreadyLocked);
    }
    let allowed = dictionary! { "Type" => "TransformParams", "P" => 2, "V" => "1.2" };
    let reference =
        dictionary! { "Type" => "SigRef", "TransformMethod" => "DocMDP", "TransformParams" => allowed };
    signature.set("Reference", vec![Object::Dictionary(reference)]);
    let mut root = root.clone();
    root.set("Perms", dictionary! { "DocMDP" => signature_id });
    Ok(increment.replace(root_id, root)?)
}

/// The dictionary in PDF syntax with fixed-width places for what is known only after the file is laid out.
pub(super) fn with_room(signature: &Dictionary) -> Vec<u8> {
    let mut body = b"<<".to_vec();
    write_entries(signature, &mut body);
    body.extend(BYTE_RANGE);
    body.extend(b"0000000000 0000000000 0000000000]");
    body.extend(CONTENTS);
    body.push(b'<');
    body.extend(std::iter::repeat_n(b'0', MESSAGE_ROOM * 2));
    body.extend(b">>>");
    body
}

/// Fills in the byte range, digests everything outside the message's room, and puts the message over it there.
pub(super) fn seal(
    mut out: Vec<u8>,
    base_length: usize,
    message_over: impl FnOnce(&[u8; 32]) -> Result<Vec<u8>, MessageError>,
) -> Result<Vec<u8>, FieldError> {
    // Both marks are looked for behind the old file only: it may hold signatures of its own.
    let range_at = find(&out, base_length, BYTE_RANGE)? + BYTE_RANGE.len();
    let room_at = find(&out, range_at, CONTENTS)? + CONTENTS.len();
    let rest_at = room_at + MESSAGE_ROOM * 2 + 2;
    let rest = out.len().checked_sub(rest_at).ok_or(FieldError::PlaceLost)?;
    let range = format!("{room_at:<10} {rest_at:<10} {rest:<10}");
    overwrite(&mut out, range_at, range.as_bytes())?;
    let mut digest = Sha256::new();
    digest.update(out.get(..room_at).ok_or(FieldError::PlaceLost)?);
    digest.update(out.get(rest_at..).ok_or(FieldError::PlaceLost)?);
    let message = message_over(&digest.finalize().into())?;
    if message.len() > MESSAGE_ROOM {
        return Err(FieldError::MessageTooLong(message.len()));
    }
    overwrite(&mut out, room_at + 1, hex::encode(&message).as_bytes())?;
    Ok(out)
}

fn find(bytes: &[u8], from: usize, mark: &[u8]) -> Result<usize, FieldError> {
    let tail = bytes.get(from..).ok_or(FieldError::PlaceLost)?;
    let at = tail.windows(mark.len()).position(|window| window == mark).ok_or(FieldError::PlaceLost)?;
    Ok(from + at)
}

fn overwrite(bytes: &mut [u8], at: usize, with: &[u8]) -> Result<(), FieldError> {
    let place =
        at.checked_add(with.len()).and_then(|end| bytes.get_mut(at..end)).ok_or(FieldError::PlaceLost)?;
    place.copy_from_slice(with);
    Ok(())
}

/// Takes the only page of a PDF over as a drawing with its own fonts and pictures.
fn import_appearance(increment: &mut Increment<'_>, appearance: &[u8]) -> Result<ObjectId, FieldError> {
    let source = read::open(appearance)?;
    let pages = source.get_pages();
    let page_id = match pages.get(&1) {
        Some(id) if pages.len() == 1 => *id,
        _ => return Err(FieldError::Appearance),
    };
    let page = source.get_dictionary(page_id)?;
    let media_box = inherited(&source, page, b"MediaBox").ok_or(FieldError::Appearance)?;
    let resources = inherited(&source, page, b"Resources").ok_or(FieldError::Appearance)?;
    let mut form = dictionary! {
        "Type" => "XObject",
        "Subtype" => "Form",
        "BBox" => media_box.clone(),
        "Resources" => increment.import(&source, resources)?,
    };
    if let Some(group) = follow(&source, page, b"Group") {
        form.set("Group", increment.import(&source, group)?);
    }
    let mut drawing = Stream::new(form, source.get_page_content(page_id));
    drawing.compress()?;
    Ok(increment.add(drawing)?)
}

/// A page entry, looked up in the page and once in its parent.
fn inherited<'a>(document: &'a Document, page: &'a Dictionary, key: &[u8]) -> Option<&'a Object> {
    follow(document, page, key).or_else(|| {
        let parent = follow(document, page, b"Parent")?.as_dict().ok()?;
        follow(document, parent, key)
    })
}

pub(super) fn numbers(values: &[f32]) -> Object {
    Object::Array(values.iter().copied().map(Object::Real).collect())
}

pub(super) fn text_string(text: &str) -> Object {
    if text.is_ascii() {
        return Object::String(text.into(), StringFormat::Literal);
    }
    let utf16 = text.encode_utf16().flat_map(u16::to_be_bytes);
    Object::String([0xFE, 0xFF].into_iter().chain(utf16).collect(), StringFormat::Hexadecimal)
}

/// China has one time zone; a reader shows the hour that the signer's clock showed.
fn pdf_date(at: DateTime<Utc>) -> String {
    Time::from(at).in_china().format("D:%Y%m%d%H%M%S+08'00'").to_string()
}
