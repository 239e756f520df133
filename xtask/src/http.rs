//! A server for the files of one folder, on this machine only.
//!
//! Reads one request from each connection, answers GET and HEAD, and never leaves its folder. It is
//! for trying the page; the finished site belongs on a web server.

use std::{
    fs,
    io::{self, BufRead, BufReader, Write},
    net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream},
    path::{Component, Path, PathBuf},
    thread,
    time::Duration,
};

use anyhow::{Context, Result, bail};

/// A listening server.
#[derive(Debug)]
pub(crate) struct FileServer {
    listener: TcpListener,
    folder: PathBuf,
}

impl FileServer {
    /// Listens on `port`, or on 8080 or the next free one.
    pub(crate) fn bind(folder: PathBuf, port: Option<u16>) -> Result<Self> {
        let candidates = match port {
            Some(port) => port..=port,
            None => 8080..=8099,
        };
        for port in candidates.clone() {
            match TcpListener::bind((Ipv4Addr::LOCALHOST, port)) {
                Ok(listener) => return Ok(Self { listener, folder }),
                Err(error) if error.kind() == io::ErrorKind::AddrInUse => {}
                Err(error) => {
                    return Err(error).with_context(|| format!("cannot listen on port {port}"));
                }
            }
        }
        match port {
            Some(port) => bail!("port {port} is in use; choose another with --port"),
            None => bail!("the ports {candidates:?} are all in use; choose another with --port"),
        }
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> Result<SocketAddr> {
        Ok(self.listener.local_addr()?)
    }

    /// Answers requests until the process ends.
    pub(crate) fn run(&self) -> Result<()> {
        for stream in self.listener.incoming() {
            let Ok(stream) = stream else { continue };
            let folder = self.folder.clone();
            // A client that goes away in the middle is no concern of the others.
            thread::spawn(move || drop(answer(stream, &folder)));
        }
        Ok(())
    }
}

fn answer(mut stream: TcpStream, folder: &Path) -> io::Result<()> {
    stream.set_read_timeout(Some(Duration::from_secs(10)))?;
    let mut lines = BufReader::new(stream.try_clone()?).lines();
    let request = lines.next().transpose()?.unwrap_or_default();
    for header in lines {
        if header?.is_empty() {
            break;
        }
    }
    let response = respond(&request, folder);
    write!(
        stream,
        "HTTP/1.1 {}\r\nContent-Type: {}\r\nContent-Length: {}\r\nCache-Control: no-cache\r\n\
         Connection: close\r\n\r\n",
        response.status,
        response.content_type,
        response.body.len()
    )?;
    if !request.starts_with("HEAD ") {
        stream.write_all(&response.body)?;
    }
    stream.flush()
}

struct Response {
    status: &'static str,
    content_type: &'static str,
    body: Vec<u8>,
}

impl Response {
    fn text(status: &'static str) -> Self {
        Self {
            status,
            content_type: "text/plain; charset=utf-8",
            body: status.into(),
        }
    }
}

fn respond(request: &str, folder: &Path) -> Response {
    let mut words = request.split_whitespace();
    match words.next() {
        Some("GET" | "HEAD") => {}
        Some(_) => return Response::text("405 Method Not Allowed"),
        None => return Response::text("400 Bad Request"),
    }
    let Some(relative) = words.next().and_then(relative_path) else {
        return Response::text("400 Bad Request");
    };
    let mut file = folder.join(relative);
    if file.is_dir() {
        file.push("index.html");
    }
    match fs::read(&file) {
        Ok(body) => Response {
            status: "200 OK",
            content_type: content_type(&file),
            body,
        },
        Err(_) => Response::text("404 Not Found"),
    }
}

/// The path a request asks for, inside the folder; `None` when it points outside or is no path.
fn relative_path(target: &str) -> Option<PathBuf> {
    let path = target.split(['?', '#']).next()?.strip_prefix('/')?;
    let decoded = PathBuf::from(percent_decoded(path)?);
    let inside = decoded
        .components()
        .all(|part| matches!(part, Component::Normal(_)));
    inside.then_some(decoded)
}

fn percent_decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let digit = |byte: u8| char::from(byte).to_digit(16).map(|digit| digit as u8);
        let (high, low) = (digit(rest.next()?)?, digit(rest.next()?)?);
        bytes.push(high << 4 | low);
    }
    String::from_utf8(bytes)
        .ok()
        .filter(|text| !text.contains('\0'))
}

fn content_type(file: &Path) -> &'static str {
    match file
        .extension()
        .and_then(|ending| ending.to_str())
        .unwrap_or_default()
    {
        "html" => "text/html; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        // Browsers compile while they download only when the type is exactly this.
        "wasm" => "application/wasm",
        "css" => "text/css; charset=utf-8",
        "json" | "map" => "application/json",
        "webmanifest" => "application/manifest+json",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "jpg" | "jpeg" => "image/jpeg",
        "ico" => "image/x-icon",
        "woff2" => "font/woff2",
        "txt" | "md" | "lab" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;
    use crate::scratch::Scratch;

    #[track_caller]
    fn check(target: &str, expected: Option<&str>) {
        assert_eq!(
            relative_path(target),
            expected.map(PathBuf::from),
            "{target}"
        );
    }

    #[test]
    fn paths_stay_inside_the_folder() {
        check("/", Some(""));
        check("/a/b.js?x=1", Some("a/b.js"));
        check("/a%20b", Some("a b"));
        check("/../secret", None);
        check("/a/%2e%2e/%2E%2E/secret", None);
        check("//etc/passwd", None);
        check("/%zz", None);
        check("/%00", None);
        check("http://elsewhere/", None);
    }

    #[test]
    fn it_serves_files_over_a_socket() {
        let scratch = Scratch::new("http").unwrap();
        fs::write(scratch.path().join("index.html"), "<p>hello").unwrap();
        fs::write(scratch.path().join("page.wasm"), [0, 97, 115, 109]).unwrap();
        let server = FileServer::bind(scratch.path().to_path_buf(), Some(0)).unwrap();
        let address = server.address().unwrap();
        assert!(address.ip().is_loopback());
        thread::spawn(move || server.run());

        let ask = |request: &str| {
            let mut stream = TcpStream::connect(address).unwrap();
            write!(stream, "{request} HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
            let mut text = String::new();
            stream.read_to_string(&mut text).unwrap();
            text
        };
        let page = ask("GET /");
        assert!(
            page.starts_with("HTTP/1.1 200 OK\r\nContent-Type: text/html"),
            "{page}"
        );
        assert!(page.ends_with("\r\n\r\n<p>hello"), "{page}");
        assert!(ask("GET /page.wasm").contains("Content-Type: application/wasm\r\n"));
        assert!(ask("HEAD /").ends_with("\r\n\r\n"));
        assert!(ask("GET /none").starts_with("HTTP/1.1 404"));
        assert!(ask("POST /").starts_with("HTTP/1.1 405"));
    }
}
