//! The life of one agreement, told once: set, prepared, locked, signed by both parties, judged, tampered with.

use std::path::Path;
use std::sync::LazyLock;

use chrono::{DateTime, TimeDelta, TimeZone, Utc};
use lopdf::{Document, Object, Stream, dictionary};
use sha2::Digest;

use super::Mark;
use super::tests::{agreement, set};
use crate::platform::pdf::increment::Increment;
use crate::platform::pdf::testing::{engine, handwriting};
use crate::platform::pdf::{
    Examination, FieldError, FieldPlace, LongTerm, Signing, ValidationData, Verdict, archive, examine, lock,
    prepare, sign, stamp_last,
};
use crate::platform::pki::{Authority, MessageError, Subject, TimestampError, Trust};

const LOCK: &str = "platform";
const HEAD: [u8; 32] = [7; 32];

struct Story {
    authority: Authority,
    prepared: Vec<u8>,
    locked: Vec<u8>,
    once: Vec<u8>,
    twice: Vec<u8>,
    archived: Vec<u8>,
}

static STORY: LazyLock<Story> = LazyLock::new(tell);

fn noon() -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2026, 11, 20, 4, 0, 0).unwrap()
}

fn tell() -> Story {
    let folder = tempfile::tempdir().unwrap();
    let authority = Authority::open(folder.path(), noon()).unwrap();
    let paper = set(&agreement()).unwrap();
    let mut places = vec![FieldPlace::invisible(LOCK, "平台锁定")];
    places.extend(paper.boxes.iter().map(|one| FieldPlace::over(one, &one.id, "签署处")));
    let prepared = prepare(&paper.pdf, &places).unwrap();
    let locked = sign_as(&authority, &prepared, LOCK, None, true);
    let once = sign_as(&authority, &locked, "host", Some("李玥"), true);
    let twice = sign_as(&authority, &once, "investor", Some("张喆堃"), true);
    let archived = archive_by(&authority, &authority, &twice, noon());
    Story { authority, prepared, locked, once, twice, archived }
}

fn sign_as(authority: &Authority, pdf: &[u8], field: &str, person: Option<&str>, stamped: bool) -> Vec<u8> {
    let name = person.unwrap_or("掌上招商平台");
    let subject = Subject { name, organisation: "益阳市，投资, 促进+中心", id: "P0001" };
    let key = authority.issue_event_key(subject, noon()).unwrap();
    let picture = handwriting();
    let mark = person.map(|person| {
        Mark {
            signer_name: person,
            handwriting: (field == "host").then_some(&picture),
            seal: None,
            signed_at: noon(),
            certificate_serial: &key.serial(),
            size_mm: (73.0, 33.0),
        }
        .draw(engine())
        .unwrap()
        .pdf
    });
    let transport = |request: &[u8]| Ok(authority.answer_timestamp(request, noon())?);
    let signing = Signing {
        field,
        signer_name: name,
        reason: "确认签署本协议",
        location: "湖南省益阳市",
        at: noon(),
        evidence_head: Some(HEAD),
        appearance: mark.as_deref(),
        timestamp: if stamped { Some(&transport) } else { None },
    };
    if person.is_none() { lock(pdf, key, &signing) } else { sign(pdf, key, &signing) }.unwrap()
}

/// Long-term data of one authority under a stamp of another, or of the same.
fn archive_by(authority: &Authority, stamps: &Authority, pdf: &[u8], at: DateTime<Utc>) -> Vec<u8> {
    let data = ValidationData {
        certificates: authority.trust().certificates().unwrap(),
        revocation_lists: vec![authority.revocation_list(at).unwrap()],
    };
    archive(pdf, &data, &|request| Ok(stamps.answer_timestamp(request, at)?)).unwrap()
}

fn judged(pdf: &[u8]) -> Examination {
    examine(pdf, &STORY.authority.trust(), noon() + TimeDelta::days(3))
}

