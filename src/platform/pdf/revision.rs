//! What a later state of a file changed in a signed one: a short list is allowed, the rest is forbidden.

use std::collections::BTreeSet;

use lopdf::{Dictionary, Document, Object, ObjectId};

use super::read::{ReadError, SignatureField, catalog, follow, signature_fields};

/// What signing writes into a prepared field.
const SIGNING_KEYS: [&[u8]; 3] = [b"V", b"AP", b"M"];
/// What signing and long-term validation add to the catalog (ETSI EN 319 142-1, ISO 32000-2 12.8.4).
const CATALOG_KEYS: [&[u8]; 4] = [b"DSS", b"Extensions", b"Perms", b"Version"];
const FORM_KEYS: [&[u8]; 1] = [b"SigFlags"];

/// One difference between two states.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Change {
    FieldSigned(String),
    MetadataUpdated,
    CatalogExtended,
    FormFlagsChanged,
    RootReplaced,
    ObjectDeleted(u32),
    ObjectRewritten(u32),
    /// An unsigned field got a new look without a signature.
    FieldPainted(String),
    /// An object that the signed state pointed at without having it.
    ObjectSupplied(u32),
}

impl Change {
    pub(super) const fn is_allowed(&self) -> bool {
        matches!(
            self,
            Self::FieldSigned(_) | Self::MetadataUpdated | Self::CatalogExtended | Self::FormFlagsChanged
        )
    }
}

/// Every difference that matters between a signed state and a later one. Objects that are merely new are not
/// listed: nothing old points at them, unless one of the listed differences makes it.
pub(super) fn changes(old: &Document, new: &Document) -> Result<Vec<Change>, ReadError> {
    let signed = SignedState::of(old)?;
    let mut changes = vec![];
    if old.trailer.get(b"Root").ok() != new.trailer.get(b"Root").ok() {
        changes.push(Change::RootReplaced);
    }
    if old.trailer.get(b"Info").ok() != new.trailer.get(b"Info").ok() {
        changes.push(Change::MetadataUpdated);
    }
    for (id, object) in &old.objects {
        if signed.is_file_structure(*id, object) {
            continue;
        }
        match new.objects.get(id) {
            None => changes.push(Change::ObjectDeleted(id.0)),
            Some(now) if same(object, now) => {}
            Some(now) => changes.push(signed.classify(*id, object, now, new)),
        }
    }
    let supplied = signed.undefined.iter().filter(|id| new.objects.contains_key(id));
    changes.extend(supplied.map(|id| Change::ObjectSupplied(id.0)));
    Ok(changes)
}

/// Whether the state points at objects that it does not have, which a later update could slip in.
pub(super) fn has_undefined_references(document: &Document) -> bool {
    references(document).iter().any(|id| !document.objects.contains_key(id))
}

struct SignedState {
    root: ObjectId,
    form: Option<ObjectId>,
    metadata: Option<ObjectId>,
    information: Option<ObjectId>,
    fields: Vec<SignatureField>,
    referenced: BTreeSet<ObjectId>,
    undefined: BTreeSet<ObjectId>,
}

impl SignedState {
    fn of(document: &Document) -> Result<Self, ReadError> {
        let (root, catalog) = catalog(document)?;
        let named = |dictionary: &Dictionary, key| dictionary.get(key).and_then(Object::as_reference).ok();
        let referenced = references(document);
        let undefined = referenced.iter().filter(|id| !document.objects.contains_key(id)).copied().collect();
        Ok(Self {
            root,
            form: named(catalog, b"AcroForm"),
            metadata: named(catalog, b"Metadata"),
            information: named(&document.trailer, b"Info"),
            fields: signature_fields(document)?,
            referenced,
            undefined,
        })
    }

    /// Tables of contents and containers belong to the file, not to the document, as long as nothing uses
    /// them as something else.
    fn is_file_structure(&self, id: ObjectId, object: &Object) -> bool {
        matches!(object, Object::Stream(stream) if stream.dict.has_type(b"XRef") || stream.dict.has_type(b"ObjStm"))
            && !self.referenced.contains(&id)
    }

