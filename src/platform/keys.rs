//! Secrets of this installation, made on first use in a folder that only we can read.
use std::io::{ErrorKind, Write};
use std::path::Path;

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
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
    vault: LessSafeKey,
}

impl Keys {
    pub fn open(folder: &Path) -> std::io::Result<Self> {
        let token = secret(folder, "token.secret")?;
        let pepper = secret(folder, "pepper.secret")?;
        let key = keyed(&pepper, &["answers kept for a repeat"]);
        let vault = LessSafeKey::new(UnboundKey::new(&AES_256_GCM, &key).map_err(std::io::Error::other)?);
        Ok(Self {
            encoding: EncodingKey::from_secret(&token),
            decoding: DecodingKey::from_secret(&token),
            pepper,
            vault,
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
        hex::encode(keyed(&self.pepper, parts))
    }

    /// `text` so that a stolen table does not give it away: nonce, AES-256-GCM, base 64.
    pub fn seal(&self, text: &str) -> Option<String> {
        let mut bytes = text.as_bytes().to_vec();
        let nonce = random::bytes::<NONCE_LEN>();
        self.vault
            .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::empty(), &mut bytes)
            .ok()?;
        Some(STANDARD.encode([nonce.as_slice(), &bytes].concat()))
    }

    /// What was sealed with these keys.
    pub fn unseal(&self, sealed: &str) -> Option<String> {
        let bytes = STANDARD.decode(sealed).ok()?;
        let (nonce, rest) = bytes.split_at_checked(NONCE_LEN)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
        let mut rest = rest.to_vec();
        let text = self.vault.open_in_place(nonce, Aad::empty(), &mut rest).ok()?;
        String::from_utf8(text.to_vec()).ok()
    }
}

fn keyed(pepper: &[u8], parts: &[&str]) -> [u8; 32] {
    use hmac::{Hmac, KeyInit, Mac};
    // HMAC takes keys of any length.
    let Ok(mut mac) = Hmac::<sha2::Sha256>::new_from_slice(pepper) else { return [0; 32] };
    for part in parts {
        mac.update(&(part.len() as u64).to_be_bytes());
        mac.update(part.as_bytes());
    }
    mac.finalize().into_bytes().into()
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

#[cfg(test)]
mod tests {
    use super::Keys;

    #[test]
    fn what_is_sealed_is_opened_by_the_same_keys_alone() {
        let (here, there) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let (ours, theirs) = (Keys::open(here.path()).unwrap(), Keys::open(there.path()).unwrap());
        let sealed = ours.seal("13812345678").unwrap();
        assert_ne!(sealed, ours.seal("13812345678").unwrap());
        assert_eq!(ours.unseal(&sealed).as_deref(), Some("13812345678"));
        assert_eq!(Keys::open(here.path()).unwrap().unseal(&sealed).as_deref(), Some("13812345678"));
        assert_eq!(theirs.unseal(&sealed), None);
        assert_eq!(ours.unseal("AAAA"), None);
        let bent = sealed.replacen(|c: char| c.is_ascii_lowercase(), "A", 1);
        assert_eq!(ours.unseal(&bent), None);
    }
}
