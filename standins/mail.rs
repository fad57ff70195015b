//! A mail server (RFC 5321) that keeps what it is handed and delivers nothing.

use std::io;
use std::net::SocketAddr;

use chrono::{DateTime, Utc};
use serde::Serialize;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

use super::faults::Kind;
use super::{HANG, Shared, keep, locked};

/// Octets of one mail.
const LARGEST: usize = 1 << 20;
/// A line of a command, of a mail, and its end (RFC 5321, 4.5.3.1.6).
const LONGEST_LINE: usize = 1_000;

/// A mail that was taken: answered with 250.
#[derive(Debug, Clone, Serialize)]
pub struct Kept {
    pub at: DateTime<Utc>,
    pub from: String,
    pub to: Vec<String>,
    /// As it came, without the dots that SMTP adds
    pub raw: String,
}

/// Listens beside the others; gives the address.
pub async fn listen(bind: SocketAddr, shared: Shared) -> io::Result<SocketAddr> {
    let listener = TcpListener::bind(bind).await?;
    let address = listener.local_addr()?;
    actix_web::rt::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let shared = shared.clone();
            actix_web::rt::spawn(async move {
                if let Err(why) = serve(stream, &shared).await {
                    eprintln!("a mail client left: {why}");
                }
            });
        }
    });
    Ok(address)
}

/// The fault that is switched on for this step, such as `smtp:rcpt`.
fn fault(shared: &Shared, step: &str) -> Option<Kind> {
    locked(shared).faults.take(&format!("smtp:{step}")).map(|switch| switch.kind)
}

/// Whether the conversation goes on after a step; what a fault does stands here once.
async fn go_on(
    stream: &mut BufReader<TcpStream>,
    shared: &Shared,
    step: &str,
    answer: &str,
) -> io::Result<Option<bool>> {
    let said = match fault(shared, step) {
        None => {
            say(stream, answer).await?;
            return Ok(Some(true));
        }
        Some(Kind::Reset) => return Ok(None),
        Some(Kind::Hang) => {
            actix_web::rt::time::sleep(HANG).await;
            return Ok(None);
        }
        Some(Kind::Busy) => "451 4.3.0 Try again later",
        Some(_) => "550 5.1.1 No such mailbox here",
    };
    say(stream, said).await?;
    Ok(Some(false))
}

async fn say(stream: &mut BufReader<TcpStream>, line: &str) -> io::Result<()> {
    stream.get_mut().write_all(format!("{line}\r\n").as_bytes()).await
}

/// A line without its end; `None` when the client has gone.
async fn line(stream: &mut BufReader<TcpStream>) -> io::Result<Option<Vec<u8>>> {
    let mut line = Vec::new();
    if stream.read_until(b'\n', &mut line).await? == 0 {
        return Ok(None);
    }
    match line.strip_suffix(b"\r\n") {
        Some(text) if line.len() <= LONGEST_LINE => Ok(Some(text.to_vec())),
        _ => Err(io::Error::other("a line that is too long or does not end with CR and LF")),
    }
}

/// The path of `MAIL FROM:<…>` or `RCPT TO:<…>`.
fn path<'a>(command: &'a str, verb: &str) -> Option<&'a str> {
    let head = command.get(..verb.len())?;
    let rest = if head.eq_ignore_ascii_case(verb) { command.get(verb.len()..)? } else { return None };
    rest.trim().strip_prefix('<')?.split('>').next()
}

