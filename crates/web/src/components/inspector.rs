//! What is selected: one sentence of what it is, what was promised, and why; then its numbers.

mod parts;

use yew::{Html, html};

use super::scene::Scene;
use crate::state::Selection;

pub(crate) fn inspector(scene: &Scene<'_>) -> Html {
    let view = &scene.model.view;
    let found = match scene.model.selection {
        Selection::Nothing => None,
        Selection::Server(server) => {
            let server = view.servers.iter().find(|other| other.index == server);
            server.map(|server| parts::server(scene, server))
        }
        Selection::Link(from, to) => {
            let link = view
                .links
                .iter()
                .find(|link| link.from == from && link.to == to);
            link.map(|link| parts::link(scene, link))
        }
        Selection::Packet(id) => {
            let packet = view.packets.iter().find(|packet| packet.id == id);
            packet.map(|packet| parts::packet(scene, packet))
        }
        Selection::Mark(mark) => scene
            .model
            .tape
            .marks
            .get(mark)
            .map(|mark| parts::mark(scene, mark)),
        Selection::Commit(transaction) => {
            let story = scene
                .model
                .stories
                .iter()
                .find(|story| story.transaction == transaction);
            story.map(|story| parts::commit(scene, story))
        }
    };
    html! {
        <div class="inspector" data-testid="inspector">
            { found.unwrap_or_else(|| parts::ledger(scene)) }
        </div>
    }
}
