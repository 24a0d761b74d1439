//! Where the browser is sent back to: a listener on this host that takes one request.

use std::time::Duration;

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpListener,
    time::timeout,
};

/// Longest request line that is read.
const LONGEST: usize = 16 * 1024;
/// Longest wait for the rest of a request.
const PATIENCE: Duration = Duration::from_secs(5);

/// Waits for a browser.
#[derive(Debug)]
pub struct Loopback {
    listener: TcpListener,
    redirect: String,
}

impl Loopback {
    /// Listens on 127.0.0.1, on `port` or any that is free.
    ///
    /// # Errors
    /// When it cannot.
    pub async fn open(port: Option<u16>) -> std::io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", port.unwrap_or(0))).await?;
        let port = listener.local_addr()?.port();
        Ok(Self {
            listener,
            redirect: format!("http://127.0.0.1:{port}/callback"),
        })
    }

    /// The address that a browser has to be sent back to.
    pub fn redirect(&self) -> &str {
        &self.redirect
    }

    /// The address that a browser asked for, whole. What is asked for besides (a browser wants its icon) is turned away.
    pub async fn wait(&self) -> std::io::Result<String> {
        loop {
            let (mut stream, _) = self.listener.accept().await?;
            let mut bytes = Vec::new();
            while !bytes.windows(4).any(|end| end == b"\r\n\r\n") && bytes.len() < LONGEST {
                let mut chunk = [0; 1024];
                match timeout(PATIENCE, stream.read(&mut chunk)).await {
                    Err(_) | Ok(Ok(0) | Err(_)) => break,
                    Ok(Ok(read)) => bytes.extend_from_slice(chunk.get(..read).unwrap_or_default()),
                }
            }
            let text = String::from_utf8_lossy(&bytes);
            let target = text.split_whitespace().nth(1).unwrap_or_default();
            let is_ours = text.starts_with("GET ") && target.starts_with("/callback?");
            let (status, words) = if is_ours {
                ("200 OK", "midwatch has it. You can close this page.\n")
            } else {
                ("404 Not Found", "nothing here\n")
            };
            let answer = format!(
                "HTTP/1.1 {status}\r\ncontent-type: text/plain\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{words}",
                words.len()
            );
            drop(stream.write_all(answer.as_bytes()).await);
            drop(stream.shutdown().await);
            if is_ours {
                let base = self.redirect.trim_end_matches("/callback");
                return Ok(format!("{base}{target}"));
            }
        }
    }
}
