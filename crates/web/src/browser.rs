//! Every call to the browser: storage, frames, focus, files, the address.

use std::cell::RefCell;
use std::rc::Rc;

use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{
    Document, Element, EventTarget, HtmlElement, HtmlInputElement, HtmlTextAreaElement,
    KeyboardEvent, Storage, Window,
};

use crate::state::stage::Arrangement;

/// The window. A page without one is no page.
pub fn window() -> Window {
    web_sys::window().expect("a page has a window")
}

/// The document.
pub fn document() -> Document {
    window().document().expect("a page has a document")
}

/// The element with this id.
pub fn element(id: &str) -> Option<Element> {
    document().get_element_by_id(id)
}

fn html_element(id: &str) -> Option<HtmlElement> {
    element(id)?.dyn_into().ok()
}

/// Width and height of an element, in pixels.
pub fn size(id: &str) -> Option<(f64, f64)> {
    let element = html_element(id)?;
    Some((
        f64::from(element.offset_width()),
        f64::from(element.offset_height()),
    ))
}

/// Moves an element without asking anybody else to draw.
pub fn place(id: &str, x: f64, y: f64) {
    if let Some(element) = html_element(id) {
        let transform = format!("translate({x:.1}px,{y:.1}px)");
        let _ = element.style().set_property("transform", &transform);
    }
}

/// Sets a style property of an element.
pub fn set_style(id: &str, property: &str, value: &str) {
    if let Some(element) = html_element(id) {
        let _ = element.style().set_property(property, value);
    }
}

/// Sets an attribute of an element.
pub fn set_attribute(id: &str, name: &str, value: &str) {
    if let Some(element) = element(id) {
        let _ = element.set_attribute(name, value);
    }
}

/// Sets the text of an element, if it differs.
pub fn set_text(id: &str, text: &str) {
    if let Some(element) = element(id)
        && element.text_content().as_deref() != Some(text)
    {
        element.set_text_content(Some(text));
    }
}

/// Where an element is scrolled to and how wide its window is.
pub fn scroll(id: &str) -> Option<(f64, f64)> {
    let element = element(id)?;
    Some((
        f64::from(element.scroll_left()),
        f64::from(element.client_width()),
    ))
}

/// Where an element begins, from the left of the window.
pub fn left_edge(id: &str) -> f64 {
    element(id).map_or(0.0, |element| element.get_bounding_client_rect().left())
}

/// Scrolls an element sideways.
pub fn scroll_to(id: &str, left: f64) {
    if let Some(element) = element(id) {
        element.set_scroll_left(left as i32);
    }
}

/// Scrolls an element to its last line.
pub fn scroll_to_bottom(id: &str) {
    if let Some(element) = element(id) {
        element.set_scroll_top(element.scroll_height());
    }
}

/// Brings an element of a scrolled list into view, without moving the page.
pub fn reveal_in(list: &str, item: &str) {
    if let (Some(list), Some(item)) = (html_element(list), html_element(item)) {
        let (top, height) = (item.offset_top(), item.offset_height());
        let (from, window) = (list.scroll_top(), list.client_height());
        if top < from || top + height > from + window {
            list.set_scroll_top(top - window * 2 / 3);
        }
    }
}

/// Moves the keyboard to an element.
pub fn focus(id: &str) {
    if let Some(element) = html_element(id) {
        let _ = element.focus();
    }
}

/// Takes the keyboard away from the element that has it.
pub fn blur() {
    if let Some(element) = document()
        .active_element()
        .and_then(|e| e.dyn_into::<HtmlElement>().ok())
    {
        let _ = element.blur();
    }
}

/// Text and caret of a text area.
pub fn text_and_caret(id: &str) -> Option<(String, usize)> {
    let area: HtmlTextAreaElement = element(id)?.dyn_into().ok()?;
    let caret = area.selection_start().ok().flatten().unwrap_or(0);
    Some((area.value(), caret as usize))
}