    fn classify(&self, id: ObjectId, old: &Object, new: &Object, newer: &Document) -> Change {
        let id_is = |known: Option<ObjectId>| known == Some(id);
        match (old, new) {
            (_, Object::Stream(_)) if id_is(self.metadata) => Change::MetadataUpdated,
            (_, Object::Dictionary(_)) if id_is(self.information) => Change::MetadataUpdated,
            (Object::Dictionary(old), Object::Dictionary(new)) => {
                if let Some(field) = self.fields.iter().find(|field| field.id == id) {
                    return classify_field(field, new, newer);
                }
                if id == self.root && alike(old, new, &CATALOG_KEYS) && keeps_permissions(old, new) {
                    return Change::CatalogExtended;
                }
                if id_is(self.form) && alike(old, new, &FORM_KEYS) {
                    return Change::FormFlagsChanged;
                }
                Change::ObjectRewritten(id.0)
            }
            _ => Change::ObjectRewritten(id.0),
        }
    }
}

fn classify_field(field: &SignatureField, new: &Dictionary, newer: &Document) -> Change {
    let old = &field.dictionary;
    if old.has(b"V") || !alike(old, new, &SIGNING_KEYS) {
        return Change::ObjectRewritten(field.id.0);
    }
    let signature = follow(newer, new, b"V").and_then(|value| value.as_dict().ok());
    if signature.is_some_and(|signature| signature.has(b"ByteRange") && signature.has(b"Contents")) {
        Change::FieldSigned(field.name.clone())
    } else {
        Change::FieldPainted(field.name.clone())
    }
}

fn alike(old: &Dictionary, new: &Dictionary, except: &[&[u8]]) -> bool {
    let kept = |dictionary: &Dictionary| {
        let mut kept = dictionary.clone();
        for key in except {
            kept.remove(key);
        }
        kept
    };
    same_entries(&kept(old), &kept(new))
}

/// A lock may be set once and never taken off.
fn keeps_permissions(old: &Dictionary, new: &Dictionary) -> bool {
    !old.has(b"Perms") || old.get(b"Perms").ok() == new.get(b"Perms").ok()
}

/// Whether two objects mean the same. Other programs write a string in another notation when they rewrite the
/// object around it, and where a stream lies in the file is not part of it.
fn same(one: &Object, other: &Object) -> bool {
    match (one, other) {
        (Object::String(one, _), Object::String(other, _)) => one == other,
        (Object::Array(one), Object::Array(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| same(one, other))
        }
        (Object::Dictionary(one), Object::Dictionary(other)) => same_entries(one, other),
        (Object::Stream(one), Object::Stream(other)) => {
            same_entries(&one.dict, &other.dict) && one.content == other.content
        }
        _ => one == other,
    }
}

fn same_entries(one: &Dictionary, other: &Dictionary) -> bool {
    one.len() == other.len()
        && one.iter().all(|(key, value)| other.get(key).is_ok_and(|other| same(value, other)))
}

