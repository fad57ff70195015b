//! Files that go into a paper behind its own pages: checked without being believed, and rewritten as nothing but pages.

use lopdf::{Dictionary, Document, Object, ObjectId, Stream};

use super::field::FieldError;
use super::increment::Increment;
use super::read::{self, ReadError, catalog, follow};
use super::revision::has_undefined_references;

/// Pages of one annex, at most.
pub const MOST_PAGES: usize = 60;
/// Bytes of one annex, at most.
pub const MOST_BYTES: usize = 8 * 1024 * 1024;
/// Objects of one file that are looked at, at most, those inside others counted.
const MOST_OBJECTS: usize = 2_000_000;
/// From a page up to the node that it inherits from, at most.
const MOST_PARENTS: usize = 32;
/// Sides of a page, in points: a postage stamp to a poster of two by three metres.
const SIDES: std::ops::RangeInclusive<f32> = 36.0..=8600.0;
/// Bytes that what is drawn on all pages may unfold to.
const MOST_UNFOLDED: usize = 32 * 1024 * 1024;
/// Keys that make a reader do something, load something or attach something.
const ACTIVE: [&[u8]; 3] = [b"JS", b"JavaScript", b"AA"];
const ACTIONS: [&[u8]; 9] = [
    b"JavaScript",
    b"Launch",
    b"SubmitForm",
    b"ImportData",
    b"ResetForm",
    b"Rendition",
    b"Sound",
    b"Movie",
    b"RichMediaExecute",
];
const ATTACHED: [&[u8]; 3] = [b"EmbeddedFiles", b"EF", b"Collection"];
const FONTS: [&[u8]; 5] = [b"Type1", b"MMType1", b"TrueType", b"CIDFontType0", b"CIDFontType2"];
const FONT_FILES: [&[u8]; 3] = [b"FontFile", b"FontFile2", b"FontFile3"];
/// Metadata that is unfolded, in bytes, at most.
const MOST_CLAIM: usize = 1 << 20;
/// An empty file that pages are put into.
const SKELETON: &[u8] = b"%PDF-1.7\n1 0 obj\n<</Type/Catalog/Pages 2 0 R>>\nendobj\n2 0 obj\n<</Type/Pages/Kids[]/Count 0>>\nendobj\nxref\n0 3\n0000000000 65535 f\r\n0000000009 00000 n\r\n0000000054 00000 n\r\ntrailer\n<</Size 3/Root 1 0 R>>\nstartxref\n100\n%%EOF\n";

crate::text_enum! {
    /// Why a file cannot become an annex, and what to do about it.
    pub enum AnnexFault {
        NotPdf = "not_pdf", "文件不是 PDF；请另存为 PDF 后再传", "The file is no PDF; save it as PDF and upload again";
        Damaged = "damaged", "文件结构不合规或已损坏；请在原软件中用“打印为 PDF”重新生成后再传", "The file is damaged or irregular; print it to PDF anew and upload again";
        Encrypted = "encrypted", "文件已加密；请去掉密码后再传", "The file is encrypted; remove the password and upload again";
        TooLarge = "too_large", "文件超过 8 MB；请降低扫描分辨率或分成几份后再传", "The file is larger than 8 MB; scan at a lower resolution or split it";
        TooManyPages = "too_many_pages", "文件超过 60 页；请分成几份后再传", "The file has more than 60 pages; split it";
        NoPages = "no_pages", "文件没有页面；请检查后重新生成", "The file has no page; make it anew";
        Form = "form", "文件含表单或电子签名；请用“打印为 PDF”生成一份再传", "The file holds a form or signatures; print it to PDF and upload that";
        Script = "script", "文件含脚本或自动动作；请用“打印为 PDF”生成一份再传", "The file holds scripts or actions; print it to PDF and upload that";
        Attachment = "attachment", "文件内嵌了其他文件；请把它们分别转为 PDF 作为附件上传", "Other files are embedded in the file; convert each to PDF and upload them as annexes";
        Annotation = "annotation", "文件含批注或图章标注；请确认内容后用“打印为 PDF”生成一份再传", "The file holds comments or stamps; print it to PDF and upload that";
        Layers = "layers", "文件含可开关的图层；请用“打印为 PDF”固定显示内容后再传", "The file has layers that can be switched; print it to PDF to fix what is shown";
        Fonts = "fonts", "有字体没有嵌入文件，在不同设备上显示会不同；请导出时选择“嵌入全部字体”，或用“打印为 PDF”生成后再传", "A font is not embedded, so the file looks different elsewhere; embed all fonts or print it to PDF";
        Outside = "outside", "文件引用了外部内容；请用“打印为 PDF”生成一份再传", "The file refers to content outside itself; print it to PDF and upload that";
        PageSize = "page_size", "有页面的尺寸不合规；请用“打印为 PDF”按常用纸张生成后再传", "A page has no usable size; print it to PDF on ordinary paper";
        TooCostly = "too_costly", "读取这份文件所需的时间或内存超过上限；请用“打印为 PDF”生成一份再传", "Reading the file takes more time or memory than is allowed; print it to PDF and upload that";
    }
}

