//! The finished site in a real browser, as a newcomer uses it.
//!
//! SEMISYNC_DIST names the site (default: `dist/`), CHROMIUM and CHROMEDRIVER the browser.

#[path = "page/devices.rs"]
mod devices;
#[path = "page/flight.rs"]
mod flight;
#[path = "page/semisync.rs"]
mod semisync;
#[path = "page/terminal.rs"]
mod terminal;
#[path = "page/time.rs"]
mod time;
