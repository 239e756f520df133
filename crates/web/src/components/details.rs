//! The panels beside the terminals: inspector, status, events.

use yew::{Html, classes, html};

use super::feed::Feed;
use super::inspector::inspector;
use super::scene::Scene;
use super::status::status;
use crate::state::{Action, Panel};

pub(crate) fn details(scene: &Scene<'_>) -> Html {
    let panels = [
        (Panel::Inspector, "Inspector", "inspector"),
        (Panel::Status, "Status", "status"),
        (Panel::Events, "Events", "events"),
    ];
    html! {
        <section class="details" aria-label="Details">
            <div class="tabs" role="tablist">
                for (panel, name, id) in panels {
                    <button class={classes!("tab", (panel == scene.model.panel).then_some("selected"))} role="tab"
                        aria-selected={(panel == scene.model.panel).to_string()} data-testid={format!("panel-{id}")}
                        onclick={scene.store.does(Action::Show(panel))}>{ name }</button>
                }
            </div>
            <div class="panel" id="panel" role="tabpanel">
                if scene.model.panel == Panel::Inspector {
                    { inspector(scene) }
                } else if scene.model.panel == Panel::Status {
                    { status(scene) }
                } else {
                    <Feed store={scene.store.clone()} tape={scene.model.tape.clone()} marks={scene.model.marks()} />
                }
            </div>
        </section>
    }
}
