//! The picture of a seal: read, freed of its paper, cut out, made small and written anew; the program draws none itself.
use std::io::Cursor;

use crate::error::{AppError, Code};

pub const REFUSED: Code = Code::new(
    "seal.picture_refused",
    "印章图片须为 PNG，边长 100 至 2400 像素、不超过 2 MB；请重新扫描或另存为 PNG 后再传",
    "A seal's picture is a PNG of 100 to 2400 pixels a side and at most 2 MB; scan it again or save it as PNG",
);
pub const BAD_GROUND: Code = Code::new(
    "seal.bad_ground",
    "图片的底色不够白，或图中没有印文，无法取出印章；请盖在白纸上，光线均匀地扫描后再传",
    "The ground is not white enough, or there is no seal in the picture; stamp on white paper and scan it in even light",
);

/// Bytes of the largest picture taken.
pub const MOST_BYTES: usize = 2 * 1024 * 1024;
const SIDES: std::ops::RangeInclusive<u32> = 100..=2400;
/// What decoding may allocate: the largest picture has four bytes a pixel.
const MOST_MEMORY: usize = 64 * 1024 * 1024;
/// Longest side of what is kept.
const KEPT_SIDE: usize = 480;
/// Largest file that is kept, in bytes: it stands in answers and in every paper that it seals.
const KEPT_BYTES: usize = 160 * 1024;
/// From this brightness of its darkest part on a pixel is paper.
const PAPER: u32 = 232;
/// Opacity from which a pixel counts as ink.
const INK: u8 = 40;
/// Share of the picture that is ink, in thousandths: less is an empty sheet, more is a sheet that is not white.
const INKED: std::ops::RangeInclusive<usize> = 5..=720;

/// Pixels of red, green, blue and opacity.
struct Pixels {
    width: usize,
    height: usize,
    all: Vec<[u8; 4]>,
}

/// The seal of a scanned picture as a PNG with a transparent ground.
///
/// # Errors
/// When it is no picture of bearable size, or no seal stands out from its ground.
pub fn cleaned(png: &[u8]) -> Result<Vec<u8>, AppError> {
    let scanned = read(png).ok_or(AppError::Unprocessable(&REFUSED))?;
    let mut seal = scanned.without_paper().cut_out().ok_or(AppError::Unprocessable(&BAD_GROUND))?;
    let mut side = KEPT_SIDE;
    loop {
        seal = seal.within(side);
        let written = write(&seal).map_err(AppError::internal)?;
        if written.len() <= KEPT_BYTES || side < 120 {
            return Ok(written);
        }
        side = side * 3 / 4;
    }
}

fn read(png: &[u8]) -> Option<Pixels> {
    if png.len() > MOST_BYTES {
        return None;
    }
    let limits = png::Limits { bytes: MOST_MEMORY };
    let mut decoder = png::Decoder::new_with_limits(Cursor::new(png), limits);
    decoder.set_transformations(png::Transformations::normalize_to_color8() | png::Transformations::ALPHA);
    let mut reader = decoder.read_info().ok()?;
    let (width, height) = reader.info().size();
    if !SIDES.contains(&width) || !SIDES.contains(&height) {
        return None;
    }
    let mut bytes = vec![0; reader.output_buffer_size()?];
    let frame = reader.next_frame(&mut bytes).ok()?;
    bytes.truncate(frame.buffer_size());
    let all = match frame.color_type {
        png::ColorType::Rgba => bytes.as_chunks::<4>().0.to_vec(),
        png::ColorType::GrayscaleAlpha => {
            bytes.as_chunks::<2>().0.iter().map(|[grey, a]| [*grey, *grey, *grey, *a]).collect()
        }
        _ => return None,
    };
    let (width, height) = (usize::try_from(width).ok()?, usize::try_from(height).ok()?);
    (all.len() == width * height).then_some(Pixels { width, height, all })
}

fn write(pixels: &Pixels) -> Result<Vec<u8>, Box<dyn std::error::Error + Send + Sync>> {
    let mut out = Vec::new();
    let (width, height) = (u32::try_from(pixels.width)?, u32::try_from(pixels.height)?);
    let mut encoder = png::Encoder::new(&mut out, width, height);
    encoder.set_color(png::ColorType::Rgba);
    encoder.set_depth(png::BitDepth::Eight);
    let mut writer = encoder.write_header()?;
    writer.write_image_data(pixels.all.as_flattened())?;
    writer.finish()?;
    Ok(out)
}

/// What a pixel on white paper is without the paper: as opaque as it is darker than white, in the colour that gives the
/// same look when it is laid on white again.
fn without_white([r, g, b, a]: [u8; 4]) -> [u8; 4] {
    let on_white = |c: u8| (u32::from(c) * u32::from(a) + 255 * (255 - u32::from(a))) / 255;
    let (r, g, b) = (on_white(r), on_white(g), on_white(b));
    let darkest = r.min(g).min(b);
    if darkest >= PAPER {
        return [255, 255, 255, 0];
    }
    let opacity = 255 - darkest;
    let colour = |c: u32| u8::try_from((c - darkest) * 255 / opacity).unwrap_or(u8::MAX);
    [colour(r), colour(g), colour(b), u8::try_from(opacity).unwrap_or(u8::MAX)]
}

impl Pixels {
    fn without_paper(mut self) -> Self {
        for pixel in &mut self.all {
            *pixel = without_white(*pixel);
        }
        self
    }

    fn rows(&self) -> impl Iterator<Item = &[[u8; 4]]> {
        self.all.chunks(self.width)
    }

