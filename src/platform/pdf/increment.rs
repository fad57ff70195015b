//! Incremental updates: new objects and a table appended behind a file whose bytes stay as they are.

use std::collections::BTreeMap;

use lopdf::xref::XrefType;
use lopdf::{Dictionary, Document, Object, ObjectId, Stream, StringFormat};

use crate::platform::random;

/// Deepest nesting that is copied from another file.
const MAX_COPY_DEPTH: usize = 64;

/// Why an update could not be written.
#[derive(Debug, thiserror::Error)]
pub enum IncrementError {
    #[error("object {0} has a generation other than 0")]
    Generation(u32),
    #[error("the file has no object numbers left")]
    Full,
    #[error("the copied object is nested too deeply")]
    TooDeep,
    #[error("the copied object {0} does not exist")]
    Undefined(u32),
    #[error("the file is too large for a table of contents with four-byte positions")]
    TooLong,
}

enum Body {
    Object(Object),
    /// Written as it is, for what needs fixed widths.
    Raw(Vec<u8>),
}

/// What is going to be appended to one file.
pub struct Increment<'a> {
    base: &'a [u8],
    document: &'a Document,
    bodies: BTreeMap<u32, Body>,
    next: u32,
}

impl<'a> Increment<'a> {
    /// Begins an update of `base`, which `document` was read from.
    pub fn new(base: &'a [u8], document: &'a Document) -> Self {
        let size = document.trailer.get(b"Size").and_then(Object::as_i64).unwrap_or(0);
        let next = u32::try_from(size).unwrap_or(0).max(document.max_id.saturating_add(1));
        Self { base, document, bodies: BTreeMap::new(), next }
    }

    /// A number for an object that is filled in later.
    ///
    /// # Errors
    /// When the file has none left.
    pub fn reserve(&mut self) -> Result<ObjectId, IncrementError> {
        let number = self.next;
        self.next = number.checked_add(1).ok_or(IncrementError::Full)?;
        Ok((number, 0))
    }

    /// Adds a new object.
    ///
    /// # Errors
    /// When the file has no number left for it.
    pub fn add(&mut self, object: impl Into<Object>) -> Result<ObjectId, IncrementError> {
        let id = self.reserve()?;
        self.bodies.insert(id.0, Body::Object(object.into()));
        Ok(id)
    }

    /// Puts `object` in the place of an existing or reserved one.
    ///
    /// # Errors
    /// When the id's generation is not 0: files that reuse numbers are not ours.
    pub fn replace(&mut self, id: ObjectId, object: impl Into<Object>) -> Result<(), IncrementError> {
        self.put(id, Body::Object(object.into()))
    }

    /// Puts bytes, already in PDF syntax, in the place of an object.
    ///
    /// # Errors
    /// As [`Self::replace`].
    pub fn replace_raw(&mut self, id: ObjectId, body: Vec<u8>) -> Result<(), IncrementError> {
        self.put(id, Body::Raw(body))
    }

    fn put(&mut self, id: ObjectId, body: Body) -> Result<(), IncrementError> {
        if id.1 != 0 {
            return Err(IncrementError::Generation(id.0));
        }
        self.bodies.insert(id.0, body);
        Ok(())
    }

    /// Copies `object` of another file with everything it refers to.
    ///
    /// # Errors
    /// When it refers to nothing or is nested beyond reason.
    pub fn import(&mut self, source: &Document, object: &Object) -> Result<Object, IncrementError> {
        Copy { increment: self, source, copied: BTreeMap::new() }.object(object, MAX_COPY_DEPTH)
    }

    /// The file with the update behind it, its table of the kind that the file already uses.
    ///
    /// # Errors
    /// When positions no longer fit.
    pub fn finish(mut self) -> Result<Vec<u8>, IncrementError> {
        let mut out = self.base.to_vec();
        if out.last() != Some(&b'\n') {
            out.push(b'\n');
        }
        let mut positions = BTreeMap::new();
        for (number, body) in std::mem::take(&mut self.bodies) {
            positions.insert(number, position(&out)?);
            out.extend(format!("{number} 0 obj\n").bytes());
            match body {
                Body::Object(object) => write_object(&object, &mut out),
                Body::Raw(bytes) => out.extend(bytes),
            }
            out.extend(b"\nendobj\n");
        }
        let start = position(&out)?;
        match self.document.reference_table.cross_reference_type {
            XrefType::CrossReferenceStream => self.write_table_stream(&mut out, positions)?,
            XrefType::CrossReferenceTable => self.write_table(&mut out, &positions),
        }
        out.extend(format!("startxref\n{start}\n%%EOF\n").bytes());
        Ok(out)
    }

