//! The opening words and the five-minute tour, as cards over the stage.

use yew::{Html, classes, html};

use super::icon::{CHECK, CROSS, icon};
use super::scene::Scene;
use crate::state::Action;

use crate::state::tour::{Deed, STEPS};

/// The card that is open, if any.
pub(crate) fn card(scene: &Scene<'_>) -> Html {
    if scene.model.welcome {
        return welcome(scene);
    }
    scene
        .model
        .tour
        .map_or_else(Html::default, |step| tour_card(scene, step))
}

fn welcome(scene: &Scene<'_>) -> Html {
    let store = scene.store;
    html! {
        <aside class="card welcome" data-testid="welcome">
            <p class="lead">
                { "A source and two replicas are running, asynchronously, and time stands still: \
                   type a statement at " }<code>{ "source>" }</code>{ ", or let us set up semisynchronous \
                   replication for you." }
            </p>
            <div class="card-buttons">
                <button class="button primary" data-testid="set-up" onclick={store.does(Action::SetUp)}>
                    { "Set up semisynchronous replication for me" }</button>
                <button class="button" data-testid="start-tour" onclick={store.does(Action::Tour(Some(0)))}>
                    { "Five-minute tour" }</button>
            </div>
            <button class="button icon-button bare close" aria-label="Close"
                onclick={store.does(Action::CloseWelcome)}>{ icon(CROSS) }</button>
        </aside>
    }
}

fn tour_card(scene: &Scene<'_>, current: usize) -> Html {
    let store = scene.store;
    let Some(step) = STEPS.get(current).copied() else {
        return html! {};
    };
    let done = step.is_done(&scene.model.view, &scene.model.stories);
    let last = current + 1 == STEPS.len();
    let statements = step.deeds(&scene.model.view, &scene.model.stories);
    html! {
        <aside class="card tour" data-testid="tour">
            <ol class="tour-steps" aria-label="Steps">
                for (index, other) in STEPS.iter().enumerate() {
                    <li><button
                        class={classes!((index == current).then_some("current"),
                            other.is_done(&scene.model.view, &scene.model.stories).then_some("done"))}
                        aria-label={format!("Step {}: {}", index + 1, other.title())}
                        onclick={store.does(Action::Tour(Some(index)))}>{ index + 1 }</button></li>
                }
            </ol>
            <h2>{ step.title() }</h2>
            <p>{ step.text() }</p>
            if !done {
                <pre class="tour-statements">{ listing(&statements) }</pre>
            }
            <p class={classes!("goal", done.then_some("done"))} data-testid="tour-goal">
                { icon(CHECK) }{ step.goal() }
            </p>
            <div class="card-buttons">
                if !done {
                    <button class="button primary" data-testid="tour-do" disabled={scene.model.is_moving()}
                        onclick={store.does(Action::DoStep)}>{ "Type it for me" }</button>
                } else if last {
                    <button class="button primary" data-testid="tour-finish"
                        onclick={store.does(Action::Tour(None))}>{ "Finish" }</button>
                } else {
                    <button class="button primary" data-testid="tour-next"
                        onclick={store.does(Action::Tour(Some(current + 1)))}>{ "Next" }</button>
                }
            </div>
            <button class="button icon-button bare close" aria-label="Close the tour"
                onclick={store.does(Action::Tour(None))}>{ icon(CROSS) }</button>
        </aside>
    }
}

/// What “type it for me” does, without repeating the same statement for each replica.
fn listing(deeds: &[Deed]) -> String {
    let mut lines: Vec<String> = Vec::new();
    for deed in deeds {
        let line = match deed {
            Deed::Type(at, text) | Deed::Watch(at, text) => {
                let who = if at.server.0 == 0 {
                    "source"
                } else {
                    "replicas"
                };
                format!("{who}> {text}")
            }
            Deed::Inject(fault) => match fault {
                semisync_sim::Fault::Crash(server) => format!("! crash replica{}", server.0),
                semisync_sim::Fault::Start(server) => format!("! start replica{}", server.0),
                _ => continue,
            },
            Deed::Settle => continue,
        };
        if !lines.contains(&line) {
            lines.push(line);
        }
    }
    lines.join("\n")
}
