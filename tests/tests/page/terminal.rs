//! Typing: continuation lines, history, completion, several statements, sessions.

use semisync_tests::browser::{DESK, Page};

const UP: char = '\u{E013}';
const TAB: char = '\u{E004}';
const ESCAPE: char = '\u{E00C}';

fn prompt(page: &Page) -> String {
    page.value("document.getElementById('prompt').value")
        .as_str()
        .unwrap_or_default()
        .to_owned()
}

#[test]
fn a_statement_goes_on_until_its_end_and_is_recalled_as_a_whole() {
    let page = Page::open(DESK);
    page.type_statement("SELECT 1");
    assert!(!page.has("entry"), "the statement has no end yet");
    page.type_statement("+ 1;");
    page.wait_until("the answer", |page| {
        page.last_printed().contains("1 row in set")
    });
    assert!(
        page.last_printed().contains("|     2 |"),
        "{}",
        page.last_printed()
    );
    let echo = page.value("document.querySelector('.typed').innerText");
    assert_eq!(echo.as_str(), Some("source> SELECT 1\n     -> + 1;"));
    page.wait_until("time to stand", |page| page.text("play") == "Play");
    page.press("prompt");
    page.keys(&UP.to_string());
    assert_eq!(prompt(&page), "SELECT 1\n+ 1;");
}

#[test]
fn tab_completes_what_exists_on_this_server_now() {
    let page = Page::open(DESK);
    page.run_at(
        "source",
        "INSTALL PLUGIN rpl_semi_sync_source SONAME 'semisync_source.so';",
    );
    page.press("prompt");
    page.keys("SET GLOBAL rpl_semi_sync_source_en");
    page.keys(&TAB.to_string());
    page.wait_until("a completed name", |page| {
        prompt(page).starts_with("SET GLOBAL rpl_semi_sync_source_enabled")
    });
}

#[test]
fn several_statements_run_one_after_the_other() {
    let page = Page::open(DESK);
    page.type_statement("CREATE TABLE lab.t (id INT); INSERT INTO lab.t VALUES (1), (2); SELECT COUNT(*) FROM lab.t;");
    page.wait_until("the last answer", |page| {
        page.last_printed().contains("|        2 |")
    });
}

#[test]
fn another_session_works_while_the_first_one_waits() {
    let page = Page::open(DESK);
    page.press("add-session");
    page.wait_for("tab-source/2");
    page.type_statement("SELECT 2 AS two;");
    page.wait_until("an answer", |page| page.last_printed().contains("| two |"));
    let echo = page.value("document.querySelector('.typed').innerText");
    assert_eq!(echo.as_str(), Some("source/2> SELECT 2 AS two;"));
}

#[test]
fn escape_leaves_the_prompt_and_keys_work_the_page() {
    let page = Page::open(DESK);
    page.press("prompt");
    page.keys(&format!("?{ESCAPE}"));
    assert_eq!(prompt(&page), "?");
    page.keys("?");
    page.wait_for("help");
    page.keys(&ESCAPE.to_string());
    page.wait_until("the list to close", |page| !page.has("help"));
    page.keys("/");
    page.wait_until("the prompt to have the keyboard", |page| {
        page.value("document.activeElement?.id").as_str() == Some("prompt")
    });
    assert_eq!(prompt(&page), "?");
}

#[test]
fn ctrl_c_interrupts_a_statement_that_runs() {
    let page = Page::open(DESK);
    page.type_statement("SELECT SLEEP(1000);");
    page.wait_for("busy");
    page.press("prompt");
    page.press_with_ctrl('c');
    page.wait_until("the client to say so", |page| {
        page.last_printed().contains("^C -- query aborted")
    });
}

#[test]
fn the_page_says_where_it_differs_from_mysql() {
    let page = Page::open(DESK);
    page.press("help-button");
    page.press("simplifications-button");
    page.wait_for("simplifications");
    let rows = page.value("document.querySelectorAll('.document-text td').length");
    assert!(20 < rows.as_i64().unwrap_or(0), "{rows:?} cells");
    page.press("close-sheet");
    page.wait_until("the sheet to close", |page| !page.has("simplifications"));
}
