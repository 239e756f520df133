//! The documents' statements, the ACK, the crash, the timeout and the fallback.

use semisync_tests::browser::{DESK, Page};

/// Types the installation chapter's statements.
pub(crate) fn install(page: &Page) {
    page.run_at(
        "source",
        "INSTALL PLUGIN rpl_semi_sync_source SONAME 'semisync_source.so';",
    );
    page.run_at("source", "SET GLOBAL rpl_semi_sync_source_enabled = 1;");
    for replica in ["replica1", "replica2"] {
        page.run_at(
            replica,
            "INSTALL PLUGIN rpl_semi_sync_replica SONAME 'semisync_replica.so';",
        );
        page.run_at(replica, "SET GLOBAL rpl_semi_sync_replica_enabled = 1;");
        page.run_at(replica, "STOP REPLICA IO_THREAD;");
        page.run_at(replica, "START REPLICA IO_THREAD;");
    }
}

/// Goes to the end of what happens by itself.
pub(crate) fn settle(page: &Page) {
    page.press("play");
    page.wait_until("time to stand again", |page| page.text("play") == "Play");
}

#[test]
fn the_documents_statements_lead_to_a_commit_whose_ack_is_seen() {
    let page = Page::open(DESK);
    let printed = page.run_at("source", "SHOW VARIABLES LIKE 'have_dynamic_loading';");
    assert!(
        printed.contains("| have_dynamic_loading | YES   |"),
        "{printed}"
    );
    install(&page);
    let printed = page.run_at(
        "source",
        "SELECT PLUGIN_NAME, PLUGIN_STATUS FROM INFORMATION_SCHEMA.PLUGINS WHERE PLUGIN_NAME LIKE '%semi%';",
    );
    assert!(
        printed.contains("| rpl_semi_sync_source | ACTIVE        |"),
        "{printed}"
    );
    page.wait_until("two semisynchronous replicas", |page| {
        let printed = page.run_at("source", "SHOW STATUS LIKE 'Rpl_semi_sync_source_clients';");
        printed.contains("| Rpl_semi_sync_source_clients | 2     |")
    });
    page.run_at("source", "CREATE TABLE lab.t (id INT PRIMARY KEY);");
    let acks = page.count("mark-acknowledged");
    let printed = page.run_at("source", "INSERT INTO lab.t VALUES (1);");
    assert!(
        printed.contains("Query OK, 1 row affected (0.00 sec)"),
        "{printed}"
    );
    assert!(page.count("mark-ack") > 0, "an ACK mark on the tape");
    assert!(
        page.count("mark-acknowledged") > acks,
        "the wait ended with an ACK"
    );
    page.press("panel-inspector");
    assert!(page.text("promise").contains("acknowledged"));
    assert_eq!(page.complaints(), Vec::<String>::new());
}

#[test]
fn without_replicas_a_commit_waits_out_its_timeout_and_falls_back() {
    let page = Page::open(DESK);
    page.press("set-up");
    page.wait_until("semisync on the source", |page| {
        page.text("semisync-source").contains("ON · 2 replicas")
    });
    settle(&page);
    page.run_at("source", "CREATE TABLE lab.t (id INT PRIMARY KEY);");
    for replica in ["replica1", "replica2"] {
        page.press(&format!("crash-{replica}"));
        page.wait_for(&format!("start-{replica}"));
    }
    assert!(
        page.text("deed").contains("! crash replica1"),
        "{}",
        page.text("deed")
    );
    let printed = page.run_at("source", "INSERT INTO lab.t VALUES (1);");
    assert!(
        printed.contains("Query OK, 1 row affected (10.00 sec)"),
        "{printed}"
    );
    assert!(page.count("mark-timeout") > 0, "a timeout mark on the tape");
    assert!(
        page.text("semisync-source").contains("OFF"),
        "{}",
        page.text("semisync-source")
    );
    page.press("panel-inspector");
    assert!(page.text("promise").contains("fallen back"));
    page.press("panel-status");
    assert_eq!(
        page.text("Rpl_semi_sync_source_no_times").get(..1),
        Some("1")
    );
}

#[test]
fn the_tour_works_as_written() {
    let page = Page::open(DESK);
    page.press("start-tour");
    for step in 1..=5 {
        page.wait_for("tour-do");
        page.press("tour-do");
        let done = if step == 5 {
            "tour-finish"
        } else {
            "tour-next"
        };
        page.wait_until(&format!("step {step} to be done"), |page| page.has(done));
        page.wait_until("the page to rest", |page| page.text("play") == "Play");
        page.press(done);
    }
    assert!(
        page.text("semisync-source").contains("ON"),
        "{}",
        page.text("semisync-source")
    );
    assert_eq!(page.complaints(), Vec::<String>::new());
}

#[test]
fn a_refused_action_says_why() {
    let page = Page::open(DESK);
    page.press("server-source");
    page.press("cut-source-replica1");
    page.wait_until("the link to be cut", |page| {
        page.text("link-source-replica1").contains("cut")
    });
    page.press("crash-replica1");
    page.wait_for("start-replica1");
    page.press("tab-replica1");
    page.type_statement("SELECT 1;");
    page.wait_until("an error", |page| page.last_printed().contains("ERROR"));
    assert_eq!(page.complaints(), Vec::<String>::new());
}
