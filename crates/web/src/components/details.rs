//! The panels beside the terminals: inspector, status, events.

use std::collections::BTreeSet;
use std::rc::Rc;

use semisync_sim::{ClusterView, ServerIndex};
use yew::{Html, Properties, classes, component, html};

use super::feed::Feed;
use super::inspector::Inspector;
use super::status::Status;
use crate::state::names::Names;
use crate::state::story::Story;
use crate::state::tape::Tape;
use crate::state::{Action, Panel, Selection};
use crate::store::Store;

#[derive(Properties, PartialEq)]
pub(crate) struct DetailsProps {
    pub(crate) store: Store,
    pub(crate) panel: Panel,
    pub(crate) selection: Selection,
    pub(crate) view: Rc<ClusterView>,
    pub(crate) names: Rc<Names>,
    pub(crate) stories: Rc<Vec<Story>>,
    pub(crate) tape: Rc<Tape>,
    pub(crate) changed: Rc<BTreeSet<(ServerIndex, String)>>,
    pub(crate) marks: usize,
}

#[component]
pub(crate) fn Details(props: &DetailsProps) -> Html {
    let panels = [
        (Panel::Inspector, "Inspector", "inspector"),
        (Panel::Status, "Status", "status"),
        (Panel::Events, "Events", "events"),
    ];
    html! {
        <section class="details" aria-label="Details">
            <div class="tabs" role="tablist">
                for (panel, name, id) in panels {
                    <button class={classes!("tab", (panel == props.panel).then_some("selected"))} role="tab"
                        aria-selected={(panel == props.panel).to_string()} data-testid={format!("panel-{id}")}
                        onclick={props.store.does(Action::Show(panel))}>{ name }</button>
                }
            </div>
            <div class="panel" id="panel" role="tabpanel">
                if props.panel == Panel::Inspector {
                    <Inspector store={props.store.clone()} selection={props.selection}
                        view={props.view.clone()} names={props.names.clone()}
                        stories={props.stories.clone()} tape={props.tape.clone()} />
                } else if props.panel == Panel::Status {
                    <Status store={props.store.clone()} view={props.view.clone()}
                        names={props.names.clone()} changed={props.changed.clone()} />
                } else {
                    <Feed store={props.store.clone()} tape={props.tape.clone()} marks={props.marks} />
                }
            </div>
        </section>
    }
}
