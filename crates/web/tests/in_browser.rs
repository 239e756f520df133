//! Components in a real browser.
#![cfg(target_arch = "wasm32")]

use semisync_console::Recording;
use semisync_web::browser;
use semisync_web::components::app::{App, AppProps};
use semisync_web::state::editing::History;
use semisync_web::state::{Action, Model, Settings, Sheet, first_cluster};
use semisync_web::store::Store;
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};
use web_sys::Element;

wasm_bindgen_test_configure!(run_in_browser);

/// The page in an element of its own: the test runner writes its results in the body.
fn mount() -> (Store, Element) {
    let recording = Recording::new(first_cluster());
    let store = Store::with(
        Model::new(recording, Settings::default()),
        History::default(),
    );
    let root = browser::document()
        .create_element("div")
        .expect("an element");
    browser::document()
        .body()
        .expect("a body")
        .append_child(&root)
        .expect("appended");
    let props = AppProps {
        store: store.clone(),
    };
    yew::Renderer::<App>::with_root_and_props(root.clone(), props).render();
    (store, root)
}

fn find(root: &Element, testid: &str) -> Option<Element> {
    root.query_selector(&format!("[data-testid='{testid}']"))
        .ok()
        .flatten()
}

#[wasm_bindgen_test]
async fn the_page_opens_paused_with_one_sentence_that_says_what_to_do() {
    let (store, root) = mount();
    yew::scheduler::flush().await;
    let welcome = find(&root, "welcome").expect("the opening words");
    assert!(
        welcome
            .text_content()
            .unwrap_or_default()
            .contains("source>")
    );
    assert_eq!(
        find(&root, "play")
            .and_then(|play| play.text_content())
            .as_deref(),
        Some("Play")
    );
    assert!(!store.read().is_moving());
    root.remove();
}

#[wasm_bindgen_test]
async fn an_action_redraws_the_page() {
    let (store, root) = mount();
    yew::scheduler::flush().await;
    assert!(find(&root, "help").is_none());
    store.send(Action::Open(Some(Sheet::Keys)));
    yew::scheduler::flush().await;
    assert!(find(&root, "help").is_some());
    root.remove();
}
