//! A real browser, driven over WebDriver: the finished site, a page, what a person does there.
//!
//! [`Page::open`] serves the site on 127.0.0.1, starts a browser with an empty profile and opens the
//! site. Waiting is always for a condition, with a deadline; a missed one shows the page's text.

mod driver;
mod http;
mod site;

use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use driver::Driver;
use site::Site;

/// A browser window with the site in it.
pub struct Page {
    driver: Driver,
    site: Site,
    _turn: MutexGuard<'static, ()>,
}

/// What kind of device the browser pretends to be.
#[derive(Clone, Copy, Debug)]
pub struct Device {
    /// Width of the window.
    pub width: u32,
    /// Height of the window.
    pub height: u32,
    /// A phone: touch, and a viewport of its own.
    pub mobile: bool,
    /// `prefers-reduced-motion: reduce`
    pub reduced_motion: bool,
}

/// A window on a desk.
pub const DESK: Device = Device {
    width: 1440,
    height: 900,
    mobile: false,
    reduced_motion: false,
};

/// The narrowest phone.
pub const PHONE: Device = Device {
    width: 360,
    height: 780,
    mobile: true,
    reduced_motion: false,
};

impl Page {
    /// Opens the site on a device.
    pub fn open(device: Device) -> Page {
        // One browser at a time: frames are slow enough without company.
        let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
        let dist = std::env::var_os("SEMISYNC_DIST").map(PathBuf::from);
        let dist =
            dist.unwrap_or_else(|| PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../dist")));
        let site = Site::serve(dist);
        let driver = Driver::start();
        let page = Page {
            driver,
            site,
            _turn: turn,
        };
        page.become_device(device);
        page.load("");
        page
    }

    /// Loads the site with a text behind the `#`, and waits until it runs.
    pub fn load(&self, hash: &str) {
        let address = format!("{}/index.html{hash}", self.site.origin());
        self.driver.post("/url", &json!({ "url": "about:blank" }));
        self.driver.post("/url", &json!({ "url": address }));
        self.wait_for("app");
    }

    /// Where the site is served.
    pub fn origin(&self) -> &str {
        self.site.origin()
    }

    fn become_device(&self, device: Device) {
        self.cdp(
            "Emulation.setDeviceMetricsOverride",
            &json!({
                "width": device.width, "height": device.height, "deviceScaleFactor": 1,
                "mobile": device.mobile,
            }),
        );
        let motion = if device.reduced_motion {
            "reduce"
        } else {
            "no-preference"
        };
        let feature = json!({ "name": "prefers-reduced-motion", "value": motion });
        self.cdp(
            "Emulation.setEmulatedMedia",
            &json!({ "features": [feature] }),
        );
    }

    /// A command of the browser's own protocol, and its answer.
    pub(crate) fn cdp(&self, command: &str, parameters: &Value) -> Value {
        let call = json!({ "cmd": command, "params": parameters });
        self.driver.post("/goog/cdp/execute", &call)
    }

    /// The value of a JavaScript expression.
    pub fn value(&self, expression: &str) -> Value {
        let call = json!({ "script": format!("return ({expression});"), "args": [] });
        self.driver.post("/execute/sync", &call)
    }

    /// Whether there is an element with this test id.
    pub fn has(&self, testid: &str) -> bool {
        self.value(&format!("!!{}", element(testid))) == Value::Bool(true)
    }

    /// The text of the first element with this test id.
    pub fn text(&self, testid: &str) -> String {
        let text = self.value(&format!("{}?.textContent ?? ''", element(testid)));
        text.as_str().unwrap_or_default().to_owned()
    }

    /// How many elements have this test id.
    pub fn count(&self, testid: &str) -> u64 {
        let selector = selector(testid);
        self.value(&format!("document.querySelectorAll(\"{selector}\").length"))
            .as_u64()
            .unwrap_or(0)
    }

    /// Presses an element, as a mouse or finger would.
    #[track_caller]
    pub fn press(&self, testid: &str) {
        self.wait_for(testid);
        let id = self.find(&selector(testid));
        self.driver
            .post(&format!("/element/{id}/click"), &json!({}));
    }

    /// Types into the element that has the keyboard. Enter is `\u{E007}`, the others are in the
    /// WebDriver standard.
    pub fn keys(&self, text: &str) {
        let actions: Vec<Value> = text
            .chars()
            .flat_map(|key| {
                let key = key.to_string();
                [
                    json!({ "type": "keyDown", "value": key }),
                    json!({ "type": "keyUp", "value": key }),
                ]
            })
            .collect();
        let keyboard = json!({ "type": "key", "id": "keyboard", "actions": actions });
        self.driver
            .post("/actions", &json!({ "actions": [keyboard] }));
    }

    /// Presses a key while Ctrl is down.
    pub fn press_with_ctrl(&self, key: char) {
        const CONTROL: &str = "\u{E009}";
        let key = key.to_string();
        let actions = json!([
            { "type": "keyDown", "value": CONTROL },
            { "type": "keyDown", "value": key },
            { "type": "keyUp", "value": key },
            { "type": "keyUp", "value": CONTROL },
        ]);
        let keyboard = json!({ "type": "key", "id": "keyboard", "actions": actions });
        self.driver
            .post("/actions", &json!({ "actions": [keyboard] }));
    }

    /// Types a statement at the prompt in front, and Enter.
    pub fn type_statement(&self, statement: &str) {
        let id = self.find("#prompt");
        let text = format!("{statement}{ENTER}");
        self.driver
            .post(&format!("/element/{id}/value"), &json!({ "text": text }));
    }

    /// Types a statement at a server's prompt and waits for its answer.
    #[track_caller]
    pub fn run_at(&self, tab: &str, statement: &str) -> String {
        self.press(&format!("tab-{tab}"));
        let before = self.count("entry");
        self.type_statement(statement);
        self.wait_until(&format!("an answer to {statement}"), |page| {
            page.count("entry") > before && !page.has("busy") && page.text("play") == "Play"
        });
        self.last_printed()
    }

    /// What was printed for the last statement at the prompt in front.
    pub fn last_printed(&self) -> String {
        let last = "[...document.querySelectorAll(\".entry\")].at(-1)";
        let text = self.value(&format!(
            "{last}?.querySelector('.printed')?.textContent ?? ''"
        ));
        text.as_str().unwrap_or_default().to_owned()
    }

    /// Waits for an element with this test id.
    #[track_caller]
    pub fn wait_for(&self, testid: &str) {
        self.wait_until(&format!("an element {testid}"), |page| page.has(testid));
    }

    /// Waits until something holds.
    #[track_caller]
    pub fn wait_until(&self, what: &str, holds: impl Fn(&Page) -> bool) {
        let deadline = Instant::now() + PATIENCE;
        while !holds(self) {
            assert!(
                Instant::now() < deadline,
                "waited {PATIENCE:?} for {what}; the page says:\n{}\n{}",
                self.value("document.body.innerText")
                    .as_str()
                    .unwrap_or_default(),
                self.complaints().join("\n"),
            );
        }
    }

    /// Errors in the browser's console.
    pub fn complaints(&self) -> Vec<String> {
        let lines = self.driver.post("/se/log", &json!({ "type": "browser" }));
        let lines = lines.as_array().cloned().unwrap_or_default();
        lines
            .iter()
            .filter(|line| line["level"] == "SEVERE")
            .map(|line| line["message"].as_str().unwrap_or_default().to_owned())
            .collect()
    }

    /// Addresses the browser asked for since the last call.
    pub fn requests(&self) -> Vec<String> {
        let lines = self
            .driver
            .post("/se/log", &json!({ "type": "performance" }));
        let lines = lines.as_array().cloned().unwrap_or_default();
        lines
            .iter()
            .filter_map(|line| serde_json::from_str::<Value>(line["message"].as_str()?).ok())
            .filter(|event| event["message"]["method"] == "Network.requestWillBeSent")
            .filter_map(|event| {
                let address = &event["message"]["params"]["request"]["url"];
                address.as_str().map(str::to_owned)
            })
            .collect()
    }

    fn find(&self, selector: &str) -> String {
        let by = json!({ "using": "css selector", "value": selector });
        let found = self.driver.post("/element", &by);
        let id = found.as_object().and_then(|found| found.values().next());
        id.and_then(Value::as_str).unwrap_or_default().to_owned()
    }
}

fn selector(testid: &str) -> String {
    format!("[data-testid='{testid}']")
}

fn element(testid: &str) -> String {
    format!("document.querySelector(\"{}\")", selector(testid))
}

/// The Enter key.
pub const ENTER: char = '\u{E007}';
const PATIENCE: Duration = Duration::from_secs(40);
static TURN: Mutex<()> = Mutex::new(());
