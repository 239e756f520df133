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
    async fn the_application_shows_its_heading() {
        // Not in the body: the test runner writes its results there.
        let document = web_sys::window().and_then(|window| window.document());
        let root = document.unwrap().create_element("div").unwrap();
        yew::Renderer::<super::App>::with_root(root.clone()).render();
        for _ in 0..1000 {
            if root.inner_html().contains("Semisync Lab") {
                return;
            }
            yew::platform::time::sleep(std::time::Duration::from_millis(1)).await;
        }
        panic!("it shows {}", root.inner_html());
    }
}