async fn serve(stream: TcpStream, shared: &Shared) -> io::Result<()> {
    let mut stream = BufReader::new(stream);
    if go_on(&mut stream, shared, "connect", "220 stand-in ESMTP").await? != Some(true) {
        return Ok(());
    }
    let (mut from, mut to) = (None::<String>, Vec::<String>::new());
    while let Some(text) = line(&mut stream).await? {
        let command = String::from_utf8_lossy(&text).into_owned();
        let verb = command.split([' ', ':']).next().unwrap_or_default().to_ascii_uppercase();
        match verb.as_str() {
            "EHLO" | "HELO" => say(&mut stream, "250 stand-in").await?,
            "MAIL" => match path(&command, "MAIL FROM:") {
                Some(sender) => {
                    (from, to) = (Some(sender.to_owned()), Vec::new());
                    say(&mut stream, "250 2.1.0 OK").await?;
                }
                None => say(&mut stream, "501 5.5.4 MAIL FROM:<address>").await?,
            },
            "RCPT" => match (&from, path(&command, "RCPT TO:")) {
                (None, _) => say(&mut stream, "503 5.5.1 MAIL first").await?,
                (_, None) => say(&mut stream, "501 5.5.4 RCPT TO:<address>").await?,
                (Some(_), Some(address)) => match go_on(&mut stream, shared, "rcpt", "250 2.1.5 OK").await? {
                    Some(true) => to.push(address.to_owned()),
                    Some(false) => {}
                    None => return Ok(()),
                },
            },
            "DATA" if to.is_empty() => say(&mut stream, "503 5.5.1 RCPT first").await?,
            "DATA" => {
                say(&mut stream, "354 Go on; end with a dot").await?;
                let Some(raw) = body(&mut stream).await? else { return Ok(()) };
                let (from, to) = (from.take().unwrap_or_default(), std::mem::take(&mut to));
                if !end(&mut stream, shared, Kept { at: Utc::now(), from, to, raw }).await? {
                    return Ok(());
                }
            }
            "RSET" => {
                (from, to) = (None, Vec::new());
                say(&mut stream, "250 2.0.0 OK").await?;
            }
            "NOOP" => say(&mut stream, "250 2.0.0 OK").await?,
            "QUIT" => return say(&mut stream, "221 2.0.0 Bye").await,
            _ => say(&mut stream, "502 5.5.1 Not here").await?,
        }
    }
    Ok(())
}

/// Up to the line that is a dot alone.
async fn body(stream: &mut BufReader<TcpStream>) -> io::Result<Option<String>> {
    let mut raw = Vec::new();
    while let Some(text) = line(stream).await? {
        if text == b"." {
            return Ok(Some(String::from_utf8_lossy(&raw).into_owned()));
        }
        raw.extend_from_slice(text.strip_prefix(b".").unwrap_or(&text));
        raw.extend_from_slice(b"\r\n");
        if raw.len() > LARGEST {
            return Err(io::Error::other("a mail that is too large"));
        }
    }
    Ok(None)
}

/// Takes the mail, unless a fault says otherwise: with `half_body` it is kept and the answer is lost.
async fn end(stream: &mut BufReader<TcpStream>, shared: &Shared, mail: Kept) -> io::Result<bool> {
    let switch = fault(shared, "data");
    let said = match switch {
        None | Some(Kind::HalfBody | Kind::Hang) => "250 2.0.0 Kept",
        Some(Kind::Reset) => return Ok(false),
        Some(Kind::Busy) => "451 4.3.0 Try again later",
        Some(_) => "550 5.7.1 Not this one",
    };
    if said.starts_with("250") {
        keep(&mut locked(shared).mails, mail);
    }
    match switch {
        Some(Kind::HalfBody) => return Ok(false),
        // Slow, and then the answer is given after all.
        Some(Kind::Hang) => actix_web::rt::time::sleep(HANG).await,
        _ => {}
    }
    say(stream, said).await?;
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::path;

    #[test]
    fn a_path_stands_in_brackets_whatever_the_case() {
        assert_eq!(path("MAIL FROM:<a@b.cn> BODY=8BITMIME", "MAIL FROM:"), Some("a@b.cn"));
        assert_eq!(path("rcpt to: <c@d.cn>", "RCPT TO:"), Some("c@d.cn"));
        for bad in ["MAIL", "MAIL FROM:a@b.cn", "RCPT FROM:<a@b.cn>"] {
            assert_eq!(path(bad, "MAIL FROM:"), None, "{bad}");
        }
    }
}
