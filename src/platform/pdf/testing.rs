//! What tests of paper share: one typesetter, one handwriting.

use std::path::PathBuf;
use std::sync::LazyLock;

use super::PaperEngine;

/// The typesetter with the fonts of `PALM_FONTS_DIR` (given when compiling) or of `fonts/`.
pub fn engine() -> &'static PaperEngine {
    static ENGINE: LazyLock<PaperEngine> = LazyLock::new(|| {
        let installed = concat!(env!("CARGO_MANIFEST_DIR"), "/fonts/node_modules/@expo-google-fonts");
        let folder = PathBuf::from(option_env!("PALM_FONTS_DIR").unwrap_or(installed));
        PaperEngine::open(&folder).unwrap_or_else(|error| panic!("{error}"))
    });
    &ENGINE
}

/// A signature drawn by hand, PNG with a transparent ground.
pub fn handwriting() -> Vec<u8> {
    include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/esign/handwriting.png")).to_vec()
}