impl From<ReadError> for AnnexFault {
    fn from(error: ReadError) -> Self {
        match error {
            ReadError::TooLarge => Self::TooLarge,
            ReadError::NotPdf => Self::NotPdf,
            ReadError::Encrypted => Self::Encrypted,
            ReadError::TooManyFields => Self::Form,
            ReadError::Malformed(_) | ReadError::Repaired | ReadError::Hostile => Self::Damaged,
        }
    }
}

/// A file that is nothing but pages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Annex {
    pub pdf: Vec<u8>,
    pub pages: usize,
}

/// A stranger's file as an annex: the same pages in a file of our own making, which holds nothing else. For a process
/// of its own.
///
/// # Errors
/// What is wrong with it.
pub fn normalised(pdf: &[u8]) -> Result<Annex, AnnexFault> {
    if pdf.len() > MOST_BYTES {
        return Err(AnnexFault::TooLarge);
    }
    let document = read::open(pdf)?;
    let (_, root) = catalog(&document)?;
    if root.has(b"AcroForm") {
        return Err(AnnexFault::Form);
    }
    if root.has(b"OCProperties") {
        return Err(AnnexFault::Layers);
    }
    refuse_objects(&document)?;
    let pages = document.get_pages();
    match pages.len() {
        0 => return Err(AnnexFault::NoPages),
        1..=MOST_PAGES => {}
        _ => return Err(AnnexFault::TooManyPages),
    }
    // A tree that names a page twice shows more than is found here.
    let tree = follow(&document, root, b"Pages").and_then(|tree| tree.as_dict().ok());
    let counted =
        tree.and_then(|tree| follow(&document, tree, b"Count")).and_then(|count| count.as_i64().ok());
    if counted.and_then(|count| usize::try_from(count).ok()) != Some(pages.len()) {
        return Err(AnnexFault::Damaged);
    }
    let mut room = MOST_UNFOLDED;
    for id in pages.values() {
        refuse_annotations(&document, *id)?;
        room = room.checked_sub(unfolded(&document, *id, room)?).ok_or(AnnexFault::TooCostly)?;
    }
    let made = appended(SKELETON, &document).map_err(|_| AnnexFault::Damaged)?;
    let again = read::open(&made)?;
    if again.get_pages().len() != pages.len() || has_undefined_references(&again) {
        return Err(AnnexFault::Damaged);
    }
    if made.len() > MOST_BYTES * 2 {
        return Err(AnnexFault::TooLarge);
    }
    Ok(Annex { pdf: made, pages: pages.len() })
}

/// The paper with annexes behind its pages. Theirs are not known to keep the archive standard, so the claim to it is
/// taken out of the paper.
///
/// # Errors
/// When the paper or an annex is not ours.
pub fn append(paper: &[u8], annexes: &[Vec<u8>]) -> Result<Vec<u8>, FieldError> {
    let mut out = paper.to_vec();
    for annex in annexes {
        out = appended(&out, &read::open(annex)?)?;
    }
    if annexes.is_empty() { Ok(out) } else { without_claim(&out) }
}

