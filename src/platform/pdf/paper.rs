//! The typesetter: a trusted Typst template and data in, an archival PDF (PDF/A-2b) and its signature boxes out.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{LazyLock, PoisonError, RwLock};

use chrono::{Datelike, NaiveDate};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use typst::diag::{FileError, FileResult, SourceDiagnostic};
use typst::foundations::{Bytes, Datetime, Duration, Label, Selector, Smart};
use typst::introspection::{Introspector, MetadataElem};
use typst::syntax::{FileId, RootedPath, Source, VirtualPath, VirtualRoot};
use typst::text::{Font, FontBook};
use typst::utils::{LazyHash, PicoStr};
use typst::{Library, LibraryExt, World};
use typst_layout::PagedDocument;
use typst_pdf::{PdfOptions, PdfStandard, PdfStandards, Timestamp};
use utoipa::ToSchema;

/// The whole fonts that every paper may use, below the font folder. Subsets lack characters of ordinary
/// given names (喆, 堃, 犇).
pub const FONTS: [&str; 4] = [
    "noto-serif-sc/400Regular/NotoSerifSC_400Regular.ttf",
    "noto-serif-sc/700Bold/NotoSerifSC_700Bold.ttf",
    "noto-sans-sc/400Regular/NotoSansSC_400Regular.ttf",
    "noto-sans-sc/700Bold/NotoSansSC_700Bold.ttf",
];

const TEMPLATE: &str = "/template.typ";
const DATA: &str = "/data.json";
const POINTS_PER_MILLIMETRE: f32 = 72.0 / 25.4;
/// Renders after which a memoised result that nobody asked for again is dropped.
const MEMORY_AGE: usize = 5;
const UNSHOWABLE: (&str, &str) = ("the text `\"", "\"` could not be displayed");

/// Why there is no paper.
#[derive(Debug, thiserror::Error)]
pub enum PaperError {
    #[error("the font {path} cannot be read; run the font installation or set the font folder")]
    Font { path: PathBuf, source: std::io::Error },
    #[error("{path} holds no usable font")]
    NotAFont { path: PathBuf },
    #[error("the fonts have no glyph for {0}")]
    MissingGlyph(String),
    #[error("{0} is not a file name that templates may use")]
    FileName(String),
    #[error("the template does not compile: {0}")]
    Template(String),
    #[error("the paper cannot be archived: {0}")]
    Archive(String),
    #[error("a signature box is not {{id, w, h}}")]
    SigBox,
    #[error("a part of the text is not {{heading, text, text_en}}")]
    Part,
    #[error("the data cannot be written as JSON")]
    Data(#[from] serde_json::Error),
}

/// What is to be set.
#[derive(Debug, Clone, Copy)]
pub struct Sheet<'a> {
    /// Typst source. Trusted: it comes with the program, never from a user.
    pub template: &'a str,
    /// What the template reads as `json("/data.json")`; the only way for user text.
    pub data: &'a serde_json::Value,
    /// Further files by a constant virtual name such as `/handwriting.png`. Names are kept for ever.
    pub files: &'a [(&'static str, &'a [u8])],
    /// What `datetime.today()` answers in the template, and the PDF's date when the template sets none.
    pub date: NaiveDate,
    /// Whether the structure is tagged for screen readers; drawings inside other papers are not.
    pub tagged: bool,
}

/// A finished paper.
#[derive(Debug, Clone)]
pub struct Paper {
    pub pdf: Vec<u8>,
    pub pages: usize,
    pub boxes: Vec<SigBox>,
    /// The words for a screen, in the order of the paper; none where the template leaves none
    pub parts: Vec<TextPart>,
}

/// A part of a paper in words (`#metadata((heading: …, text: …, text_en: …)) <part>`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TextPart {
    /// The page on which it begins, counted from 1
    pub page: u32,
    pub heading: bool,
    pub text: String,
    /// Where the paper has both languages
    pub text_en: Option<String>,
}

/// Where the template left room for a signature (`#metadata((id: …, w: mm, h: mm)) <sigbox>`).
#[derive(Debug, Clone, PartialEq)]
pub struct SigBox {
    pub id: String,
    /// Counted from 1.
    pub page: u32,
    /// Points from the page's left and upper edge.
    pub left: f32,
    pub top: f32,
    /// Points.
    pub width: f32,
    pub height: f32,
    pub page_height: f32,
}