/// Appends an update to the finished agreement.
fn updated(edit: impl FnOnce(&Document, &mut Increment<'_>)) -> Vec<u8> {
    updated_from(&STORY.twice, edit)
}

fn updated_from(base: &[u8], edit: impl FnOnce(&Document, &mut Increment<'_>)) -> Vec<u8> {
    let document = Document::load_mem(base).unwrap();
    let mut increment = Increment::new(base, &document);
    edit(&document, &mut increment);
    increment.finish().unwrap()
}

fn widget(document: &Document, name: &str) -> (lopdf::ObjectId, lopdf::Dictionary) {
    let found = document.objects.iter().find(|(_, object)| {
        object
            .as_dict()
            .is_ok_and(|one| one.get(b"T").and_then(Object::as_str).is_ok_and(|t| t == name.as_bytes()))
    });
    let (id, object) = found.unwrap();
    (*id, object.as_dict().unwrap().clone())
}

fn find(bytes: &[u8], mark: &[u8]) -> usize {
    bytes.windows(mark.len()).position(|window| window == mark).unwrap()
}

fn codes(examination: &Examination) -> Vec<&str> {
    examination.signatures.iter().flat_map(|row| &row.problems).map(|problem| problem.code.as_str()).collect()
}

#[test]
fn an_agreement_signed_by_all_is_valid() {
    let judged = judged(&STORY.twice);
    assert_eq!(codes(&judged), Vec::<&str>::new());
    assert_eq!(judged.verdict, Verdict::Valid);
    assert_eq!(judged.trailing_bytes, 0);
    let rows = &judged.signatures;
    assert_eq!(rows.iter().map(|row| row.field.as_str()).collect::<Vec<_>>(), [LOCK, "host", "investor"]);
    assert_eq!(
        rows.iter().map(|row| row.signer.as_str()).collect::<Vec<_>>(),
        ["掌上招商平台", "李玥", "张喆堃"]
    );
    assert_eq!(rows.iter().map(|row| row.later_changes.len()).collect::<Vec<_>>(), [2, 1, 0]);
    // Who signed is named, not the field.
    assert_eq!(rows[0].later_changes[1].text, "张喆堃 完成签署");
    assert_eq!(rows.iter().map(|row| row.locks).collect::<Vec<_>>(), [true, false, false]);
    assert!(rows.iter().all(|row| row.intact && row.trusted && row.timestamp_ok));
    assert!(
        rows.iter().all(|row| row.signed_at == Some(noon()) && row.evidence_head == Some(hex::encode(HEAD)))
    );
    assert_eq!(rows[2].revision_sha256.as_ref(), Some(&judged.sha256));
    assert!(rows[2].covers_whole_file && !rows[1].covers_whole_file);
}

#[test]
fn every_step_on_the_way_is_called_by_its_name() {
    assert_eq!(judged(&STORY.prepared).verdict, Verdict::Unsigned);
    assert_eq!(judged(&STORY.locked).verdict, Verdict::PartlySigned);
    let once = judged(&STORY.once);
    assert_eq!(once.verdict, Verdict::PartlySigned);
    assert_eq!(once.unsigned_fields, ["签署处"]);
}

#[test]
fn signing_appends_and_never_rewrites() {
    let story = &*STORY;
    assert!(story.locked.starts_with(&story.prepared));
    assert!(story.once.starts_with(&story.locked));
    assert!(story.twice.starts_with(&story.once));
}

#[test]
fn nobody_trusted_means_untrusted() {
    let judged = examine(&STORY.twice, &Trust::nobody(), noon());
    assert_eq!(judged.verdict, Verdict::Untrusted);
    assert!(judged.signatures.iter().all(|row| row.intact && !row.trusted));
}

#[test]
fn the_stamp_keeps_a_signature_valid_after_its_certificate_has_expired() {
    let judged = examine(&STORY.twice, &STORY.authority.trust(), noon() + TimeDelta::days(365 * 8));
    assert_eq!(judged.verdict, Verdict::Valid);
}

#[test]
fn without_a_stamp_it_is_said_so_and_expiry_counts() {
    let story = &*STORY;
    let locked = sign_as(&story.authority, &story.prepared, LOCK, None, false);
    let once = sign_as(&story.authority, &locked, "host", Some("李玥"), false);
    let twice = sign_as(&story.authority, &once, "investor", Some("张喆堃"), false);
    assert_eq!(judged(&twice).verdict, Verdict::ValidUnstamped);
    let late = |pdf: &[u8]| examine(pdf, &story.authority.trust(), noon() + TimeDelta::days(365 * 8));
    assert_eq!(late(&twice).verdict, Verdict::Untrusted);
    // The authority is back: the last signature is stamped, and proves those before it.
    let transport = |request: &[u8]| Ok(story.authority.answer_timestamp(request, noon())?);
    let stamped = stamp_last(&twice, &transport).unwrap();
    assert_eq!((stamped.len(), late(&stamped).verdict), (twice.len(), Verdict::Valid));
    let rows = late(&stamped).signatures;
    assert!(rows.iter().all(|row| row.timestamp_ok && row.signed_at == Some(noon())));
    assert!(rows[0].later_changes.iter().any(|change| change.code == "stamped_later"));
    // A stamp is put in once, and only where nothing follows.
    assert!(matches!(
        stamp_last(&stamped, &transport),
        Err(FieldError::Message(MessageError::StampedAlready))
    ));
    let behind = [twice.as_slice(), b"x"].concat();
    assert!(matches!(stamp_last(&behind, &transport), Err(FieldError::PlaceLost)));
}

#[test]
fn a_silent_or_lying_time_authority_stops_the_signature() {
    let story = &*STORY;
    let attempt = |transport: &crate::platform::pki::Transport<'_>| {
        let subject = Subject { name: "李玥", organisation: "", id: "P1" };
        let key = story.authority.issue_event_key(subject, noon()).unwrap();
        let signing = Signing {
            field: "host",
            signer_name: "李玥",
            reason: "",
            location: "",
            at: noon(),
            evidence_head: None,
            appearance: None,
            timestamp: Some(transport),
        };
        sign(&story.locked, key, &signing)
    };
    let dead = attempt(&|_| Err("connection refused".into()));
    assert!(matches!(dead, Err(FieldError::Message(MessageError::Timestamp(TimestampError::Transport(_))))));
    let rubbish = attempt(&|_| Ok(b"<html>".to_vec()));
    assert!(matches!(
        rubbish,
        Err(FieldError::Message(MessageError::Timestamp(TimestampError::Unreadable(_))))
    ));
    let earlier = std::cell::RefCell::new(None);
    attempt(&|request| {
        let answer = story.authority.answer_timestamp(request, noon())?;
        *earlier.borrow_mut() = Some(answer.clone());
        Ok(answer)
    })
    .unwrap();
    let replayed = attempt(&|_| Ok(earlier.borrow().clone().unwrap()));
    assert!(matches!(replayed, Err(FieldError::Message(MessageError::Timestamp(TimestampError::WrongHash)))));
}

#[test]
fn a_field_is_signed_once_and_a_file_is_locked_once() {
    let story = &*STORY;
    let key =
        || story.authority.issue_event_key(Subject { name: "a", organisation: "", id: "" }, noon()).unwrap();
    let signing = |field| Signing {
        field,
        signer_name: "a",
        reason: "",
        location: "",
        at: noon(),
        evidence_head: None,
        appearance: None,
        timestamp: None,
    };
    assert!(matches!(sign(&story.twice, key(), &signing("host")), Err(FieldError::AlreadySigned(_))));
    assert!(matches!(sign(&story.twice, key(), &signing("nobody")), Err(FieldError::NoField(_))));
    assert!(matches!(lock(&story.locked, key(), &signing("host")), Err(FieldError::AlreadyLocked)));
    assert!(matches!(prepare(&story.prepared, &[]), Err(FieldError::AlreadyPrepared)));
}

#[test]
fn tamper_1_a_flipped_byte_in_the_body() {
    let mut pdf = STORY.twice.clone();
    let at = find(&pdf, b"stream\n") + 40;
    pdf[at] ^= 1;
    assert_eq!(judged(&pdf).verdict, Verdict::Tampered);
}

#[test]
fn tamper_2_a_changed_digit_in_a_signature() {
    let mut pdf = STORY.twice.clone();
    let at = STORY.once.len() + find(&pdf[STORY.once.len()..], b"/Contents <") + 11 + 2000;
    pdf[at] = if pdf[at] == b'0' { b'1' } else { b'0' };
    let judged = judged(&pdf);
    assert_eq!(judged.verdict, Verdict::Tampered);
    assert!(judged.signatures[0].intact && judged.signatures[1].intact && !judged.signatures[2].intact);
}

#[test]
fn tamper_3_a_drawing_laid_over_the_first_page() {
    let pdf = updated(|document, increment| {
        let page_id = document.get_pages()[&1];
        let mut page = document.get_dictionary(page_id).unwrap().clone();
        let overlay = increment.add(Stream::new(dictionary! {}, b"0 0 400 400 re f".to_vec())).unwrap();
        let mut contents = vec![page.get(b"Contents").unwrap().clone()];
        contents.push(overlay.into());
        page.set("Contents", contents);
        increment.replace(page_id, page).unwrap();
    });
    let judged = judged(&pdf);
    assert_eq!(judged.verdict, Verdict::Tampered);
    assert_eq!(codes(&judged), ["object_rewritten"; 3]);
}

#[test]
fn tamper_4_another_picture_in_a_made_signature() {
    let pdf = updated(|document, increment| {
        let (id, mut field) = widget(document, "host");
        let picture = dictionary! { "Type" => "XObject", "Subtype" => "Form", "BBox" => vec![0.into(), 0.into(), 9.into(), 9.into()] };
        let drawing = increment.add(Stream::new(picture, b"0 0 9 9 re f".to_vec())).unwrap();
        field.set("AP", dictionary! { "N" => drawing });
        increment.replace(id, field).unwrap();
    });
    assert_eq!(judged(&pdf).verdict, Verdict::Tampered);
}

#[test]
fn tamper_5_cut_back_to_an_earlier_state() {
    let end = judged(&STORY.twice).signatures[1].revision_sha256.clone();
    let judged = judged(&STORY.once);
    assert_eq!(judged.verdict, Verdict::PartlySigned);
    assert_eq!(Some(judged.sha256), end);
}

#[test]
fn tamper_6_a_wider_gap_around_a_signature() {
    let mut pdf = STORY.twice.clone();
    let from = STORY.once.len() + find(&pdf[STORY.once.len()..], b"/ByteRange [0 ") + 14;
    let text = String::from_utf8(pdf[from..from + 32].to_vec()).unwrap();
    let numbers: Vec<usize> = text.split_whitespace().map(|number| number.parse().unwrap()).collect();
    let wider = format!("{:<10} {:<10} {:<10}", numbers[0], numbers[1] + 200, numbers[2] - 200);
    pdf[from..from + 32].copy_from_slice(wider.as_bytes());
    let judged = judged(&pdf);
    assert_eq!(judged.verdict, Verdict::Tampered);
    assert!(codes(&judged).contains(&"gap_not_contents"));
}

#[test]
fn tamper_7_rubbish_behind_the_end() {
    let mut pdf = STORY.twice.clone();
    pdf.extend(vec![b'x'; 5000]);
    let judged = judged(&pdf);
    assert_eq!(judged.verdict, Verdict::TrailingBytes);
    assert_eq!(judged.trailing_bytes, 5000);
}

#[test]
fn tamper_8_a_note_added_to_a_page() {
    let pdf = updated(|document, increment| {
        let page_id = document.get_pages()[&1];
        let mut page = document.get_dictionary(page_id).unwrap().clone();
        let rect: Vec<Object> = vec![100.into(), 500.into(), 400.into(), 560.into()];
        let note = increment
            .add(dictionary! { "Type" => "Annot", "Subtype" => "FreeText", "Rect" => rect, "Contents" => Object::string_literal("x") })
            .unwrap();
        page.set("Annots", vec![Object::Reference(note)]);
        increment.replace(page_id, page).unwrap();
    });
    assert_eq!(judged(&pdf).verdict, Verdict::Tampered);
}

#[test]
fn a_replaced_root_is_found_although_every_signed_object_is_untouched() {
    let mut document = Document::load_mem(&STORY.twice).unwrap();
    let root = document.catalog().unwrap().clone();
    document.trailer.set("Root", (document.max_id + 1, 0));
    let mut increment = Increment::new(&STORY.twice, &document);
    let mut root = root;
    root.set("PageMode", "UseNone");
    increment.add(root).unwrap();
    let judged = judged(&increment.finish().unwrap());
    assert_eq!(judged.verdict, Verdict::Tampered);
    assert!(codes(&judged).contains(&"root_replaced"));
}

#[test]
fn a_form_that_no_longer_lists_its_signatures_is_found() {
    let pdf = updated(|document, increment| {
        let form = document.catalog().unwrap().get(b"AcroForm").unwrap().as_reference().unwrap();
        increment.replace(form, dictionary! { "Fields" => Object::Array(vec![]), "SigFlags" => 3 }).unwrap();
    });
    let judged = judged(&pdf);
    assert_eq!(judged.verdict, Verdict::Tampered);
    assert_eq!(judged.problems[0].code, "signature_unlisted");
}

#[test]
fn an_unfinished_update_behind_the_end_is_found() {
    let mut pdf = updated(|document, increment| {
        let page_id = document.get_pages()[&1];
        increment.replace(page_id, dictionary! { "Type" => "Page" }).unwrap();
    });
    pdf.truncate(pdf.len() - b"%%EOF\n".len());
    assert_eq!(judged(&pdf).verdict, Verdict::Tampered);
}

#[test]
fn an_empty_field_gets_no_look_without_a_signature() {
    let document = Document::load_mem(&STORY.once).unwrap();
    let mut increment = Increment::new(&STORY.once, &document);
    let (id, mut field) = widget(&document, "investor");
    let (_, signed) = widget(&document, "host");
    field.set("AP", signed.get(b"AP").unwrap().clone());
    increment.replace(id, field).unwrap();
    let judged = judged(&increment.finish().unwrap());
    assert_eq!(judged.verdict, Verdict::Tampered);
    assert!(codes(&judged).contains(&"field_painted"));
}

#[test]
fn a_stranger_cannot_sign_an_open_field_unnoticed() {
    let folder = tempfile::tempdir().unwrap();
    let stranger = Authority::open(folder.path(), noon()).unwrap();
    let pdf = sign_as(&stranger, &STORY.once, "investor", Some("张喆堃"), true);
    let judged = judged(&pdf);
    assert_eq!(judged.verdict, Verdict::Untrusted);
    assert!(judged.signatures[1].trusted && !judged.signatures[2].trusted);
}

/// A thousand, each another byte at another place, every other one in the file with long-term data; no later reader of
/// either may be told that it is valid.
#[test]
fn a_thousand_changed_bytes_are_all_found() {
    let passed = std::thread::scope(|scope| {
        let halves = [0, 1].map(|half| {
            scope.spawn(move || {
                let mut passed = vec![];
                for round in (half..1000_u64).step_by(2) {
                    let draw = sha2::Sha256::digest(round.to_be_bytes());
                    let number = |from: usize| u32::from_be_bytes(draw[from..from + 4].try_into().unwrap());
                    let whole = if round % 4 < 2 { &STORY.twice } else { &STORY.archived };
                    let mut pdf = whole.clone();
                    let at = usize::try_from(number(0)).unwrap() % pdf.len();
                    pdf[at] ^= u8::try_from(number(4) % 255).unwrap() + 1;
                    if judged(&pdf).verdict == Verdict::Valid {
                        passed.push((round, at));
                    }
                }
                passed
            })
        });
        halves.map(|half| half.join().unwrap()).concat()
    });
    assert_eq!(passed, []);
}

#[test]
fn long_term_data_and_a_stamp_over_everything_are_one_lawful_update() {
    let story = &*STORY;
    assert!(story.archived.starts_with(&story.twice));
    let archived = judged(&story.archived);
    assert_eq!(codes(&archived), Vec::<&str>::new());
    assert_eq!((archived.verdict, archived.long_term), (Verdict::Valid, LongTerm::Archived));
    assert_eq!((archived.signatures.len(), archived.trailing_bytes), (3, 0));
    let [stamp] = archived.document_stamps.as_slice() else { panic!("{:?}", archived.document_stamps) };
    assert!(stamp.intact && stamp.trusted && stamp.covers_whole_file && stamp.stamped_at == Some(noon()));
    let later: Vec<&str> =
        archived.signatures[2].later_changes.iter().map(|change| change.code.as_str()).collect();
    assert_eq!(later, ["catalog_extended", "document_stamped"]);
    assert_eq!(judged(&story.twice).long_term, LongTerm::None);
    // Another stamp before the first one's certificate ends, which keeps what is there.
    let until = stamp.expires_at.unwrap();
    let again =
        archive_by(&story.authority, &story.authority, &story.archived, noon() + TimeDelta::days(900));
    let renewed = judged(&again);
    assert_eq!((renewed.verdict, renewed.long_term), (Verdict::Valid, LongTerm::Archived));
    assert_eq!(renewed.document_stamps.len(), 2);
    assert!(again.len() - story.archived.len() < story.archived.len() - story.twice.len());
    let late = examine(&story.archived, &story.authority.trust(), until + TimeDelta::days(1));
    assert_eq!((late.verdict, late.long_term), (Verdict::Valid, LongTerm::Lapsed));
}

#[test]
fn an_update_that_only_looks_like_long_term_data_is_not_taken_for_it() {
    let story = &*STORY;
    let folder = tempfile::tempdir().unwrap();
    let stranger = Authority::open(folder.path(), noon()).unwrap();
    // A stamp by nobody who is believed covers nothing.
    let foreign = judged(&archive_by(&story.authority, &stranger, &story.twice, noon()));
    assert_eq!((foreign.verdict, foreign.long_term), (Verdict::TrailingBytes, LongTerm::None));
    assert_eq!(foreign.document_stamps[0].problems[0].code, "timestamp_untrusted");
    // Lists of another root, and none, prove nothing.
    let lists = [vec![stranger.revocation_list(noon()).unwrap()], vec![]];
    for revocation_lists in lists {
        let data = ValidationData { certificates: vec![], revocation_lists };
        let transport = |request: &[u8]| Ok(story.authority.answer_timestamp(request, noon())?);
        let judged = judged(&archive(&story.twice, &data, &transport).unwrap());
        assert_eq!((judged.verdict, judged.long_term), (Verdict::Valid, LongTerm::Incomplete));
    }
    // Under the stamp nothing of the data can be changed.
    let mut bent = story.archived.clone();
    let at = story.twice.len() + find(&bent[story.twice.len()..], b"/CRLs");
    bent[at + 1] = b'D';
    assert_eq!(judged(&bent).verdict, Verdict::Tampered);
    // The stamp is taken away from its field, or its field from the form.
    let edits: [fn(&Document, &mut Increment<'_>); 3] = [
        |document, increment| {
            let (id, mut field) = widget(document, "stamp-1");
            field.remove(b"V");
            increment.replace(id, field).unwrap();
        },
        |document, increment| {
            let form = document.catalog().unwrap().get(b"AcroForm").unwrap().as_reference().unwrap();
            let mut fewer = document.get_dictionary(form).unwrap().clone();
            let mut fields = fewer.get(b"Fields").unwrap().as_array().unwrap().clone();
            fields.pop();
            fewer.set("Fields", fields);
            increment.replace(form, fewer).unwrap();
        },
        |document, increment| {
            let page_id = document.get_pages()[&1];
            let mut page = document.get_dictionary(page_id).unwrap().clone();
            page.set("Rotate", 90);
            increment.replace(page_id, page).unwrap();
        },
    ];
    for edit in edits {
        let judged = judged(&updated_from(&story.archived, edit));
        assert_eq!(judged.verdict, Verdict::Tampered, "{judged:?}");
    }
}

#[test]
fn a_stamp_over_the_whole_proves_the_time_of_signatures_without_their_own() {
    let story = &*STORY;
    let locked = sign_as(&story.authority, &story.prepared, LOCK, None, false);
    let once = sign_as(&story.authority, &locked, "host", Some("李玥"), false);
    let twice = sign_as(&story.authority, &once, "investor", Some("张喆堃"), false);
    let archived = archive_by(&story.authority, &story.authority, &twice, noon());
    let judged = judged(&archived);
    assert_eq!((judged.verdict, judged.long_term), (Verdict::Valid, LongTerm::Archived));
    assert!(judged.signatures.iter().all(|row| row.timestamp_ok && row.signed_at == Some(noon())));
}

#[test]
fn a_letter_turned_inside_the_last_message_is_found() {
    let mut pdf = STORY.twice.clone();
    let from = STORY.once.len() + find(&pdf[STORY.once.len()..], b"/Contents <") + 11;
    let at = from + pdf[from..].iter().position(u8::is_ascii_lowercase).unwrap();
    pdf[at] ^= 0x20;
    assert_eq!(judged(&pdf).verdict, Verdict::Tampered);
}

/// The agreement with so many signers, each on top of the one before.
fn told_by(signers: usize) -> Vec<u8> {
    let story = &*STORY;
    let mut data = agreement();
    let names = ["李玥", "张喆堃", "王犇", "赵珺", "陈璟"];
    let all: Vec<serde_json::Value> = (0..signers)
        .map(|n| {
            let side = &data["parties"][n.min(1)];
            serde_json::json!({
                "title": side["title"], "organisation": side["organisation"], "signer_name": names[n],
                "id": format!("signer-{n}"), "authority": "授权代表",
            })
        })
        .collect();
    data["signers"] = all.into();
    let paper = set(&data).unwrap();
    assert_eq!(paper.boxes.len(), signers);
    let mut places = vec![FieldPlace::invisible(LOCK, "平台锁定")];
    places.extend(paper.boxes.iter().map(|one| FieldPlace::over(one, &one.id, "签署处")));
    let mut pdf = sign_as(&story.authority, &prepare(&paper.pdf, &places).unwrap(), LOCK, None, true);
    for (n, name) in names.iter().enumerate().take(signers) {
        pdf = sign_as(&story.authority, &pdf, &format!("signer-{n}"), Some(name), true);
    }
    pdf
}

#[test]
fn with_five_signers_the_earlier_ones_stay_valid() {
    let judged = judged(&told_by(5));
    assert_eq!((judged.verdict, judged.signatures.len()), (Verdict::Valid, 6));
    assert!(judged.signatures.iter().all(|row| row.intact && row.trusted && row.timestamp_ok));
}

#[test]
fn random_injuries_never_pass_and_never_panic() {
    let mut state = 0x2026_1124_u64;
    let mut next = |below: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(state >> 33).unwrap() % below
    };
    let sound = judged(&STORY.twice);
    for round in 0..150 {
        let mut pdf = STORY.twice.clone();
        let at = next(pdf.len());
        match round % 3 {
            0 => pdf[at] ^= 1 << next(8),
            1 => pdf.truncate(at),
            _ => pdf.insert(at, b'('),
        }
        let judged = judged(&pdf);
        assert!(judged != sound, "round {round} at {at}");
        assert_ne!(judged.verdict, Verdict::Valid, "round {round} at {at}");
    }
}

#[test]
#[ignore = "leaves tmp/esign for tests/esign/check.sh"]
fn the_agreement_is_left_for_other_verifiers() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tmp/esign");
    std::fs::create_dir_all(&folder).unwrap();
    let story = &*STORY;
    let mut draft = agreement();
    draft["draft"] = true.into();
    draft["values"] = serde_json::json!({});
    let asked = std::cell::RefCell::new(vec![]);
    crate::platform::pki::request_token(b"data", &|request| {
        let answer = story.authority.answer_timestamp(request, noon())?;
        *asked.borrow_mut() = vec![("stamp.tsq", request.to_vec()), ("stamp.tsr", answer.clone())];
        Ok(answer)
    })
    .unwrap();
    let files = [
        ("base.pdf", set(&agreement()).unwrap().pdf),
        ("draft.pdf", set(&draft).unwrap().pdf),
        ("locked.pdf", story.locked.clone()),
        ("partly.pdf", story.once.clone()),
        ("signed.pdf", story.twice.clone()),
        ("archived.pdf", story.archived.clone()),
        ("signed-3.pdf", told_by(3)),
        ("signed-4.pdf", told_by(4)),
        ("signed-5.pdf", told_by(5)),
        ("root.pem", story.authority.root_pem().unwrap().into_bytes()),
    ];
    for (name, bytes) in files.into_iter().chain(asked.into_inner()) {
        std::fs::write(folder.join(name), bytes).unwrap();
    }
}

/// Their names begin with the verdict that they must get.
#[test]
#[ignore = "judges what tests/esign/tamper.py made of tmp/esign/signed.pdf in tmp/esign/bad"]
fn files_tampered_with_by_other_programs_are_found() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tmp/esign");
    let trust = Trust::from_pem(&std::fs::read(folder.join("root.pem")).unwrap()).unwrap();
    for entry in std::fs::read_dir(folder.join("bad")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        let examination = examine(&std::fs::read(&path).unwrap(), &trust, noon() + TimeDelta::days(30));
        let verdict = serde_json::to_value(examination.verdict).unwrap();
        println!("{name}: {verdict} {:?} {:?}", examination.problems, codes(&examination));
        assert_eq!(verdict, name.split('-').next().unwrap(), "{name}");
    }
}
