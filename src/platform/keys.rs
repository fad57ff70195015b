//! Secrets of this installation, made on first use in a folder that only we can read.
use std::io::{ErrorKind, Write};
use std::path::Path;

use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::{Deserialize, Serialize};

use crate::platform::clock::Time;
use crate::platform::random;

const ISSUER: &str = "palm";
const ALGORITHM: Algorithm = Algorithm::HS256;

/// What an access token says; short-lived, and worth nothing once its session has ended.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Claims {
    pub iss: String,
    /// account id
    pub sub: String,
    /// session id
    pub sid: String,
    pub iat: i64,
    pub exp: i64,
}

/// Signs and reads access tokens: HS256 alone, 256 bits of secret.
pub struct Keys {
    encoding: EncodingKey,
    decoding: DecodingKey,
    pepper: [u8; 32],
}

impl Keys {
    pub fn open(folder: &Path) -> std::io::Result<Self> {
        let token = secret(folder, "token.secret")?;
        Ok(Self {
            encoding: EncodingKey::from_secret(&token),
            decoding: DecodingKey::from_secret(&token),
            pepper: secret(folder, "pepper.secret")?,
        })
    }

    pub fn issue(&self, account: &str, session: &str, now: Time, seconds: i64) -> Option<String> {
        let claims = Claims {
            iss: ISSUER.to_owned(),
            sub: account.to_owned(),
            sid: session.to_owned(),
            iat: now.unix(),
            exp: now.unix() + seconds,
        };
        jsonwebtoken::encode(&Header::new(ALGORITHM), &claims, &self.encoding).ok()
    }

    /// The claims of a token that we issued and that holds at `now`.
    pub fn read(&self, token: &str, now: Time) -> Option<Claims> {
        let mut rules = Validation::new(ALGORITHM);
        rules.set_issuer(&[ISSUER]);
        rules.set_required_spec_claims(&["iss", "sub", "exp"]);
        // Expiry is judged by the house's clock, below.
        rules.validate_exp = false;
        rules.validate_aud = false;
        let claims = jsonwebtoken::decode::<Claims>(token, &self.decoding, &rules).ok()?.claims;
        (claims.exp > now.unix() && claims.iat <= now.unix() + 60).then_some(claims)
    }

    /// Keyed hash of a short secret, so that a stolen table does not give away six digits.
    pub fn hash(&self, parts: &[&str]) -> String {
        use hmac::{Hmac, KeyInit, Mac};
        // HMAC takes keys of any length.
        let Ok(mut mac) = Hmac::<sha2::Sha256>::new_from_slice(&self.pepper) else { return String::new() };
        for part in parts {
            mac.update(&(part.len() as u64).to_be_bytes());
            mac.update(part.as_bytes());
        }
        hex::encode(mac.finalize().into_bytes())
    }
}

/// Reads 32 bytes of hex, or makes them; of two processes that make them at once one wins.
pub fn secret(folder: &Path, name: &str) -> std::io::Result<[u8; 32]> {
    std::fs::create_dir_all(folder)?;
    let path = folder.join(name);
    if !path.exists() {
        let partial = folder.join(format!(".{name}.{}", crate::platform::id::fresh()));
        let mut file = private_file(&partial)?;
        file.write_all(hex::encode(random::bytes::<32>()).as_bytes())?;
        file.sync_all()?;
        // A link fails when the name is taken: the first one stays.
        let linked = std::fs::hard_link(&partial, &path);
        std::fs::remove_file(&partial)?;
        match linked {
            Err(e) if e.kind() != ErrorKind::AlreadyExists => return Err(e),
            _ => {}
        }
    }
    let text = std::fs::read_to_string(&path)?;
    hex::decode(text.trim()).ok().and_then(|bytes| bytes.try_into().ok()).ok_or_else(|| {
        std::io::Error::new(ErrorKind::InvalidData, format!("{} is not 32 bytes of hex", path.display()))
    })
}

#[cfg(unix)]
fn private_file(path: &Path) -> std::io::Result<std::fs::File> {
    use std::os::unix::fs::OpenOptionsExt;
    std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)
}
