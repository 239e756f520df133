//! Makes HTML of `docs/simplifications.md`, which the page shows.

use std::path::Path;
use std::{env, fs};

use pulldown_cmark::{Options, Parser, html::push_html};

fn main() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/simplifications.md");
    println!("cargo::rerun-if-changed={}", source.display());
    let text =
        fs::read_to_string(&source).unwrap_or_else(|error| panic!("{}: {error}", source.display()));
    let mut html = String::new();
    push_html(&mut html, Parser::new_ext(&text, Options::ENABLE_TABLES));
    let out = env::var_os("OUT_DIR").expect("cargo names a directory for build scripts");
    fs::write(Path::new(&out).join("simplifications.html"), html).expect("a file of our own");
}
