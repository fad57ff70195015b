//! Short signed texts, as C2SP signed-note defines them: anyone with the key can check one without us.
use std::path::Path;

use aws_lc_rs::signature::{ED25519, Ed25519KeyPair, KeyPair, UnparsedPublicKey};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

use crate::platform::keys;

/// The number of Ed25519 among the algorithms of signed notes.
const ALGORITHM: u8 = 1;
const DASH: &str = "\u{2014} ";

/// Signs notes in a name of its own; the key stands in the folder of keys, made on first use.
pub struct Signer {
    name: String,
    pair: Ed25519KeyPair,
}

impl Signer {
    pub fn open(folder: &Path, file: &str, name: &str) -> std::io::Result<Self> {
        let seed = keys::secret(folder, file)?;
        let pair = Ed25519KeyPair::from_seed_unchecked(&seed)
            .map_err(|_| std::io::Error::new(std::io::ErrorKind::InvalidData, format!("{file} is no key")))?;
        Ok(Self { name: name.to_owned(), pair })
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    /// What a reader must have to check the notes: `name+id+key`.
    pub fn key(&self) -> Key {
        let public: [u8; 32] = self.pair.public_key().as_ref().try_into().unwrap_or_default();
        Key { name: self.name.clone(), public }
    }

    /// The text, which ends in a line feed, with the signature under it.
    pub fn sign(&self, text: &str) -> String {
        let mut signature = self.key().id().to_vec();
        signature.extend_from_slice(self.pair.sign(text.as_bytes()).as_ref());
        format!("{text}\n{DASH}{} {}\n", self.name, STANDARD.encode(signature))
    }
}

/// The public half of a [`Signer`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    name: String,
    public: [u8; 32],
}

impl Key {
    fn id(&self) -> [u8; 4] {
        let digest = Sha256::new()
            .chain_update(self.name.as_bytes())
            .chain_update([b'\n', ALGORITHM])
            .chain_update(self.public)
            .finalize();
        [digest[0], digest[1], digest[2], digest[3]]
    }

    pub fn parse(text: &str) -> Option<Self> {
        let (name, rest) = text.split_once('+')?;
        let (id, key) = rest.split_once('+')?;
        let key = STANDARD.decode(key).ok()?;
        let (algorithm, public) = key.split_first()?;
        let key = Self { name: name.to_owned(), public: public.try_into().ok()? };
        (*algorithm == ALGORITHM && hex::encode(key.id()) == id).then_some(key)
    }

    /// The signed text of a note, when this key signed it.
    pub fn open<'a>(&self, note: &'a str) -> Option<&'a str> {
        let (text, signatures) = note.rsplit_once("\n\n").map(|(t, s)| (note.get(..=t.len()), s))?;
        let text = text?;
        let good = signatures.lines().any(|line| {
            let Some((name, signature)) = line.strip_prefix(DASH).and_then(|l| l.rsplit_once(' ')) else {
                return false;
            };
            let Ok(bytes) = STANDARD.decode(signature) else { return false };
            let Some((id, signature)) = bytes.split_at_checked(4) else { return false };
            name == self.name
                && id == self.id()
                && UnparsedPublicKey::new(&ED25519, self.public).verify(text.as_bytes(), signature).is_ok()
        });
        good.then_some(text)
    }
}

impl std::fmt::Display for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut key = vec![ALGORITHM];
        key.extend_from_slice(&self.public);
        write!(f, "{}+{}+{}", self.name, hex::encode(self.id()), STANDARD.encode(key))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_published_key_of_the_format_is_read_and_its_note_opens() {
        // The worked example of golang.org/x/mod/sumdb/note, which C2SP signed-note describes.
        let key = Key::parse("PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW").unwrap();
        let note = "If you think cryptography is the answer to your problem,\n\
            then you don't know what your problem is.\n\n\
            \u{2014} PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";
        assert!(key.open(note).is_some());
        assert!(key.open(&note.replace("answer", "Answer")).is_none());
        assert_eq!(key.to_string(), "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW");
    }

    #[test]
    fn what_is_signed_opens_with_its_own_key_alone() {
        let folder = tempfile::tempdir().unwrap();
        let signer = Signer::open(folder.path(), "one.secret", "palm.example/leads").unwrap();
        let other = Signer::open(folder.path(), "two.secret", "palm.example/leads").unwrap();
        let note = signer.sign("palm.example/leads\n1\nAAAA\n");
        assert_eq!(signer.key().open(&note), Some("palm.example/leads\n1\nAAAA\n"));
        assert_eq!(other.key().open(&note), None);
        assert_eq!(Key::parse(&signer.key().to_string()), Some(signer.key()));
    }
}
