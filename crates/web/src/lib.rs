//! The playground: the virtual cluster in a browser.

use yew::{Html, function_component, html};

/// Starts the application in the body of the page.
pub fn run() {
    yew::Renderer::<App>::new().render();
}

#[function_component]
fn App() -> Html {
    html! { <main data-testid="app"><h1>{ "Semisync Lab" }</h1></main> }
}

#[cfg(test)]
mod tests {
    use wasm_bindgen_test::wasm_bindgen_test;

    #[wasm_bindgen_test]
    fn the_page_has_a_heading_after_start() {
        super::run();
        let document = web_sys::window().and_then(|window| window.document());
        let html = document
            .and_then(|document| document.body())
            .map(|body| body.inner_html());
        assert!(html.is_some());
    }
}