impl SigBox {
    /// Lower left and upper right corner in points from the page's lower left, as PDF counts.
    pub fn corners(&self) -> [f32; 4] {
        let upper = self.page_height - self.top;
        [self.left, upper - self.height, self.left + self.width, upper]
    }
}

/// The typesetter with its fonts in memory (about 50 MB); share one behind an `Arc`. A render takes a good
/// part of a second of one core: keep it off the async threads and the number at once small.
pub struct PaperEngine {
    library: LazyHash<Library>,
    book: LazyHash<FontBook>,
    fonts: Vec<Font>,
}

impl std::fmt::Debug for PaperEngine {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("PaperEngine").field("fonts", &self.fonts.len()).finish_non_exhaustive()
    }
}

impl PaperEngine {
    /// Reads the fonts named in [`FONTS`] below `folder`.
    ///
    /// # Errors
    /// When one is missing or is no font.
    pub fn open(folder: &Path) -> Result<Self, PaperError> {
        let mut fonts = vec![];
        for name in FONTS {
            let path = folder.join(name);
            let bytes =
                std::fs::read(&path).map_err(|source| PaperError::Font { path: path.clone(), source })?;
            let before = fonts.len();
            fonts.extend(Font::iter(Bytes::new(bytes)));
            if fonts.len() == before {
                return Err(PaperError::NotAFont { path });
            }
        }
        let book = LazyHash::new(FontBook::from_fonts(&fonts));
        Ok(Self { library: LazyHash::new(Library::default()), book, fonts })
    }

    /// The letters of a text for which no font has a glyph, each once.
    pub fn missing(&self, text: &str) -> String {
        let shown =
            |c: char| c.is_whitespace() || self.fonts.iter().any(|f| f.info().coverage.contains(c.into()));
        let mut missing = String::new();
        for c in text.chars().filter(|c| !shown(*c)) {
            if !missing.contains(c) {
                missing.push(c);
            }
        }
        missing
    }

    /// Sets one paper. The same sheet gives the same bytes.
    ///
    /// # Errors
    /// When the template fails, or a character has no glyph: a paper never shows a box in its place.
    pub fn render(&self, sheet: &Sheet<'_>) -> Result<Paper, PaperError> {
        let data = serde_json::to_vec(sheet.data)?;
        let ident = hex::encode(Sha256::digest(&data));
        let shop = Workshop::new(self, sheet, data)?;
        let compiled = typst::compile::<PagedDocument>(&shop);
        // The table of memoised results only grows by itself.
        typst::comemo::evict(MEMORY_AGE);
        let document = compiled.output.map_err(|problems| PaperError::Template(told(&problems)))?;
        let (boxes, parts) = (signature_boxes(&document)?, text_parts(&document)?);
        let standards = PdfStandards::new(&[PdfStandard::A_2b])
            .map_err(|problem| PaperError::Archive(problem.message().to_string()))?;
        let options = PdfOptions {
            ident: Smart::Custom(ident),
            creator: Smart::Custom(Some("Palm".into())),
            timestamp: shop.today.map(Timestamp::new_utc),
            tagged: sheet.tagged,
            standards,
            ..PdfOptions::default()
        };
        let pdf = typst_pdf::pdf(&document, &options).map_err(|problems| archive_error(&problems))?;
        Ok(Paper { pdf, pages: document.pages().len(), boxes, parts })
    }
}

/// One render's view of the world: the template, its data, the given files, and nothing else.
struct Workshop<'a> {
    engine: &'a PaperEngine,
    template: FileId,
    source: Source,
    files: HashMap<FileId, Bytes>,
    today: Option<Datetime>,
}

impl<'a> Workshop<'a> {
    fn new(engine: &'a PaperEngine, sheet: &Sheet<'_>, data: Vec<u8>) -> Result<Self, PaperError> {
        let template = file_id(TEMPLATE)?;
        let mut files = HashMap::from([(file_id(DATA)?, Bytes::new(data))]);
        for (name, bytes) in sheet.files {
            files.insert(file_id(name)?, Bytes::new(bytes.to_vec()));
        }
        let date = sheet.date;
        let part = |value: u32| u8::try_from(value).unwrap_or(1);
        let today = Datetime::from_ymd(date.year(), part(date.month()), part(date.day()));
        Ok(Self { engine, template, source: Source::new(template, sheet.template.into()), files, today })
    }
}

