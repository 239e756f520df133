//! Opening a file, chosen or dropped: a session of this page, or a flight recording of a server.

use semisync_console::recording::Recording;

use crate::state::Action;
use crate::state::flight::is_flight;
use crate::store::Store;

pub(crate) fn open(store: &Store, name: String, file: Vec<u8>) {
    if is_flight(&file) {
        return store.send(Action::OpenFlight(name, file));
    }
    match Recording::from_json(&String::from_utf8_lossy(&file)) {
        Ok(recording) => store.send(Action::Load(Box::new(recording))),
        Err(error) => store.refuse(&format!("This file cannot be opened: {error}.")),
    }
}
