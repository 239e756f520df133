//! The signs of the page, drawn in the current colour.

use yew::{Html, html};

use crate::state::marks::Shape;
use crate::state::story::Promise;

/// A sign on a grid of 16 by 16.
pub(crate) fn icon(path: &'static str) -> Html {
    html! {
        <svg class="icon" viewBox="0 0 16 16" aria-hidden="true" focusable="false"><path d={path} /></svg>
    }
}

/// The outline of a mark around (0, 0), about 12 wide.
pub(crate) fn shape_path(shape: Shape) -> &'static str {
    match shape {
        Shape::Dot => "M-2.4 0a2.4 2.4 0 1 0 4.8 0a2.4 2.4 0 1 0-4.8 0",
        Shape::Square => "M-4.6-4.6h9.2v9.2h-9.2z",
        Shape::Send => "M-4.8-5l9.8 5l-9.8 5z",
        Shape::Receive => "M0-6l6 6l-6 6l-6-6z",
        Shape::Check => {
            "M-6.6 0a6.6 6.6 0 1 0 13.2 0a6.6 6.6 0 1 0-13.2 0M-3.6.2l1.2-1.2l1.7 1.7\
             l3.5-3.6l1.2 1.2l-4.7 4.8z"
        }
        Shape::Clock => {
            "M-6.2 0a6.2 6.2 0 1 0 12.4 0a6.2 6.2 0 1 0-12.4 0M-.8-4h1.6v3.6l2.6 1.6\
             l-.8 1.4l-3.4-2.1z"
        }
        Shape::Fall => "M-2-6.4h4v6.2h4.2l-6.2 6.8l-6.2-6.8h4.2z",
        Shape::Cross => {
            "M-5.6-3.6l2-2l3.6 3.6l3.6-3.6l2 2l-3.6 3.6l3.6 3.6l-2 2l-3.6-3.6l-3.6 3.6\
             l-2-2l3.6-3.6z"
        }
        Shape::Flag => "M-4.4-6.4h9.4l-2.4 3l2.4 3h-7.6v6.8h-1.8z",
    }
}

/// A promise: always the same sign, word and colour.
pub(crate) fn promise_badge(promise: Promise) -> Html {
    let (class, path) = match promise {
        Promise::Running => ("badge tone-quiet", DOTS),
        Promise::Waiting => ("badge tone-waiting", CLOCK),
        Promise::Acknowledged => ("badge tone-ack", CHECK),
        Promise::FallenBack => ("badge tone-fallen", FALL),
        Promise::Asynchronous => ("badge tone-quiet", FALL),
        Promise::Lost => ("badge tone-lost", CROSS),
        Promise::RolledBack => ("badge tone-quiet", CROSS),
    };
    html! {
        <span {class} data-testid="promise">{ icon(path) }{ promise.word() }</span>
    }
}

pub(crate) const CHECK: &str = "M6.3 12.4L2 8.1l1.6-1.6l2.7 2.7l6-6.1l1.6 1.6z";
pub(crate) const CLOCK: &str = "M8 1.2a6.8 6.8 0 1 0 0 13.6A6.8 6.8 0 0 0 8 1.2m0 1.9a4.9 4.9 0 1 1 0 9.8\
    a4.9 4.9 0 0 1 0-9.8M7.1 4.4h1.8v3.2l2.3 1.4l-.9 1.5l-3.2-1.9z";
pub(crate) const FALL: &str = "M6.6 1.5h2.8v7h4L8 14.7L2.6 8.5h4z";
pub(crate) const CROSS: &str = "M3.9 2.3L8 6.4l4.1-4.1l1.6 1.6L9.6 8l4.1 4.1l-1.6 1.6L8 9.6l-4.1 4.1\
    l-1.6-1.6L6.4 8L2.3 3.9z";