fn appended(base: &[u8], source: &Document) -> Result<Vec<u8>, FieldError> {
    let document = read::open(base)?;
    let (_, root) = catalog(&document)?;
    let tree_id = root.get(b"Pages")?.as_reference()?;
    let mut tree = document.get_dictionary(tree_id)?.clone();
    let clean: Vec<Object> = source
        .get_pages()
        .values()
        .map(|id| clean_page(source, *id).map(Object::Dictionary))
        .collect::<Result<_, _>>()?;
    let mut increment = Increment::new(base, &document);
    // All at once, so that what pages share is copied once.
    let Object::Array(copies) = increment.import(source, &Object::Array(clean))? else {
        return Err(FieldError::PlaceLost);
    };
    let mut kids = match follow(&document, &tree, b"Kids") {
        Some(Object::Array(kids)) => kids.clone(),
        _ => vec![],
    };
    let count = follow(&document, &tree, b"Count").and_then(|count| count.as_i64().ok()).unwrap_or(0);
    tree.set("Count", count + i64::try_from(copies.len()).unwrap_or(0));
    for copy in copies {
        let Object::Dictionary(mut page) = copy else { return Err(FieldError::PlaceLost) };
        page.set("Parent", tree_id);
        kids.push(increment.add(page)?.into());
    }
    tree.set("Kids", kids);
    increment.replace(tree_id, tree)?;
    Ok(increment.finish()?)
}

/// A page with what shows it and nothing else; what it inherits is written into it.
fn clean_page(document: &Document, id: ObjectId) -> Result<Dictionary, FieldError> {
    let page = document.get_dictionary(id)?;
    let mut clean = Dictionary::new();
    clean.set("Type", Object::Name(b"Page".to_vec()));
    let inherited = |key: &[u8]| inherited(document, page, key).cloned();
    let media = inherited(b"MediaBox").ok_or(FieldError::Appearance)?;
    clean.set("CropBox", inherited(b"CropBox").unwrap_or_else(|| media.clone()));
    clean.set("MediaBox", media);
    clean.set("Rotate", inherited(b"Rotate").unwrap_or(Object::Integer(0)));
    clean.set("Resources", inherited(b"Resources").unwrap_or_else(|| Dictionary::new().into()));
    for key in [&b"Contents"[..], b"Group"] {
        if let Ok(value) = page.get(key) {
            clean.set(key, value.clone());
        }
    }
    Ok(clean)
}

fn inherited<'a>(document: &'a Document, page: &'a Dictionary, key: &[u8]) -> Option<&'a Object> {
    let mut node = page;
    for _ in 0..MOST_PARENTS {
        if let Some(found) = follow(document, node, key) {
            return Some(found);
        }
        node = follow(document, node, b"Parent")?.as_dict().ok()?;
    }
    None
}

fn refuse_annotations(document: &Document, id: ObjectId) -> Result<(), AnnexFault> {
    let page = document.get_dictionary(id).map_err(|_| AnnexFault::Damaged)?;
    let sides: Vec<f32> = inherited(document, page, b"MediaBox")
        .and_then(|all| all.as_array().ok())
        .map(|all| all.iter().filter_map(|one| document.dereference(one).ok()?.1.as_float().ok()).collect())
        .unwrap_or_default();
    let [left, bottom, right, top] = *sides.as_slice() else { return Err(AnnexFault::PageSize) };
    let fits = |a: f32, b: f32| SIDES.contains(&(a - b).abs());
    if !fits(left, right) || !fits(bottom, top) || page.has(b"UserUnit") {
        return Err(AnnexFault::PageSize);
    }
    let Some(Object::Array(all)) = follow(document, page, b"Annots") else { return Ok(()) };
    for one in all {
        let one = document.dereference(one).ok().and_then(|(_, object)| object.as_dict().ok());
        let kind = one.and_then(|one| one.get(b"Subtype").and_then(Object::as_name).ok());
        match kind {
            // Where it leads is lost, what it shows is part of the page.
            Some(b"Link") => {}
            Some(b"Widget") => return Err(AnnexFault::Form),
            _ => return Err(AnnexFault::Annotation),
        }
    }
    Ok(())
}

/// Bytes of what a page draws, unfolded; refused past `most`.
fn unfolded(document: &Document, id: ObjectId, most: usize) -> Result<usize, AnnexFault> {
    let mut sum = 0;
    for content in document.get_page_contents(id) {
        let stream =
            document.get_object(content).and_then(Object::as_stream).map_err(|_| AnnexFault::Damaged)?;
        let plain = stream.get_plain_content_with_limit(most).map_err(|_| AnnexFault::TooCostly)?;
        sum += plain.len();
    }
    Ok(sum)
}

