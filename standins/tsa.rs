//! A time-stamp authority (RFC 3161) that is not ours: the answers are made by the `openssl` program.

use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Mutex, PoisonError};

use super::faults::Kind;

const EXTENSIONS: &str = "basicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature\n\
                          extendedKeyUsage=critical,timeStamping\n";

/// What the root keeps of what it has revoked.
const REGISTER: &str = "[ca]\ndefault_ca=own\n[own]\ndatabase=revoked\ncrlnumber=list\ndefault_md=sha256\ndefault_crl_days=365\n";

/// Keys and certificates in a folder of their own, made at the first request.
pub struct Tsa {
    folder: PathBuf,
    made: Mutex<bool>,
}

impl Tsa {
    pub fn new() -> Self {
        let folder = std::env::temp_dir().join(format!("palm-standin-tsa-{}", std::process::id()));
        Self { folder, made: Mutex::new(false) }
    }

    /// The root certificate, PEM.
    pub fn root(&self, host: &str) -> io::Result<Vec<u8>> {
        self.prepare(host)?;
        std::fs::read(self.folder.join("root.pem"))
    }

    /// The root's list of revoked certificates, DER.
    pub fn list(&self, host: &str) -> io::Result<Vec<u8>> {
        self.prepare(host)?;
        let _one_at_a_time = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        let keys = ["-keyfile", "root.key", "-cert", "root.pem", "-out", "list.pem"];
        self.openssl(&[&["ca", "-gencrl", "-config", "register.cnf"][..], &keys].concat())?;
        self.openssl(&["crl", "-in", "list.pem", "-outform", "DER", "-out", "list.der"])?;
        std::fs::read(self.folder.join("list.der"))
    }

    /// The answer to a request, or what a faulty authority would answer.
    pub fn answer(&self, host: &str, request: &[u8], fault: Option<Kind>) -> io::Result<Vec<u8>> {
        self.prepare(host)?;
        let _one_at_a_time = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        let asked = match fault {
            Some(Kind::WrongHash) => flipped(request, &[0x04, 0x20], 2),
            Some(Kind::WrongNonce) => flipped(request, &[0x02, 0x10], 10),
            _ => request.to_vec(),
        };
        std::fs::write(self.folder.join("asked.tsq"), asked)?;
        let section = match fault {
            Some(Kind::Expired) => "expired",
            Some(Kind::Brief) => "brief",
            _ => "current",
        };
        self.openssl(&[
            "ts",
            "-reply",
            "-config",
            "tsa.cnf",
            "-section",
            section,
            "-queryfile",
            "asked.tsq",
            "-out",
            "answer.tsr",
        ])?;
        std::fs::read(self.folder.join("answer.tsr"))
    }

    /// `host` is where the certificates say that the list is.
    fn prepare(&self, host: &str) -> io::Result<()> {
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        if *made {
            return Ok(());
        }
        std::fs::create_dir_all(&self.folder)?;
        let list = format!("crlDistributionPoints=URI:http://{host}/tsa/root.crl\n");
        std::fs::write(self.folder.join("extensions"), EXTENSIONS.to_owned() + &list)?;
        std::fs::write(self.folder.join("register.cnf"), REGISTER)?;
        std::fs::write(self.folder.join("revoked"), "")?;
        std::fs::write(self.folder.join("list"), "01\n")?;
        std::fs::write(self.folder.join("serial"), "01\n")?;
        let section = |name: &str| {
            format!(
                "[{name}]\nserial=serial\nsigner_cert={name}.pem\ncerts=root.pem\nsigner_key={name}.key\n\
                 signer_digest=sha256\ndefault_policy=1.3.6.1.4.1.99999.2.1\ndigests=sha256,sha384,sha512\n\
                 accuracy=secs:1\ness_cert_id_chain=no\ness_cert_id_alg=sha256\n"
            )
        };
        std::fs::write(
            self.folder.join("tsa.cnf"),
            section("current") + &section("expired") + &section("brief"),
        )?;
        self.openssl(&[
            "req",
            "-x509",
            "-newkey",
            "rsa:2048",
            "-nodes",
            "-keyout",
            "root.key",
            "-out",
            "root.pem",
            "-days",
            "3650",
            "-subj",
            "/O=Stand-in/CN=Stand-in TSA root",
            "-addext",
            "keyUsage=critical,keyCertSign,cRLSign",
        ])?;
        // A certificate that ended the day before it began is in force at no time.
        for (name, days) in [("current", "365"), ("expired", "-1"), ("brief", "30")] {
            let (key, request, certificate) =
                (format!("{name}.key"), format!("{name}.csr"), format!("{name}.pem"));
            self.openssl(&[
                "req",
                "-new",
                "-newkey",
                "rsa:2048",
                "-nodes",
                "-keyout",
                &key,
                "-out",
                &request,
                "-subj",
                "/O=Stand-in/CN=Stand-in TSA",
            ])?;
            self.openssl(&[
                "x509",
                "-req",
                "-in",
                &request,
                "-CA",
                "root.pem",
                "-CAkey",
                "root.key",
                "-CAcreateserial",
                "-days",
                days,
                "-out",
                &certificate,
                "-extfile",
                "extensions",
            ])?;
        }
        *made = true;
        Ok(())
    }

    fn openssl(&self, arguments: &[&str]) -> io::Result<()> {
        openssl(&self.folder, arguments)
    }
}

/// Runs the `openssl` program in a folder.
pub fn openssl(folder: &Path, arguments: &[&str]) -> io::Result<()> {
    let ran = Command::new("openssl").args(arguments).current_dir(folder).stdin(Stdio::null()).output()?;
    if ran.status.success() {
        return Ok(());
    }
    Err(io::Error::other(String::from_utf8_lossy(&ran.stderr).into_owned()))
}

impl Drop for Tsa {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// The request with one bit turned, `offset` bytes behind the first `mark`.
fn flipped(request: &[u8], mark: &[u8], offset: usize) -> Vec<u8> {
    let mut out = request.to_vec();
    let at = request.windows(mark.len()).position(|window| window == mark);
    if let Some(byte) = at.and_then(|at| out.get_mut(at + offset)) {
        *byte ^= 1;
    }
    out
}