impl World for Workshop<'_> {
    fn library(&self) -> &LazyHash<Library> {
        &self.engine.library
    }

    fn book(&self) -> &LazyHash<FontBook> {
        &self.engine.book
    }

    fn main(&self) -> FileId {
        self.template
    }

    fn source(&self, id: FileId) -> FileResult<Source> {
        if id == self.template {
            return Ok(self.source.clone());
        }
        Err(FileError::NotFound(id.vpath().get_without_slash().into()))
    }

    fn file(&self, id: FileId) -> FileResult<Bytes> {
        self.files.get(&id).cloned().ok_or_else(|| FileError::NotFound(id.vpath().get_without_slash().into()))
    }

    fn font(&self, index: usize) -> Option<Font> {
        self.engine.fonts.get(index).cloned()
    }

    fn today(&self, _offset: Option<Duration>) -> Option<Datetime> {
        self.today
    }
}

/// File ids live for ever in a table of 65 535: the same few names get the same few ids.
fn file_id(name: &'static str) -> Result<FileId, PaperError> {
    static IDS: LazyLock<RwLock<HashMap<&'static str, FileId>>> = LazyLock::new(RwLock::default);
    if let Some(id) = IDS.read().unwrap_or_else(PoisonError::into_inner).get(name) {
        return Ok(*id);
    }
    let path = VirtualPath::new(name).map_err(|_| PaperError::FileName(name.into()))?;
    let mut ids = IDS.write().unwrap_or_else(PoisonError::into_inner);
    Ok(*ids.entry(name).or_insert_with(|| FileId::new(RootedPath::new(VirtualRoot::Project, path))))
}

#[derive(Deserialize)]
struct BoxNote {
    id: String,
    w: f32,
    h: f32,
}

#[allow(clippy::cast_possible_truncation)] // points of a page are far inside f32
fn signature_boxes(document: &PagedDocument) -> Result<Vec<SigBox>, PaperError> {
    let label = Label::new(PicoStr::intern("sigbox")).ok_or(PaperError::SigBox)?;
    let introspector = document.introspector();
    let mut boxes = vec![];
    for note in introspector.query(&Selector::Label(label)) {
        let metadata = note.to_packed::<MetadataElem>().ok_or(PaperError::SigBox)?;
        let note_value: BoxNote = serde_json::from_value(serde_json::to_value(&metadata.value)?)?;
        let location = note.location().ok_or(PaperError::SigBox)?;
        let place = introspector.position(location).ok_or(PaperError::SigBox)?;
        let page = document.pages().get(place.page.get() - 1).ok_or(PaperError::SigBox)?;
        boxes.push(SigBox {
            id: note_value.id,
            page: u32::try_from(place.page.get()).map_err(|_| PaperError::SigBox)?,
            left: place.point.x.to_pt() as f32,
            top: place.point.y.to_pt() as f32,
            width: note_value.w * POINTS_PER_MILLIMETRE,
            height: note_value.h * POINTS_PER_MILLIMETRE,
            page_height: page.frame.height().to_pt() as f32,
        });
    }
    Ok(boxes)
}

#[derive(Deserialize)]
struct PartNote {
    heading: bool,
    text: String,
    text_en: Option<String>,
}

fn text_parts(document: &PagedDocument) -> Result<Vec<TextPart>, PaperError> {
    let label = Label::new(PicoStr::intern("part")).ok_or(PaperError::Part)?;
    let introspector = document.introspector();
    let mut parts = vec![];
    for note in introspector.query(&Selector::Label(label)) {
        let metadata = note.to_packed::<MetadataElem>().ok_or(PaperError::Part)?;
        let PartNote { heading, text, text_en } =
            serde_json::from_value(serde_json::to_value(&metadata.value)?)?;
        let location = note.location().ok_or(PaperError::Part)?;
        let place = introspector.position(location).ok_or(PaperError::Part)?;
        let page = u32::try_from(place.page.get()).map_err(|_| PaperError::Part)?;
        parts.push(TextPart { page, heading, text, text_en });
    }
    Ok(parts)
}

fn told(problems: &[SourceDiagnostic]) -> String {
    problems.iter().map(|problem| problem.message.to_string()).collect::<Vec<_>>().join("; ")
}

/// The archival export is what notices a missing glyph; the ordinary one draws a crossed box in silence.
fn archive_error(problems: &[SourceDiagnostic]) -> PaperError {
    let message = told(problems);
    let unshowable = message.split_once(UNSHOWABLE.0).and_then(|(_, rest)| rest.split_once(UNSHOWABLE.1));
    match unshowable {
        Some((text, _)) => PaperError::MissingGlyph(text.into()),
        None => PaperError::Archive(message),
    }
}
