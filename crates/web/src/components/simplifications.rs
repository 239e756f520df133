//! What the virtual cluster simplifies, from `docs/simplifications.md`.

use yew::{Html, html};

use crate::state::Action;
use crate::store::Store;

const TEXT: &str = include_str!(concat!(env!("OUT_DIR"), "/simplifications.html"));

pub(crate) fn simplifications(store: &Store) -> Html {
    let close = store.does(Action::Open(None));
    html! {
        <div class="veil" data-testid="simplifications">
            <section class="sheet document" role="dialog" aria-modal="true" aria-label="Simplifications">
                <div class="document-text" tabindex="0">{ Html::from_html_unchecked(TEXT.into()) }</div>
                <p class="card-buttons"><button class="button" data-testid="close-sheet" onclick={close}>{ "Close" }</button></p>
            </section>
        </div>
    }
}
