//! `cargo xtask serve`: the page on this machine.

use std::{env, process::Command, process::Stdio, time::Instant};

use anyhow::Result;

use crate::{args::ServeOptions, http::FileServer, page, process, progress, workspace::Workspace};

/// Builds the page if needed and serves it until the process ends.
pub(crate) fn serve(workspace: &Workspace, options: ServeOptions) -> Result<()> {
    let started = Instant::now();
    page::build(workspace)?;
    let server = FileServer::bind(workspace.dist(), options.port)?;
    let address = format!("http://{}/", server.address()?);
    println!(
        "\nSemisync Lab is at {address} (ready after {})",
        progress::seconds(started.elapsed())
    );
    println!("Ctrl+C ends it.");
    if options.open {
        open(&address);
    }
    server.run()
}

/// Shows the page to a user who sits in front of this machine.
fn open(address: &str) {
    let has_screen = ["DISPLAY", "WAYLAND_DISPLAY"]
        .iter()
        .any(|name| env::var_os(name).is_some());
    let opener = ["xdg-open", "open"]
        .iter()
        .find_map(|name| process::find_program(name));
    if let (true, Some(opener)) = (has_screen, opener) {
        // The address is printed; a browser that does not start is no failure.
        let _ = Command::new(opener)
            .arg(address)
            .stderr(Stdio::null())
            .spawn();
    }
}
