//! Draws a code as a PNG of black and white: a QR code of a text, with a band below that says whose it is.

use qrcode::{Color, EcLevel, QrCode};

/// Light modules on each side of the code.
const QUIET: usize = 4;
/// "STAND-IN" in letters of 5 by 7, a row a byte.
const LETTERS: [[u8; 7]; 8] = [S, T, A, N, D, [0, 0, 0, 0b11111, 0, 0, 0], I, N];
const S: [u8; 7] = [0b01111, 0b10000, 0b10000, 0b01110, 0b00001, 0b00001, 0b11110];
const T: [u8; 7] = [0b11111, 0b00100, 0b00100, 0b00100, 0b00100, 0b00100, 0b00100];
const A: [u8; 7] = [0b01110, 0b10001, 0b10001, 0b11111, 0b10001, 0b10001, 0b10001];
const N: [u8; 7] = [0b10001, 0b11001, 0b10101, 0b10101, 0b10011, 0b10001, 0b10001];
const D: [u8; 7] = [0b11110, 0b10001, 0b10001, 0b10001, 0b10001, 0b10001, 0b11110];
const I: [u8; 7] = [0b01110, 0b00100, 0b00100, 0b00100, 0b00100, 0b00100, 0b01110];

/// Square, `width` pixels a side; `None` when the text is too long for a code.
pub fn draw(text: &str, width: usize) -> Option<Vec<u8>> {
    let code = QrCode::with_error_correction_level(text, EcLevel::M).ok()?;
    let modules = code.width() + 2 * QUIET;
    let band = width / 12;
    let cell = (width - band) / modules;
    if cell == 0 {
        return None;
    }
    let mut canvas = Canvas::new(width);
    let (left, top) = ((width - cell * modules) / 2, (width - band - cell * modules) / 2);
    for (n, color) in code.to_colors().into_iter().enumerate() {
        if color == Color::Dark {
            let (x, y) = (n % code.width() + QUIET, n / code.width() + QUIET);
            canvas.fill(left + x * cell, top + y * cell, cell, cell, true);
        }
    }
    canvas.fill(0, width - band, width, band, true);
    let dot = (band - 4) / 7;
    let from = (width - LETTERS.len() * 6 * dot) / 2;
    for (n, letter) in LETTERS.iter().enumerate() {
        for (y, row) in letter.iter().enumerate() {
            for x in (0..5).filter(|x| row >> (4 - x) & 1 == 1) {
                canvas.fill(from + (n * 6 + x) * dot, width - band + 2 + y * dot, dot, dot, false);
            }
        }
    }
    Some(canvas.png())
}

struct Canvas {
    width: usize,
    dark: Vec<bool>,
}

impl Canvas {
    fn new(width: usize) -> Self {
        Self { width, dark: vec![false; width * width] }
    }

    fn fill(&mut self, left: usize, top: usize, width: usize, height: usize, dark: bool) {
        for y in top..top + height {
            let row = y * self.width;
            self.dark[row + left..row + left + width].fill(dark);
        }
    }

    /// One bit a pixel, stored without compression.
    fn png(&self) -> Vec<u8> {
        let mut rows = Vec::new();
        for row in self.dark.chunks(self.width) {
            rows.push(0);
            for eight in row.chunks(8) {
                let light = |n: usize| eight.get(n).is_some_and(|dark| !dark);
                rows.push((0..8).fold(0, |byte, n| byte << 1 | u8::from(light(n))));
            }
        }
        let side = u32::try_from(self.width).unwrap_or_default().to_be_bytes();
        let mut png = b"\x89PNG\r\n\x1a\n".to_vec();
        chunk(&mut png, b"IHDR", &[&side[..], &side, &[1, 0, 0, 0, 0]].concat());
        chunk(&mut png, b"tEXt", b"Source\0STAND-IN, not WeChat");
        chunk(&mut png, b"IDAT", &stored(&rows));
        chunk(&mut png, b"IEND", &[]);
        png
    }
}

fn chunk(png: &mut Vec<u8>, name: &[u8; 4], body: &[u8]) {
    png.extend(u32::try_from(body.len()).unwrap_or_default().to_be_bytes());
    let named = [&name[..], body].concat();
    png.extend(&named);
    png.extend(crc32(&named).to_be_bytes());
}

/// A zlib stream of stored blocks (RFC 1950, RFC 1951 3.2.4).
fn stored(bytes: &[u8]) -> Vec<u8> {
    let mut stream = vec![0x78, 0x01];
    let blocks = bytes.chunks(0xffff);
    let last = blocks.len().saturating_sub(1);
    for (n, block) in blocks.enumerate() {
        let length = u16::try_from(block.len()).unwrap_or_default();
        stream.push(u8::from(n == last));
        stream.extend(length.to_le_bytes());
        stream.extend((!length).to_le_bytes());
        stream.extend(block);
    }
    stream.extend(adler32(bytes).to_be_bytes());
    stream
}

fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| crc >> 1 ^ if crc & 1 == 1 { 0xedb8_8320 } else { 0 })
    })
}

fn adler32(bytes: &[u8]) -> u32 {
    let (a, b) = bytes.iter().fold((1_u32, 0_u32), |(a, b), byte| {
        let a = (a + u32::from(*byte)) % 65_521;
        (a, (b + a) % 65_521)
    });
    b << 16 | a
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sums_are_the_known_ones() {
        assert_eq!(crc32(b"IEND"), 0xae42_6082);
        assert_eq!(crc32(b"123456789"), 0xcbf4_3926);
        assert_eq!(adler32(b"Wikipedia"), 0x11e6_0398);
    }

    #[test]
    fn a_long_text_is_no_code_and_every_width_is_drawn() {
        assert!(draw(&"x".repeat(4_000), 430).is_none());
        for width in [280, 430, 1_280] {
            let png = draw("STAND-IN packages/map/site/index?scene=01a19468e47b7222bad3105cb84b789b", width)
                .unwrap();
            assert_eq!(png[16..20], u32::try_from(width).unwrap().to_be_bytes());
        }
    }
}
