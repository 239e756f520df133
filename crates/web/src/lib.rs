//! The playground: the virtual cluster in a browser.
//!
//! [`state`] is what the page knows, without browser types; [`components`] draw it; [`browser`] holds
//! every call to the browser. Start with [`state`].
#![forbid(unsafe_code)]

pub mod browser;
pub mod components;
pub mod link;
pub mod paint;
pub mod state;
pub mod store;

/// Starts the application in the page.
pub fn run() {
    browser::show_failures();
    let store = store::Store::open();
    let root = browser::element("app").unwrap_or_else(|| {
        browser::document()
            .body()
            .expect("a page has a body")
            .into()
    });
    root.set_inner_html("");
    let props = components::app::AppProps { store };
    yew::Renderer::<components::app::App>::with_root_and_props(root, props).render();
}