pub(crate) const DOTS: &str = "M2 6.6h2.8v2.8H2zm4.6 0h2.8v2.8H6.6zm4.6 0H14v2.8h-2.8z";
pub(crate) const PLAY: &str = "M4 2.2l9.6 5.8L4 13.8z";
pub(crate) const PAUSE: &str = "M3.6 2.4h3.2v11.2H3.6zm5.6 0h3.2v11.2H9.2z";
pub(crate) const FORWARD: &str = "M2.6 2.6L9.8 8l-7.2 5.4zM11 2.6h2.4v10.8H11z";
pub(crate) const BACK: &str = "M13.4 2.6L6.2 8l7.2 5.4zM2.6 2.6H5v10.8H2.6z";
pub(crate) const START: &str = "M13.6 3L8.4 8l5.2 5zM7.8 3L2.6 8l5.2 5z";
pub(crate) const END: &str = "M2.4 3l5.2 5l-5.2 5zm5.8 0l5.2 5l-5.2 5z";
pub(crate) const PLUS: &str = "M7 2.5h2V7h4.5v2H9v4.5H7V9H2.5V7H7z";
pub(crate) const MINUS: &str = "M2.5 7h11v2h-11z";
pub(crate) const CUT: &str = "M4 1.8a2.4 2.4 0 0 1 2.2 3.4L8 7l4.4-4.4h2.2L6.2 10.8A2.4 2.4 0 1 1 5 9.6L6.6 8\
    L5 6.4A2.4 2.4 0 1 1 4 1.8m0 1.4a1 1 0 1 0 0 2a1 1 0 0 0 0-2m0 7.6a1 1 0 1 0 0 2a1 1 0 0 0 0-2\
    M9.2 9.4l1.2-1.2l4.2 4.2h-2.2z";
pub(crate) const BOLT: &str = "M9.6 1L3 9.2h4L6 15l7-8.6H8.6z";
pub(crate) const SNOW: &str =
    "M7.2 1h1.6v14H7.2zM1.6 5.2l.8-1.4l12 7l-.8 1.4zM14.4 5.2l-.8-1.4l-12 7l.8 1.4z";
pub(crate) const POWER: &str =
    "M7.1 1h1.8v6.6H7.1zM4.9 2.9l1 1.5a4.4 4.4 0 1 0 4.2 0l1-1.5a6.2 6.2 0 1 1-6.2 0";
pub(crate) const SUN: &str = "M8 4.6a3.4 3.4 0 1 1 0 6.8a3.4 3.4 0 0 1 0-6.8M7.3 1h1.4v2.2H7.3zm0 11.8h1.4V15H7.3z\
    M1 7.3h2.2v1.4H1zm11.8 0H15v1.4h-2.2zM2.6 3.6l1-1l1.5 1.5l-1 1zm8.3 8.3l1-1l1.5 1.5l-1 1z\
    M12.4 2.6l1 1l-1.5 1.5l-1-1zM4.1 10.9l1 1l-1.5 1.5l-1-1z";
pub(crate) const MOVE: &str = "M1.5 7.2h9V3.6L15 8l-4.5 4.4V8.8h-9z";
pub(crate) const LINK: &str = "M6.8 9.9L5.4 8.5l3.1-3.1l1.4 1.4zM4.2 7.4l1.2 1.2l-1.5 1.5a1.5 1.5 0 0 0 2.1 2.1l1.5-1.5\
    l1.2 1.2l-1.5 1.5a3.2 3.2 0 0 1-4.5-4.5zm7.6 1.2l-1.2-1.2l1.5-1.5A1.5 1.5 0 0 0 10 3.8L8.5 5.3\
    L7.3 4.1l1.5-1.5a3.2 3.2 0 0 1 4.5 4.5z";
pub(crate) const SAVE: &str =
    "M7.1 1.5h1.8v6.2l2.2-2.2l1.2 1.3L8 11.1L3.7 6.8l1.2-1.3l2.2 2.2zM2 12.6h12v1.9H2z";
pub(crate) const OPEN: &str =
    "M7.1 11V4.8L4.9 7L3.7 5.7L8 1.4l4.3 4.3L11.1 7L8.9 4.8V11zM2 12.6h12v1.9H2z";
