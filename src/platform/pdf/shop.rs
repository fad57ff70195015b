//! The one paper engine of the process: fonts are loaded when the first sheet is asked for.
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

use tokio::sync::Semaphore;

use crate::error::{AppError, Code};
use crate::platform::pdf::{Paper, PaperEngine, PaperError, Sheet};

pub const MISSING_GLYPH: Code = Code::new(
    "paper.missing_glyph",
    "有字符无法印在文件上（如表情符号），请改用普通汉字",
    "A character (such as an emoji) cannot be printed; use ordinary characters",
);
/// Sheets set at once: each takes a core and some 100 MB.
const AT_ONCE: usize = 2;

pub struct PaperShop {
    folder: PathBuf,
    engine: OnceLock<Arc<PaperEngine>>,
    hands: Semaphore,
}

impl PaperShop {
    pub fn new(folder: PathBuf) -> Self {
        Self { folder, engine: OnceLock::new(), hands: Semaphore::new(AT_ONCE) }
    }

    /// The engine; two that ask first at once may both load it, and one copy is kept.
    pub fn engine(&self) -> Result<Arc<PaperEngine>, AppError> {
        if let Some(engine) = self.engine.get() {
            return Ok(engine.clone());
        }
        let opened = Arc::new(PaperEngine::open(&self.folder).map_err(AppError::internal)?);
        Ok(self.engine.get_or_init(|| opened).clone())
    }

    /// Runs work on paper off the threads that answer, a few at a time.
    pub async fn work<T, F>(&self, work: F) -> Result<T, AppError>
    where
        T: Send + 'static,
        F: FnOnce() -> Result<T, AppError> + Send + 'static,
    {
        let _hand = self.hands.acquire().await.map_err(AppError::internal)?;
        actix_web::web::block(work).await.map_err(AppError::internal)?
    }
}

/// Sets one sheet; what cannot be printed is the writer's to mend.
pub fn set(engine: &PaperEngine, sheet: &Sheet<'_>) -> Result<Paper, AppError> {
    engine.render(sheet).map_err(|e| match e {
        PaperError::MissingGlyph(_) => AppError::Unprocessable(&MISSING_GLYPH),
        other => AppError::internal(other),
    })
}
