//! JSON files that come with the program and fill its tables at the start.
use std::path::Path;

use serde::de::DeserializeOwned;

use crate::error::AppError;

/// The file as a value; an error names the file and the place in it.
pub fn read<T: DeserializeOwned>(path: &Path) -> Result<T, AppError> {
    let named = |e: &dyn std::fmt::Display| AppError::internal(format!("{}: {e}", path.display()));
    let text = std::fs::read_to_string(path).map_err(|e| named(&e))?;
    let mut json = serde_json::Deserializer::from_str(&text);
    serde_path_to_error::deserialize(&mut json).map_err(|e| named(&e))
}

/// Every `.json` file of a folder, in the order of their names.
pub fn read_folder<T: DeserializeOwned>(folder: &Path) -> Result<Vec<T>, AppError> {
    let named = |e: std::io::Error| AppError::internal(format!("{}: {e}", folder.display()));
    let mut paths = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(named)? {
        let path = entry.map_err(named)?.path();
        if path.extension().is_some_and(|e| e == "json") {
            paths.push(path);
        }
    }
    paths.sort_unstable();
    paths.iter().map(|path| read(path)).collect()
}