/// Looks at every object of the file, used or not.
fn refuse_objects(document: &Document) -> Result<(), AnnexFault> {
    let mut open: Vec<&Object> = document.objects.values().collect();
    let mut seen = 0;
    while let Some(object) = open.pop() {
        seen += 1;
        if seen > MOST_OBJECTS {
            return Err(AnnexFault::TooCostly);
        }
        match object {
            Object::Array(items) => open.extend(items),
            Object::Dictionary(dictionary) => {
                refuse_dictionary(document, dictionary)?;
                open.extend(dictionary.iter().map(|(_, value)| value));
            }
            Object::Stream(stream) => {
                refuse_stream(stream)?;
                refuse_dictionary(document, &stream.dict)?;
                open.extend(stream.dict.iter().map(|(_, value)| value));
            }
            _ => {}
        }
    }
    Ok(())
}

fn refuse_dictionary(document: &Document, dictionary: &Dictionary) -> Result<(), AnnexFault> {
    let name = |key: &[u8]| dictionary.get(key).and_then(Object::as_name).unwrap_or_default();
    if ACTIVE.iter().any(|key| dictionary.has(key)) || ACTIONS.contains(&name(b"S")) {
        return Err(AnnexFault::Script);
    }
    if ATTACHED.iter().any(|key| dictionary.has(key)) {
        return Err(AnnexFault::Attachment);
    }
    if dictionary.has(b"ByteRange") {
        return Err(AnnexFault::Form);
    }
    if [&b"OPI"[..], b"Ref"].iter().any(|key| dictionary.has(key) && dictionary.has(b"Subtype")) {
        return Err(AnnexFault::Outside);
    }
    let embedded = || {
        let descriptor = follow(document, dictionary, b"FontDescriptor").and_then(|one| one.as_dict().ok());
        descriptor.is_some_and(|one| FONT_FILES.iter().any(|key| one.has(key)))
    };
    if dictionary.has(b"BaseFont") && FONTS.contains(&name(b"Subtype")) && !embedded() {
        return Err(AnnexFault::Fonts);
    }
    Ok(())
}

fn refuse_stream(stream: &Stream) -> Result<(), AnnexFault> {
    // Data in another file, and programs for printers.
    let outside = stream.dict.has(b"F")
        || stream.dict.get(b"Subtype").and_then(Object::as_name).is_ok_and(|kind| kind == b"PS");
    if outside { Err(AnnexFault::Outside) } else { Ok(()) }
}

/// Takes the claim to PDF/A out of the paper's metadata.
fn without_claim(pdf: &[u8]) -> Result<Vec<u8>, FieldError> {
    let document = read::open(pdf)?;
    let (_, root) = catalog(&document)?;
    let Ok(id) = root.get(b"Metadata").and_then(Object::as_reference) else { return Ok(pdf.to_vec()) };
    let stream = document.get_object(id)?.as_stream()?;
    let text = String::from_utf8_lossy(&stream.get_plain_content_with_limit(MOST_CLAIM)?).into_owned();
    let mut dictionary = stream.dict.clone();
    dictionary.remove(b"Filter");
    let text = ["part", "conformance", "rev", "amd"].iter().fold(text, |text, name| cut(&text, name));
    if text.contains("pdfaid:part") {
        return Err(FieldError::PlaceLost);
    }
    let mut increment = Increment::new(pdf, &document);
    increment.replace(id, Stream::new(dictionary, text.into_bytes()))?;
    Ok(increment.finish()?)
}

/// The text without one property of the archive standard, however it is written.
fn cut(text: &str, name: &str) -> String {
    let (open, close) = (format!("<pdfaid:{name}>"), format!("</pdfaid:{name}>"));
    if let Some((before, rest)) = text.split_once(&open)
        && let Some((_, after)) = rest.split_once(&close)
    {
        return format!("{before}{after}");
    }
    if let Some((before, rest)) = text.split_once(&format!("pdfaid:{name}=\""))
        && let Some((_, after)) = rest.split_once('"')
    {
        return format!("{before}{after}");
    }
    text.to_owned()
}

#[cfg(test)]
mod tests {
    use super::{AnnexFault, append, normalised};
    use crate::platform::pdf::read;
    use lopdf::Object;

    /// A file of objects from number 1 on; the first is the catalog.
    fn file(objects: &[String]) -> Vec<u8> {
        let mut file = b"%PDF-1.7\n".to_vec();
        let mut table = format!("xref\n0 {}\n0000000000 65535 f\r\n", objects.len() + 1);
        for (n, object) in objects.iter().enumerate() {
            table += &format!("{:010} 00000 n\r\n", file.len());
            file.extend(format!("{} 0 obj\n{object}\nendobj\n", n + 1).bytes());
        }
        let start = file.len();
        let trailer =
            format!("trailer\n<</Size {}/Root 1 0 R>>\nstartxref\n{start}\n%%EOF\n", objects.len() + 1);
        file.extend((table + &trailer).bytes());
        file
    }