    /// The part that is ink, when as much of the picture is ink as of a stamped sheet.
    fn cut_out(self) -> Option<Self> {
        let ink = |pixel: &[u8; 4]| pixel[3] >= INK;
        let inked = self.all.iter().filter(|pixel| ink(pixel)).count();
        if !INKED.contains(&(inked * 1000 / self.all.len().max(1))) {
            return None;
        }
        let lines: Vec<usize> =
            self.rows().enumerate().filter(|(_, row)| row.iter().any(ink)).map(|(y, _)| y).collect();
        let lefts = self.rows().filter_map(|row| row.iter().position(ink));
        let rights = self.rows().filter_map(|row| row.iter().rposition(ink));
        let (top, bottom) = (*lines.first()?, *lines.last()?);
        let (left, right) = (lefts.min()?, rights.max()?);
        let rows = self.rows().skip(top).take(bottom - top + 1);
        let all = rows.flat_map(|row| row.iter().skip(left).take(right - left + 1)).copied().collect();
        Some(Self { width: right - left + 1, height: bottom - top + 1, all })
    }

    /// Made small, so that no side is longer; each new pixel is the mean of those in its place.
    fn within(self, side: usize) -> Self {
        let longest = self.width.max(self.height);
        if longest <= side {
            return self;
        }
        let (width, height) = ((self.width * side / longest).max(1), (self.height * side / longest).max(1));
        let mut all = Vec::with_capacity(width * height);
        for y in 0..height {
            for x in 0..width {
                let rows = y * self.height / height
                    ..((y + 1) * self.height / height).max(y * self.height / height + 1);
                let columns =
                    x * self.width / width..((x + 1) * self.width / width).max(x * self.width / width + 1);
                let places =
                    rows.flat_map(|row| columns.clone().map(move |column| row * self.width + column));
                all.push(mean(places.filter_map(|place| self.all.get(place))));
            }
        }
        Self { width, height, all }
    }
}

/// Colours count as much as they are opaque.
fn mean<'a>(pixels: impl Iterator<Item = &'a [u8; 4]>) -> [u8; 4] {
    let (mut count, mut sums, mut opacity) = (0u32, [0u32; 3], 0u32);
    for [r, g, b, a] in pixels {
        count += 1;
        opacity += u32::from(*a);
        for (sum, c) in sums.iter_mut().zip([r, g, b]) {
            *sum += u32::from(*c) * u32::from(*a);
        }
    }
    if opacity == 0 {
        return [255, 255, 255, 0];
    }
    let [r, g, b] = sums.map(|sum| u8::try_from(sum / opacity).unwrap_or(u8::MAX));
    [r, g, b, u8::try_from(opacity / count.max(1)).unwrap_or(u8::MAX)]
}

#[cfg(test)]
mod tests {
    use super::{Pixels, cleaned, read, without_white, write};

    /// A sheet of one colour with a red frame in its middle.
    fn sheet(side: usize, ground: [u8; 4]) -> Vec<u8> {
        let (near, far, line) = (side / 4, side - side / 4, side / 20);
        let on = |x: usize, y: usize| {
            let inside = |v: usize| (near..far).contains(&v);
            let deep = |v: usize| (near + line..far - line).contains(&v);
            inside(x) && inside(y) && !(deep(x) && deep(y))
        };
        let all = (0..side * side)
            .map(|n| if on(n % side, n / side) { [190, 20, 30, 255] } else { ground })
            .collect();
        write(&Pixels { width: side, height: side, all }).unwrap()
    }

    #[test]
    fn the_paper_goes_and_the_seal_is_cut_out_and_small() {
        for ground in [[255, 255, 255, 255], [240, 238, 236, 255], [0, 0, 0, 0]] {
            let seal = read(&cleaned(&sheet(1200, ground)).unwrap()).unwrap();
            assert_eq!((seal.width, seal.height), (480, 480));
            let middle = seal.all[seal.width * seal.height / 2 + seal.width / 2];
            assert_eq!(middle[3], 0, "{ground:?}");
            let [r, g, b, a] = seal.all[2 * seal.width + 2];
            assert!(r > 180 && g < 20 && b < 30 && a > 220, "{r} {g} {b} {a}");
        }
    }

    #[test]
    fn laid_on_white_again_it_looks_as_before() {
        for pixel in [[190, 20, 30, 255], [250, 180, 180, 255], [0, 0, 0, 255]] {
            let [r, g, b, a] = without_white(pixel).map(u32::from);
            for (new, old) in [r, g, b].into_iter().zip(pixel) {
                let seen = (new * a + 255 * (255 - a)) / 255;
                assert!(seen.abs_diff(u32::from(old)) <= 2, "{pixel:?}: {seen}");
            }
        }
    }

    #[test]
    fn an_empty_or_a_dark_sheet_and_what_is_no_picture_are_refused() {
        let code = |png: &[u8]| cleaned(png).unwrap_err().code().name;
        let blank = Pixels { width: 200, height: 200, all: vec![[255; 4]; 40_000] };
        assert_eq!(code(&write(&blank).unwrap()), "seal.bad_ground");
        assert_eq!(code(&sheet(400, [150, 150, 150, 255])), "seal.bad_ground");
        assert_eq!(code(&sheet(60, [255; 4])), "seal.picture_refused");
        let mut cut = sheet(400, [255; 4]);
        cut.truncate(300);
        assert_eq!(code(&cut), "seal.picture_refused");
        assert_eq!(code(b"\x89PNG\r\n\x1a\n"), "seal.picture_refused");
        // A head that promises a gigabyte.
        let mut huge = sheet(400, [255; 4]);
        huge[16..24].copy_from_slice(&[0, 0, 0x80, 0, 0, 0, 0x80, 0]);
        assert_eq!(code(&huge), "seal.picture_refused");
    }
}