fn references(document: &Document) -> BTreeSet<ObjectId> {
    let mut found = BTreeSet::new();
    let mut open: Vec<&Object> = document.objects.values().collect();
    open.extend(["Root", "Info"].iter().filter_map(|key| document.trailer.get(key.as_bytes()).ok()));
    while let Some(object) = open.pop() {
        match object {
            Object::Reference(id) => {
                found.insert(*id);
            }
            Object::Array(items) => open.extend(items),
            Object::Dictionary(dictionary) => open.extend(dictionary.iter().map(|(_, value)| value)),
            Object::Stream(stream) => open.extend(stream.dict.iter().map(|(_, value)| value)),
            _ => {}
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::{Change, changes, has_undefined_references};
    use lopdf::{Document, Object, Stream, dictionary};

    fn signed_state() -> Document {
        let mut document = Document::new();
        let insert = |document: &mut Document, number, object: Object| {
            document.objects.insert((number, 0), object);
        };
        insert(
            &mut document,
            1,
            dictionary! { "Type" => "Catalog", "Pages" => (2, 0), "AcroForm" => (3, 0) }.into(),
        );
        insert(&mut document, 2, dictionary! { "Type" => "Pages", "Count" => 0 }.into());
        let fields = vec![Object::Reference((4, 0))];
        insert(&mut document, 3, dictionary! { "Fields" => fields, "SigFlags" => 3 }.into());
        insert(&mut document, 4, dictionary! { "FT" => "Sig", "T" => Object::string_literal("a") }.into());
        document.trailer.set("Root", (1, 0));
        document
    }

    fn after(edit: impl FnOnce(&mut Document)) -> Vec<Change> {
        let old = signed_state();
        let mut new = old.clone();
        edit(&mut new);
        changes(&old, &new).unwrap()
    }

    fn field(document: &mut Document) -> &mut lopdf::Dictionary {
        document.get_dictionary_mut((4, 0)).unwrap()
    }

    #[test]
    fn the_same_state_has_no_changes() {
        assert_eq!(after(|_| {}), []);
        assert!(!has_undefined_references(&signed_state()));
    }

    #[test]
    fn signing_a_prepared_field_is_allowed() {
        let found = after(|new| {
            new.objects.insert((5, 0), dictionary! { "ByteRange" => 0, "Contents" => 0 }.into());
            field(new).set("V", (5, 0));
            field(new).set("AP", dictionary! {});
        });
        assert_eq!(found, [Change::FieldSigned("a".into())]);
        assert!(found.iter().all(Change::is_allowed));
    }

    #[test]
    fn a_string_in_another_notation_is_the_same_string() {
        let hex = Object::String(b"a".to_vec(), lopdf::StringFormat::Hexadecimal);
        assert_eq!(after(|new| field(new).set("T", hex)), []);
        assert_eq!(
            after(|new| field(new).set("T", Object::string_literal("b"))),
            [Change::ObjectRewritten(4)]
        );
    }

    #[test]
    fn a_field_is_not_painted_or_moved() {
        assert_eq!(after(|new| field(new).set("AP", dictionary! {})), [Change::FieldPainted("a".into())]);
        assert_eq!(after(|new| field(new).set("Rect", 0)), [Change::ObjectRewritten(4)]);
    }

    #[test]
    fn another_root_with_everything_else_untouched_is_found() {
        let found = after(|new| {
            new.objects.insert((9, 0), dictionary! { "Type" => "Catalog", "AcroForm" => (3, 0) }.into());
            new.trailer.set("Root", (9, 0));
        });
        assert_eq!(found, [Change::RootReplaced]);
        assert!(!found.iter().all(Change::is_allowed));
    }

    #[test]
    fn a_lock_is_not_taken_off() {
        let mut old = signed_state();
        old.get_dictionary_mut((1, 0)).unwrap().set("Perms", dictionary! { "DocMDP" => (4, 0) });
        let new = signed_state();
        assert_eq!(changes(&old, &new).unwrap(), [Change::ObjectRewritten(1)]);
    }

    #[test]
    fn an_object_supplied_later_is_found() {
        let mut old = signed_state();
        old.get_dictionary_mut((2, 0)).unwrap().set("Kids", (8, 0));
        assert!(has_undefined_references(&old));
        let mut new = old.clone();
        new.objects.insert((8, 0), Object::Null);
        assert_eq!(changes(&old, &new).unwrap(), [Change::ObjectSupplied(8)]);
    }

    #[test]
    fn content_dressed_up_as_a_table_is_compared_all_the_same() {
        let mut old = signed_state();
        old.objects.insert((7, 0), Stream::new(dictionary! { "Type" => "XRef" }, b"one".to_vec()).into());
        let mut new = old.clone();
        new.objects.insert((7, 0), Stream::new(dictionary! { "Type" => "XRef" }, b"two".to_vec()).into());
        assert_eq!(changes(&old, &new).unwrap(), []);
        for document in [&mut old, &mut new] {
            document.get_dictionary_mut((2, 0)).unwrap().set("Contents", (7, 0));
        }
        assert_eq!(changes(&old, &new).unwrap(), [Change::ObjectRewritten(7)]);
    }
}
