//! What a later state of a file changed in a signed one: a short list is allowed, the rest is forbidden.

use std::collections::BTreeSet;

use lopdf::{Dictionary, Document, Object, ObjectId};

use super::archive::{Store, is_lawful_stamp, is_stamp_dictionary};
use super::read::{ReadError, SignatureField, catalog, follow, signature_fields, text};

/// What signing writes into a prepared field.
const SIGNING_KEYS: [&[u8]; 3] = [b"V", b"AP", b"M"];
/// What signing and long-term validation add to the catalog (ETSI EN 319 142-1, ISO 32000-2 12.8.4).
const CATALOG_KEYS: [&[u8]; 4] = [b"DSS", b"Extensions", b"Perms", b"Version"];
const FORM_KEYS: [&[u8]; 2] = [b"SigFlags", b"Fields"];
/// Other programs list the field of a time stamp on a page as well.
const PAGE_KEYS: [&[u8]; 1] = [b"Annots"];

/// One difference between two states.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Change {
    FieldSigned(String),
    MetadataUpdated,
    CatalogExtended,
    FormFlagsChanged,
    /// A time stamp over the document was added, in a field of its own.
    DocumentStamped,
    /// A field that is not that of a time stamp.
    FieldAdded(String),
    /// Something else in the place of validation data, or less of it than before.
    StoreBent,
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
            Self::FieldSigned(_)
                | Self::MetadataUpdated
                | Self::CatalogExtended
                | Self::FormFlagsChanged
                | Self::DocumentStamped
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
            Some(now) => {
                let change = signed.classify(*id, object, now, new);
                // The field of one time stamp may stand in the form and on a page, a store be named and rewritten.
                let once = matches!(change, Change::DocumentStamped | Change::CatalogExtended);
                if !once || !changes.contains(&change) {
                    changes.push(change);
                }
            }
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

struct SignedState<'a> {
    document: &'a Document,
    root: ObjectId,
    form: Option<ObjectId>,
    store: Option<ObjectId>,
    metadata: Option<ObjectId>,
    information: Option<ObjectId>,
    fields: Vec<SignatureField>,
    referenced: BTreeSet<ObjectId>,
    undefined: BTreeSet<ObjectId>,
}

impl<'a> SignedState<'a> {
    fn of(document: &'a Document) -> Result<Self, ReadError> {
        let (root, catalog) = catalog(document)?;
        let named = |dictionary: &Dictionary, key| dictionary.get(key).and_then(Object::as_reference).ok();
        let referenced = references(document);
        let undefined = referenced.iter().filter(|id| !document.objects.contains_key(id)).copied().collect();
        Ok(Self {
            document,
            root,
            form: named(catalog, b"AcroForm"),
            store: named(catalog, b"DSS"),
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
                let catalog =
                    id == self.root && alike(old, new, &CATALOG_KEYS) && keeps_permissions(old, new);
                // Others rewrite the store where it stands.
                if catalog || id_is(self.store) {
                    let kept = self.keeps_store(newer);
                    return if kept { Change::CatalogExtended } else { Change::StoreBent };
                }
                let grown = if id_is(self.form) && alike(old, new, &FORM_KEYS) {
                    self.classify_grown(old, new, b"Fields", newer)
                } else if old.has_type(b"Page") && alike(old, new, &PAGE_KEYS) {
                    // Anything else on a page is content.
                    self.classify_grown(old, new, b"Annots", newer).filter(Change::is_allowed)
                } else {
                    None
                };
                if let Some(change) = grown {
                    return change;
                }
                Change::ObjectRewritten(id.0)
            }
            _ => Change::ObjectRewritten(id.0),
        }
    }
}

impl SignedState<'_> {
    /// Validation data is added and never taken away, and nothing else stands in its place.
    fn keeps_store(&self, newer: &Document) -> bool {
        let has_store = |document: &Document| catalog(document).is_ok_and(|(_, root)| root.has(b"DSS"));
        match Store::of(newer) {
            Some(store) => Store::of(self.document).is_none_or(|before| store.keeps(&before)),
            None => !has_store(self.document) && !has_store(newer),
        }
    }

    /// The fields of the form, or the annotations of a page, stay in their order; behind them only time stamps over
    /// the document come.
    fn classify_grown(
        &self,
        old: &Dictionary,
        new: &Dictionary,
        key: &[u8],
        newer: &Document,
    ) -> Option<Change> {
        if old.get(key).ok() == new.get(key).ok() {
            return Some(Change::FormFlagsChanged);
        }
        let before =
            if old.has(key) { old.get(key).and_then(Object::as_array).ok()?.as_slice() } else { &[] };
        let (kept, added) = new.get(key).and_then(Object::as_array).ok()?.split_at_checked(before.len())?;
        if kept != before {
            return None;
        }
        for field in added {
            let id = field.as_reference().ok()?;
            if self.document.objects.contains_key(&id) || !is_lawful_stamp(newer, id) {
                let name = newer.get_dictionary(id).map(|field| text(field.get(b"T").ok()));
                return Some(Change::FieldAdded(name.unwrap_or_default()));
            }
        }
        Some(Change::DocumentStamped)
    }
}