    /// Two pages that share a resource; `catalog`, `page` and `more` are put in.
    fn two_pages(catalog: &str, page: &str, more: &[&str]) -> Vec<u8> {
        let drawing = "0 0 m 100 100 l S";
        let mut objects = vec![
            format!("<</Type/Catalog/Pages 2 0 R{catalog}>>"),
            "<</Type/Pages/Kids[3 0 R 4 0 R]/Count 2/MediaBox[0 0 595 842]/Rotate 90/Resources 5 0 R>>"
                .to_owned(),
            format!(
                "<</Type/Page/Parent 2 0 R/Metadata 7 0 R{page}{}>>",
                if page.contains("/Contents") { "" } else { "/Contents 6 0 R" }
            ),
            "<</Type/Page/Parent 2 0 R/Contents 6 0 R/StructParents 0>>".to_owned(),
            "<</ExtGState<</G 7 0 R>>>>".to_owned(),
            format!("<</Length {}>>\nstream\n{drawing}\nendstream", drawing.len()),
            "<</CA 0.5>>".to_owned(),
        ];
        objects.extend(more.iter().map(|one| (*one).to_owned()));
        file(&objects)
    }

    #[test]
    fn pages_are_kept_with_what_they_inherit_and_nothing_else_is() {
        let annex =
            normalised(&two_pages("/Lang(zh)/PageMode/UseOutlines", "/Annots[<</Subtype/Link>>]", &[]))
                .unwrap();
        assert_eq!(annex.pages, 2);
        let document = read::open(&annex.pdf).unwrap();
        let (_, root) = read::catalog(&document).unwrap();
        assert_eq!(root.len(), 2);
        for id in document.get_pages().values() {
            let page = document.get_dictionary(*id).unwrap();
            let mut keys: Vec<String> =
                page.iter().map(|(key, _)| String::from_utf8_lossy(key).into_owned()).collect();
            keys.sort();
            assert_eq!(keys, ["Contents", "CropBox", "MediaBox", "Parent", "Resources", "Rotate", "Type"]);
            assert_eq!(page.get(b"Rotate").and_then(Object::as_i64).unwrap(), 90);
        }
        // What two pages share is there once.
        let shared = document
            .objects
            .values()
            .filter(|object| object.as_dict().is_ok_and(|one| one.has(b"CA")))
            .count();
        assert_eq!(shared, 1);
        // An annex is an annex again.
        assert_eq!(normalised(&annex.pdf).unwrap().pages, 2);
    }

    #[test]
    fn annexes_stand_behind_the_paper_in_their_order() {
        let annex = normalised(&two_pages("", "", &[])).unwrap().pdf;
        let paper = two_pages("", "", &[]);
        let whole = append(&paper, &[annex.clone(), annex]).unwrap();
        assert!(whole.starts_with(&paper));
        let document = read::open(&whole).unwrap();
        assert_eq!(document.get_pages().len(), 6);
        assert_eq!(append(&paper, &[]).unwrap(), paper);
    }