/// Sets text and caret of a text area.
pub fn set_text_and_caret(id: &str, text: &str, caret: usize) {
    let area = element(id).and_then(|area| area.dyn_into::<HtmlTextAreaElement>().ok());
    if let Some(area) = area {
        area.set_value(text);
        let caret = u32::try_from(caret).unwrap_or(u32::MAX);
        let _ = area.set_selection_range(caret, caret);
    }
}

/// Whether a key pressed there belongs to the element: text is typed, or a control is worked.
pub fn owns_keys(event: &KeyboardEvent) -> bool {
    let Some(target) = event
        .target()
        .and_then(|target| target.dyn_into::<Element>().ok())
    else {
        return false;
    };
    let is_control = event.key() == " " || event.key() == "Enter";
    match target.tag_name().as_str() {
        "TEXTAREA" | "INPUT" | "SELECT" => true,
        "BUTTON" | "A" | "SUMMARY" => is_control,
        _ => false,
    }
}

/// How much room there is for the stage; the style sheet has the same bounds.
pub fn arrangement() -> Arrangement {
    if matches("(min-width: 1181px)") {
        Arrangement::Wide
    } else if matches("(min-width: 760px)") {
        Arrangement::Compact
    } else {
        Arrangement::Narrow
    }
}

/// Whether the person's system asks for reduced motion.
pub fn wants_reduced_motion() -> bool {
    matches("(prefers-reduced-motion: reduce)")
}

fn matches(query: &str) -> bool {
    window()
        .match_media(query)
        .ok()
        .flatten()
        .is_some_and(|list| list.matches())
}

/// Sets an attribute of the root element; styles hang on it.
pub fn set_root_attribute(name: &str, value: &str) {
    if let Some(root) = document().document_element() {
        let _ = root.set_attribute(name, value);
    }
}

fn storage() -> Option<Storage> {
    window().local_storage().ok().flatten()
}

/// What the browser kept under this name.
pub fn load(name: &str) -> Option<String> {
    storage()?.get_item(name).ok().flatten()
}

/// Keeps a text under this name; a browser that keeps nothing is no error.
pub fn save(name: &str, text: &str) {
    if let Some(storage) = storage() {
        let _ = storage.set_item(name, text);
    }
}

/// What stands behind the `#` of the address.
pub fn hash() -> String {
    let hash = window().location().hash().unwrap_or_default();
    hash.trim_start_matches('#').to_owned()
}

/// The address with this text behind the `#`.
pub fn address_with(hash: &str) -> String {
    let location = window().location();
    let address = location.href().unwrap_or_default();
    let base = address.split('#').next().unwrap_or_default();
    format!("{base}#{hash}")
}

/// Empties what stands behind the `#`, without a new page.
pub fn clear_hash() {
    let path = window().location().pathname().unwrap_or_default();
    if let Ok(history) = window().history() {
        let _ = history.replace_state_with_url(&JsValue::NULL, "", Some(&path));
    }
}

/// Puts a text on the clipboard.
pub fn copy(text: &str) {
    let clipboard = window().navigator().clipboard();
    drop(clipboard.write_text(text));
}

/// Offers a text as a file.
pub fn download(name: &str, text: &str) {
    let parts = js_sys::Array::of1(&JsValue::from_str(text));
    let Ok(blob) = web_sys::Blob::new_with_str_sequence(&parts) else {
        return;
    };
    let Ok(url) = web_sys::Url::create_object_url_with_blob(&blob) else {
        return;
    };
    let anchor = document().create_element("a").ok();
    if let Some(anchor) = anchor.and_then(|a| a.dyn_into::<web_sys::HtmlAnchorElement>().ok()) {
        anchor.set_href(&url);
        anchor.set_download(name);
        anchor.click();
    }
    let _ = web_sys::Url::revoke_object_url(&url);
}

