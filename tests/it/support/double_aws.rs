//! A double of AWS: answers every request on one port as a function of the test says. It knows nothing of AWS but the
//! header or form field that names the operation.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{Ipv4Addr, TcpListener, TcpStream},
    sync::{Arc, Mutex},
    thread,
};

/// What the double answers.
#[derive(Clone)]
pub struct Reply {
    pub status: u16,
    pub content_type: &'static str,
    pub body: String,
}

impl Reply {
    pub fn json(status: u16, body: impl Into<String>) -> Self {
        Self {
            status,
            content_type: "application/x-amz-json-1.1",
            body: body.into(),
        }
    }

    pub fn xml(status: u16, body: impl Into<String>) -> Self {
        Self {
            status,
            content_type: "text/xml",
            body: body.into(),
        }
    }

    /// An error as JSON services tell it.
    pub fn error(status: u16, code: &str, message: &str) -> Self {
        Self::json(status, format!(r#"{{"__type":"{code}","message":"{message}"}}"#))
    }

    /// An error as Query services tell it.
    pub fn xml_error(status: u16, code: &str, message: &str) -> Self {
        Self::xml(
            status,
            format!(
                "<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error>\
                 <RequestId>r</RequestId></ErrorResponse>"
            ),
        )
    }
}

/// The running double; its thread ends with the test process.
pub struct DoubleAws {
    url: String,
    operations: Arc<Mutex<Vec<String>>>,
}

impl DoubleAws {
    /// Answers the `n`th request (from 0) for an operation with `answer(operation, n)`.
    pub fn start(answer: impl Fn(&str, usize) -> Reply + Send + Sync + 'static) -> Self {
        Self::start_reading(move |operation, earlier, _| answer(operation, earlier))
    }

    /// As [`Self::start`], where the answer depends on the body too.
    pub fn start_reading(answer: impl Fn(&str, usize, &str) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let operations = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&operations);
        let answer = Arc::new(answer);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (seen, answer) = (Arc::clone(&seen), Arc::clone(&answer));
                thread::spawn(move || while serve(&stream, &seen, answer.as_ref()).is_some() {});
            }
        });
        Self { url, operations }
    }

    pub fn url(&self) -> &str {
        &self.url
    }

    /// Operations that were asked for so far, in order.
    pub fn operations(&self) -> Vec<String> {
        self.operations.lock().unwrap().clone()
    }
}

/// Reads one request and answers it; none at the end of the connection.
fn serve(
    stream: &TcpStream,
    seen: &Mutex<Vec<String>>,
    answer: &dyn Fn(&str, usize, &str) -> Reply,
) -> Option<()> {
    let mut reader = BufReader::new(stream);
    let mut request_line = String::new();
    reader
        .read_line(&mut request_line)
        .ok()
        .filter(|read| *read > 0)?;
    let (mut length, mut operation) = (0, None);
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim_end().split_once(':') else {
            break;
        };
        match name.to_ascii_lowercase().as_str() {
            "content-length" => length = value.trim().parse().ok()?,
            "x-amz-target" => operation = value.rsplit('.').next().map(|name| name.trim().to_owned()),
            _ => {}
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    let form = String::from_utf8_lossy(&body).into_owned();
    let operation = operation
        .or_else(|| {
            Some(
                form.split('&')
                    .find_map(|pair| pair.strip_prefix("Action="))?
                    .to_owned(),
            )
        })
        .or_else(|| {
            Some(
                request_line
                    .split_once("/operation/")?
                    .1
                    .split([' ', '/'])
                    .next()?
                    .to_owned(),
            )
        })
        .unwrap_or_else(|| request_line.trim().to_owned());
    let earlier = {
        let mut seen = seen.lock().unwrap();
        let earlier = seen.iter().filter(|name| **name == operation).count();
        seen.push(operation.clone());
        earlier
    };
    let reply = answer(&operation, earlier, &form);
    let mut out = stream;
    // In one piece: many small ones wait for each other on the way.
    let whole = format!(
        "HTTP/1.1 {} X\r\ncontent-type: {}\r\ncontent-length: {}\r\n\r\n{}",
        reply.status,
        reply.content_type,
        reply.body.len(),
        reply.body
    );
    out.write_all(whole.as_bytes()).ok()
}
