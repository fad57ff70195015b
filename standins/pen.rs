//! The signature of 电子签's stand-in: one update behind the file, whose message the `openssl` program makes.

use std::io;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use crate::tsa::openssl;

/// Hex digits that are kept free for the message.
const ROOM: usize = 12_288;
const BYTE_RANGE: &[u8] = b"/ByteRange [";
const CONTENTS: &[u8] = b"/Contents <";

/// A key and its self-made certificate in a folder of their own, made at the first file.
pub struct Pen {
    folder: PathBuf,
    made: Mutex<bool>,
}

impl Pen {
    pub fn new() -> Self {
        let folder = std::env::temp_dir().join(format!("palm-standin-pen-{}", std::process::id()));
        Self { folder, made: Mutex::new(false) }
    }

    /// The file with one signature over all of it.
    ///
    /// # Errors
    /// When the file has no plain table of contents and catalog, or a form already.
    pub fn sign(&self, pdf: &[u8]) -> io::Result<Vec<u8>> {
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        if !*made {
            self.prepare()?;
            *made = true;
        }
        let mut out = with_room(pdf).ok_or_else(|| io::Error::other("the file is not of the plain kind"))?;
        let begin = last(&out, CONTENTS).map(|at| at + CONTENTS.len() - 1);
        let begin = begin.ok_or_else(|| io::Error::other("the room for the message is lost"))?;
        let end = begin + ROOM + 2;
        let range = format!("0 {begin:010} {end:010} {:010}]", out.len() - end);
        let at = last(&out, BYTE_RANGE).map(|at| at + BYTE_RANGE.len());
        put(&mut out, at, range.as_bytes())?;
        std::fs::write(self.folder.join("signed.bin"), [&out[..begin], &out[end..]].concat())?;
        let names = ["-in", "signed.bin", "-out", "message.der", "-signer", "own.pem", "-inkey", "own.key"];
        let kind = ["cms", "-sign", "-binary", "-cades", "-md", "sha256", "-outform", "DER"];
        openssl(&self.folder, &[&kind[..], &names].concat())?;
        let message = std::fs::read(self.folder.join("message.der"))?;
        put(&mut out, Some(begin + 1), hex::encode(message).as_bytes())?;
        Ok(out)
    }

    fn prepare(&self) -> io::Result<()> {
        std::fs::create_dir_all(&self.folder)?;
        let key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", "own.key"];
        let name = ["-out", "own.pem", "-days", "3650", "-subj", "/O=Stand-in/CN=Stand-in E-Sign"];
        let use_of_it = [
            "-addext",
            "keyUsage=critical,digitalSignature,nonRepudiation",
            "-addext",
            "basicConstraints=critical,CA:FALSE",
        ];
        openssl(&self.folder, &[&["req", "-x509"][..], &key, &name, &use_of_it].concat())
    }
}

/// One letter of what was signed becomes another.
pub fn bend(signed: &mut [u8]) {
    if let Some(letter) = last(signed, b"(Stand-in)").and_then(|at| signed.get_mut(at + 1)) {
        *letter = b's';
    }
}

impl Drop for Pen {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// The file with a form, a field and an empty signature behind it.
fn with_room(pdf: &[u8]) -> Option<Vec<u8>> {
    let trailer = pdf.get(last(pdf, b"trailer")?..)?;
    let (root, size) = (number(trailer, b"/Root ")?, number(trailer, b"/Size ")?);
    let before = number(trailer, b"startxref")?;
    let catalog = pdf.get(last(pdf, format!("\n{root} 0 obj").as_bytes())?..)?;
    let catalog = catalog.get(first(catalog, b"<<")?..first(catalog, b"endobj")?)?.trim_ascii_end();
    let catalog = catalog.strip_suffix(b">>").filter(|all| first(all, b"/AcroForm").is_none())?;
    let (field, signature) = (size, size + 1);
    let form = format!("/AcroForm<</Fields[{field} 0 R]/SigFlags 3>>>>");
    let widget =
        format!("<</Type/Annot/Subtype/Widget/FT/Sig/T(standin)/F 132/Rect[0 0 0 0]/V {signature} 0 R>>");
    let zeros = "0".repeat(ROOM);
    let empty = format!(
        "<</Type/Sig/Filter/Adobe.PPKLite/SubFilter/ETSI.CAdES.detached/Name(Stand-in)\
         /ByteRange [0 0000000000 0000000000 0000000000]/Contents <{zeros}>>>"
    );
    let mut out = [pdf, b"\n"].concat();
    let mut places = Vec::new();
    for (n, body) in
        [(root, [catalog, form.as_bytes()].concat()), (field, widget.into()), (signature, empty.into())]
    {
        places.push(out.len());
        out.extend(format!("{n} 0 obj\n").bytes());
        out.extend(body);
        out.extend(b"\nendobj\n");
    }
    let table = out.len();
    let [of_root, of_field, of_signature] = places.as_slice() else { return None };
    out.extend(
        format!(
            "xref\n{root} 1\n{of_root:010} 00000 n\r\n{field} 2\n{of_field:010} 00000 n\r\n{of_signature:010} 00000 n\r\n\
             trailer\n<</Size {}/Root {root} 0 R/Prev {before}>>\nstartxref\n{table}\n%%EOF\n",
            size + 2
        )
        .bytes(),
    );
    Some(out)
}

fn put(out: &mut [u8], at: Option<usize>, bytes: &[u8]) -> io::Result<()> {
    let room = at.and_then(|at| out.get_mut(at..at + bytes.len()));
    room.ok_or_else(|| io::Error::other("there is no room for the signature"))?.copy_from_slice(bytes);
    Ok(())
}

fn first(bytes: &[u8], mark: &[u8]) -> Option<usize> {
    bytes.windows(mark.len()).position(|window| window == mark)
}

fn last(bytes: &[u8], mark: &[u8]) -> Option<usize> {
    bytes.windows(mark.len()).rposition(|window| window == mark)
}

/// The number behind a mark.
fn number(bytes: &[u8], mark: &[u8]) -> Option<usize> {
    let behind = bytes.get(first(bytes, mark)? + mark.len()..)?.trim_ascii_start();
    let end = behind.iter().position(|byte| !byte.is_ascii_digit()).unwrap_or(behind.len());
    std::str::from_utf8(behind.get(..end)?).ok()?.parse().ok()
}