    fn write_table_stream(
        &mut self,
        out: &mut Vec<u8>,
        mut positions: BTreeMap<u32, u32>,
    ) -> Result<(), IncrementError> {
        let (number, _) = self.reserve()?;
        positions.insert(number, position(out)?);
        let mut dictionary = self.trailer();
        dictionary.set("Type", Object::Name(b"XRef".to_vec()));
        dictionary.set("W", vec![Object::Integer(1), Object::Integer(4), Object::Integer(1)]);
        let index: Vec<Object> =
            runs(&positions).into_iter().flat_map(|(first, count)| [first.into(), count.into()]).collect();
        dictionary.set("Index", index);
        let mut rows = vec![];
        for position in positions.values() {
            rows.push(1);
            rows.extend(position.to_be_bytes());
            rows.push(0);
        }
        out.extend(format!("{number} 0 obj\n").bytes());
        write_object(&Object::Stream(Stream::new(dictionary, rows)), out);
        out.extend(b"\nendobj\n");
        Ok(())
    }

    fn write_table(&self, out: &mut Vec<u8>, positions: &BTreeMap<u32, u32>) {
        out.extend(b"xref\n");
        for (first, count) in runs(positions) {
            out.extend(format!("{first} {count}\n").bytes());
            for (_, position) in positions.range(first..first.saturating_add(count)) {
                out.extend(format!("{position:010} 00000 n\r\n").bytes());
            }
        }
        out.extend(b"trailer\n");
        write_dictionary(&self.trailer(), out);
        out.push(b'\n');
    }

    fn trailer(&self) -> Dictionary {
        let mut trailer = Dictionary::new();
        for key in ["Root", "Info"] {
            if let Ok(value) = self.document.trailer.get(key.as_bytes()) {
                trailer.set(key, value.clone());
            }
        }
        let fresh = Object::String(random::bytes::<16>().to_vec(), StringFormat::Hexadecimal);
        let ids = self.document.trailer.get(b"ID").and_then(Object::as_array).ok();
        let first = ids.and_then(|ids| ids.first()).unwrap_or(&fresh).clone();
        trailer.set("ID", vec![first, fresh]);
        trailer.set("Prev", i64::try_from(self.document.xref_start).unwrap_or(0));
        trailer.set("Size", self.next);
        trailer
    }
}

struct Copy<'i, 'a> {
    increment: &'i mut Increment<'a>,
    source: &'i Document,
    copied: BTreeMap<ObjectId, ObjectId>,
}

impl Copy<'_, '_> {
    fn object(&mut self, object: &Object, depth: usize) -> Result<Object, IncrementError> {
        let depth = depth.checked_sub(1).ok_or(IncrementError::TooDeep)?;
        Ok(match object {
            Object::Reference(id) => Object::Reference(self.reference(*id, depth)?),
            Object::Array(items) => {
                Object::Array(items.iter().map(|item| self.object(item, depth)).collect::<Result<_, _>>()?)
            }
            Object::Dictionary(dictionary) => Object::Dictionary(self.dictionary(dictionary, depth)?),
            Object::Stream(stream) => {
                Object::Stream(Stream::new(self.dictionary(&stream.dict, depth)?, stream.content.clone()))
            }
            plain => plain.clone(),
        })
    }

    fn reference(&mut self, id: ObjectId, depth: usize) -> Result<ObjectId, IncrementError> {
        if let Some(copy) = self.copied.get(&id) {
            return Ok(*copy);
        }
        let copy = self.increment.reserve()?;
        self.copied.insert(id, copy);
        let original = self.source.get_object(id).map_err(|_| IncrementError::Undefined(id.0))?;
        let object = self.object(original, depth)?;
        self.increment.replace(copy, object)?;
        Ok(copy)
    }

    fn dictionary(&mut self, dictionary: &Dictionary, depth: usize) -> Result<Dictionary, IncrementError> {
        let mut copy = Dictionary::new();
        for (key, value) in dictionary {
            copy.set(key.clone(), self.object(value, depth)?);
        }
        Ok(copy)
    }
}

fn position(out: &[u8]) -> Result<u32, IncrementError> {
    u32::try_from(out.len()).map_err(|_| IncrementError::TooLong)
}

/// Numbers in a row, as (first, count).
fn runs(positions: &BTreeMap<u32, u32>) -> Vec<(u32, u32)> {
    let mut runs: Vec<(u32, u32)> = vec![];
    for number in positions.keys() {
        match runs.last_mut() {
            Some((first, count)) if first.checked_add(*count) == Some(*number) => *count += 1,
            _ => runs.push((*number, 1)),
        }
    }
    runs
}

/// Writes an object in PDF syntax.
pub(super) fn write_object(object: &Object, out: &mut Vec<u8>) {
    match object {
        Object::Null => out.extend(b"null"),
        Object::Boolean(value) => out.extend(value.to_string().bytes()),
        Object::Integer(value) => out.extend(value.to_string().bytes()),
        Object::Real(value) => write_real(*value, out),
        Object::Name(name) => write_name(name, out),
        Object::String(bytes, StringFormat::Hexadecimal) => {
            out.push(b'<');
            out.extend(hex::encode(bytes).bytes());
            out.push(b'>');
        }
        Object::String(bytes, StringFormat::Literal) => write_literal(bytes, out),
        Object::Array(items) => {
            out.push(b'[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    out.push(b' ');
                }
                write_object(item, out);
            }
            out.push(b']');
        }
        Object::Dictionary(dictionary) => write_dictionary(dictionary, out),
        Object::Stream(stream) => {
            let mut dictionary = stream.dict.clone();
            dictionary.set("Length", i64::try_from(stream.content.len()).unwrap_or(i64::MAX));
            write_dictionary(&dictionary, out);
            out.extend(b"\nstream\n");
            out.extend(&stream.content);
            out.extend(b"\nendstream");
        }
        Object::Reference((number, generation)) => out.extend(format!("{number} {generation} R").bytes()),
    }
}