    #[test]
    fn whatever_may_change_hide_or_act_is_refused_by_name() {
        let font = "<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>";
        let embedded = "<</Type/Font/Subtype/TrueType/BaseFont/X/FontDescriptor<</FontFile2 6 0 R>>>>";
        assert!(normalised(&two_pages("", "", &[embedded])).is_ok());
        let cases: [(&str, &str, &[&str], AnnexFault); 16] = [
            ("/AcroForm<</Fields[]>>", "", &[], AnnexFault::Form),
            ("", "/Annots[<</Subtype/Widget>>]", &[], AnnexFault::Form),
            ("", "", &["<</ByteRange[0 1 2 3]/Contents<00>>>"], AnnexFault::Form),
            ("/OpenAction<</S/JavaScript/JS(app.alert(1))>>", "", &[], AnnexFault::Script),
            ("/AA<<>>", "", &[], AnnexFault::Script),
            ("", "/Annots[<</Subtype/Link/A<</S/Launch/F(x.exe)>>>>]", &[], AnnexFault::Script),
            ("/Names<</EmbeddedFiles<<>>>>", "", &[], AnnexFault::Attachment),
            ("", "", &["<</Type/Filespec/EF<</F 6 0 R>>>>"], AnnexFault::Attachment),
            ("/OCProperties<<>>", "", &[], AnnexFault::Layers),
            ("", "/Annots[<</Subtype/FreeText>>]", &[], AnnexFault::Annotation),
            ("", "/Annots[<</Subtype/Stamp>>]", &[], AnnexFault::Annotation),
            ("", "", &[font], AnnexFault::Fonts),
            ("", "", &["<</F(elsewhere.bin)/Length 0>>\nstream\n\nendstream"], AnnexFault::Outside),
            ("", "/UserUnit 9", &[], AnnexFault::PageSize),
            ("", "/MediaBox[0 0 1 1]", &[], AnnexFault::PageSize),
            ("", "/Group 99 0 R", &[], AnnexFault::Damaged),
        ];
        for (catalog, page, more, fault) in cases {
            assert_eq!(normalised(&two_pages(catalog, page, more)), Err(fault), "{catalog} {page} {more:?}");
        }
        assert_eq!(normalised(b"words"), Err(AnnexFault::NotPdf));
        assert_eq!(normalised(b"%PDF-1.7\nwords"), Err(AnnexFault::Damaged));
        assert_eq!(normalised(&vec![b' '; super::MOST_BYTES + 1]), Err(AnnexFault::TooLarge));
        let none = ["<</Type/Catalog/Pages 2 0 R>>", "<</Type/Pages/Kids[]/Count 0>>"].map(str::to_owned);
        assert_eq!(normalised(&file(&none)), Err(AnnexFault::NoPages));
        let page = "<</Type/Page/Parent 2 0 R/MediaBox[0 0 100 100]>>";
        let tree = |kids: &str, count: usize| format!("<</Type/Pages/Kids[{kids}]/Count {count}>>");
        let twice = [none[0].clone(), tree(&"3 0 R ".repeat(61), 61), page.to_owned()];
        assert_eq!(normalised(&file(&twice)), Err(AnnexFault::Damaged));
        let kids: String = (3..64).map(|n| format!("{n} 0 R ")).collect();
        let many: Vec<String> =
            [none[0].clone(), tree(&kids, 61)].into_iter().chain((0..61).map(|_| page.to_owned())).collect();
        assert_eq!(normalised(&file(&many)), Err(AnnexFault::TooManyPages));
    }

    #[test]
    fn what_is_drawn_unfolds_only_so_far() {
        let mut bomb = lopdf::Stream::new(lopdf::Dictionary::new(), vec![b' '; super::MOST_UNFOLDED + 1]);
        bomb.compress().unwrap();
        // As text, in which a byte is two digits: the file stays a text like the others.
        bomb.content = hex::encode(&bomb.content).into_bytes();
        bomb.content.push(b'>');
        bomb.dict.set(
            "Filter",
            vec![Object::Name(b"ASCIIHexDecode".to_vec()), Object::Name(b"FlateDecode".to_vec())],
        );
        let mut written = vec![];
        crate::platform::pdf::increment::write_object(&Object::Stream(bomb), &mut written);
        let file = two_pages("", "/Contents 8 0 R", &[std::str::from_utf8(&written).unwrap()]);
        assert!(file.len() < 200_000);
        assert_eq!(normalised(&file), Err(AnnexFault::TooCostly));
    }

    #[test]
    fn the_claim_to_the_archive_standard_is_taken_out() {
        for claim in [
            "<pdfaid:part>2</pdfaid:part><pdfaid:conformance>B</pdfaid:conformance>",
            "<d pdfaid:part=\"2\" pdfaid:conformance=\"B\"/>",
        ] {
            let xmp = format!("<x:xmpmeta>{claim}<dc:title>协议</dc:title></x:xmpmeta>");
            let metadata =
                format!("<</Type/Metadata/Subtype/XML/Length {}>>\nstream\n{xmp}\nendstream", xmp.len());
            let paper = two_pages("/Metadata 8 0 R", "", &[&metadata]);
            let annex = normalised(&two_pages("", "", &[])).unwrap().pdf;
            let whole = append(&paper, &[annex]).unwrap();
            let document = read::open(&whole).unwrap();
            let stream = document.get_object((8, 0)).unwrap().as_stream().unwrap();
            let text = String::from_utf8_lossy(&stream.content).into_owned();
            assert!(
                !text.contains("pdfaid:part")
                    && !text.contains("pdfaid:conformance")
                    && text.contains("协议"),
                "{text}"
            );
        }
    }
}