fn classify_field(field: &SignatureField, new: &Dictionary, newer: &Document) -> Change {
    let old = &field.dictionary;
    if old.has(b"V") || !alike(old, new, &SIGNING_KEYS) {
        return Change::ObjectRewritten(field.id.0);
    }
    let signature = follow(newer, new, b"V").and_then(|value| value.as_dict().ok());
    // A time stamp is had by anybody: it does not stand where a person is to sign.
    let signs =
        |made: &Dictionary| made.has(b"ByteRange") && made.has(b"Contents") && !is_stamp_dictionary(made);
    if signature.is_some_and(signs) {
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
    fn a_time_stamp_does_not_stand_where_a_person_signs() {
        let found = after(|new| {
            let stamp = dictionary! { "SubFilter" => "ETSI.RFC3161", "ByteRange" => 0, "Contents" => 0 };
            new.objects.insert((5, 0), stamp.into());
            field(new).set("V", (5, 0));
        });
        assert_eq!(found, [Change::FieldPainted("a".into())]);
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

    /// As long-term data come: a store in the catalog, a field behind the others.
    fn archived(new: &mut Document) {
        let insert = |new: &mut Document, number, object: Object| new.objects.insert((number, 0), object);
        insert(new, 6, Stream::new(dictionary! {}, vec![0x30, 0]).into());
        insert(new, 7, dictionary! { "Type" => "DSS", "OCSPs" => vec![Object::Reference((6, 0))] }.into());
        let stamp = dictionary! { "Type" => "DocTimeStamp", "SubFilter" => "ETSI.RFC3161", "ByteRange" => 0, "Contents" => 0 };
        insert(new, 8, stamp.into());
        let rect: Vec<Object> = vec![0.into(), 0.into(), 0.into(), 0.into()];
        insert(
            new,
            9,
            dictionary! { "Subtype" => "Widget", "FT" => "Sig", "Rect" => rect, "V" => (8, 0) }.into(),
        );
        new.get_dictionary_mut((1, 0)).unwrap().set("DSS", (7, 0));
        let fields = vec![Object::Reference((4, 0)), Object::Reference((9, 0))];
        new.get_dictionary_mut((3, 0)).unwrap().set("Fields", fields);
    }

    #[test]
    fn long_term_data_and_a_stamp_are_allowed() {
        assert_eq!(after(archived), [Change::CatalogExtended, Change::DocumentStamped]);
    }

    #[test]
    fn the_field_of_a_stamp_may_stand_on_a_page_and_nothing_else_may() {
        let mut old = signed_state();
        old.objects.insert((20, 0), dictionary! { "Type" => "Page", "Parent" => (2, 0) }.into());
        let with = |number| {
            let mut new = old.clone();
            archived(&mut new);
            let annotations = vec![Object::Reference((number, 0))];
            new.get_dictionary_mut((20, 0)).unwrap().set("Annots", annotations);
            new.objects.insert((21, 0), dictionary! { "Subtype" => "FreeText" }.into());
            changes(&old, &new).unwrap()
        };
        assert_eq!(with(9), [Change::CatalogExtended, Change::DocumentStamped]);
        let note = [Change::CatalogExtended, Change::DocumentStamped, Change::ObjectRewritten(20)];
        assert_eq!(with(21), note);
    }

    #[test]
    fn what_only_looks_like_long_term_data_is_not() {
        type Edit = fn(&mut Document);
        let bent = |edit: Edit| {
            after(|new| {
                archived(new);
                edit(new);
            })
        };
        // A store with an action in it, with a stream that is no answer, or with none.
        let stores: [Edit; 4] = [
            |new| new.get_dictionary_mut((7, 0)).unwrap().set("OpenAction", 0),
            |new| new.get_dictionary_mut((7, 0)).unwrap().set("OCSPs", vec![Object::Reference((2, 0))]),
            |new| new.get_dictionary_mut((7, 0)).unwrap().set("Certs", vec![Object::Reference((6, 0))]),
            |new| new.get_dictionary_mut((1, 0)).unwrap().set("DSS", 0),
        ];
        for edit in stores {
            assert_eq!(bent(edit), [Change::StoreBent, Change::DocumentStamped]);
        }
        // A field that is seen, that is painted, that holds no stamp, or another kind of signature.
        let fields: [Edit; 5] = [
            |new| {
                let seen: Vec<Object> = vec![0.into(), 0.into(), 9.into(), 9.into()];
                new.get_dictionary_mut((9, 0)).unwrap().set("Rect", seen);
            },
            |new| new.get_dictionary_mut((9, 0)).unwrap().set("AP", dictionary! {}),
            |new| new.get_dictionary_mut((9, 0)).unwrap().set("FT", "Tx"),
            |new| drop(new.get_dictionary_mut((9, 0)).unwrap().remove(b"V")),
            |new| new.get_dictionary_mut((8, 0)).unwrap().set("SubFilter", "ETSI.CAdES.detached"),
        ];
        for edit in fields {
            assert_eq!(bent(edit), [Change::CatalogExtended, Change::FieldAdded(String::new())]);
        }
        // A field less, the order turned round, data taken away again.
        let turned: Edit = |new| {
            let fields = vec![Object::Reference((9, 0)), Object::Reference((4, 0))];
            new.get_dictionary_mut((3, 0)).unwrap().set("Fields", fields);
        };
        assert_eq!(bent(turned), [Change::CatalogExtended, Change::ObjectRewritten(3)]);
        let mut old = signed_state();
        archived(&mut old);
        let less: [Edit; 2] = [
            |new| drop(new.get_dictionary_mut((1, 0)).unwrap().remove(b"DSS")),
            |new| {
                new.objects.insert((10, 0), dictionary! { "Type" => "DSS" }.into());
                new.get_dictionary_mut((1, 0)).unwrap().set("DSS", (10, 0));
            },
        ];
        for edit in less {
            let mut new = old.clone();
            edit(&mut new);
            assert_eq!(changes(&old, &new).unwrap(), [Change::StoreBent]);
        }
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
