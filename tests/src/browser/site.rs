//! The finished site, served on a free port of 127.0.0.1.

use std::fs;
use std::io::{self, BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::thread;

/// A server that lives as long as the test program.
pub(super) struct Site {
    origin: String,
}

impl Site {
    /// Serves the files of a folder.
    pub(super) fn serve(dist: PathBuf) -> Site {
        assert!(
            dist.join("index.html").is_file(),
            "no finished site in {}: `cargo xtask build` writes it; SEMISYNC_DIST names another place",
            dist.display()
        );
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
        let origin = format!("http://{}", listener.local_addr().expect("its address"));
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let dist = dist.clone();
                thread::spawn(move || answer(stream, &dist));
            }
        });
        Site { origin }
    }

    /// Scheme, address and port.
    pub(super) fn origin(&self) -> &str {
        &self.origin
    }
}

fn answer(mut stream: TcpStream, dist: &Path) -> io::Result<()> {
    let mut lines = BufReader::new(stream.try_clone()?).lines();
    let first = lines.next().transpose()?.unwrap_or_default();
    for line in lines {
        if line?.is_empty() {
            break;
        }
    }
    let path = first.split(' ').nth(1).unwrap_or("/");
    let name = path
        .split(['?', '#'])
        .next()
        .unwrap_or("/")
        .trim_start_matches('/');
    let name = if name.is_empty() { "index.html" } else { name };
    let is_plain = !name.contains("..") && !name.contains('/');
    match fs::read(dist.join(name)) {
        Ok(bytes) if is_plain => {
            write!(
                stream,
                "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Type: {}\r\nContent-Length: {}\r\n\r\n",
                kind_of(name),
                bytes.len()
            )?;
            stream.write_all(&bytes)
        }
        _ => write!(
            stream,
            "HTTP/1.1 404 Not Found\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
        ),
    }
}

fn kind_of(name: &str) -> &'static str {
    match name.rsplit('.').next() {
        Some("html") => "text/html",
        Some("js" | "mjs") => "text/javascript",
        Some("css") => "text/css",
        Some("wasm") => "application/wasm",
        _ => "application/octet-stream",
    }
}