fn write_dictionary(dictionary: &Dictionary, out: &mut Vec<u8>) {
    out.extend(b"<<");
    write_entries(dictionary, out);
    out.extend(b">>");
}

/// The entries of a dictionary without its brackets.
pub(super) fn write_entries(dictionary: &Dictionary, out: &mut Vec<u8>) {
    for (key, value) in dictionary {
        write_name(key, out);
        out.push(b' ');
        write_object(value, out);
    }
}

fn write_real(value: f32, out: &mut Vec<u8>) {
    let text = format!("{value:.5}");
    out.extend(text.trim_end_matches('0').trim_end_matches('.').bytes());
}

fn write_name(name: &[u8], out: &mut Vec<u8>) {
    out.push(b'/');
    for &byte in name {
        if byte.is_ascii_graphic() && !b"()<>[]{}/%#".contains(&byte) {
            out.push(byte);
        } else {
            out.extend(format!("#{byte:02X}").bytes());
        }
    }
}

fn write_literal(bytes: &[u8], out: &mut Vec<u8>) {
    out.push(b'(');
    for &byte in bytes {
        match byte {
            b'(' | b')' | b'\\' => out.extend([b'\\', byte]),
            b'\r' => out.extend(b"\\r"),
            b'\n' => out.extend(b"\\n"),
            _ => out.push(byte),
        }
    }
    out.push(b')');
}

#[cfg(test)]
mod tests {
    use super::{Increment, runs, write_object};
    use crate::platform::pdf::read;
    use lopdf::{Dictionary, Object, StringFormat, dictionary};
    use std::collections::BTreeMap;

    fn written(object: &Object) -> String {
        let mut out = vec![];
        write_object(object, &mut out);
        String::from_utf8_lossy(&out).into_owned()
    }

    #[test]
    fn objects_are_written_as_pdf_syntax() {
        assert_eq!(written(&Object::Real(187.086_61)), "187.08661");
        assert_eq!(written(&Object::Real(100.0)), "100");
        assert_eq!(written(&Object::Name(b"A B#".to_vec())), "/A#20B#23");
        assert_eq!(written(&Object::String(b"a(b)\\".to_vec(), StringFormat::Literal)), "(a\\(b\\)\\\\)");
        let nested = dictionary! { "K" => vec![Object::Integer(1), Object::Reference((7, 0))] };
        assert_eq!(written(&Object::Dictionary(nested)), "<</K [1 7 0 R]>>");
    }

    #[test]
    fn numbers_in_a_row_share_a_section() {
        let positions = BTreeMap::from([(1, 0), (2, 0), (5, 0), (6, 0), (9, 0)]);
        assert_eq!(runs(&positions), [(1, 2), (5, 2), (9, 1)]);
    }

    fn small_file() -> Vec<u8> {
        let mut file = b"%PDF-1.7\n".to_vec();
        let mut table = "xref\n0 3\n0000000000 65535 f\r\n".to_owned();
        for object in ["1 0 obj\n<</Type/Catalog/Pages 2 0 R>>", "2 0 obj\n<</Type/Pages/Kids[]/Count 0>>"] {
            table += &format!("{:010} 00000 n\r\n", file.len());
            file.extend(format!("{object}\nendobj\n").bytes());
        }
        let start = file.len();
        file.extend(format!("{table}trailer\n<</Size 3/Root 1 0 R>>\nstartxref\n{start}\n%%EOF\n").bytes());
        file
    }

    #[test]
    fn an_update_keeps_the_bytes_and_the_kind_of_table() {
        let base = small_file();
        let document = read::open(&base).unwrap();
        let mut increment = Increment::new(&base, &document);
        let added = increment.add(Dictionary::new()).unwrap();
        let kids = Object::Array(vec![]);
        let pages = dictionary! { "Type" => "Pages", "Kids" => kids, "Count" => 0, "New" => added };
        increment.replace((2, 0), pages).unwrap();
        let out = increment.finish().unwrap();
        assert!(out.starts_with(&base));
        assert!(out[base.len()..].windows(7).any(|window| window == b"trailer"));
        let again = read::open(&out).unwrap();
        assert_eq!(
            again.get_dictionary((2, 0)).unwrap().get(b"New").unwrap().as_reference().unwrap(),
            (3, 0)
        );
        assert!(again.has_object((3, 0)));
    }
}
