//! Phones, reduced motion, and what leaves the machine.

use semisync_tests::browser::{DESK, Device, PHONE, Page};

#[track_caller]
fn assert_no_sideways_scroll(page: &Page) {
    let width = page.value("document.documentElement.scrollWidth - window.innerWidth");
    assert!(
        width.as_i64() <= Some(0),
        "the page is {width} pixels too wide"
    );
}

#[test]
fn a_phone_shows_everything_without_scrolling_sideways() {
    let page = Page::open(PHONE);
    assert_no_sideways_scroll(&page);
    page.press("set-up");
    page.wait_until("semisync on the source", |page| {
        page.text("semisync-source").contains("ON · 2 replicas")
    });
    assert_no_sideways_scroll(&page);
    page.run_at("source", "SHOW STATUS LIKE 'Rpl_semi_sync%';");
    for panel in ["panel-status", "panel-events", "panel-inspector"] {
        page.press(panel);
        assert_no_sideways_scroll(&page);
    }
    let order = page.value(
        "['stage', 'tape', 'screen'].map(id => \
         document.querySelector(`[data-testid='${id}']`).getBoundingClientRect().top)",
    );
    let order: Vec<f64> = order
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|top| top.as_f64())
        .collect();
    assert!(
        order.is_sorted() && order.len() == 3,
        "stage, tape, terminal: {order:?}"
    );
}

#[test]
fn with_reduced_motion_packets_stand_still() {
    let page = Page::open(Device {
        reduced_motion: true,
        ..DESK
    });
    page.press("play-after-enter");
    page.press("tab-source");
    page.type_statement("CREATE DATABASE other;");
    page.wait_for("busy");
    page.wait_until("a packet", |page| {
        if !page.has("packet") {
            page.press("step-forward");
        }
        page.has("packet")
    });
    let place = "document.querySelector(\"[data-testid='packet']\").style.transform";
    let before = page.value(place);
    let clock = page.text("clock");
    page.press("play");
    page.wait_until("time to pass", |page| page.text("clock") != clock);
    if page.has("packet") {
        assert_eq!(page.value(place), before);
    }
}

#[test]
fn no_request_leaves_this_machine_and_none_follows_the_load() {
    let page = Page::open(DESK);
    let loaded = page.requests();
    assert!(
        loaded.iter().any(|address| address.ends_with(".wasm")),
        "{loaded:?}"
    );
    // What is in the program itself (data:, chrome:, about:) is no request.
    let elsewhere =
        |address: &&String| address.starts_with("http") && !address.starts_with(page.origin());
    assert_eq!(loaded.iter().find(elsewhere), None);
    page.press("set-up");
    page.wait_until("semisync on the source", |page| {
        page.text("semisync-source").contains("ON · 2 replicas")
    });
    let later: Vec<String> = page.requests();
    assert_eq!(
        later.iter().find(|address| address.starts_with("http")),
        None
    );
    assert_eq!(page.complaints(), Vec::<String>::new());
}
