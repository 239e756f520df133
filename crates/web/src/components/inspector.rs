//! What is selected: one sentence of what it is, what was promised, and why; then its numbers.

mod parts;

use std::rc::Rc;

use semisync_sim::ClusterView;
use yew::{Html, Properties, component, html};

use crate::state::Selection;
use crate::state::names::Names;
use crate::state::story::Story;
use crate::state::tape::Tape;
use crate::store::Store;

#[derive(Properties, PartialEq)]
pub(crate) struct InspectorProps {
    pub(crate) store: Store,
    pub(crate) selection: Selection,
    pub(crate) view: Rc<ClusterView>,
    pub(crate) names: Rc<Names>,
    pub(crate) stories: Rc<Vec<Story>>,
    pub(crate) tape: Rc<Tape>,
}

#[component]
pub(crate) fn Inspector(props: &InspectorProps) -> Html {
    let view = &props.view;
    let found = match props.selection {
        Selection::Nothing => None,
        Selection::Server(server) => {
            let server = view.servers.iter().find(|other| other.index == server);
            server.map(|server| parts::server(props, server))
        }
        Selection::Link(from, to) => {
            let link = view
                .links
                .iter()
                .find(|link| link.from == from && link.to == to);
            link.map(|link| parts::link(props, link))
        }
        Selection::Packet(id) => {
            let packet = view.packets.iter().find(|packet| packet.id == id);
            packet.map(|packet| parts::packet(props, packet))
        }
        Selection::Mark(mark) => props
            .tape
            .marks
            .get(mark)
            .map(|mark| parts::mark(props, mark)),
        Selection::Commit(transaction) => {
            let story = props
                .stories
                .iter()
                .find(|story| story.transaction == transaction);
            story.map(|story| parts::commit(props, story))
        }
    };
    html! {
        <div class="inspector" data-testid="inspector">
            { found.unwrap_or_else(|| parts::ledger(props)) }
        </div>
    }
}
