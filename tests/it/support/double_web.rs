//! A double of a web API: plain HTTP on one port of the loopback interface, answering as a function of the test says, and
//! remembering what it was asked.

use std::{
    collections::BTreeMap,
    io::{BufRead, BufReader, Read, Write},
    net::{Ipv4Addr, TcpListener, TcpStream},
    sync::{Arc, Mutex},
    thread,
};

/// What was asked.
#[derive(Debug, Clone, Default)]
pub struct Request {
    pub method: String,
    /// The path without the query, as it was sent.
    pub path: String,
    /// The query, unescaped.
    pub query: BTreeMap<String, String>,
    /// Headers, names in lower case.
    pub headers: BTreeMap<String, String>,
    pub body: String,
}

/// What the double answers.
#[derive(Debug, Clone, Default)]
pub struct Reply {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: String,
    /// Breaks the connection in the middle of the body.
    pub cut: bool,
    /// Answers nothing until the caller gives up.
    pub hang: bool,
}

impl Reply {
    pub fn json(body: &serde_json::Value) -> Self {
        Self {
            status: 200,
            body: body.to_string(),
            ..Self::default()
        }
    }

    pub fn error(status: u16, message: &str) -> Self {
        Self {
            status,
            ..Self::json(&serde_json::json!({ "message": message }))
        }
    }

    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }
}

/// The running double; its thread ends with the test process.
pub struct DoubleWeb {
    url: String,
    seen: Arc<Mutex<Vec<Request>>>,
}

type Answer = dyn Fn(&Request, usize) -> Reply + Send + Sync;

impl DoubleWeb {
    /// Answers the `n`th request (from 0) for a path with `answer(request, n)`.
    pub fn start(answer: impl Fn(&Request, usize) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let seen = Arc::new(Mutex::new(Vec::new()));
        let (kept, answer) = (Arc::clone(&seen), Arc::new(answer));
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (seen, answer) = (Arc::clone(&kept), Arc::clone(&answer));
                thread::spawn(move || while serve(&stream, &seen, answer.as_ref()).is_some() {});
            }
        });
        Self { url, seen }
    }

    pub fn url(&self) -> &str {
        &self.url
    }

    /// What was asked so far, in order.
    pub fn seen(&self) -> Vec<Request> {
        self.seen.lock().unwrap().clone()
    }
}

/// Reads one request and answers it; none at the end of the connection.
fn serve(stream: &TcpStream, seen: &Mutex<Vec<Request>>, answer: &Answer) -> Option<()> {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line).ok().filter(|read| *read > 0)?;
    let mut words = line.split_whitespace();
    let method = words.next()?.to_owned();
    let (path, query) = match words.next()?.split_once('?') {
        Some((path, query)) => (path.to_owned(), query.to_owned()),
        None => (line.split_whitespace().nth(1)?.to_owned(), String::new()),
    };
    let mut headers = BTreeMap::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim_end().split_once(':') else {
            break;
        };
        headers.insert(name.to_ascii_lowercase(), value.trim().to_owned());
    }
    let length = headers
        .get("content-length")
        .and_then(|length| length.parse().ok())
        .unwrap_or(0);
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    let query = query
        .split('&')
        .filter_map(|pair| pair.split_once('='))
        .map(|(name, value)| (name.to_owned(), unescaped(value)))
        .collect();
    let request = Request {
        method,
        path,
        query,
        headers,
        body: String::from_utf8_lossy(&body).into_owned(),
    };
    let earlier = {
        let mut seen = seen.lock().unwrap();
        let earlier = seen.iter().filter(|other| other.path == request.path).count();
        seen.push(request.clone());
        earlier
    };
    let reply = answer(&request, earlier);
    if reply.hang {
        // Ends when the caller closes the connection.
        let _ = reader.read(&mut [0]);
        return None;
    }
    let mut out = stream;
    let mut headers = String::new();
    for (name, value) in &reply.headers {
        headers.push_str(&format!("{name}: {value}\r\n"));
    }
    let length = reply.body.len();
    let sent = if reply.cut {
        &reply.body[..length / 2]
    } else {
        &reply.body
    };
    // In one piece: many small ones wait for each other on the way.
    let whole = format!(
        "HTTP/1.1 {} X\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n{headers}\r\n{sent}",
        reply.status
    );
    out.write_all(whole.as_bytes()).ok()?;
    if reply.cut {
        let _ = stream.shutdown(std::net::Shutdown::Both);
        return None;
    }
    Some(())
}