/// Reads the file chosen in an input: its name and its bytes.
pub fn read_chosen_file(input: &HtmlInputElement, then: impl FnOnce(String, Vec<u8>) + 'static) {
    if let Some(file) = input.files().and_then(|files| files.get(0)) {
        read_file(&file, then);
    }
    input.set_value("");
}

/// Reads each file that is dropped on the page, while the listeners live.
pub fn on_dropped_file(take: impl Fn(String, Vec<u8>) + Clone + 'static) -> [Listener; 2] {
    // A browser opens a dropped file by itself unless it is told not to.
    let over = Listener::new("dragover", |event| event.prevent_default());
    let drop = Listener::new("drop", move |event| {
        event.prevent_default();
        let Some(event) = event.dyn_ref::<web_sys::DragEvent>() else {
            return;
        };
        let files = event.data_transfer().and_then(|data| data.files());
        if let Some(file) = files.and_then(|files| files.get(0)) {
            read_file(&file, take.clone());
        }
    });
    [over, drop]
}

fn read_file(file: &web_sys::File, then: impl FnOnce(String, Vec<u8>) + 'static) {
    let Ok(reader) = web_sys::FileReader::new() else {
        return;
    };
    let (read, name) = (reader.clone(), file.name());
    let done = Closure::once_into_js(move || {
        if let Ok(bytes) = read.result() {
            then(name, js_sys::Uint8Array::new(&bytes).to_vec());
        }
    });
    reader.set_onload(Some(done.unchecked_ref()));
    let _ = reader.read_as_array_buffer(file);
}

/// Listens to an event of the window until dropped.
pub struct Listener {
    target: EventTarget,
    name: &'static str,
    closure: Closure<dyn FnMut(web_sys::Event)>,
}

impl Listener {
    /// Calls `hear` for each event of this name.
    pub fn new(name: &'static str, hear: impl FnMut(web_sys::Event) + 'static) -> Listener {
        let closure = Closure::<dyn FnMut(web_sys::Event)>::new(hear);
        let target: EventTarget = window().into();
        let _ = target.add_event_listener_with_callback(name, closure.as_ref().unchecked_ref());
        Listener {
            target,
            name,
            closure,
        }
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        let function = self.closure.as_ref().unchecked_ref();
        let _ = self
            .target
            .remove_event_listener_with_callback(self.name, function);
    }
}

/// Calls `draw` before each frame with the time in milliseconds, as long as it answers true.
pub fn each_frame(mut draw: impl FnMut(f64) -> bool + 'static) {
    type Frame = Closure<dyn FnMut(f64)>;
    let holder: Rc<RefCell<Option<Frame>>> = Rc::default();
    let again = holder.clone();
    *holder.borrow_mut() = Some(Closure::<dyn FnMut(f64)>::new(move |time| {
        if draw(time) {
            if let Some(frame) = again.borrow().as_ref() {
                request_frame(frame);
            }
        } else {
            // The closure may not drop itself while it runs.
            let finished = again.borrow_mut().take();
            if let Some(frame) = finished {
                drop_later(frame);
            }
        }
    }));
    if let Some(frame) = holder.borrow().as_ref() {
        request_frame(frame);
    }
}

fn request_frame(frame: &Closure<dyn FnMut(f64)>) {
    let _ = window().request_animation_frame(frame.as_ref().unchecked_ref());
}

fn drop_later(frame: Closure<dyn FnMut(f64)>) {
    let drop = Closure::once_into_js(move || drop(frame));
    let _ = window().set_timeout_with_callback(drop.unchecked_ref());
}

/// Shows a readable message with a way out when the program stops.
pub fn show_failures() {
    std::panic::set_hook(Box::new(|panic| {
        if let Some(failure) = element("failure") {
            let _ = failure.remove_attribute("hidden");
        }
        set_text("failure-reason", &panic.to_string());
        web_sys::console::error_1(&JsValue::from_str(&panic.to_string()));
    }));
}
