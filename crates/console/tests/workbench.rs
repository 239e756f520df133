//! Clients at their prompts.

use std::time::Duration;

use semisync_console::lab::Lab;
use semisync_console::{SessionAddress, SubmitError, Workbench};
use semisync_sim::{Fault, ServerIndex};

fn bench() -> Workbench {
    let lab = Lab::parse("servers: source replica1\n").unwrap();
    Workbench::new(lab.config)
}

fn at(server: u16, session: u32) -> SessionAddress {
    SessionAddress {
        server: ServerIndex(server),
        session,
    }
}

const SOURCE: SessionAddress = SessionAddress {
    server: ServerIndex(0),
    session: 1,
};

fn pass(bench: &mut Workbench, seconds: u64) {
    let until = bench.now().saturating_add(Duration::from_secs(seconds));
    bench.advance_to(until);
}

/// What a prompt printed for all that was typed there.
fn printed(bench: &Workbench, at: SessionAddress) -> String {
    let screen = bench.screen(at).expect("the prompt was used");
    screen
        .entries
        .iter()
        .map(|entry| entry.printed.as_str())
        .collect()
}

#[test]
fn several_statements_are_answered_one_after_the_other() {
    let mut bench = bench();
    bench
        .submit(SOURCE, "SELECT SLEEP(1); SELECT 2;\nSELECT 3\\G")
        .unwrap();
    assert!(bench.is_busy(SOURCE));
    assert_eq!(bench.submit(SOURCE, "SELECT 4;"), Err(SubmitError::Busy));
    pass(&mut bench, 2);
    assert!(!bench.is_busy(SOURCE));
    let entries = &bench.screen(SOURCE).unwrap().entries;
    let typed: Vec<&str> = entries.iter().map(|entry| entry.typed.as_str()).collect();
    assert_eq!(typed, ["SELECT SLEEP(1);", "SELECT 2;", "SELECT 3\\G"]);
    assert!(entries[0].printed.contains("(1.00 sec)"));
    let mut pairs = entries.iter().zip(entries.iter_from(1));
    assert!(pairs.all(|(one, next)| one.answered <= Some(next.sent)));
}

#[test]
fn half_a_statement_is_not_sent_and_the_prompt_says_what_is_open() {
    let mut bench = bench();
    assert_eq!(
        bench.submit(SOURCE, "SELECT 1"),
        Err(SubmitError::Incomplete)
    );
    assert_eq!(
        bench.submit(SOURCE, "SELECT 1; SELECT 'a"),
        Err(SubmitError::Incomplete)
    );
    assert!(bench.screen(SOURCE).is_none());
    assert_eq!(bench.prompt(SOURCE, ""), "source> ");
    assert_eq!(bench.prompt(SOURCE, "SELECT 1"), "     -> ");
    assert_eq!(bench.prompt(at(1, 2), "SELECT 'a"), "         '> ");
    assert_eq!(bench.prompt(at(1, 2), ""), "replica1/2> ");
    assert_eq!(
        bench.submit(at(7, 1), "SELECT 1;"),
        Err(SubmitError::NoSuchServer)
    );
}

#[test]
fn a_waiting_commit_blocks_only_its_own_session() {
    let mut bench = bench();
    bench
        .submit(
            SOURCE,
            "INSTALL PLUGIN rpl_semi_sync_source SONAME 'semisync_source.so';
             SET GLOBAL rpl_semi_sync_source_enabled = 1; CREATE TABLE t (id INT PRIMARY KEY);",
        )
        .unwrap();
    pass(&mut bench, 1);
    assert!(bench.is_busy(SOURCE));
    bench.submit(at(0, 2), "SELECT 1;").unwrap();
    pass(&mut bench, 1);
    assert!(bench.is_busy(SOURCE) && !bench.is_busy(at(0, 2)));
    pass(&mut bench, 9);
    assert!(printed(&bench, SOURCE).ends_with("Query OK, 0 rows affected (10.00 sec)\n\n"));
}

