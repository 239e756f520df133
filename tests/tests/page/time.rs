//! Stepping, scrubbing, forking, and sessions in an address.

use semisync_tests::browser::{DESK, Page};
use serde_json::Value;

fn marks(page: &Page) -> (u64, u64) {
    let text = page.text("mark-count");
    let mut numbers = text
        .split('/')
        .map(|number| number.trim().parse().unwrap_or(0));
    (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0))
}

/// What can be seen of the cluster: servers, links, packets, and the terminal.
fn seen(page: &Page) -> String {
    let parts = "['stage','screen'].map(id => document.getElementById(id).innerText).join('\\n')";
    page.value(parts).as_str().unwrap_or_default().to_owned()
}

#[test]
fn a_step_back_and_forward_shows_the_same_again() {
    let page = Page::open(DESK);
    page.run_at("source", "CREATE TABLE lab.t (id INT PRIMARY KEY);");
    page.press("step-back");
    let (at, total) = marks(&page);
    assert!(at < total, "{at} of {total}");
    let there = seen(&page);
    for _ in 0..3 {
        page.press("step-back");
    }
    assert!(marks(&page).0 < at);
    for _ in 0..40 {
        if marks(&page).0 >= at {
            break;
        }
        page.press("step-forward");
    }
    assert_eq!(marks(&page), (at, total));
    assert_eq!(seen(&page), there);
}

#[test]
fn the_scrubber_and_the_tape_go_anywhere() {
    let page = Page::open(DESK);
    page.run_at("source", "CREATE TABLE lab.t (id INT PRIMARY KEY);");
    let (end, total) = marks(&page);
    assert!(total > 8, "{total} marks");
    page.value(
        "(() => { const scrub = document.querySelector(\"[data-testid='scrub']\"); scrub.value = 4; \
         scrub.dispatchEvent(new InputEvent('input', { bubbles: true })); })()",
    );
    page.wait_until("the fourth mark", |page| {
        marks(page).0 >= 4 && marks(page).0 < end
    });
    page.press("to-start");
    page.wait_until("the beginning", |page| marks(page).0 == 0);
    assert!(!page.has("entry"), "no statement was typed yet");
    page.press("to-end");
    page.wait_until("the end", |page| marks(page) == (end, total));
    assert!(page.last_printed().contains("Query OK"));
}

#[test]
fn acting_in_the_past_keeps_the_old_future_as_a_branch() {
    let page = Page::open(DESK);
    page.run_at("source", "CREATE TABLE lab.t (id INT PRIMARY KEY);");
    page.run_at("source", "INSERT INTO lab.t VALUES (1);");
    for _ in 0..5 {
        page.press("step-back");
    }
    assert!(!page.has("branches"));
    page.press("crash-replica2");
    page.wait_for("branches");
    page.value(
        "(() => { const branches = document.querySelector(\"[data-testid='branches']\"); \
         branches.value = '0'; branches.dispatchEvent(new Event('change', { bubbles: true })); })()",
    );
    page.press("to-end");
    page.wait_until("the old future", |page| !page.has("start-replica2"));
    assert!(page.last_printed().contains("Query OK, 1 row affected"));
}

#[test]
fn the_address_of_a_session_opens_it_at_its_moment() {
    let page = Page::open(DESK);
    page.run_at("source", "CREATE TABLE lab.t (id INT PRIMARY KEY);");
    page.press("step-back");
    let (place, there) = (marks(&page), seen(&page));
    page.value("navigator.clipboard.writeText = text => { window.copied = text; return Promise.resolve(); }");
    page.press("share");
    page.wait_until("an address", |page| {
        page.value("window.copied") != Value::Null
    });
    let address = page.value("window.copied");
    let hash = address
        .as_str()
        .and_then(|address| address.split_once('#'))
        .map(|(_, hash)| hash);
    page.load(&format!("#{}", hash.unwrap_or_default()));
    assert_eq!(marks(&page), place);
    assert_eq!(seen(&page), there);
}

#[test]
fn play_pause_and_speed_move_the_play_head() {
    let page = Page::open(DESK);
    page.run_at("source", "SET @@session.autocommit = 1;");
    let clock = page.text("clock");
    page.press("play-after-enter");
    page.press("tab-source");
    page.type_statement("CREATE DATABASE other;");
    page.wait_for("busy");
    assert_eq!(page.text("clock"), clock, "time stands");
    page.press("play");
    page.wait_until("time to pass", |page| page.text("clock") > clock);
    page.wait_until("an answer", |page| page.last_printed().contains("Query OK"));
}