fn unescaped(value: &str) -> String {
    let bytes = value.as_bytes();
    let mut out = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        if bytes[at] == b'%' {
            out.push(u8::from_str_radix(&value[at + 1..at + 3], 16).unwrap());
            at += 3;
        } else {
            out.push(bytes[at]);
            at += 1;
        }
    }
    String::from_utf8(out).unwrap()
}

/// Answers of a vendor: lists and objects by path, in pages of `page` items with links to the next one, to those who know
/// the token; the first answers of a path may be others.
#[derive(Default)]
pub struct Served {
    /// Header and value without which the answer is 401; none: anybody.
    pub token: Option<(String, String)>,
    /// What stands before every path.
    pub prefix: String,
    pub page: usize,
    pub answers: BTreeMap<String, serde_json::Value>,
    /// Where the list stands in the answer, for paths whose answer is an object around a list.
    pub keys: Vec<&'static str>,
    /// Headers of every answer.
    pub headers: Vec<(String, String)>,
    /// Given instead of the first answers of a path.
    pub instead: BTreeMap<String, Vec<Reply>>,
}

impl Served {
    pub fn start(self) -> DoubleWeb {
        DoubleWeb::start(move |request, earlier| self.answer(request, earlier))
    }

    fn answer(&self, request: &Request, earlier: usize) -> Reply {
        let Some(path) = request.path.strip_prefix(&self.prefix) else {
            return Reply::error(404, "there is nothing here");
        };
        if let Some(reply) = self.instead.get(path).and_then(|replies| replies.get(earlier)) {
            return reply.clone();
        }
        if let Some((name, value)) = &self.token
            && request.headers.get(name) != Some(value)
        {
            return Reply::error(401, "Bad credentials");
        }
        let Some(answer) = self.answers.get(path) else {
            return Reply::error(404, "Not Found");
        };
        let mut reply = self.paged(request, answer);
        reply.headers.extend(self.headers.iter().cloned());
        reply
    }

    fn paged(&self, request: &Request, answer: &serde_json::Value) -> Reply {
        let key = self
            .keys
            .iter()
            .find(|key| answer.get(**key).is_some_and(serde_json::Value::is_array));
        let list = key
            .map_or(Some(answer), |key| answer.get(*key))
            .and_then(|list| list.as_array());
        let Some(list) = list else {
            return Reply::json(answer);
        };
        let asked = request
            .query
            .get("per_page")
            .map_or(30, |size| size.parse().unwrap());
        let size = if self.page == 0 {
            asked
        } else {
            asked.min(self.page)
        };
        let by_cursor = request.path.ends_with("/activity");
        let name = if by_cursor { "after" } else { "page" };
        let number = |text: &String| text.trim_start_matches("c=").parse::<usize>().unwrap();
        let page = request.query.get(name).map_or(1, number);
        let start = ((page - 1) * size).min(list.len());
        let end = (start + size).min(list.len());
        let items = serde_json::Value::from(list[start..end].to_vec());
        let mut reply = Reply::json(&match key {
            Some(key) => serde_json::json!({"total_count": list.len(), (*key): items}),
            None => items,
        });
        if end < list.len() {
            let next = if by_cursor {
                format!("c%3D{}", page + 1)
            } else {
                (page + 1).to_string()
            };
            // Another host on purpose: a link is never followed.
            let link = format!(
                "<https://elsewhere.example{}?per_page={size}&{name}={next}>; rel=\"next\"",
                request.path
            );
            reply = reply.with("link", &link);
        }
        reply
    }
}