#[test]
fn names_complete_only_once_they_exist() {
    let mut bench = bench();
    let complete = |bench: &Workbench, text: &str| bench.complete(SOURCE, text);
    assert_eq!(complete(&bench, "INST"), ["INSTALL"]);
    assert_eq!(complete(&bench, "SHOW REPLICA"), ["REPLICAS"]);
    assert!(complete(&bench, "SET GLOBAL rpl_semi").is_empty());
    assert!(complete(&bench, "SHOW STATUS LIKE 'Rpl_semi").is_empty());
    assert_eq!(
        complete(&bench, "INSTALL PLUGIN rpl_semi_sync_so"),
        ["rpl_semi_sync_source"]
    );
    assert_eq!(
        complete(&bench, "INSTALL PLUGIN rpl_semi_sync_source SONAME 'sem"),
        ["semisync_source.so"]
    );
    bench
        .submit(
            SOURCE,
            "INSTALL PLUGIN rpl_semi_sync_source SONAME 'semisync_source.so'; CREATE TABLE tab (i INT);",
        )
        .unwrap();
    pass(&mut bench, 1);
    assert_eq!(
        complete(&bench, "SET GLOBAL rpl_semi_sync_source_e"),
        ["rpl_semi_sync_source_enabled"]
    );
    assert_eq!(
        complete(&bench, "SELECT @@global.rpl_semi_sync_source_ti"),
        ["rpl_semi_sync_source_timeout"]
    );
    assert_eq!(
        complete(&bench, "SHOW STATUS LIKE 'Rpl_semi_sync_source_y"),
        ["Rpl_semi_sync_source_yes_tx"]
    );
    assert_eq!(complete(&bench, "SELECT * FROM ta"), ["tab"]);
    assert_eq!(
        complete(&bench, "UNINSTALL PLUGIN rpl"),
        ["rpl_semi_sync_source"]
    );
}

#[test]
fn a_client_finds_its_server_again_and_forgets_its_variables() {
    let mut bench = bench();
    bench.submit(SOURCE, "SET @a = 1;").unwrap();
    pass(&mut bench, 1);
    bench.inject(Fault::Crash(ServerIndex(0))).unwrap();
    bench.submit(SOURCE, "SELECT @a;").unwrap();
    assert!(printed(&bench, SOURCE).ends_with(
        "ERROR 2013 (HY000): Lost connection to MySQL server during query\n\
         No connection. Trying to reconnect...\n\
         ERROR 2002 (HY000): Can't connect to local MySQL server through socket \
         '/var/run/mysqld/mysqld.sock' (111)\n\
         ERROR: \nCan't connect to the server\n\n"
    ));
    bench.inject(Fault::Start(ServerIndex(0))).unwrap();
    pass(&mut bench, 1);
    bench.submit(SOURCE, "SELECT @a;").unwrap();
    pass(&mut bench, 1);
    let printed = printed(&bench, SOURCE);
    let (_, again) = printed.rsplit_once("No connection").unwrap();
    assert!(again.contains("Current database: lab\n\n"), "{again}");
    assert!(again.contains("| NULL "), "{again}");
}

#[test]
fn a_clone_goes_its_own_way() {
    let mut bench = bench();
    bench.submit(SOURCE, "CREATE TABLE t (i INT);").unwrap();
    let mut other = bench.clone();
    pass(&mut bench, 1);
    pass(&mut other, 1);
    assert_eq!(printed(&bench, SOURCE), printed(&other, SOURCE));
    other.submit(SOURCE, "DROP TABLE t;").unwrap();
    pass(&mut other, 1);
    bench.submit(SOURCE, "SHOW TABLES;").unwrap();
    pass(&mut bench, 1);
    assert!(printed(&bench, SOURCE).contains("| t             |"));
}

#[test]
fn client_commands_print_what_the_client_prints() {
    let mut bench = bench();
    for text in [
        "\\W",
        "CREATE TABLE IF NOT EXISTS t (i INT);",
        "CREATE TABLE IF NOT EXISTS t (i INT);",
        "\\w",
        ";",
        "\\p",
        "\\q",
    ] {
        bench.submit(SOURCE, text).unwrap();
        pass(&mut bench, 1);
    }
    assert_eq!(
        printed(&bench, SOURCE),
        "Show warnings enabled.\n\
         Query OK, 0 rows affected (0.00 sec)\n\n\
         Query OK, 0 rows affected, 1 warning (0.00 sec)\n\n\
         Note (Code 1050): Table 't' already exists\n\
         Show warnings disabled.\n\
         ERROR: \nNo query specified\n\n\
         --------------\n\n--------------\n\n\
         Bye\n"
    );
}
